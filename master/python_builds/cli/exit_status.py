"""How a command ends: what a person is told of what may go wrong on a machine, and the exit status."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

import requests
import typer

from python_builds.core.errors import PythonBuildsError

EXPECTED = (PythonBuildsError, OSError, subprocess.SubprocessError, requests.RequestException)
"""What may go wrong on a machine: a person gets the message, and no traceback."""

INTERRUPTED = 130
"""The exit status of what Ctrl-C ended, as shells have it: 128 and the signal's number."""


ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

AGAIN_SECONDS = 0.05
"""After which Ctrl-C comes again that was lost; what lost it has ended by then, or loses it once more."""


def end_as_by_ctrl_c() -> None:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does, so that what it started goes too; under nohup it goes on.

    Python drops what is raised in some of its own callbacks, as while it imports; Ctrl-C must not be lost there.
    """
    for ending in ENDINGS[1:]:
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, signal.default_int_handler)
    sys.unraisablehook = _repeat_ctrl_c


def _repeat_ctrl_c(dropped: "sys.UnraisableHookArgs") -> None:
    if issubclass(dropped.exc_type, KeyboardInterrupt):
        # Not from here: this is such a callback, too.
        threading.Timer(AGAIN_SECONDS, _ctrl_c).start()
    else:
        sys.__unraisablehook__(dropped)


def _ctrl_c() -> None:
    for ending in ENDINGS:
        if signal.getsignal(ending) is signal.default_int_handler:
            signal.pthread_kill(threading.main_thread().ident or 0, ending)
            return


def exit_status(command: Callable[[], int | None], *, interrupted: str = "stopped") -> int:
    """Run a command to its exit status; `interrupted` is what Ctrl-C means for it."""
    try:
        return command() or 0
    except KeyboardInterrupt:
        # Where Ctrl-C came in code that is made of a text, as dataclasses make it, Python ends itself by SIGINT and not
        # by this status, unless more such code has run.
        exec("pass")  # noqa: S102
        print(f"\n{interrupted}", file=sys.stderr)
        return INTERRUPTED
    except EXPECTED as error:
        print(f"python-builds: {error}", file=sys.stderr)
        return 1


def end(do: Callable[[], int | None], interrupted: str = "stopped") -> NoReturn:
    """Do what a command is for, and end it."""
    raise typer.Exit(exit_status(do, interrupted=interrupted))
