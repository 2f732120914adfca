"""What is in a build, as CycloneDX 1.6: a function of what its record says, so the same record gives the same bytes.

There are two documents of a build. The one in the tree, in share/sbom/, tells what cannot change without the tree
changing: a build of the same source on a system with the same packages has the same bytes, whoever makes it and when.
The one beside the artifacts is made of the whole record: it names them with their digests, and what they were made by.
What a record does not know, as older ones do not know their contents, is left out.
"""

import datetime
import json
import uuid
from collections.abc import Iterable, Sequence

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion

from python_builds.core.building.contents import Contents
from python_builds.core.publishing.artifacts import SBOM, SBOM_ENDING, SPDX, SPDX_ENDING, Product
from python_builds.core.publishing.records import LibrarySource, Record, Source
from python_builds.core.publishing.sbom_components import (
    bundled_components,
    cpython,
    linked_static,
    named,
    system_libraries,
    tools,
)
from python_builds.core.publishing.sbom_files import sbom_file
from python_builds.core.publishing.spdx import spdx_of

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/python-builds/sbom")
"""Of serial numbers, which are made of what a document tells."""


def tree_sbom(product: Product, source: Source, libraries: Sequence[LibrarySource], contents: Contents | None) -> bytes:
    """Write what lies in the tree."""
    return _document(_bom(product, source, libraries, contents))


def build_sbom(record: Record) -> bytes:
    """Write what lies beside the artifacts."""
    bom = _bom(record.product, record.source, record.libraries, record.contents)
    bom.metadata.properties.update(_how(record))
    component = bom.metadata.component
    artifacts = [a for a in record.artifacts if a.kind not in (SBOM, SPDX, "sha256")]
    if component is not None:
        component.external_references.update(
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(artifact.key.removeprefix(f"{record.product.folder}/")),
                hashes=_hashes(artifact.sha256),
            )
            for artifact in artifacts
        )
    return _document(bom, record.built_at)


def documents(record: Record) -> dict[str, bytes]:
    """Write what lies beside the artifacts, by name: in CycloneDX's words, and the same in SPDX's."""
    told = build_sbom(record)
    written = {SBOM_ENDING: told, SPDX_ENDING: spdx_of(told)}
    return {sbom_file(record.product, record.revision, ending): content for ending, content in written.items()}


def _bom(product: Product, source: Source | None, libraries: Iterable[LibrarySource], contents: Contents | None) -> Bom:
    # CPython is one of the parts: scanners look among these for what is vulnerable, and not at the name of it all.
    main = Component(
        name=product.package, type=ComponentType.APPLICATION, bom_ref=product.package, version=str(product.version)
    )
    parts = [cpython(product, source), *(linked_static(library) for library in libraries)]
    if contents:
        parts += bundled_components(contents.bundled)
        parts += system_libraries(contents)
    used = tools(contents) if contents else []
    bom = Bom(metadata=BomMetaData(component=main, lifecycles=[PredefinedLifecycle(phase=LifecyclePhase.BUILD)]))
    bom.metadata.tools.components.add(Component(name="python-builds", type=ComponentType.APPLICATION))
    bom.metadata.properties.update(
        named(
            platform=product.platform.name,
            architecture=product.architecture,
            profile=product.profile,
            variant=product.variant,
        )
    )
    bom.components.update(parts)
    bom.components.update(used)
    bom.register_dependency(main, parts)
    for one in used:
        bom.register_dependency(one)
    return bom


def _how(record: Record) -> list[Property]:
    return named(
        revision=str(record.revision),
        recipe=record.recipe,
        build=record.build,
        image=record.image.id if record.image else "",
        training=record.training.sha256 if record.training else "",
        compiler=record.built_with.compiler if record.built_with else "",
    )


def _hashes(sha256: str | None) -> list[HashType]:
    return [HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else []


def _document(bom: Bom, made: datetime.datetime | None = None) -> bytes:
    if made:
        bom.metadata.timestamp = made
    document = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    if not made:  # the library puts in the time of day
        del document["metadata"]["timestamp"]
    del document["serialNumber"]  # a random one
    serial = uuid.uuid5(NAMESPACE, json.dumps(document, sort_keys=True))
    document["serialNumber"] = serial.urn
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"
