"""A farm's database that a real older Buildbot has made, which this farm takes up, and which goes back by its copy.

The older one comes from the Python package index, in seconds: without its libraries, which are the farm's own.
"""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import buildbot
import pytest
from sqlalchemy import NullPool, create_engine, text

from python_builds.cli.building.progress import SUCCESS, WARNINGS
from python_builds.cli.master.client import Client, output
from python_builds.cli.master.prepared_database import NOTE, UNKNOWN_FORM, note_of
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder
from tests.postgres import Postgres, make_postgres

OLDER = Path(__file__).parent / "older_buildbot"
VERSION = "4.2.1"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the older Buildbot into a folder."""
    folder = tmp_path_factory.mktemp("older")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", f"--target={folder}"]
    subprocess.run([*pip, f"--requirement={OLDER / 'requirements.txt'}"], check=True)
    return folder


class OlderMaster:
    """What a farm had before: in the same folder, with the same database."""

    def __init__(self, farm: FarmUnderTest, packages: Path) -> None:
        self.farm = farm
        self.folder = farm.settings.state_dir / "master"
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("buildbot.tac", "master.cfg"):
            (self.folder / name).unlink(missing_ok=True)
            shutil.copy(OLDER / name, self.folder)
        self.environment = {
            **farm.environment,
            "PYTHONPATH": str(packages),
            "OLDER_PORT": str(farm.settings.web_port),
            "OLDER_DATABASE_URL": farm.settings.database_url.get_secret_value(),
        }

    def buildbot(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run one of its commands."""
        full = [Path(sys.executable).parent / "buildbot", command, self.folder]
        return subprocess.run(full, env=self.environment, capture_output=True, text=True, timeout=120)

    @contextlib.contextmanager
    def running(self) -> Iterator[Client]:
        """Run it for a while."""
        started = self.buildbot("start")
        assert started.returncode == 0, f"{started.stdout}{(self.folder / 'twistd.log').read_text()[-3000:]}"
        yield self.farm.client()
        assert self.buildbot("stop").returncode == 0


class Database:
    """A farm's, of either engine, copied and put back as docs/production.md says."""

    def __init__(self, farm: FarmUnderTest, server: Postgres | None) -> None:
        self.url = farm.settings.database_url.get_secret_value()
        self.file = farm.settings.state_dir / "master" / "state.sqlite"
        self.copied = farm.folder / "copy"
        self.server = server

    def copy(self) -> None:
        """Copy it, while no master runs."""
        if self.server is None:
            shutil.copy(self.file, self.copied)
        else:
            self.copied.write_text(self.server.pg("pg_dump", "--create", "--clean", "--if-exists", "farm"))

    def put_back(self) -> None:
        """Put the copy in its place."""
        if self.server is None:
            shutil.copy(self.copied, self.file)
        else:
            self.copied.chmod(0o644)
            self.server.pg("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={self.copied}", "postgres")

    def form(self) -> str:
        """Say which of Buildbot's forms it has."""
        url = self.url if self.server else f"sqlite:///{self.file}"
        with contextlib.closing(create_engine(url, poolclass=NullPool).connect()) as connection:
            return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded(request: pytest.FixtureRequest) -> Iterator[tuple[FarmUnderTest, Database]]:
    """Give a farm that was never started, with a CPython 3.11.2 that builds in a second, and its database."""
    with contextlib.ExitStack() as undo:
        server = undo.enter_context(make_postgres()) if request.param == "postgresql" else None
        farm = undo.enter_context(make_farm(database_url=server.url if server else "sqlite:///state.sqlite"))
        mini_tarball(farm.tarballs, "3.11.2")
        yield farm, Database(farm, server)


def history(client: Client) -> tuple[int, list[str]]:
    """Read how the older master's build ended, and what its log says."""
    (build,) = client.builds(1)
    steps = [step for step in client.steps(build["buildid"]) if step["name"] == "say"]
    (log,) = client.logs(steps[0]["stepid"])
    return build["results"], output(log, client.end_of(log, 100))


def test_a_database_of_an_older_buildbot_is_taken_up_with_its_history_and_what_waits_and_goes_back_by_its_copy(
    upgraded: tuple[FarmUnderTest, Database], packages: Path
) -> None:
    farm, database = upgraded
    older = OlderMaster(farm, packages)
    made = older.buildbot("upgrade-master")
    assert made.returncode == 0, made.stdout
    (older.folder / NOTE).write_text(note_of(farm.settings).replace(buildbot.version, VERSION))
    with older.running() as client:
        asked = {"python_version": "3.11.2", "profile": "quick", "platforms": [platform_builder().rpartition("-")[0]]}
        built, waiting = (client.force("release", **asked) for _ in range(2))
        farm.wait_for_results(built)
        before = history(client)
        assert not client.is_complete(waiting)
    database.copy()
    old = database.form()

    started = farm.run("run")
    assert started.returncode == 0, started.stdout
    assert farm.wait_for_results(waiting) == SUCCESS
    (platform,) = farm.client().children(waiting)
    assert farm.wait_for_results(platform) in (SUCCESS, WARNINGS)
    assert farm.files("**/*3.11.2*.deb")
    assert history(farm.client()) == before == (SUCCESS, ["built by an older Buildbot"])
    assert farm.run("stop").returncode == 0
    assert (old, database.form()) == ("066", "067"), "the older Buildbot is no older: name another in requirements.txt"

    older = OlderMaster(farm, packages)
    refused = older.buildbot("upgrade-master")
    assert refused.returncode != 0
    assert UNKNOWN_FORM in f"{refused.stdout}{refused.stderr}", "by which `make run` of the older checkout says it"
    database.put_back()
    with older.running() as client:
        assert history(client) == before
        assert not client.is_complete(waiting)
        assert not client.builds(waiting), "what the newer one did is not there"
