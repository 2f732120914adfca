"""Text that others wrote, as it may stand on one line of a terminal, a page or a mail."""

import re

from python_builds.core.errors import InvalidRequest

MAX_WORDS = 200
"""Characters of what a person says why, or who they are: it stands in tables and on one line of a terminal."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(line: str) -> str:
    """Leave out what would move a terminal's cursor, colour it or turn the direction of its text."""
    return "".join(c for c in _ESCAPES.sub("", line) if c.isprintable() or c == "\t").strip()


def few_words(name: str, text: str) -> str:
    """Make one line of what a person said; `name` is what they said it as.

    Raises:
        InvalidRequest: if that is too long to stand in a table.
    """
    line = plain(" ".join(text.split()))
    if len(line) > MAX_WORDS:
        raise InvalidRequest(f"{name} has {len(line)} characters; {MAX_WORDS} are allowed: say it in fewer")
    return line
