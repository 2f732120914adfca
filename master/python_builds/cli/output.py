"""What commands write to: terminals of any encoding, and pipes whose reader may go."""

import io
import os
import sys
from collections.abc import Sequence
from typing import Any


class Lasting(io.RawIOBase):
    """A file that goes on taking bytes when nobody reads them any more: `make build | head` still ends its build."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor
        self.read_by_nobody = False

    def writable(self) -> bool:
        """Say that it is written to."""
        return True

    def fileno(self) -> int:
        """Give the descriptor, for what is started and writes there too."""
        return self.descriptor

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return os.isatty(self.descriptor)

    def write(self, data: Any) -> int:
        """Write, or drop what nobody reads."""
        if not self.read_by_nobody:
            try:
                return os.write(self.descriptor, data)
            except BrokenPipeError:
                self.read_by_nobody = True
        return len(data)


def write_anywhere() -> None:
    """Make this process's output last, and have characters that a terminal's encoding lacks written as `?`."""
    for name in ("stdout", "stderr"):
        now = getattr(sys, name)
        raw = io.BufferedWriter(Lasting(now.fileno()))
        lines = name == "stderr" or now.isatty()
        setattr(sys, name, io.TextIOWrapper(raw, now.encoding, errors="replace", line_buffering=lines))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Draw a table, a row a line, its columns as wide as what is in them."""
    every = [tuple(head), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in every
    )
