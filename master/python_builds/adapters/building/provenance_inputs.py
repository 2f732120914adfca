"""What an artifact was made of, fetched by the places and checked by the digests that its provenance names."""

import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.places import Place
from python_builds.adapters.workers.docker_command import exists, output
from python_builds.core.errors import FarmError, NotVerified
from python_builds.core.publishing.artifacts import check_key
from python_builds.core.publishing.provenance import IMAGE, SCRIPTS_FILE, Provenance, Resource

SCRIPTS = "scripts"


@dataclass(frozen=True, kw_only=True)
class PublishedStore:
    """Another farm's store, to read from: a folder, or a web server."""

    root: Place

    def download(self, key: str, path: Path) -> None:
        """Copy an object into a file.

        Raises:
            SourceError: if it is not there.
        """
        shutil.copyfile(self.root.require(check_key(key)), path)

    def fetch(self, resource: Resource, path: Path) -> Path:
        """Copy what is named by its digest, and check that.

        Raises:
            NotVerified: if it is something else.
        """
        self.download(resource.download_location, path)
        if (found := file_sha256(path)) != resource.sha256:
            raise NotVerified(
                f"{resource.download_location} has SHA-256 {found}, and {resource.sha256} went into what was built"
            )
        return path


def gather(store: PublishedStore, stated: Provenance, folder: Path) -> Mapping[str, Path]:
    """Fetch what lies in the work folder when the commands begin, each under its name there.

    Raises:
        NotVerified: if something is not what went in.
    """
    files = {}
    for one in stated.predicate.definition.dependencies:
        if one.name == IMAGE:
            continue
        if "/" in check_key(one.name) or not one.sha256:
            raise NotVerified(f"the provenance names {one.name!a}, which is no file by its digest")
        files[one.name] = store.fetch(one, folder / one.name)
    if SCRIPTS_FILE not in files:
        raise NotVerified(f"the provenance names no {SCRIPTS_FILE}, by which it was made")
    with tarfile.open(files.pop(SCRIPTS_FILE)) as archive:
        archive.extractall(folder, filter="data")
    return {**files, SCRIPTS: folder / SCRIPTS}


def image_of(stated: Provenance) -> str:
    """Name the image by its id, as Docker does; empty for what was built in none. A registry is asked for what lacks.

    Raises:
        FarmError: if this machine's engine does not have it.
    """
    image = stated.predicate.definition.dependency(IMAGE)
    if image is None:
        return ""
    wanted = f"sha256:{image.sha256}"
    # Of a tag a registry has the newest image alone; what an older farm has stated names no more.
    for reference in filter(None, (image.download_location, image.uri if "/" in image.uri else "")):
        if not exists(wanted):
            output("pull", "--quiet", reference)
    if not exists(wanted):
        raise FarmError(
            f"the image {image.uri} ({wanted}) is not on this Docker host: have it pushed to a registry, or bring it "
            "by `docker save` and `docker load`, which keep its id"
        )
    return wanted
