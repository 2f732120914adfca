"""What a platform build does on the master: before the worker starts, and after it has handed over its files."""

import shutil
from pathlib import Path

from python_builds.adapters.building.artifact_check import check_apart
from python_builds.adapters.building.package_check import Meant
from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.packages import package_metadata, require_rpm
from python_builds.adapters.publishing.publishing import (
    located,
    newest_record,
    sign_package,
    upload_artifacts,
)
from python_builds.adapters.publishing.readiness import require_ready
from python_builds.adapters.publishing.revisions import now, reserve_revision
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.publishing.zst import add_zst
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream.bundled_files import read_bundled
from python_builds.adapters.upstream.mirror import mirrored
from python_builds.core.advice import FORCE
from python_builds.core.building.contents import Contents
from python_builds.core.building.requests import TRUST, PlatformRequest
from python_builds.core.errors import InvalidRequest, StoreError
from python_builds.core.publishing.artifacts import (
    PACKAGES_FOLDER,
    TARBALL_PARTS,
    Product,
    library_key,
    metapackage_file,
    package_file,
    source_key,
    tarball_file,
)
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Source, library_source
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.upstream.static_libraries import libraries_needed
from python_builds.core.upstream.trust import WORST, Trust
from python_builds.farm.steps.master_step import Outcome, Work


def check_request(settings: Settings, store: Store, request: PlatformRequest, work: Work) -> Outcome:
    """Refuse what cannot be built or published, and end where there is nothing to do."""
    product = request.product
    existing = newest_record(store, product)
    if existing and not request.force:
        key = record_key(product, existing.revision)
        work.say(f"{product} exists: {store.location(key)}; a new revision is made of what is asked for {FORCE}")
        return Outcome(
            summary=f"CPython {product.tag}, {product.profile}: exists already, revision {existing.revision}",
            properties={"artifacts": located(store, existing), "revision": existing.revision},
            ends_build=True,
        )
    if product.platform.package_format == "rpm":
        require_rpm()
    require_ready(settings, store, product.profile, work.stop)  # rather now than after an hour of compiling
    source = mirrored(store, product.version)  # kept in a property: the mirror may have a better one when we are done
    _require_trust(settings, source, Trust(str(work.properties.get(TRUST) or WORST)))
    work.say(f"{product} from {source.name} ({source.origin}, {source.trust})")
    properties = {**_source_properties(product, source), "started_at": now()}
    return Outcome(summary=f"CPython {product.tag}, {product.profile}", properties=properties)


def _require_trust(settings: Settings, source: Source, asked: Trust) -> None:
    """Refuse what was mirrored when less was enough, and what would share a ccache with better sources."""
    if not source.trust.satisfies(settings.minimum_trust):
        raise InvalidRequest(
            f"{source.name} is vouched for by {source.trust} only, as mirrored; {variable('minimum_trust')} asks "
            f"for {settings.minimum_trust}. Ask for the release again, so that another source may vouch for it better"
        )
    if not source.trust.satisfies(asked):
        raise InvalidRequest(
            f"{source.name} is vouched for by {source.trust}, and this build was asked for as one of a source that "
            f"{asked} vouches for, with whose compilations it would share a ccache: ask for it again"
        )


def reserve(store: Store, request: PlatformRequest, work: Work) -> Outcome:
    """Reserve the revision under which this build alone may publish, as soon as there is something to publish."""
    product = request.product
    revision = reserve_revision(store, product, work.build)
    work.say(f"{product}, revision {revision}")
    return Outcome(
        summary=f"{product.package}, revision {revision}", properties=_revision_properties(product, revision)
    )


def build_properties(product: Product, revision: int, source: Source) -> dict[str, object]:
    """Name what the steps of a build work with, by the names that they use."""
    return _source_properties(product, source) | _revision_properties(product, revision)


def _source_properties(product: Product, source: Source) -> dict[str, object]:
    return {
        "variant": product.variant,
        "prefix": product.prefix,
        "source": source.model_dump(mode="json"),
        "source_name": source.name,
        "source_sha256": source.sha256,
        "libraries": [
            library_source(library).model_dump()
            for library in libraries_needed(product.platform.static_libraries, product.version)
        ],
        "package_name": product.package,
        "metapackage_name": product.metapackage,
    }


def _revision_properties(product: Product, revision: int) -> dict[str, object]:
    return {
        "revision": revision,
        "package_file": package_file(product, revision),
        "metapackage_file": metapackage_file(product, revision),
        "metapackage_version": f"{product.version}-{revision}",
        **{
            f"{part}_tarball_file" if part else "tarball_file": tarball_file(product, revision, part)
            for part in TARBALL_PARTS
        },
    }


def take_source(store: Store, request: PlatformRequest, work: Work) -> Outcome:
    """Copy the mirrored tarballs into the spool, from where they are sent; the worker checks their digests, too."""
    product = request.product
    name = str(work.properties["source_name"])
    wanted = {source_key(product.version, name): (name, work.properties["source_sha256"])}
    wanted |= {
        library_key(found["tarball"]): (found["tarball"], found["sha256"]) for found in work.properties["libraries"]
    }
    for key, (tarball, sha256) in wanted.items():
        work.stop.check()
        store.download(key, work.spool / tarball)
        if (found := file_sha256(work.spool / tarball)) != sha256:
            raise StoreError(
                f"this farm's mirror of {tarball} is damaged: it was verified as SHA-256 {sha256} and is {found} now; "
                "ask for the release again, which fetches it anew"
            )
    bundled = [one.model_dump() for one in read_bundled(work.spool / name, work.stop)]
    return Outcome(summary=", ".join(tarball for tarball, _ in wanted.values()), properties={"bundled": bundled})


def verify(settings: Settings, request: PlatformRequest, work: Work) -> Outcome:
    """See that what arrived is what was to be made, before root installs any of it."""
    meant = Meant(
        revision=int(work.properties["revision"]),
        maintainer=settings.maintainer,
        sbom_sha256=str(work.properties["sbom_sha256"]),
        linked=sorted(Contents.model_validate(work.properties["contents"]).direct),
    )
    check_apart(request.product, meant, work.spool, work.stop)
    return Outcome(summary="as they should be")


def sign(settings: Settings, _request: PlatformRequest, work: Work) -> Outcome:
    """Sign an rpm and its metapackage, before their digests are taken."""
    with signer(settings) as signs:
        if signs is None:
            return Outcome(summary="unsigned, as no key is set")
        for path in _packages(work):
            sign_package(signs, path)
        return Outcome(summary=f"signed by {signs.fingerprints[0]}")


def publish(store: Store, request: PlatformRequest, work: Work) -> Outcome:
    """Upload the artifacts under new keys and verify what was written. Nobody sees them before the record."""
    product = request.product
    metadata = [package_metadata(path, f"{PACKAGES_FOLDER}/{path.name}") for path in _packages(work)]
    if not add_zst(product, int(work.properties["revision"]), work.spool, work.stop):
        work.say("no .tar.zst is made, as zstd is not installed on the master")
    artifacts = upload_artifacts(store, product, int(work.properties["revision"]), work.spool)
    for artifact in artifacts:
        work.say(f"{artifact.sha256}  {artifact.size:>10}  {store.location(artifact.key)}")
    return Outcome(
        summary=f"{len(artifacts)} files",
        properties={"uploaded": [a.model_dump() for a in artifacts], "package_metadata": metadata},
    )


def _packages(work: Work) -> list[Path]:
    names = (work.properties["package_file"], work.properties["metapackage_file"])
    return [work.spool / str(name) for name in names if name]


def clean_up(work: Work) -> Outcome:
    """Remove the build's folder in the spool."""
    shutil.rmtree(work.spool)
    return Outcome(summary="spool emptied")
