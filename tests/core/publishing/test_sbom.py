"""What is in a build: named so that scanners find it, and the same bytes for the same record."""

import json
from pathlib import Path

import cyclonedx.schema
import pytest
from jsonschema import Draft7Validator, FormatChecker
from lib4sbom.parser import SBOMParser
from packaging.version import Version
from referencing import Registry
from referencing.jsonschema import DRAFT7

from python_builds.core.building.contents import Bundled, parse_contents
from python_builds.core.publishing.artifacts import SBOM
from python_builds.core.publishing.records import Artifact, LibrarySource, parse_record
from python_builds.core.publishing.sbom import build_sbom, documents, tree_sbom
from python_builds.core.publishing.sbom_components import python_cpe
from tests.core.building.test_contents import TOLD

BUNDLED = (
    Bundled(
        name="expat",
        version="2.8.2",
        sha256="c" * 64,
        url="https://example.org/expat.tgz",
        cpe="cpe:2.3:a:x:y:1:*:*:*:*:*:*:*",
    ),
    Bundled(name="pip", version="26.2.1", file="pip.whl", sha256="d" * 64, purl="pkg:pypi/pip@26.2.1"),
)
GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = ("bom-1.6.SNAPSHOT.schema.json", "spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
"""OWASP's own, which come with the library."""

RPM = """\
system rhel 9.6
library libcrypto.so.3 direct openssl-libs 1:3.2.2-6.el9 x86_64 openssl-3.2.2-6.el9.src.rpm
tool ld binutils 2.35.2-54.el9 x86_64 binutils-2.35.2-54.el9.src.rpm
"""


@pytest.fixture
def record(make_record):
    return make_record().model_copy(update={"contents": parse_contents(TOLD, BUNDLED), "recipe": "0123"})


def components(document: bytes):
    return {one["name"]: one for one in json.loads(document)["components"]}


def test_cpython_is_named_by_purl_and_cpe_and_with_its_source(record):
    main = components(build_sbom(record))["python"]

    assert main["version"] == "3.13.5"
    assert main["purl"] == "pkg:generic/python@3.13.5"
    assert main["cpe"] == "cpe:2.3:a:python:python:3.13.5:*:*:*:*:*:*:*"
    (source,) = [one for one in main["externalReferences"] if one["type"] == "source-distribution"]
    assert source["hashes"] == [{"alg": "SHA-256", "content": record.source.sha256}]
    assert source["url"] == "https://www.python.org/ftp/python/3.13.5/Python.tgz", (
        "a folder of the farm's is nobody's business"
    )


def test_every_artifact_is_named_with_its_digest(record):
    main = json.loads(build_sbom(record))["metadata"]["component"]
    named = {
        one["url"]: one["hashes"][0]["content"] for one in main["externalReferences"] if one["type"] == "distribution"
    }

    assert named == {
        a.key.removeprefix("python/debian-12/"): a.sha256 for a in record.artifacts if not a.key.endswith(".sha256")
    }


@pytest.mark.parametrize(
    "version, cpe",
    [("3.13.5", "3.13.5:*"), ("3.15.0rc1", "3.15.0:rc1"), ("3.15.0a2", "3.15.0:alpha2"), ("3.15.0b3", "3.15.0:beta3")],
)
def test_prereleases_are_updates_of_the_final_in_a_cpe(version, cpe):
    assert python_cpe(Version(version)) == f"cpe:2.3:a:python:python:{cpe}:*:*:*:*:*:*"


def test_libraries_of_the_system_have_the_distribution_s_purl_and_what_advisories_name(record):
    found = components(build_sbom(record))

    assert found["zlib1g"]["purl"] == (
        "pkg:deb/debian/zlib1g@1:1.3.dfsg%2Breally1.3.1-1%2Bdeb13u1?arch=amd64&distro=debian-13&upstream=zlib"
    )
    assert "purl" not in found["libown.so"], "no package has it"
    assert {p["value"] for p in found["libzstd1"]["properties"]} == {"libzstd.so.1", "by another library"}


def test_an_rpm_s_purl_has_the_epoch_apart(record):
    found = components(build_sbom(record.model_copy(update={"contents": parse_contents(RPM)})))

    assert found["openssl-libs"]["purl"] == (
        "pkg:rpm/rhel/openssl-libs@3.2.2-6.el9?arch=x86_64&distro=rhel-9.6&epoch=1&upstream=openssl-3.2.2-6.el9.src.rpm"
    )


def test_tools_are_apart_from_what_is_in_it(record):
    document = json.loads(build_sbom(record))
    scopes = {one["name"]: one.get("scope", "in it") for one in document["components"]}

    assert {name for name, scope in scopes.items() if scope == "excluded"} == {"gcc-14-x86-64-linux-gnu"}
    (depends,) = [one["dependsOn"] for one in document["dependencies"] if one["ref"] == "python-3.13.5"]
    assert "tool:gcc-14-x86-64-linux-gnu" not in depends and "system:zlib1g" in depends


def test_what_is_bundled_or_linked_statically_is_in_it(record):
    library = LibrarySource(name="mpdecimal", version="4.0.1", tarball="mpdecimal-4.0.1.tar.gz", sha256="e" * 64)
    found = components(build_sbom(record.model_copy(update={"libraries": (library,)})))

    assert found["expat"]["cpe"] == "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*"
    assert found["pip"]["hashes"] == [{"alg": "SHA-256", "content": "d" * 64}]
    assert found["mpdecimal"]["cpe"] == "cpe:2.3:a:bytereef:mpdecimal:4.0.1:*:*:*:*:*:*:*"


def test_the_same_record_gives_the_same_bytes_whether_or_not_it_names_the_document_already(record):
    named = Artifact(kind=SBOM, key="python/debian-12/python-3.13.5-debian-12.cdx.json", sha256="f" * 64, size=1)
    later = record.model_copy(update={"artifacts": (*record.artifacts, named)})

    assert build_sbom(record) == build_sbom(later)
    assert build_sbom(record) != build_sbom(record.model_copy(update={"revision": 2}))


def test_a_record_that_names_one_part_twice_gives_the_same_bytes(record):
    listed = Bundled(name="pip", version="24.0")
    twice = record.contents.model_copy(update={"bundled": (listed, listed.model_copy(update={"file": "pip-24.0.whl"}))})
    record = record.model_copy(update={"contents": twice})
    parts = json.loads(build_sbom(record))["components"]

    assert build_sbom(record) == build_sbom(record)
    assert {part["bom-ref"] for part in parts if part["name"] == "pip"} == {"bundled:pip", "bundled:pip-24.0.whl"}


def test_what_lies_in_the_tree_tells_of_no_folder_no_time_and_no_revision(record):
    document = tree_sbom(record.product, record.source, (), record.contents)

    assert document == tree_sbom(record.product, record.source, (), record.contents)
    assert b"/opt/python" not in document, "a tree that is moved would have to change it"
    assert "timestamp" not in json.loads(document)["metadata"]
    assert b"revision" not in document and b"0123" not in document


def test_a_record_that_does_not_know_its_contents_has_a_document_all_the_same(make_record):
    older = make_record()
    adopted = older.model_copy(update={"source": None, "adopted": True})

    for record in (older, adopted):
        document = json.loads(build_sbom(record))
        assert document["metadata"]["component"]["version"] == "3.13.5"
        assert [one["name"] for one in document["components"]] == ["python"]


def real_build():
    """Read the record that a farm has written of a real CPython, but for two addresses of where things came from."""
    content = (GOLDEN / "3.15.0rc1-amd64-r1.json").read_bytes()
    return parse_record("quick/python/debian-12/records/3.15.0rc1-amd64-r1.json", content)


def test_a_real_build_s_documents_are_the_same_to_the_byte_with_every_later_farm_and_library():
    # If one is meant to change, so do all that are published, as nobody writes those again: say it in CHANGELOG.md.
    for name, content in documents(real_build()).items():
        assert content == (GOLDEN / name).read_bytes(), f"{name} came out differently: see tests/core/publishing/golden"


def both(record):
    return [build_sbom(record), tree_sbom(record.product, record.source, (), record.contents)]


def test_documents_are_as_the_schema_of_cyclonedx_says(record, make_record):
    folder = Path(cyclonedx.schema.__file__).parent / "_res"
    schemas = {name: json.loads((folder / name).read_text()) for name in SCHEMAS}
    registry = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name.replace('SNAPSHOT.', '')}", DRAFT7.create_resource(schema))
        for name, schema in schemas.items()
    )
    validator = Draft7Validator(schemas[SCHEMAS[0]], registry=registry, format_checker=FormatChecker())

    for document in (*both(record), *both(real_build()), build_sbom(make_record())):
        assert [error.message for error in validator.iter_errors(json.loads(document))] == []


def test_a_reader_that_others_made_names_cpython_s_version_and_each_part(record):
    for document in both(record):
        parser = SBOMParser()
        parser.parse_string(document.decode())
        packages = {one["name"]: one for one in parser.get_packages()}

        assert packages["python"]["version"] == "3.13.5"
        references = {reference[1]: reference[2] for reference in packages["python"]["externalreference"]}
        assert references["cpe23Type"] == "cpe:2.3:a:python:python:3.13.5:*:*:*:*:*:*:*"
        assert {"expat", "pip", "zlib1g", "gcc-14-x86-64-linux-gnu"} < packages.keys()
