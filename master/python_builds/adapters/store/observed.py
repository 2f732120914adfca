"""What was in the store before anything was read from it: what is replaced must still be that."""

import dataclasses
import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from python_builds.adapters.publishing.publishing import READERS
from python_builds.adapters.store.objects import Stat
from python_builds.adapters.store.store import Store


class Observed:
    """Objects as they were when they were looked at."""

    def __init__(self, store: Store, *, reads: bool = False) -> None:
        """Take the store; `reads`: digests are of what is really there, and not what the store says."""
        self.store = store
        self.reads = reads
        self.found: dict[str, Stat | None] = {}
        self.listed: dict[str, list[str]] = {}

    def observe(self, keys: Iterable[str]) -> None:
        """Look at objects, several at once."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self.found]
        absent = [key for key in wanted if key.startswith(tuple(self.listed))]
        self.found.update(dict.fromkeys(absent))
        wanted = [key for key in wanted if key not in self.found]
        with ThreadPoolExecutor(READERS) as pool:
            self.found.update(zip(wanted, pool.map(self._look, wanted), strict=True))

    def observe_below(self, prefixes: Iterable[str]) -> None:
        """Look at all objects below prefixes; what is not among them was not there."""
        for prefix in prefixes:
            found = self.store.keys(prefix)
            self.observe(found)
            self.listed[prefix] = found

    def below(self, prefix: str) -> list[str]:
        """Name the objects that were below a prefix, in order, if anybody looked there."""
        return self.listed.get(prefix, [])

    def is_observed(self, key: str) -> bool:
        """Say whether anybody looked at an object, or where it would be."""
        return key in self.found or key.startswith(tuple(self.listed))

    def _look(self, key: str) -> Stat | None:
        found = self.store.stat(key)
        return dataclasses.replace(found, sha256=self.store.digest(key)) if found and self.reads else found

    def is_there(self, key: str) -> bool:
        """Say whether there was an object."""
        return self.found[key] is not None

    def is_same(self, key: str, content: bytes) -> bool:
        """Say whether an object had this content."""
        found = self.found[key]
        return found is not None and found.sha256 == hashlib.sha256(content).hexdigest()

    def tag(self, key: str) -> str | None:
        """Give the tag an object had, for `replace_if`."""
        found = self.found[key]
        return found.tag if found else None
