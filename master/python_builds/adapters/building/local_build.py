"""A build by hand: the commands of a platform build, one after the other, in a container or on this machine.

It differs from the farm's own in whatever must not matter: the folder, the time, the number of cores, no ccache.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from python_builds.adapters.workers.docker_command import output
from python_builds.core.errors import FarmError
from python_builds.core.workers.container_limits import create_options
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import CLOSE_NETWORK

FOLDER = "/var/tmp/elsewhere/and/deeper"  # noqa: S108 - in a container of its own
Run = Callable[[Sequence[str]], list[str]]
"""Turns a command into the one that runs it in its place."""


def run_all(commands: Mapping[str, Sequence[str]], place: Run, log: Path, environment: Mapping[str, str]) -> None:
    """Run commands one after the other, with a line for each and all that they write in a file.

    Raises:
        FarmError: naming the step that failed, and the file.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        for name, command in commands.items():
            print(f"  {name:<40}", end="", flush=True)
            began = time.monotonic()
            argv = place(["env", *(f"{n}={v}" for n, v in environment.items()), *command])
            status = _finish(argv, file)
            print(f"{time.monotonic() - began:6.0f} s", flush=True)
            if status:
                raise FarmError(f"{name} ended with status {status}; {log} says why")


@contextlib.contextmanager
def container(image: str, files: Mapping[str, Path], artifacts: Path) -> Iterator[Run]:
    """Give a place in a container of an image, caged like the farm's, on one core; its artifacts are copied out.

    Raises:
        FarmError: if there can be no such container.
    """
    limits = create_options(DockerHost(name="hand", url="unix://", master=""))
    name = output("create", *limits, "--cpuset-cpus=0", image, "sleep", "infinity")
    if not name:
        raise FarmError(f"no container of {image} could be made: `docker create {image}` says why")
    try:
        if not output("start", name):
            raise FarmError(f"the container of {image} does not start: `docker run {image}` says why")
        _docker("exec", name, "mkdir", "--parents", FOLDER)
        for file, path in files.items():
            _docker("cp", "--quiet", str(path), f"{name}:{FOLDER}/{file}")
        yield lambda command: ["docker", "exec", f"--workdir={FOLDER}", name, CLOSE_NETWORK, *command]
        _docker("cp", "--quiet", f"{name}:{FOLDER}/out/.", str(artifacts))
    finally:
        output("rm", "--force", "--volumes", name)


@contextlib.contextmanager
def this_machine(files: Mapping[str, Path], artifacts: Path) -> Iterator[Run]:
    """Give a place in a new folder of this machine, on one core; its artifacts are copied out."""
    folder = Path(tempfile.mkdtemp(prefix="python-builds-elsewhere-", dir="/var/tmp"))
    work = folder / "and" / "deeper"
    try:
        work.mkdir(parents=True)
        folder.chmod(0o755)
        for file, path in files.items():
            (shutil.copytree if path.is_dir() else shutil.copy)(path, work / file)
        core = min(os.sched_getaffinity(0))
        yield lambda command: ["env", f"--chdir={work}", "taskset", "--cpu-list", str(core), *command]
        shutil.copytree(work / "out", artifacts, dirs_exist_ok=True)
    finally:
        shutil.rmtree(folder)


def _finish(argv: Sequence[str], file: IO[str]) -> int:
    """Run a command to its exit status; whatever ends this process first ends all of the command's group too."""
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, process_group=0
    ) as process:
        try:
            return process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):  # it may have ended just now
                os.killpg(process.pid, signal.SIGKILL)
            raise


def _docker(*arguments: str) -> None:
    done = subprocess.run(["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise FarmError(f"`docker {arguments[0]}` failed: {done.stderr.strip()}")
