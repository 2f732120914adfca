"""A whole farm for a test: master, worker and store in a folder of its own, reached as people reach it.

Everything runs as separate processes, by the commands behind the Make targets; a test kills what it wants to kill.
"""

import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from python_builds.cli.cli import BY_MAKE
from python_builds.cli.master.client import Client
from python_builds.cli.master.prepared_database import NOTE, note_of, prepare_database
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings, variable
from python_builds.farm.workers.local_worker import COOKIE, read_cookie, worker_folder
from python_builds.farm.workers.workers import host_platform

COMMAND_LINE = (sys.executable, "-m", "python_builds")
MAKES_OWN = ("MAKEFLAGS", "PLATFORM")
"""What `make test PLATFORM=…` is told, and a farm under test is not."""

MINI = Path(__file__).parent / "mini_cpython"
PATIENCE = 180

new_database_url: Callable[[], str] | None = None
"""Makes a database of a server, a copy of a prepared one, where farms are to have one; theirs is SQLite otherwise."""

FILE = "state.sqlite"


def mini_tarball(folder: Path, version: str, scripts: Mapping[str, str] | None = None, **options: object) -> Path:
    """Make a source tarball of CPython's shape, with its digest beside it.

    `scripts` are what a hostile one runs, by when it does: `configure` or `install`.
    """
    path = folder / f"Python-{version}.tgz"
    values = {
        "CONFIGURE_ERROR": "",
        "MISSING_MODULE": "",
        "COMPILE_SECONDS": 0,
        "FILL": "",
        "MEMORY": "",
        "FOUND": "",
        "SERIES": ".".join(version.split(".")[:2]),
        "HOLDS": version,
        **options,
    }
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / f"Python-{version}"
        shutil.copytree(MINI, tree)
        write(tree / "Include" / "patchlevel.h", f'#define PY_VERSION "{values["HOLDS"]}"\n')
        for when, script in (scripts or {}).items():
            write(tree / f"at-{when}.sh", script)
        if values["SERIES"] != "3.16":
            write(tree / "Modules" / "_decimal" / "libmpdec" / "mpdecimal.h", "")
        (tree / "OPTIONS").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        with tarfile.open(path, "w:gz") as tar:
            tar.add(tree, tree.name)
    path.with_name(f"{path.name}.sha256").write_text(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    return path


def write(path: Path, text: str) -> None:
    """Write a file in a folder that may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class FarmUnderTest:
    """The commands of one farm."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.tarballs = folder / "tarballs"
        self.inside: Sequence[str] = ()
        """What its commands are run by, where they are to be on a machine of their own."""
        self.lays_database = "database_url" not in settings
        """Whether an empty database is copied to where the farm would make one: that takes 4 of 20 s of a test."""
        if new_database_url is not None and self.lays_database:
            settings = {"database_url": new_database_url(), **settings}
        self.tarballs.mkdir()
        values = {
            "state_dir": folder / "state",
            "store": folder / "store",
            "sources": f"mirror {self.tarballs}",
            "minimum_trust": "digest",
            "package_check": "false",
            "docker_hosts": [],
            "env_file": os.devnull,
            "web_port": free_port(),
            **settings,
        }
        values = {name: value for name, value in values.items() if value is not None}
        self.settings = Settings(_env_file=None, **values)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("PYTHON_BUILDS_") and k not in MAKES_OWN},
            **{variable(n): json.dumps(v) if isinstance(v, list) else str(v) for n, v in values.items()},
            "PYTHONPATH": str(CHECKOUT / "master"),
        }

    def run(self, target: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Do what a target of make does, to its end."""
        process = self.spawn(target, **variables)
        output, _ = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def spawn(self, target: str, ignoring: str = "", **variables: str) -> subprocess.Popen[str]:
        """Start it, as a terminal would: tests that run by `&` or nohup inherit SIGINT or SIGHUP ignored."""
        if self.lays_database:
            lay_database(self.settings)
        return subprocess.Popen(
            [
                *self.inside,
                "/usr/bin/env",
                "--default-signal=INT,HUP",
                f"--ignore-signal={ignoring}",
                *COMMAND_LINE,
            ],
            env={**self.environment, BY_MAKE: target, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def build(self, version: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Do what `make build VERSION=` does."""
        return self.run("build", VERSION=version, **variables)

    def client(self) -> Client:
        """Talk to the running farm."""
        return Client(self.settings.public_url, self.settings)

    def files(self, pattern: str) -> list[str]:
        """List what is in the store."""
        return sorted(p.relative_to(self.settings.store).as_posix() for p in self.settings.store.glob(pattern))

    def processes(self) -> list[int]:
        """List the processes that this farm has running: its master, its worker and what that started."""
        cookie = f"{COOKIE}={read_cookie(worker_folder(self.settings.state_dir)) or 'none yet'}".encode()
        state = f"{variable('state_dir')}={self.settings.state_dir}".encode()
        found = []
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if process.name.isdigit() and int(process.name) != os.getpid():
                    values = (process / "environ").read_bytes().split(b"\0")
                    if cookie in values or state in values:
                        found.append(int(process.name))
        return found

    def worker_process(self) -> int:
        """Find the worker's process."""
        return next(p for p in self.processes() if b"worker/buildbot.tac" in Path(f"/proc/{p}/cmdline").read_bytes())

    def master_process(self) -> int:
        """Find the master's process."""
        return int((self.settings.state_dir / "master" / "twistd.pid").read_text())

    def wait_for_port(self) -> None:
        """Wait until the farm serves."""

        def serves() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.settings.web_port)) == 0

        wait(serves, "the web UI")

    def wait_for_step(self, name: str, builds: int = 1) -> None:
        """Wait until the named step runs in that many-th build of the platform builder."""
        wait(lambda: self._runs(name, builds), f"step {name} of build {builds}")

    def wait_for_results(self, request: int) -> int:
        """Wait until a build request is complete; return its result."""
        found: dict[str, Any] = {}

        def complete() -> bool:
            found.update(self.client().get(f"buildrequests/{request}")["buildrequests"][0])
            return bool(found["complete"])

        wait(complete, f"request {request}")
        return int(found["results"])

    def _runs(self, name: str, builds: int) -> bool:
        client = self.client()
        for build in client.get(f"builders/{client.builder_id(platform_builder())}/builds")["builds"]:
            if build["number"] == builds:
                return any(
                    s["name"] == name and s["started_at"] and not s["complete"] for s in client.steps(build["buildid"])
                )
        return False


def platform_builder() -> str:
    """Name this machine's own builder."""
    host = host_platform()
    assert host is not None, "these tests build for the machine they run on: it must be one of `make platforms`"
    return f"{host[0].name}-{host[1]}"


def prepare(database_url: str, state_dir: Path) -> Path:
    """Make a database as a first start does, with a state folder to do so in; give the master's, where a file lies."""
    folder = state_dir / "master"
    folder.mkdir()
    (folder / "buildbot.tac").symlink_to(CHECKOUT / "master" / "buildbot.tac")
    values = {"state_dir": state_dir, "env_file": os.devnull, "database_url": database_url}
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PYTHON_BUILDS_")},
        **{variable(name): str(value) for name, value in values.items()},
    }
    prepare_database(Settings(_env_file=None, **values), folder, folder / "log", environment)
    return folder


@functools.cache
def empty_database() -> bytes:
    """Make a file as a first start does."""
    with tempfile.TemporaryDirectory() as name:
        return (prepare(f"sqlite:///{FILE}", Path(name)) / FILE).read_bytes()


def lay_database(settings: Settings) -> None:
    """Give a farm that was never started an empty database, or one of a server that is a copy of a prepared one."""
    folder = settings.state_dir / "master"
    if settings.state_dir.exists():
        return
    folder.mkdir(parents=True, mode=0o700)
    laid = {NOTE: note_of(settings).encode()}
    if settings.database_url.get_secret_value() == f"sqlite:///{FILE}":
        laid[FILE] = empty_database()
    for name, content in laid.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)


@contextlib.contextmanager
def make_farm(ending: str = "", **settings: object) -> Iterator[FarmUnderTest]:
    """Make a farm's folder, whose name may have an ending, and remove all that is left of it, processes included."""
    folder = Path(tempfile.mkdtemp(prefix="python-builds-test-", suffix=ending, dir="/var/tmp"))
    folder.chmod(0o755)
    farm = FarmUnderTest(folder, **settings)
    try:
        yield farm
    finally:
        for process in farm.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        shutil.rmtree(folder)


def wait(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.2)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
