"""What an SBOM calls a build and its parts is what advisories, statements and advisories.json go by."""

import json

import pytest

from python_builds.core.advisories.advice import Advice, advise, advisories_json
from python_builds.core.advisories.osv import collect
from python_builds.core.advisories.statements import PRODUCT, StatedProduct
from python_builds.core.building.contents import parse_contents
from python_builds.core.indexes.manifest import platform_index
from python_builds.core.publishing.records import LibrarySource
from python_builds.core.publishing.sbom import build_sbom
from tests.core.building.test_contents import TOLD
from tests.core.publishing.test_sbom import BUNDLED

LIBRARY = LibrarySource(name="mpdecimal", version="4.0.1", tarball="mpdecimal-4.0.1.tar.gz", sha256="e" * 64)


def osv(name, purl, version):
    affected = [{"package": {"purl": purl}, "versions": [version]}]
    return {"id": name, "modified": "2026-01-02T03:04:05Z", "affected": affected}


@pytest.mark.parametrize("version, variant, update", [("3.13.5", "", "*"), ("3.15.0rc1", "t", "rc1")])
def test_one_record_has_the_same_names_and_versions_in_its_sbom_and_in_what_is_known_of_it(
    make_record, version, variant, update
):
    contents = parse_contents(TOLD, BUNDLED)
    record = make_record(version, variant=variant).model_copy(update={"libraries": (LIBRARY,), "contents": contents})
    parts = {one["name"]: one for one in json.loads(build_sbom(record))["components"]}
    main, library, bundled = parts["python"], parts["mpdecimal"], parts["expat"]
    purl, _, purl_version = main["purl"].partition("@")
    records = {
        "1": osv("PSF-2026-1", purl, main["version"]),
        "2": osv("DEBIAN-2026-2", f"pkg:generic/{library['name']}", library["version"]),
        "3": osv("PSF-2026-3", purl, "3.9.1"),
        "4": osv("DEBIAN-2026-4", f"pkg:deb/debian/{bundled['name']}", bundled["version"]),
        "5": osv("DEBIAN-2026-5", "pkg:deb/debian/zlib1g", parts["zlib1g"]["version"]),
        "6": osv("DEBIAN-2026-6", "pkg:deb/debian/pip", parts["pip"]["version"]),
    }
    advice = Advice(advisories=collect(records))
    index = platform_index([record], record.product.folder)
    known = json.loads(advisories_json(advice, advise(advice, index)))["versions"]

    assert [*known] == [f"{main['version']}{variant}"]
    assert known[f"{main['version']}{variant}"]["affected"] == [
        "DEBIAN-2026-2",
        "DEBIAN-2026-4",
        "PSF-2026-1",
    ], "the distribution mends what is the system's, and pip what is pip's"
    assert (purl, purl_version) == (PRODUCT, main["version"])
    assert StatedProduct(id=main["purl"]).has(record.product.version)
    base = record.product.version.base_version
    assert main["cpe"].split(":")[3:7] == ["python", "python", base, update]
    assert library["cpe"].split(":")[4:6] == ["mpdecimal", library["version"]]
