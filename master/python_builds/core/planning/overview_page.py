"""The overview as a page for a browser: whole, or what changes of it, which the page asks for again by itself."""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from python_builds.core.planning import overview_words as words
from python_builds.core.planning.overview import STATES, Cell, Overview
from python_builds.core.publishing.trials import is_bad

TEMPLATE = Path(__file__).with_name("overview.html.jinja")
MARKS = dict(zip(STATES, ("✓", "▶", "…", "✗", "✗", "✗", "·", "·"), strict=True))
"""Beside the words, for eyes that look for one state among many."""

RELEASES = "https://www.python.org/downloads/release/python-"
"""Where each release has a page, by its version without points."""

SHOWN = 8
"""Lines of a list; the rest is behind a click, so that the table is near."""

EVERY_SECONDS = 5
"""After which the page asks again."""


def overview_page(overview: Overview, home: str) -> str:
    """Write the whole page; `home` is the way from it to the web UI, ending in a slash."""
    return _template().render(whole=True, every=EVERY_SECONDS, **_values(overview, home))


def overview_content(overview: Overview, home: str) -> str:
    """Write what changes of it."""
    return _template().render(whole=False, **_values(overview, home))


def _values(overview: Overview, home: str) -> dict[str, Any]:
    now = overview.seen.now
    failures = words.alike(overview.failed, by=lambda c: (c.tag, words.reason(c), words.again_words(c, now)))
    today = words.alike(overview.today, by=lambda cell: cell.tag)
    missing = words.alike(overview.missing, by=lambda cell: (cell.tag, cell.state))
    return {
        "o": overview,
        "home": home,
        "releases_at": RELEASES,
        "shown": SHOWN,
        "now": now,
        "failures": failures,
        "today": today,
        "missing": missing,
        "lines": [line for line in overview.seen.queue if line.waiting],
        "counts": _counts(overview),
        "marks": MARKS,
        "say": _say,
        "is_bad": is_bad,
        "words": words,
    }


def _counts(overview: Overview) -> dict[str, int]:
    states = [cell.state for row in overview.rows for cell in row.every]
    return {state: count for state in STATES if (count := states.count(state))}


def _say(cell: Cell, overview: Overview) -> str:
    """Say all that there is to say of a cell, beside where it is and its state."""
    now = overview.seen.now
    running = words.running_words(cell.running, overview) if cell.running else ""
    there = f"revision {cell.published.revision} of {cell.published.at:%Y-%m-%d %H:%M} UTC" if cell.published else ""
    overdue = "overdue" if cell.is_overdue else ""
    return "; ".join(filter(None, (running, cell.words, words.again_words(cell, now), there, overdue)))


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(TEMPLATE.read_text())
