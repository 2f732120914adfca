"""Publishing what is in a build, beside its artifacts, before the record that names it."""

from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import write_sidecar
from python_builds.adapters.store.store import Store
from python_builds.core.publishing.artifacts import artifact_kind
from python_builds.core.publishing.records import Artifact, Record
from python_builds.core.publishing.sbom import documents
from python_builds.core.publishing.sbom_files import sbom_keys


def publish_sbom(store: Store, record: Record, folder: Path) -> Record:
    """Upload the documents that follow from a record; give the record that names them, too."""
    for name, content in documents(record).items():
        (folder / name).write_bytes(content)
        write_sidecar(folder / name)
    added = []
    for name, key in sbom_keys(record.product, record.revision).items():
        digest = file_sha256(folder / name)
        store.upload(folder / name, key, digest)
        added.append(Artifact(kind=artifact_kind(name), key=key, sha256=digest, size=(folder / name).stat().st_size))
    return record.model_copy(update={"artifacts": (*record.artifacts, *added)})
