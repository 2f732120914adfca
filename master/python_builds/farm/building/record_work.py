"""The last thing that a platform build does: the record of what it has published, and what follows from that."""

import datetime
from collections.abc import Sequence

from buildbot.process.results import SUCCESS

from python_builds.adapters.publishing.attesting import attester
from python_builds.adapters.publishing.identity import sign_by_identity
from python_builds.adapters.publishing.provenances import keep_inputs, provenances, publish_signed
from python_builds.adapters.publishing.publishing import located, write_record
from python_builds.adapters.publishing.sbom_publishing import publish_sbom
from python_builds.adapters.store.store import Store
from python_builds.core.building.built_with import MAX_DESCRIPTION_BYTES, BuiltWith, parse_built_with
from python_builds.core.building.requests import PlatformRequest
from python_builds.core.building.sbom_stages import SBOM_FILE
from python_builds.core.building.stages import BUILT_WITH_FILE, CHECK_STEP, TRAINING_FILE, local_commands
from python_builds.core.documents import dump
from python_builds.core.indexes.index_files import sha256_of
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.dsse import BUNDLE_ENDING, ENDING
from python_builds.core.publishing.provenance import SCRIPTS_FILE, Maker, Resource
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Record
from python_builds.core.settings.settings import Settings
from python_builds.farm.steps.master_step import Outcome, Work
from python_builds.farm.workers.container_worker import IMAGE_ID, IMAGE_REFERENCE


def record(settings: Settings, scripts: bytes, store: Store, request: PlatformRequest, work: Work) -> Outcome:
    """Write the record, after which the build counts as published; before it, what follows from it."""
    made = publish_sbom(store, _record(settings, request.product, work), work.spool)
    if made.attested or made.by_identity:
        inputs = {SCRIPTS_FILE: scripts, SBOM_FILE: (work.spool / SBOM_FILE).read_bytes()}
        _state(settings, store, made, _maker(settings, made, work, keep_inputs(store, inputs)), work)
    key = write_record(store, made)
    work.say(store.location(key))
    checked = "" if made.checked else ", though its package was not tried on an untouched system"
    return Outcome(
        summary=f"published as revision {made.revision}{checked}",
        properties={"artifacts": located(store, made), "checked": made.checked},
    )


def _state(settings: Settings, store: Store, made: Record, maker: Maker, work: Work) -> None:
    """Publish what is stated of each artifact, signed by the farm's key, by its identity, or by both."""
    stated = provenances(made, maker)
    if attests := attester(settings):
        publish_signed(store, ((f"{key}{ENDING}", attests.sign(one)) for key, one in stated.items()))
    if made.by_identity:
        bundles, who = sign_by_identity(settings, stated, work.stop)
        publish_signed(store, ((f"{key}{BUNDLE_ENDING}", one) for key, one in bundles.items()))
        work.say(f"provenances signed by {who}")


def _record(settings: Settings, product: Product, work: Work) -> Record:
    metadata = work.properties["package_metadata"]
    return Record.model_validate(
        {
            "python_version": str(product.version),
            "variant": product.variant,
            "platform": product.platform.name,
            "architecture": product.architecture,
            "revision": work.properties["revision"],
            "profile": product.profile,
            "checked": work.steps[CHECK_STEP][0] == SUCCESS,
            "built_at": datetime.datetime.now(datetime.UTC).replace(microsecond=0),
            "source": work.properties["source"],
            "libraries": work.properties["libraries"],
            "artifacts": work.properties["uploaded"],
            "recipe": work.properties["recipe"],
            "image": _image(work),
            "built_with": _built_with(work),
            "contents": work.properties["contents"],
            "attested": settings.attestation_key_file is not None,
            "by_identity": settings.sigstore_token_file is not None,
            "training": work.properties.get("training"),
            "durations": {name: seconds for name, (_, seconds) in work.steps.items() if seconds},
            "build": work.build,
            "package": metadata[0],
            "metapackage": metadata[1] if len(metadata) > 1 else {},
        }
    )


def _maker(settings: Settings, made: Record, work: Work, inputs: Sequence[Resource]) -> Maker:
    """Say what makes the same again: from stored training data, whether or not this build was trained itself."""
    product, training = made.product, made.training
    known = {**work.properties, "training_sha256": training.sha256 if training else ""}
    found = [*inputs]
    if training:
        digest = {"sha256": training.sha256}
        found.append(Resource(name=TRAINING_FILE, digest=digest, downloadLocation=training.key))
    content = dump(made)
    return Maker(
        builder=settings.builder_name,
        started=str(work.properties["started_at"]),
        environment={
            "PYTHON_BUILDS_BUILD_USER": settings.build_user,
            "PYTHON_BUILDS_MAINTAINER": settings.maintainer,
            "CCACHE_DISABLE": "1",
        },
        commands=local_commands(product, known),
        inputs=tuple(found),
        record=Resource(
            name="record",
            digest={"sha256": sha256_of(content)},
            downloadLocation=record_key(product, made.revision),
        ),
    )


def _built_with(work: Work) -> BuiltWith:
    with (work.spool / BUILT_WITH_FILE).open("rb") as file:
        return parse_built_with(file.read(MAX_DESCRIPTION_BYTES + 1))


def _image(work: Work) -> dict[str, object] | None:
    """Name the image, if the build ran in a container; ContainerWorker has said which."""
    found = work.properties.get(IMAGE_ID)
    if not found:
        return None
    return {"name": work.properties["worker_image"], "id": found, "reference": work.properties.get(IMAGE_REFERENCE, "")}
