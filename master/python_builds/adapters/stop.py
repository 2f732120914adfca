"""Waits of the master's threads that somebody else can end: at a socket, for a program, for a lock.

A thread cannot be ended from outside. So whoever blocks in one says how his wait is ended, and asks between two blocks.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

LOOK_SECONDS = 0.2
"""Between two looks whether a lock is free: waiting for it in the kernel could not be ended."""


class Stopped(Exception):
    """Somebody wanted what was being done to end, or its time was over; the message says why.

    It is none of our other errors, so that nobody who goes on to the next source after an error goes on after this.
    """


class Stop:
    """What one thread waits under and another one may end, once and for all."""

    def __init__(self) -> None:
        self._reason = ""
        self._is_set = threading.Event()
        self._lock = threading.Lock()
        self._ends: list[Callable[[], None]] = []

    def set(self, reason: str) -> None:
        """End what is being waited for, and whatever would be from now on; the first reason counts."""
        with self._lock:
            self._reason = self._reason or reason
            self._is_set.set()
            for end in self._ends:
                end()

    def check(self) -> None:
        """Go on, unless it was stopped.

        Raises:
            Stopped: with the reason.
        """
        if self._is_set.is_set():
            raise Stopped(self._reason)

    def wait(self, seconds: float) -> None:
        """Wait for as long as that; raises Stopped as soon as it is."""
        self._is_set.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Have `end` called from another thread when it is stopped; however the block then ends, that is the reason."""
        with self._lock:
            self.check()
            self._ends.append(end)
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)
            self.check()


@contextlib.contextmanager
def alone(lock: Path, stop: Stop) -> Iterator[None]:
    """Be the only one to hold a lock, of all threads and processes; the file stays."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                stop.wait(LOOK_SECONDS)
        yield


def run(command: Sequence[str], stop: Stop, seconds: float, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, or end it with all that it started: when it is stopped, or has taken too long.

    Raises:
        Stopped, TimeoutExpired, FileNotFoundError: nothing of it runs any more.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
        **options,
    ) as process:

        def end() -> None:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):  # it may have ended just now
                    os.killpg(process.pid, signal.SIGKILL)

        try:
            with stop.ending(end):
                output, problems = process.communicate(timeout=seconds)
        except BaseException:
            end()
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, problems)
