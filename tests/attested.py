"""What tests of provenances share: a key, and products that are published with statements."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from python_builds.adapters.publishing.attesting import Attester, load_attester
from python_builds.adapters.publishing.provenances import keep_inputs, provenances, publish_signed
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.dsse import ENDING
from python_builds.core.publishing.provenance import SCRIPTS_FILE, Maker, Resource
from python_builds.core.publishing.records import Record
from tests.published import publish

FARM = "https://farm.example.org"


def make_key(path: Path, kind: str = "ec") -> Attester:
    """Make a key as docs/bucket.md says, or of the other kind by openssl."""
    if kind == "ec":
        subprocess.run(["scripts/setup/make-attestation-key.sh", path], check=True, capture_output=True)
    else:
        subprocess.run(["openssl", "genpkey", "-algorithm", kind, "-out", path], check=True, capture_output=True)
    return load_attester(path)


def public_file(attests: Attester, path: Path) -> Path:
    """Write the public keys where a person would have them."""
    path.write_bytes(attests.public_keys())
    return path


def maker(
    record: Resource, inputs: tuple[Resource, ...] = (), commands: Mapping[str, list[str]] | None = None
) -> Maker:
    """Say what a record does not."""
    return Maker(
        builder=FARM,
        started="2026-01-01T00:00:00+00:00",
        environment={"CCACHE_DISABLE": "1"},
        commands=dict(commands or {"unpack": ["scripts/steps/unpack-source.sh", "Python-3.13.5.tgz"]}),
        inputs=inputs,
        record=record,
    )


def publish_attested(store: Any, product: Product, attests: Attester, **changes: object) -> Record:
    """Publish a product with its statements; `changes` are of its record."""
    record = publish(store, product).model_copy(update={"attested": True, **changes})
    inputs = keep_inputs(store, {SCRIPTS_FILE: b"the scripts"})
    made = maker(Resource(name="record", digest={"sha256": "0" * 64}), tuple(inputs))
    publish_signed(store, ((f"{key}{ENDING}", attests.sign(one)) for key, one in provenances(record, made).items()))
    return record
