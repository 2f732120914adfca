"""The two masters of `scale`: a whole farm and a stock Buildbot of its size, each with its past."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.planning.report_file import plan_path, read_report
from python_builds.cli.master.client import Client
from python_builds.core.errors import FarmError
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from tests.docker_engine import engine_on_this_machine
from tests.e2e.farms import FarmUnderTest, free_port, lay_database, make_farm, mini_tarball
from tests.e2e.upstream import Upstream

PROGRAMS = Path(__file__).parent / "programs"
BUILDERS = [builder_name(platform, architecture) for platform in PLATFORMS for architecture in platform.architectures]
LOOK_EVERY = 20
"""Seconds between two looks of the planner, so that they need not be waited for."""

PATIENCE = 1800
Fill = Callable[[str], None]
"""Writes a past into the database at a URL."""


class Watch:
    """Seconds that go by, and seconds of CPU that a process takes meanwhile."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.began, self.cpu_began = time.monotonic(), self._cpu()

    def times(self) -> dict[str, float]:
        """Give both since the beginning."""
        return {"wall": time.monotonic() - self.began, "CPU": self._cpu() - self.cpu_began}

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Master:
    """One that runs."""

    settings: Settings
    process: int
    database: Path

    @property
    def client(self) -> Client:
        """Talk to it."""
        return Client(self.settings.public_url, self.settings)

    def count(self, builders: str, *, complete: bool = False) -> int:
        """Count requests of builders whose name is like this, past the master, which has enough to do."""
        query = (
            "SELECT count(*) FROM buildrequests JOIN builders ON builders.id = builderid WHERE name LIKE ? "
            "AND complete = ?"
        )
        with contextlib.closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute(query, (builders, int(complete))).fetchone()[0])


@contextlib.contextmanager
def farm_with(fill: Fill, releases: Sequence[str] = ()) -> Iterator[FarmUnderTest]:
    """Make a farm of all platforms that lacks these releases on each of them, with Docker hosts that start nothing."""
    policy = {"sources": "mirror python.org", "backfill": "all", "local_worker": "false", "plan_seconds": LOOK_EVERY}
    with Upstream() as upstream, engine_on_this_machine(*(platform.name for platform in PLATFORMS)) as engine:
        engine.starts_nothing = True
        hosts = [engine.host(name=name, architecture=name) for name in ("amd64", "arm64")]
        if releases:
            upstream.cycle = dict.fromkeys({version.rpartition(".")[0] for version in releases}, "security")
        urls = {"python_org_url": upstream.url, "peps_url": upstream.url}
        with make_farm(docker_hosts=hosts, **policy, **urls) as farm:
            for version in releases:
                upstream.serve(version, mini_tarball(farm.tarballs, version).read_bytes())
                upstream.publish(version)
            lay_database(farm.settings)
            fill(f"sqlite:///{database(farm)}")
            yield farm


def started(farm: FarmUnderTest) -> Master:
    """Start a farm as an operator does."""
    ran(farm, "run")
    return Master(farm.settings, farm.master_process(), database(farm))


@contextlib.contextmanager
def trivial_farm(fill: Fill) -> Iterator[Master]:
    """Start the master of a farm, whole, with a builder of trivial builds beside its own."""
    with farm_with(fill) as farm:
        configuration = {"CONFIGURATION": str(CHECKOUT / "master" / "master.cfg")}
        folder = farm.settings.state_dir / "master"
        with _running(folder, PROGRAMS / "trivial.cfg", {**farm.environment, **configuration}) as process:
            yield Master(farm.settings, process, database(farm))


@contextlib.contextmanager
def stock(fill: Fill, configuration: str = "stock.cfg") -> Iterator[Master]:
    """Start a stock Buildbot with as many builders, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="python-builds-bench-") as name:
        folder, port = Path(name), free_port()
        about = {"PLATFORMS": " ".join(BUILDERS), "PORT": str(port), "CONFIGURATION": str(PROGRAMS / "stock.cfg")}
        environment = {**os.environ, **about}
        _buildbot("create-master", folder, environment, "--config", str(PROGRAMS / configuration))
        fill(f"sqlite:///{folder / 'state.sqlite'}")
        with _running(folder, PROGRAMS / configuration, environment) as process:
            settings = Settings(_env_file=None, state_dir=folder / "state", web_port=port)
            yield Master(settings, process, folder / "state.sqlite")


@contextlib.contextmanager
def _running(folder: Path, configuration: Path, environment: Mapping[str, str]) -> Iterator[int]:
    (folder / "buildbot.tac").unlink(missing_ok=True)
    _buildbot("create-master", folder, environment, "--config", str(configuration))
    _buildbot("start", folder, environment)
    process = int((folder / "twistd.pid").read_text())
    try:
        yield process
    finally:  # not `buildbot stop`, which waits for what its workers do
        os.kill(process, signal.SIGKILL)
        wait(lambda: not Path(f"/proc/{process}").exists(), "the end of the master")


def _buildbot(command: str, folder: Path, environment: Mapping[str, str], *options: str) -> None:
    program = Path(sys.executable).with_name("buildbot")
    done = subprocess.run(
        [program, command, *options, folder], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        log = folder / "twistd.log"
        said = log.read_text(errors="replace")[-4000:] if log.exists() else ""
        raise FarmError(f"buildbot {command}:\n{done.stdout}{done.stderr}{said}")


def looks(farm: FarmUnderTest, count: int) -> list[float]:
    """Wait for some looks of the planner; each leaves a report that says when it began."""
    path, found = plan_path(farm.settings.state_dir), dict[float, float]()
    while len(found) < count:
        time.sleep(0.5)
        ended = path.stat().st_mtime
        seen = read_report(farm.settings.state_dir)
        if seen is not None and path.stat().st_mtime == ended:
            found.setdefault(seen.made_at.timestamp(), ended - seen.made_at.timestamp())
    return list(found.values())


def database(farm: FarmUnderTest) -> Path:
    """Say where a farm's database is."""
    state: Path = farm.settings.state_dir
    return state / "master" / "state.sqlite"


def ran(farm: FarmUnderTest, target: str) -> dict[str, float]:
    """Time a command, its start included, and see that it went well."""
    began_at = time.monotonic()
    done = farm.run(target)
    if done.returncode:
        raise FarmError(f"{done.args}:\n{done.stdout}")
    return {"wall": time.monotonic() - began_at}


def wait(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise FarmError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.2)
