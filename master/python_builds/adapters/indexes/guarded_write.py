"""Writing one index: signed where there is a key, and only where nobody else wrote it meanwhile.

In which order they are written is said in indexing.py, within a platform in core/indexes/platform_indexes.py.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass

from python_builds.adapters.publishing.signing import Signer
from python_builds.adapters.store.observed import Observed
from python_builds.adapters.store.store import Store
from python_builds.core.errors import StoreError
from python_builds.core.indexes.index_files import CLEARSIGNED, PLAIN, IndexFile

CHANGED = "was not what its records make: somebody else changed or removed it; it was written anew"
UNSIGNED = "is of a time when there was a key and contradicts what is beside it"
STALE = "names nothing that is still there"


@dataclass
class IndexWriter:
    """What writes indexes into a store as it was observed."""

    store: Store
    before: Observed
    signer: Signer | None
    _: KW_ONLY
    written: list[str]
    """Keys; what is written is added."""
    damaged: dict[str, str]
    """What is or was not as it has to be: sentences, by key; what is found is added."""

    def write(self, file: IndexFile, *, steady: bool = False) -> None:
        """Write an index, or remove a signature that cannot be made; of a `steady` one nothing is new."""
        content = file.content
        if file.how != PLAIN and self.signer is None:
            if self.before.is_there(file.key):
                self._remove(file.key, UNSIGNED)
            return
        if file.how != PLAIN and self.signer is not None:
            content = self.signer.sign(file.content, file.dated, clear=file.how == CLEARSIGNED)
        if self.before.is_same(file.key, content):
            return
        if file.lasting and not self.before.is_there(file.key):
            self.store.create(file.key, content)
        else:
            self.store.replace_if(file.key, content, self.before.tag(file.key))
        self.written.append(file.key)
        if steady:  # and not before: where another master wrote meanwhile, that is no damage
            self.damaged[file.key] = f"{file.key} {CHANGED}"

    def remove(self, keys: Iterable[str]) -> None:
        """Remove what is there of these, which nothing makes any more."""
        wanted = [*keys]
        self.before.observe(wanted)
        for key in wanted:
            if self.before.is_there(key):
                self._remove(key, STALE)

    def remove_others(self, prefix: str, files: Iterable[IndexFile]) -> None:
        """Remove what was there below a prefix and is none of these files, the signature of a file after it."""
        named = {file.key for file in files}
        for key in self.before.below(prefix):
            if key not in named:
                self._remove(key, STALE)

    def _remove(self, key: str, why: str) -> None:
        try:
            self.store.delete(key)
        except (StoreError, OSError) as error:
            self.damaged[key] = f"{key} {why}: {error}"
