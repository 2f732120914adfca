"""How an artifact came to be: every part that SLSA's provenance v1 asks for, of a real build's record."""

import json

from python_builds.core.publishing.provenance import Maker, Resource, parse_provenance, provenance
from tests.core.publishing.test_sbom import real_build

TRAINED = Resource(
    name="training-data.tar.gz", digest={"sha256": "7" * 64}, downloadLocation="python/training/7.tar.gz"
)
MAKER = Maker(
    builder="https://farm.example.org/#builders/debian-12-amd64",
    started="2026-11-28T22:01:00+00:00",
    environment={"LC_ALL": "C.UTF-8"},
    commands={"compile": ["scripts/steps/compile.sh", "optimized"]},
    inputs=(TRAINED,),
    record=Resource(name="3.15.0rc1-amd64-r1.json", digest={"sha256": "8" * 64}),
)


def test_a_statement_says_of_what_by_whom_when_and_how_its_source_was_verified():
    record = real_build()
    source = record.source.model_copy(
        update={
            "origin": "https://www.python.org/ftp/python/3.15.0/Python-3.15.0rc1.tgz",
            "trust": "signed-upstream",
            "verified": ("sigstore bundle of hugo@python.org",),
        }
    )
    record = record.model_copy(update={"source": source, "recipe": "0123456789abcdef"})
    (tarball,) = [artifact for artifact in record.artifacts if artifact.kind == "tarball"]
    content = provenance(record, tarball, MAKER)
    statement = json.loads(content)
    definition = statement["predicate"]["buildDefinition"]
    first, image, training = definition["resolvedDependencies"]

    assert statement["subject"] == [
        {
            "digest": {"sha256": tarball.sha256},
            "name": "python-3.15.0rc1-debian-12.tar.gz",
            "downloadLocation": tarball.key,
        }
    ]
    assert definition["externalParameters"] == {
        "python_version": "3.15.0rc1",
        "variant": "",
        "platform": "debian-12",
        "architecture": "amd64",
        "profile": "quick",
    }
    assert definition["internalParameters"] == {
        "revision": 1,
        "recipe": "0123456789abcdef",
        "environment": MAKER.environment,
        "commands": MAKER.commands,
    }
    assert first == {
        "name": "Python-3.15.0rc1.tgz",
        "uri": source.origin,
        "digest": {"sha256": source.sha256},
        "downloadLocation": "sources/3.15.0rc1/Python-3.15.0rc1.tgz",
        "annotations": {"trust": "signed-upstream", "verified": ["sigstore bundle of hugo@python.org"]},
    }
    assert (image["name"], image["digest"]) == ("image", {"sha256": record.image.id.removeprefix("sha256:")})
    assert training == {
        "name": "training-data.tar.gz",
        "digest": {"sha256": "7" * 64},
        "downloadLocation": "python/training/7.tar.gz",
    }
    run = statement["predicate"]["runDetails"]
    assert run["builder"] == {"id": MAKER.builder}
    assert run["metadata"]["startedOn"] == MAKER.started
    assert run["metadata"]["finishedOn"] == record.built_at.isoformat()
    assert run["byproducts"] == [{"name": "3.15.0rc1-amd64-r1.json", "digest": {"sha256": "8" * 64}}]
    assert content == provenance(record, tarball, MAKER)
    assert parse_provenance("x", content).predicate.definition.dependency("image").sha256 == image["digest"]["sha256"]
