"""How a command ends: what a person is told of what may go wrong on a machine, and the exit status."""

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import NoReturn

import requests
import typer

from python_builds.core.errors import PythonBuildsError

EXPECTED = (PythonBuildsError, OSError, subprocess.SubprocessError, requests.RequestException)
"""What may go wrong on a machine: a person gets the message, and no traceback."""

INTERRUPTED = 130
"""The exit status of what Ctrl-C ended, as shells have it: 128 and the signal's number."""


def end_as_by_ctrl_c() -> None:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does, so that what it started goes too; under nohup it goes on."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, signal.default_int_handler)


def exit_status(command: Callable[[], int | None], *, interrupted: str = "stopped") -> int:
    """Run a command to its exit status; `interrupted` is what Ctrl-C means for it."""
    try:
        return command() or 0
    except KeyboardInterrupt:
        print(f"\n{interrupted}", file=sys.stderr)
        return INTERRUPTED
    except EXPECTED as error:
        print(f"python-builds: {error}", file=sys.stderr)
        return 1


def end(do: Callable[[], int | None], interrupted: str = "stopped") -> NoReturn:
    """Do what a command is for, and end it."""
    raise typer.Exit(exit_status(do, interrupted=interrupted))
