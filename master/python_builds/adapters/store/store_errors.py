"""How often a store refused or did not answer, by what was being done: for the farm's metrics.

What is asked for and is not there, and what somebody else wrote first, are answers and no errors.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

OPERATIONS = ("look at", "list", "read", "write", "delete", "upload", "download")
"""What is done in a store, as its errors name it."""


class ErrorCount:
    """Counts, from all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[str] = Counter()

    def add(self, doing: str) -> None:
        """Count one."""
        with self._lock:
            self._counted[doing] += 1

    def counted(self) -> dict[str, int]:
        """Say how many there were since the process began; operations without any are 0."""
        with self._lock:
            return {doing: self._counted[doing] for doing in OPERATIONS}


STORE_ERRORS = ErrorCount()
"""Of all stores of this process."""


@contextlib.contextmanager
def counting(doing: str) -> Iterator[None]:
    """Count what a folder's file system refuses; what is not there, or there already, is an answer."""
    try:
        yield
    except OSError as error:
        if not isinstance(error, FileNotFoundError | FileExistsError | NotADirectoryError):
            STORE_ERRORS.add(doing)
        raise
