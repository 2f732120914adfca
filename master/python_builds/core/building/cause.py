"""Why a command failed, in words: from the end of its log, where people look first."""

import re
from collections.abc import Sequence

from python_builds.core.plain_text import plain

LOOKED_AT = 60
"""Lines at the end of a log among which the cause is looked for."""

MAX_CHARACTERS = 200
"""Of a cause, which stands in tables and on one line of a terminal."""

_SILENT = re.compile(r"command timed out: (\d+) seconds without output")
_SLOW = re.compile(r"command timed out: (\d+) seconds elapsed")
_SIGNAL = re.compile(r"process killed by signal (\d+)")
_ERROR = re.compile(
    r"\b(?:fatal|error|failed|cannot|refused|killed)\b|not found|no such|\w(?:Error|Exception)\b", re.IGNORECASE
)
_MAKE = re.compile(r"g?make(?:\[\d+\])?: ")
"""Make repeats that a command failed, and not why."""
_COUNTED = re.compile(r"\d+ of \d+ checks failed")
_CHECK = re.compile(r"FAILED +(?=check_\w+: )")
"""How scripts/checks/ say how many checks failed, and of each one why."""
_OURS = re.compile(r"[a-z0-9_-]+\.(?:sh|py): (?=.)")
"""How the farm's own scripts begin their sentences, of which `die` writes the last to stderr."""


def killed(remarks: Sequence[str]) -> str:
    """Say how a command was ended that did not end by itself, by Buildbot's remarks in its log; empty if it did."""
    text = "\n".join(remarks)
    if found := _SILENT.search(text):
        return f"killed, as it wrote nothing for {found[1]} s"
    if found := _SLOW.search(text):
        return f"killed, as it took longer than {found[1]} s"
    if found := _SIGNAL.search(text):
        return f"killed by signal {found[1]}"
    return ""


def cause(lines: Sequence[str]) -> str:
    """Choose the line that says most; the lines begin with the letter of their stream, h for Buildbot's remarks.

    That is what a script of the farm died with, or else the last one that speaks of an error and is not only make's, or
    the last of all; empty for none.
    """
    if said := killed([line[1:] for line in lines if line.startswith("h")]):
        return said
    died = [plain(line[1:]) for line in lines if line.startswith("e") and _OURS.match(plain(line[1:]))]
    written = [plain(line[1:]) for line in lines if not line.startswith("h")]
    written = [line for line in written if line]
    own = [line for line in written if not _MAKE.match(line)]
    errors = [line for line in own if _ERROR.search(line)]
    found = next((candidates[-1] for candidates in (died, errors, own, written) if candidates), "")
    found = _OURS.sub("", found, count=1) if _OURS.match(found) else found
    if _COUNTED.fullmatch(found):
        first = next((_CHECK.sub("", line, count=1) for line in written if _CHECK.match(line)), "")
        found = f"{first} ({found})" if first else found
    return found if len(found) <= MAX_CHARACTERS else f"{found[: MAX_CHARACTERS - 1]}…"
