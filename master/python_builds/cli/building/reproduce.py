"""The same inputs, the same bytes?

What the farm has published is built once more by hand from the inputs that its record names (source, image, training
data, recipe), in another folder, on one core, and compared file by file; diffoscope has the last word. Where nothing is
published by today's recipe, the farm builds it first.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from python_builds.adapters.building.local_build import container, run_all, this_machine
from python_builds.adapters.building.recipe import SCRIPTS, packed, recipe
from python_builds.adapters.publishing.packages import same_package
from python_builds.adapters.publishing.publishing import newest_record, published_products
from python_builds.adapters.publishing.zst import same_content
from python_builds.adapters.stop import Stop
from python_builds.adapters.store.store import Store, make_store
from python_builds.adapters.workers.docker_command import exists
from python_builds.cli.building.build import INSTALL_PACKAGES, build, request
from python_builds.core.building.requests import parse_platform_request, requested
from python_builds.core.building.sbom_stages import SBOM_FILE
from python_builds.core.building.stages import TRAINING_FILE, local_commands
from python_builds.core.errors import FarmError, InvalidRequest, PythonBuildsError
from python_builds.core.indexes.index_files import sha256_of
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import SBOM, SPDX, Product, library_key, source_key
from python_builds.core.publishing.records import Artifact, Record, Source
from python_builds.core.publishing.sbom import documents, tree_sbom
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.tags import Newest
from python_builds.core.workers.images import worker_image
from python_builds.farm.building.platform_work import build_properties
from python_builds.farm.workers.workers import host_platform


def reproduce(settings: Settings, product: Product) -> int:
    """Build again and compare; the exit status says whether all is the same."""
    require_diffoscope()
    store = make_store(settings)
    record, source = published(settings, store, product)
    print(f"revision {record.revision} of {product}, again from what its record names:", flush=True)
    with tempfile.TemporaryDirectory(prefix="python-builds-reproduce-") as name:
        again = build_again(settings, store, record, source, Path(name))
        return 0 if is_whole(record, compare(store, record, again)) else 1


def require_diffoscope() -> None:
    """See that differences can be told.

    Raises:
        FarmError: if the program is not there.
    """
    if subprocess.run([INSTALL_PACKAGES, "diffoscope-minimal"], stdin=subprocess.DEVNULL).returncode:
        raise FarmError("diffoscope is not there; see above")


def wanted(settings: Settings, version: str, platform: str, profile: str) -> Product:
    """Read what is to be compared; a minor means the newest of its releases that is published.

    Raises:
        InvalidRequest: with all that is wrong.
    """
    host = host_platform()
    name = platform or (host[0].name if host else "")
    if not version or not name:
        raise InvalidRequest("make reproduce wants VERSION= and, on a machine of no known platform, PLATFORM=")
    asked = requested({"python_version": version})
    if isinstance(asked, Newest):
        there = published_products(make_store(settings), profile, platform_named(name))
        asked = asked.pick(product.tag for product in there) or asked
    properties = {"python_version": str(asked), "profile": profile}
    return parse_platform_request(properties, platform_named(name), host[1] if host else "amd64").product


def published(settings: Settings, store: Store, product: Product) -> tuple[Record, Source]:
    """Find what is published by today's recipe, or have the farm build it; give its record and its source.

    Raises:
        FarmError: if it could not be built.
    """
    today = recipe(packed(SCRIPTS), product.platform, worker_image(product.platform, settings.registry))
    record = newest_record(store, product)
    if record is None or record.recipe != today:
        print("nothing is published by today's recipe: building it first", flush=True)
        try:
            build(settings, request(str(product.tag), [product.platform.name], product.profile, force=True))
        except PythonBuildsError as error:
            raise FarmError(f"there is nothing to compare with, as the build failed: {error}") from error
        record = newest_record(store, product)
    if record is None or record.source is None:
        raise FarmError(f"there is no record of {product} that names its source")
    return record, record.source


def build_again(settings: Settings, store: Store, record: Record, source: Source, folder: Path) -> Path:
    """Run the commands of the record's build by hand; return the folder of what they made.

    Raises:
        FarmError: if an input is gone, or a command fails.
    """
    product, training = record.product, record.training
    again = folder / "again"
    again.mkdir()
    properties = {
        **build_properties(product, record.revision, source),
        "profile": record.profile,
        "training_sha256": training.sha256 if training else "",
    }
    files = {"scripts": SCRIPTS, source.name: folder / source.name}
    store.download(source_key(product.version, source.name), folder / source.name)
    for library in record.libraries:
        files[library.tarball] = folder / library.tarball
        store.download(library_key(library.tarball), folder / library.tarball)
    if training:
        files[TRAINING_FILE] = folder / TRAINING_FILE
        store.download(training.key, folder / TRAINING_FILE)
    if record.contents:
        document = tree_sbom(product, source, record.libraries, record.contents)
        files[SBOM_FILE] = folder / SBOM_FILE
        files[SBOM_FILE].write_bytes(document)
        properties["sbom_sha256"] = sha256_of(document)
    if record.image and not exists(record.image.id):
        raise FarmError(
            f"{record.image.name} as it was then ({record.image.id}) is not on this Docker host any more; "
            f"`make build VERSION={product.tag} PROFILE={record.profile} FORCE=1` builds with the one of today"
        )
    commands = local_commands(product, properties)
    environment = {
        "PYTHON_BUILDS_BUILD_USER": settings.build_user,
        "PYTHON_BUILDS_MAINTAINER": settings.maintainer,
        "CCACHE_DISABLE": "1",
    }
    place = container(record.image.id, files, again) if record.image else this_machine(files, again)
    with place as run:
        run_all(commands, run, settings.state_dir / "reproduce.log", environment)
    return again


class Downloads(Protocol):
    """What gives the bytes of a key."""

    def download(self, key: str, path: Path) -> None:
        """Copy an object into a file."""


def compare(store: Downloads, record: Record, again: Path) -> list[Artifact]:
    """Compare every artifact with what was made again, and let diffoscope tell of the differences; give the same."""
    same = []
    for artifact in (a for a in record.artifacts if a.kind != "sha256"):
        name = artifact.key.rpartition("/")[2]
        if artifact.kind in (SBOM, SPDX):
            (again / name).write_bytes(documents(record)[name])
        theirs = again / f"published-{name}"
        store.download(artifact.key, theirs)
        if _is_same(theirs, again, name):
            print(f"identical  {name}  {artifact.sha256}", flush=True)
            same.append(artifact)
            continue
        print(f"DIFFERS    {name}", flush=True)
        if not name.endswith(".tar.zst"):  # of what that holds, the .tar.gz tells already
            subprocess.run([shutil.which("diffoscope") or "diffoscope", theirs, again / name])
    print("reproduced: every file is the same" if is_whole(record, same) else "not reproduced, see above", flush=True)
    return same


def is_whole(record: Record, same: Collection[Artifact]) -> bool:
    """Say whether that is all that a record names."""
    return all(artifact in same for artifact in record.artifacts if artifact.kind != "sha256")


def _is_same(theirs: Path, again: Path, name: str) -> bool:
    """Compare an artifact; what the master has made of another one by zstd is as good as what it holds."""
    if name.endswith(".tar.zst"):
        return same_content(theirs, again / f"{name.removesuffix('.zst')}.gz", Stop())
    return same_package(theirs, again / name)
