"""Where a published file lies, with what lies beside it: in a folder, or on a web server."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from python_builds.adapters import http
from python_builds.adapters.stop import Stop
from python_builds.core.errors import SourceError

MAX_FILE = 2**30
"""Bytes of what is fetched; no build uploads more."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A file and its surroundings; `scratch` is where what is fetched goes."""

    address: str
    scratch: Path

    @property
    def is_web(self) -> bool:
        """Whether it is fetched."""
        return self.address.startswith(("http://", "https://"))

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.address.rpartition("/")[2]

    def get(self, relative: str, at_most: int = MAX_FILE) -> Path | None:
        """Give a file by its path from the folder of this one; None where there is none.

        Raises:
            SourceError: if it cannot be fetched.
        """
        if not self.is_web:
            path = Path(self.address).parent / relative
            return path if path.is_file() else None
        url = urljoin(self.address, relative)
        if not http.exists(url, Stop()):
            return None
        target = self.scratch / relative.replace("/", "_").replace("..", "_")
        http.download(url, target, Stop(), at_most)
        return target

    def require(self, relative: str, at_most: int = MAX_FILE) -> Path:
        """Give a file that must be there.

        Raises:
            SourceError: if it is not.
        """
        found = self.get(relative, at_most)
        if found is None:
            raise SourceError(f"there is no {relative} at {self.address}")
        return found

    def up_to(self, key: str) -> "Place | None":
        """Give the store that this file is in under a key; None where it lies elsewhere, as in a folder of its own."""
        path = self.address if self.is_web else str(Path(self.address).absolute())
        if not path.endswith(f"/{key}"):
            return None
        return Place(address=f"{path.removesuffix(key)}index", scratch=self.scratch)
