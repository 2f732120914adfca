"""Reading what a stranger made in a process of its own, with limits that the module sets itself before it begins."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from python_builds.adapters.stop import Stop, run
from python_builds.core.settings.setting_types import CHECKOUT


class NoAnswer(Exception):
    """Why there is none: words to go on with after what cannot be done."""

    def __init__(self, words: str, *, is_late: bool) -> None:
        super().__init__(words)
        self.is_late = is_late


def answer_of(module: str, *arguments: str, stop: Stop, seconds: float, keep: Sequence[str] = ()) -> Any:
    """Run one of our modules, and give what it prints as JSON; `keep` names what it needs of the environment.

    Raises:
        NoAnswer: if it took too long, or ended otherwise than well.
        Stopped: if somebody stopped it.
    """
    # What is in the master's environment is nothing for a process that a stranger's file may take over.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(CHECKOUT / "master"),
        **{name: os.environ[name] for name in keep if name in os.environ},
    }
    try:
        done = run([sys.executable, "-m", module, *arguments], stop, seconds, env=environment)
    except subprocess.TimeoutExpired:
        raise NoAnswer(f" within {seconds} s", is_late=True) from None
    if done.returncode:
        lines = done.stderr.splitlines() or [f"whoever looked ended with {done.returncode}"]
        raise NoAnswer(f": {lines[-1]}", is_late=False)
    return json.loads(done.stdout)
