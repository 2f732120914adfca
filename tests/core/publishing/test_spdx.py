"""What is in a build as SPDX: the same that CycloneDX tells, the same bytes for the same record, and read by others."""

import json

import pytest
from lib4sbom.parser import SBOMParser
from lib4sbom.validator import SBOMValidator

from python_builds.core.building.contents import parse_contents
from python_builds.core.publishing.artifacts import SBOM, SPDX
from python_builds.core.publishing.records import Artifact, LibrarySource
from python_builds.core.publishing.sbom import build_sbom
from python_builds.core.publishing.spdx import spdx_of
from tests.core.building.test_contents import TOLD
from tests.core.publishing.test_sbom import BUNDLED

LIBRARY = LibrarySource(name="mpdecimal", version="4.0.1", tarball="mpdecimal-4.0.1.tar.gz", sha256="e" * 64)


@pytest.fixture
def record(make_record):
    contents = parse_contents(TOLD, BUNDLED)
    return make_record().model_copy(update={"contents": contents, "libraries": (LIBRARY,)})


def packages(document):
    return {one["name"]: one for one in json.loads(document)["packages"]}


def related(document):
    told = json.loads(document)
    names = {one["SPDXID"]: one["name"] for one in told["packages"]} | {told["SPDXID"]: "the document"}
    return {
        (names[r["spdxElementId"]], r["relationshipType"], names[r["relatedSpdxElement"]])
        for r in told["relationships"]
    }


def test_each_part_has_the_names_versions_and_digests_that_cyclonedx_tells(record):
    cyclonedx = build_sbom(record)
    written = packages(spdx_of(cyclonedx))

    for one in json.loads(cyclonedx)["components"]:
        found = written[one["name"]]
        references = {r["referenceType"]: r["referenceLocator"] for r in found["externalRefs"]}
        assert found.get("versionInfo") == one.get("version")
        assert (references.get("purl"), references.get("cpe23Type")) == (one.get("purl"), one.get("cpe"))
    assert written["python"]["checksums"] == [{"algorithm": "SHA256", "checksumValue": record.source.sha256}]
    assert written["python"]["downloadLocation"] == "https://www.python.org/ftp/python/3.13.5/Python.tgz"
    assert written["pip"]["checksums"][0]["checksumValue"] == "d" * 64
    assert (written["mpdecimal"]["downloadLocation"], written["mpdecimal"]["sourceInfo"]) == (
        "NOASSERTION",
        "of mpdecimal-4.0.1.tar.gz",
    )


def test_parts_what_is_linked_tools_and_artifacts_are_told_apart(record):
    found = related(spdx_of(build_sbom(record)))

    assert {
        ("the document", "DESCRIBES", "python-3.13.5"),
        ("python-3.13.5", "CONTAINS", "python"),
        ("python-3.13.5", "CONTAINS", "expat"),
        ("python-3.13.5", "CONTAINS", "mpdecimal"),
        ("python-3.13.5", "DYNAMIC_LINK", "zlib1g"),
        ("gcc-14-x86-64-linux-gnu", "BUILD_TOOL_OF", "python-3.13.5"),
        ("python-3.13.5_1_amd64.deb", "CONTAINS", "python-3.13.5"),
    } < found


def test_the_same_record_gives_the_same_bytes_whether_or_not_it_names_the_documents_already(record):
    named = [
        Artifact(kind=kind, key=f"python/debian-12/python-3.13.5-debian-12.{kind}.json", sha256="f" * 64, size=1)
        for kind in (SBOM, SPDX)
    ]
    later = record.model_copy(update={"artifacts": (*record.artifacts, *named)})

    assert spdx_of(build_sbom(record)) == spdx_of(build_sbom(later))
    assert spdx_of(build_sbom(record)) != spdx_of(build_sbom(record.model_copy(update={"revision": 2})))


def test_a_reader_that_others_made_finds_it_valid_and_names_each_part(record, make_record, tmp_path):
    for number, one in enumerate((record, make_record(), make_record().model_copy(update={"source": None}))):
        document = spdx_of(build_sbom(one))
        path = tmp_path / f"{number}.spdx.json"
        path.write_bytes(document)
        assert SBOMValidator().validate_file(str(path)) == {"SPDX": "2.3"}
        parser = SBOMParser()
        parser.parse_string(document.decode())
        assert {p["name"]: p.get("version") for p in parser.get_packages()}["python"] == "3.13.5"
