"""Signs of life, on a real pseudo-terminal and in a file."""

import io
import os
import pty
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from python_builds.cli.building.alive import (
    EVERY,
    LONG,
    Alive,
    Log,
    Sign,
    block,
    columns,
    cut,
    duration,
    is_due,
    printable,
)

ADDRESS = "http://127.0.0.1:8010/#/builders/3/builds/1/steps/24/logs/stdio"


class Terminal:
    """A terminal of 60 columns, and what was written to it."""

    def __init__(self) -> None:
        self.screen, inside = pty.openpty()
        termios.tcsetwinsize(inside, (24, 60))
        self.output: TextIO = os.fdopen(inside, "w")

    def written(self) -> str:
        return os.read(self.screen, 65536).decode()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.output.close()
    os.close(made.screen)


def sign(seconds: float, usual: float | None = None) -> Sign:
    return Sign(what="compile", seconds=seconds, usual=usual, note="8 steps done")


def look() -> Log:
    return Log(place=ADDRESS, last="gcc -c Python/ceval.c")


def lines(*signs: Sign) -> list[str]:
    """Write where nothing moves."""
    output = io.StringIO()
    alive = Alive(output)
    for one in signs:
        alive.show("compile", one, look)
    return output.getvalue().splitlines()


def test_what_moves_says_how_long_it_takes_and_usually_took_and_where_its_log_is(terminal: Terminal) -> None:
    Alive(terminal.output).show("compile", sign(65, 298), look)

    assert terminal.written().split("\r\n") == [
        "\r\x1b[J  … compile  1:05 of about 4:58  (8 steps done)",
        f"    {ADDRESS}",
        "    | gcc -c Python/ceval.c",
    ]


def test_what_moves_is_written_over_by_the_next_and_an_address_counts_with_all_its_rows(terminal: Terminal) -> None:
    alive = Alive(terminal.output)
    alive.show("compile", sign(65), look)
    terminal.written()
    alive.show("compile", sign(66), look)

    assert terminal.written().startswith("\x1b[3A\r\x1b[J  … compile  1:06"), (
        "4 rows: the address takes 2 of 60 columns"
    )
    alive.clear()
    assert terminal.written() == "\x1b[3A\r\x1b[J"


def test_what_is_over_soon_has_no_log_that_comes_and_goes(terminal: Terminal) -> None:
    Alive(terminal.output).show("compile", sign(1), look)

    assert ADDRESS not in terminal.written()


def test_a_log_is_not_read_at_each_move(terminal: Terminal) -> None:
    looks = []
    alive = Alive(terminal.output)
    for second in range(10, 20):
        alive.show("compile", sign(second), lambda: looks.append(1) or look())

    assert len(looks) == 1


def test_without_a_terminal_what_is_short_says_nothing() -> None:
    assert lines(sign(0), sign(10), sign(LONG - 1)) == []


def test_without_a_terminal_what_usually_takes_long_says_so_at_once() -> None:
    assert lines(sign(0, 298), sign(20, 298)) == [f"  … compile  0:00 of about 4:58  (8 steps done)  {ADDRESS}"]


def test_without_a_terminal_a_line_a_minute_shows_what_is_written() -> None:
    seconds = range(LONG + 2 * EVERY + 1)

    assert lines(*map(sign, seconds)) == [
        f"  … compile  0:30  (8 steps done)  {ADDRESS}",
        "  … compile  1:30  (8 steps done)  | gcc -c Python/ceval.c",
        "  … compile  2:30  (8 steps done)  | gcc -c Python/ceval.c",
    ]


def test_each_thing_has_its_own_lines() -> None:
    output = io.StringIO()
    alive = Alive(output)
    for key in ("configure", "compile"):
        alive.show(key, Sign(what=key, seconds=LONG))

    assert output.getvalue() == "  … configure  0:30\n  … compile  0:30\n"
    assert is_due(sign(LONG), None) and not is_due(sign(LONG + EVERY - 1), LONG)


def test_a_log_cannot_play_with_the_terminal() -> None:
    hostile = "\x1b]0;title\x07a\x1b[2Jb\x1b[31mred\x1b[0m\x1b]8;;http://x\x1b\\c\rd\te\x9b5nf\x00"

    assert printable(hostile) == "abredc d e 5nf "
    assert "\x1b" not in "".join(block(sign(5), Log(last=hostile), 80))


@pytest.mark.parametrize("text", ["a" * 100, "日" * 100, "é" * 100])
def test_a_line_is_cut_to_the_terminals_width(text: str) -> None:
    short = cut(text, 60)

    assert short.endswith("…")
    assert 57 <= columns(short) < 60


def test_a_line_that_fits_is_left_alone() -> None:
    assert cut("a" * 59, 60) == "a" * 59


@pytest.mark.parametrize(
    "seconds, words", [(-1, "0:00"), (0.4, "0:00"), (65, "1:05"), (3599.6, "1:00:00"), (7380, "2:03:00")]
)
def test_a_duration_is_written_as_people_read_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words
