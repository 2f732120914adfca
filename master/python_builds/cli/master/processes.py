"""Processes of this machine by their ids: told from others that came to the same id, ended, waited for."""

import contextlib
import os
import signal
import time
from pathlib import Path


def works_in(pid: int, folder: Path) -> bool:
    """Say whether a process works in a folder: its id alone may be another process's by now.

    By the folder itself and not its name, which a folder of another root may have too.
    """
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False


def kill(pid: int, how: signal.Signals) -> None:
    """Send a signal to a process that may have just ended, or been ended by somebody else."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)


def ending(pid: int, seconds: float) -> str | None:
    """Wait for a process to end; say how it did, as in ", by signal SIGKILL", where that is known and not by itself.

    None: it has not ended in that time.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG)
            if ended is not None:
                killed = ended.si_code in (os.CLD_KILLED, os.CLD_DUMPED)
                return f", by signal {signal.Signals(ended.si_status).name}" if killed else ""
        except ChildProcessError:  # somebody else's child
            if not Path(f"/proc/{pid}").exists():
                return ""
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.1)
