"""Signs of life: lines that move on a terminal; elsewhere, as in a pipe or a CI log, a line now and then."""

import os
import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

LONG = 30
"""Seconds from which on something takes long, so that a log is to say how long it usually takes."""

EVERY = 60
"""Seconds between two lines about the same thing where nothing moves."""

LOOK_SECONDS = 2
"""Between two looks at a log, and before the first: what is over sooner has no line that comes and goes."""

PLAIN_WIDTH = 160
"""Of a line where there is no terminal whose width counts; the address of a log is never cut."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")


@dataclass(frozen=True, kw_only=True)
class Sign:
    """What goes on, and for how long."""

    what: str
    seconds: float
    usual: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Log:
    """What it writes meanwhile."""

    place: str = ""
    """Where a person can open all of it."""
    last: str = ""


class Alive:
    """Shows signs of life of one thing after another, in `output`."""

    def __init__(self, output: TextIO) -> None:
        self.output = output
        self.moving = output.isatty()
        self._rows = 0
        self._key: object = None
        self._said: float | None = None
        self._looked = 0.0
        self._log = Log()

    def show(self, key: object, sign: Sign, look: Callable[[], Log] = Log) -> None:
        """Show that what is known by `key` goes on; `look` reads its log, and is called when that is to be shown."""
        if key != self._key:
            self._key, self._said, self._looked, self._log = key, None, 0.0, Log()
        if self.moving:
            if sign.seconds >= LOOK_SECONDS and time.monotonic() - self._looked >= LOOK_SECONDS:
                self._log, self._looked = look(), time.monotonic()
            self._draw(block(sign, self._log, _width(self.output)))
        elif is_due(sign, self._said):
            print(plain(sign, look(), first=self._said is None), file=self.output, flush=True)
            self._said = sign.seconds

    def clear(self) -> None:
        """Take away what moves, so that a line can be written that stays."""
        self._draw([])

    def _draw(self, lines: list[str]) -> None:
        """Write over what was drawn last. An address may be longer than a row."""
        if not self.moving or not (lines or self._rows):
            return
        up = f"\x1b[{self._rows - 1}A" if self._rows > 1 else ""
        print(f"{up}\r\x1b[J" + "\n".join(lines), end="", file=self.output, flush=True)
        width = _width(self.output)
        self._rows = sum(max(1, -(-columns(line) // width)) for line in lines)


def is_due(sign: Sign, said: float | None) -> bool:
    """Say whether a line is due where nothing moves: at the start of what takes long, then once in a while."""
    if said is None:
        return sign.seconds >= LONG or (sign.usual or 0) >= LONG
    return sign.seconds - said >= EVERY


def headline(sign: Sign) -> str:
    """Say what goes on, for how long, and how long it usually takes."""
    about = f" of about {duration(sign.usual)}" if sign.usual else ""
    note = f"  ({sign.note})" if sign.note else ""
    return f"  … {sign.what}  {duration(sign.seconds)}{about}{note}"


def block(sign: Sign, log: Log, width: int) -> list[str]:
    """Write the lines that move."""
    lines = [cut(headline(sign), width)]
    if log.place:
        lines.append(f"    {log.place}")
    if log.last:
        lines.append(cut(f"    | {printable(log.last)}", width))
    return lines


def plain(sign: Sign, log: Log, *, first: bool) -> str:
    """Write a line that stays: the first names the log, later ones show that it grows."""
    if first:
        return f"{headline(sign)}  {log.place}".rstrip()
    return cut(headline(sign) + (f"  | {printable(log.last)}" if log.last else ""), PLAIN_WIDTH)


def printable(text: str) -> str:
    """Keep what a log may do to a terminal from it: colours, moves and whatever else is no text."""
    return "".join(c if c.isprintable() else " " for c in _ESCAPES.sub("", text))


def cut(text: str, width: int) -> str:
    """Shorten a line to a width."""
    if columns(text) < width:
        return text
    while columns(text) > width - 2:  # the last column is left free: some terminals go on to the next row there
        text = text[:-1]
    return f"{text}…"


def columns(text: str) -> int:
    """Count the columns that a line takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def duration(seconds: float) -> str:
    """Write seconds as people read them, 1:05 or 2:03:00."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _width(output: TextIO) -> int:
    """Ask the terminal; one that does not know gets the width of old ones."""
    return os.get_terminal_size(output.fileno()).columns or 80
