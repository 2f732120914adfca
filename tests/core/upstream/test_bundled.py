"""What CPython's source brings of others."""

import json

import pytest

from python_builds.core.upstream.bundled import EXPAT, MPDECIMAL, SBOM, WHEELS, bundled, is_wanted

EXPAT_H = b"#  define XML_MAJOR_VERSION 2\n#  define XML_MINOR_VERSION 8\n#  define XML_MICRO_VERSION 2\n"
PIP = f"{WHEELS}pip-26.2.1-py3-none-any.whl"


def listed(version: str) -> bytes:
    package = {
        "name": "expat",
        "versionInfo": version,
        "checksums": [{"algorithm": "SHA256", "checksumValue": "a" * 64}],
        "downloadLocation": "https://example.org/expat.tar.gz",
        "externalRefs": [
            {"referenceType": "cpe23Type", "referenceLocator": f"cpe:2.3:a:libexpat_project:libexpat:{version}:*"}
        ],
    }
    return json.dumps({"packages": [package]}).encode()


def found(files: dict[str, bytes]):
    return {one.name: one for one in bundled(files, dict.fromkeys(files, "b" * 64))}


def test_what_upstream_lists_is_taken_with_its_digest_and_what_advisories_call_it():
    expat = found({SBOM: listed("2.8.2"), EXPAT: EXPAT_H})["expat"]

    assert (expat.version, expat.sha256) == ("2.8.2", "a" * 64)
    assert expat.cpe.startswith("cpe:2.3:a:libexpat_project:libexpat:2.8.2:")


def test_where_the_list_and_the_header_differ_the_header_is_what_is_compiled():
    expat = found({SBOM: listed("2.7.0"), EXPAT: EXPAT_H})["expat"]

    assert (expat.version, expat.sha256) == ("2.8.2", ""), "the digest is of the other one"
    assert expat.cpe == "cpe:2.3:a:libexpat_project:libexpat:2.8.2:*:*:*:*:*:*:*"


def test_a_series_without_a_list_is_told_by_its_headers_and_wheels():
    there = found({EXPAT: EXPAT_H, MPDECIMAL: b'#define MPD_VERSION "2.5.1"\n', PIP: b"wheel"})

    assert {name: one.version for name, one in there.items()} == {
        "expat": "2.8.2",
        "mpdecimal": "2.5.1",
        "pip": "26.2.1",
    }
    assert (there["pip"].purl, there["pip"].sha256) == ("pkg:pypi/pip@26.2.1", "b" * 64)


def test_a_wheel_that_upstream_lists_too_is_named_once():
    list_ = json.dumps({"packages": [{"name": "pip", "versionInfo": "24.0"}]}).encode()

    assert [(one.name, one.version) for one in bundled({SBOM: list_, PIP: b"wheel"}, {PIP: "b" * 64})] == [
        ("pip", "26.2.1")
    ]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"packages": [1]}', b'{"packages": [{"name": ""}]}', b"[" * 9999]
)
def test_a_list_that_is_none_hides_nothing_else(content):
    assert [*found({SBOM: content, EXPAT: EXPAT_H, f"{WHEELS}odd.whl": b""})] == ["expat"]


def test_a_source_that_bundles_nothing_has_nothing():
    assert bundled({}, {}) == ()
    assert not is_wanted("Lib/os.py") and is_wanted(PIP)
