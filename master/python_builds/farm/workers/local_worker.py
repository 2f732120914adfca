"""A worker on this machine: a buildbot-worker process of its own, started for a build and stopped after it.

Unlike Buildbot's LocalWorker it does not share the master's process or environment, in which secrets may be. Every
process of a build carries a cookie in its environment, so that what a killed worker leaves behind is found and ended
before the next build uses the folder.
"""

import hashlib
import os
import signal
import stat
import sys
import uuid
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from buildbot.interfaces import LatentWorkerFailedToSubstantiate
from twisted.internet import defer, protocol, reactor, threads

from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.farm.workers.one_time_login import OneTimeLogin

COOKIE = "PYTHON_BUILDS_WORKER"
TAC = CHECKOUT / "worker" / "buildbot.tac"
SOCKETS = CHECKOUT / "worker" / "usual_sockets.py"
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))
STOP_SECONDS = 10
KEPT_LOGS = 5
"""Of twistd's, beside the one it writes."""
_COOKIE_FILE = "cookie"


class LocalProcessWorker(OneTimeLogin):
    """A latent worker whose instance is a process."""

    process = None
    stopped = None
    cookie = ""

    def checkConfig(self, name: str, folder: Path, master: str, **kwargs: Any) -> None:
        """Check the arguments, with a fresh process for each build."""
        super().checkConfig(name, None, build_wait_timeout=0, check_instance_interval=1, **kwargs)

    def reconfigService(self, name: str, folder: Path, master: str, **kwargs: Any) -> Any:
        """Take the arguments."""
        self.folder = folder
        self.master_host = master
        return super().reconfigService(
            name,
            self.getRandomPass(),
            build_wait_timeout=0,
            check_instance_interval=1,
            missing_timeout=60,
            **kwargs,
        )

    @defer.inlineCallbacks
    def start_instance(self, build: Any) -> Any:
        """Start the process; Buildbot then waits for it to connect."""
        self.cookie = yield threads.deferToThread(_prepare, self.folder)
        self.stopped = defer.Deferred()
        self.process = reactor.spawnProcess(
            _Instance(self.stopped),
            sys.executable,
            ["python", "-I", "-S", str(SOCKETS), str(Path(sys.executable).with_name("twistd")), *_twistd_options()],
            env=self._environment(),
            path=str(self.folder),
        )
        self.process.write(self.draw_password().encode())
        self.process.closeStdin()
        return True

    @defer.inlineCallbacks
    def stop_instance(self, fast: bool = False) -> Any:
        """Stop the process, and end whatever of its builds is left."""
        if self.process is not None and self.stopped is not None and not self.stopped.called:
            self.process.signalProcess("TERM")
            self.stopped.addTimeout(STOP_SECONDS, reactor, onTimeoutCancel=lambda *_: None)
            yield self.stopped
        self.process = None
        yield threads.deferToThread(end_leftovers, self.folder)
        return True

    def networks(self) -> list[IPv4Network | IPv6Network]:
        """Name where the process connects from: who connects to an address of his own machine comes from the same."""
        return [*LOOPBACK, ip_network(self.master_host)]

    def check_instance(self) -> tuple[bool, str]:
        """Say whether the process still runs; its last words are in its log."""
        if self.stopped is not None and (self.stopped.called or _has_exited(self.process)):
            return False, f"the worker's process ended; see {self.folder / 'twistd.log'}"
        return True, ""

    def _environment(self) -> dict[str, str]:
        if self.registration is None:
            raise LatentWorkerFailedToSubstantiate(self.name, "the worker is not registered with the master")
        return {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "BUILDMASTER": self.master_host,
            "BUILDMASTER_PORT": str(self.registration.getPBPort()),
            "WORKERNAME": self.name,
            "WORKERPASS_FILE": "/dev/stdin",
            COOKIE: self.cookie,
        }


def _has_exited(process: Any) -> bool:
    """Say whether it has; its connection is often seen to end before Twisted has heard of the process."""
    if process is None or process.pid is None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class _Instance(protocol.ProcessProtocol):
    def __init__(self, ended: defer.Deferred[None]) -> None:
        self.ended = ended

    def processEnded(self, reason: Any) -> None:
        if not self.ended.called:
            self.ended.callback(None)


def worker_folder(state_dir: Path) -> Path:
    """Choose the worker's folder: in the state folder, unless that is closed to the build user, as below /root.

    A worker that is not root builds as itself and may use any folder.
    """
    folder = state_dir / "worker"
    if os.geteuid() != 0 or all(_open_to_others(p) for p in folder.parents if p.exists()):
        return folder
    return Path("/var/tmp") / f"python-builds-{hashlib.sha256(str(state_dir).encode()).hexdigest()[:8]}"


def end_leftovers(folder: Path) -> None:
    """Kill every process with the cookie of a worker's folder: they are ours, whoever their parent is by now."""
    cookie = read_cookie(folder)
    if not cookie:
        return  # no worker was ever started there
    wanted = f"{COOKIE}={cookie}".encode()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue  # gone meanwhile, or another user's


def read_cookie(folder: Path) -> str:
    """Read what a worker's processes carry, or nothing if it never had one.

    It is drawn once for a folder. The folder's name would not do: in another root, such as a container's, another
    worker may have the same, and its processes are in the same /proc.
    """
    try:
        return (folder / _COOKIE_FILE).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _prepare(folder: Path) -> str:
    end_leftovers(folder)
    folder.mkdir(parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise LatentWorkerFailedToSubstantiate(str(folder), "is not a folder of this user")
    folder.chmod(0o755)
    remove_old_logs(folder)
    if not read_cookie(folder):
        (folder / _COOKIE_FILE).write_text(uuid.uuid4().hex)
    return read_cookie(folder)


def remove_old_logs(folder: Path) -> None:
    """Keep the last few: twistd begins another at each MB, and by itself keeps them all."""
    for old in folder.glob("twistd.log.*"):
        number = old.suffix.removeprefix(".")
        if number.isdecimal() and int(number) > KEPT_LOGS:
            old.unlink()


def _twistd_options() -> list[str]:
    return ["--nodaemon", "--pidfile=", "--logfile=twistd.log", f"--python={TAC}"]


def _open_to_others(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)
