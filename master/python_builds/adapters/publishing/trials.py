"""What trials after release read from the store, and what they remember: a file for each builder in the state folder.

The file may be lost: everything is tried once more then. It is no part of what is published, so not of the store.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import ValidationError

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import newest_record, published_products
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream.api_cache import replace_file
from python_builds.core.documents import dump
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import METAPACKAGE
from python_builds.core.publishing.records import Artifact, Record
from python_builds.core.publishing.trials import Trials, to_try


def newest_published(store: Store, profile: str, platform: Platform, architecture: str) -> list[Record]:
    """Read the newest revision of what is to be tried.

    What the predecessor built is left out, which is not held to these checks; so is a record that is damaged, of which
    the indexes' builder tells.
    """
    products = to_try(published_products(store, profile, platform), architecture)
    found = [newest_record(store, product) for product in products]
    return [record for record in found if record is not None and not record.adopted]


def packages_of(record: Record) -> list[Artifact]:
    """Give what is installed of a revision: its package, then its metapackage, if it has one."""
    kinds = (record.product.platform.package_format, METAPACKAGE)
    return [artifact for kind in kinds for artifact in record.artifacts if artifact.kind == kind]


def fetch(store: Store, artifacts: Iterable[Artifact], folder: Path, say: Callable[[str], None]) -> None:
    """Bring files of a revision here, by their own names.

    Raises:
        DamagedObject: if one is not what its record says.
    """
    for artifact in artifacts:
        path = folder / artifact.key.rpartition("/")[2]
        store.download(artifact.key, path)
        digest = file_sha256(path)
        if digest != artifact.sha256:
            path.unlink()
            raise DamagedObject(f"{artifact.key} has the digest {digest}, and by its record {artifact.sha256}")
        say(f"{path.name}: {artifact.size} bytes, sha256 {digest}, as its record says")


def read_trials(state_dir: Path, builder: str) -> Trials | None:
    """Read what is remembered of a builder; None where there is nothing, or nothing of this format."""
    try:
        return Trials.model_validate_json(_path(state_dir, builder).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def read_all_trials(state_dir: Path, builders: Iterable[str]) -> dict[str, Trials]:
    """Read what is remembered of some builders."""
    found = {builder: read_trials(state_dir, builder) for builder in builders}
    return {builder: trials for builder, trials in found.items() if trials is not None}


def write_trials(state_dir: Path, builder: str, trials: Trials) -> None:
    """Remember; a builder has one build at a time for each of its workers, and the last that ends counts."""
    path = _path(state_dir, builder)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, dump(trials))


def _path(state_dir: Path, builder: str) -> Path:
    return state_dir / "trials" / f"{builder}.json"
