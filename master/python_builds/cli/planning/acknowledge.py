"""Acknowledging an alert: others see that somebody knows, and by whom."""

import datetime
import getpass
import os

from python_builds.adapters.planning.acknowledged import acknowledge as note
from python_builds.adapters.planning.report_file import read_report
from python_builds.core.errors import InvalidRequest
from python_builds.core.plain_text import few_words
from python_builds.core.planning.alert_ends import Acknowledged
from python_builds.core.settings.settings import Settings


def acknowledge(settings: Settings, words: str, by: str) -> None:
    """Note who knows of the alert that has these words in its name, or list all where there are none.

    Raises:
        InvalidRequest: if no alert has them, or more than one, or the name is too long.
    """
    seen = read_report(settings.state_dir)
    alerts = seen.alerts if seen else {}
    if not words:
        print("\n".join(f"{key}: {text}" for key, text in alerts.items()) or "there is no alert")
        return
    key = chosen(words, [*alerts])
    now = datetime.datetime.now(datetime.UTC)
    who = few_words("BY", by) or few_words("SUDO_USER", os.environ.get("SUDO_USER", "")) or getpass.getuser()
    note(settings.state_dir, key, who, now)
    print(f"{key}: {Acknowledged(by=who, at=now)}")


def chosen(words: str, keys: list[str]) -> str:
    """Find the one alert that is meant.

    Raises:
        InvalidRequest: if that is none, or not one alone.
    """
    found = [key for key in keys if key == words] or [key for key in keys if words in key]
    if len(found) == 1:
        return found[0]
    which = found or keys
    listed = "".join(f"\n  {key}" for key in which) or " there is none now"
    problem = f"{len(found)} alerts have it" if found else "no alert has it"
    raise InvalidRequest(f"alert is {words!r}, and {problem}: give the words of one of these,{listed}")
