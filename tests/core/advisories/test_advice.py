"""What is said of published versions: to programs, on the page, to the operator."""

import json

import pytest

from python_builds.core.advisories.advice import (
    Advice,
    advise,
    advisories_json,
    affected_versions,
    alerts,
    with_advisories,
)
from python_builds.core.advisories.osv import collect
from python_builds.core.advisories.statements import dump_statements, parse_statements
from python_builds.core.errors import ConfigurationError
from python_builds.core.upstream.tags import parse_tag

MODIFIED = "2026-01-02T03:04:05Z"


def osv(name, *, package=None, **rest):
    part = {"package": package or {"purl": "pkg:generic/python"}, "versions": rest.pop("versions", [])}
    if "events" in rest:
        part["ranges"] = [{"type": "SEMVER", "events": rest.pop("events")}]
    return {"id": name, "modified": MODIFIED, "affected": [part], **rest}


RECORDS = collect(
    {
        "1": osv("PSF-2026-1", aliases=["CVE-2026-1"], summary="<b>slow</b>", versions=["3.12.1", "3.13.1"]),
        "2": osv("PSF-2026-2", versions=["3.12.1"]),
        "3": osv("PSF-2026-3", versions=["some"]),
        "4": osv("PSF-2026-4", versions=["3.12.1"], withdrawn=MODIFIED),
        "5": osv("DEBIAN-CVE-2026-5", package={"purl": "pkg:deb/debian/mpdecimal"}, events=[{"introduced": "0"}]),
    }
)
MINORS = {"3.12": {"status": "end-of-life", "end_of_life": "2028-10"}, "3.13": {"status": "bugfix"}}


def build(version, variant="", **rest):
    return {"python_version": version, "variant": variant, **rest}


LIBRARY = {"libraries": [{"name": "mpdecimal", "version": "4.0.1"}]}
INDEX = {"builds": [build("3.12.1"), build("3.13.1"), build("3.13.1", "t"), build("3.16.0", **LIBRARY)]}


def vex(**change):
    statement = {
        "vulnerability": {"name": "CVE-2026-1"},
        "products": [{"@id": "pkg:generic/python@3.12.1"}],
        "status": "not_affected",
        "justification": "component_not_present",
        **change,
    }
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        "author": "Us",
        "timestamp": MODIFIED,
        "version": 1,
        "statements": [statement],
    }
    return json.dumps(document).encode()


def test_each_version_says_what_affects_it_and_what_may():
    found = advise(Advice(advisories=RECORDS, minors=MINORS), INDEX)

    assert [str(tag) for tag in found] == ["3.16.0", "3.13.1", "3.13.1t", "3.12.1"]
    old, new = found[parse_tag("3.12.1")], found[parse_tag("3.16.0")]
    assert old.affected == ("PSF-2026-1", "PSF-2026-2"), "a withdrawn record says nothing"
    assert old.unknown == ("PSF-2026-3",)
    assert old.line == "2 known vulnerabilities, 1 that may be one, end of life since 2028-10: mended no more"
    assert found[parse_tag("3.13.1t")].affected == ("PSF-2026-1",)
    assert new.affected == ("DEBIAN-CVE-2026-5",), "a build has that library"


def test_programs_get_a_line_for_each_version_and_the_same_bytes_each_time():
    advice = Advice(advisories=RECORDS, minors=MINORS)
    made = advisories_json(advice, advise(advice, INDEX))
    document = json.loads(made)

    assert made == advisories_json(advice, advise(advice, INDEX))
    assert len([line for line in made.decode().splitlines() if line.startswith('  "3.')]) == 4
    assert document["versions"]["3.12.1"]["affected"] == ["PSF-2026-1", "PSF-2026-2"]
    assert document["advisories"]["PSF-2026-1"]["aliases"] == ["CVE-2026-1"]
    assert "PSF-2026-4" not in document["advisories"]
    assert document["records"]["modified_of_cpython"] == document["records"]["modified"] == "2026-01-02T03:04:05+00:00"
    assert json.loads(advisories_json(advice, {}))["versions"] == {}


def test_what_was_looked_at_and_affects_nothing_differs_from_what_nobody_told_the_farm_of():
    of_another = osv("DEBIAN-CVE-2026-7", package={"purl": "pkg:deb/debian/zlib"}, versions=["1.3"])
    advice = Advice(advisories=collect({"1": osv("PSF-2026-6", versions=["3.9.1"]), "2": of_another}))
    document = json.loads(advisories_json(advice, advise(advice, INDEX)))

    assert [*document["advisories"]] == ["PSF-2026-6"], "a distribution's thousands are of other things"
    assert affected_versions(document, "PSF-2026-6") == []


def test_what_cpython_s_source_brings_and_compiles_in_is_judged_by_a_distribution_s_notices():
    debian = {"ecosystem": "Debian:13", "name": "expat", "purl": "pkg:deb/debian/expat?arch=source"}
    commit = {"purl": "pkg:deb/debian/hacl-star"}
    found = {
        "1": osv("DEBIAN-CVE-2026-8", package=debian, events=[{"introduced": "0"}, {"fixed": "2.8.0-1"}]),
        "2": osv("DEBIAN-CVE-2026-9", package=commit, events=[{"introduced": "0"}, {"fixed": "0.4"}]),
    }
    old, new = ([{"name": "expat", "version": version}] for version in ("2.7.1", "2.8.2"))
    hacl = {"name": "hacl-star", "version": "bb3d0dc8d9d15a5cd51094d5b69e70aa09005ff0"}
    builds = [build("3.13.1", bundled=old), build("3.13.1", "t", bundled=[*new, hacl]), build("3.12.1")]
    advised = advise(Advice(advisories=collect(found)), {"builds": builds})

    assert [(str(tag), one.affected, one.unknown) for tag, one in advised.items()] == [
        ("3.13.1", ("DEBIAN-CVE-2026-8",), ()),
        ("3.13.1t", (), ("DEBIAN-CVE-2026-9",)),
        ("3.12.1", (), ()),
    ], "a commit has no order among versions, so nobody knows"


def test_each_build_of_the_index_tells_how_many_there_are_of_it_by_its_own_libraries():
    builds = [build("3.12.1"), build("3.13.1"), build("3.16.0", **LIBRARY), build("3.16.0")]
    told = with_advisories(Advice(advisories=RECORDS, minors=MINORS), {"generated_at": None, "builds": builds})

    assert [one.pop("advisories") for one in told["builds"]] == [
        {"affected": 2, "unknown": 1, "minor_status": "end-of-life"},
        {"affected": 1, "unknown": 1, "minor_status": "bugfix"},
        {"affected": 1, "unknown": 1, "minor_status": ""},
        {"affected": 0, "unknown": 1, "minor_status": ""},
    ]
    assert told == {"generated_at": None, "builds": builds}


def test_other_records_statements_or_ends_make_another_digest():
    plain = Advice(advisories=RECORDS)

    assert plain.digest == Advice(advisories=RECORDS).digest
    others = [
        Advice(advisories=collect({})),
        Advice(advisories=RECORDS, minors=MINORS),
        Advice(advisories=RECORDS, statements=parse_statements("vex", vex())),
    ]
    assert len({plain.digest, *(one.digest for one in others)}) == 4


def test_what_an_operator_states_is_shown_as_not_affected_with_why():
    advice = Advice(advisories=RECORDS, statements=parse_statements("vex", vex()))
    found = advise(advice, INDEX)

    assert found[parse_tag("3.12.1")].affected == ("PSF-2026-2",)
    assert found[parse_tag("3.12.1")].not_affected == {"PSF-2026-1": {"justification": "component_not_present"}}
    assert found[parse_tag("3.13.1")].affected == ("PSF-2026-1",), "it is about another version"
    every = Advice(
        advisories=RECORDS, statements=parse_statements("vex", vex(products=[{"@id": "pkg:generic/python"}]))
    )
    assert advise(every, INDEX)[parse_tag("3.13.1")].affected == ()
    assert json.loads(dump_statements(advice.statements)) == json.loads(vex()), "published as it was read"


def test_all_that_openvex_has_for_it_is_taken_and_an_alias_is_a_name_too():
    parts = [{"@id": "pkg:generic/expat", "identifiers": {"cpe23": "cpe:2.3:a:x:y:1"}, "hashes": {"sha-256": "ab"}}]
    content = vex(
        vulnerability={"@id": "https://x", "name": "CVE-2026-99", "description": "d", "aliases": ["PSF-2026-1"]},
        products=[{"@id": "pkg:generic/python@3.12.1", "identifiers": {"purl": "p"}, "subcomponents": parts}],
        **{
            "@id": "https://x/1",
            "version": 2,
            "status_notes": "n",
            "supplier": "s",
            "last_updated": "2026-02-01T00:00:00Z",
        },
    )
    statements = parse_statements("vex", content)

    assert json.loads(dump_statements(statements)) == json.loads(content)
    assert (
        "PSF-2026-1"
        in advise(Advice(advisories=RECORDS, statements=statements), INDEX)[parse_tag("3.12.1")].not_affected
    )


@pytest.mark.parametrize(
    "change, said",
    [
        ({"justification": ""}, "needs a justification or an impact_statement"),
        ({"justification": "we think so"}, "justification must be one of component_not_present"),
        ({"status": "fixed"}, "not_affected"),
        ({"products": [{"@id": "pkg:pypi/requests"}]}, "must be pkg:generic/python"),
        ({"products": []}, "at least 1"),
        ({"vulnerability": {"name": "../x"}}, "vulnerability.name"),
        ({"states": 1}, "not permitted"),
    ],
)
def test_statements_that_say_too_little_are_refused(change, said):
    with pytest.raises(ConfigurationError, match=said):
        parse_statements("vex.json", vex(**change))


def test_statements_without_end_are_refused():
    with pytest.raises(ConfigurationError, match="has 1048577 bytes"):
        parse_statements("vex.json", b" " * (2**20 + 1))


def test_the_operator_hears_of_what_affects_the_newest_release_of_a_maintained_minor():
    advice = Advice(advisories=RECORDS, minors=MINORS)
    versions = json.loads(advisories_json(advice, advise(advice, INDEX)))["versions"]

    found = alerts(versions)
    doubts = found.pop("advisories that may affect what is newest")
    assert found == {
        "PSF-2026-1 affects what is newest": "CPython 3.13.1",
        "DEBIAN-CVE-2026-5 affects what is newest": "CPython 3.16.0",
    }
    assert doubts.startswith("PSF-2026-3: CPython 3.16.0, 3.13.1. The record, or the table of commits, does not say")
    assert alerts({**versions, "3.13.2": {"affected": []}}).keys() == {
        "DEBIAN-CVE-2026-5 affects what is newest",
        "advisories that may affect what is newest",
    }


@pytest.mark.parametrize(
    "name, expected",
    [
        ("PSF-2026-1", ["3.13.1", "3.13.1t", "3.12.1"]),
        ("CVE-2026-1", ["3.13.1", "3.13.1t", "3.12.1"]),
        ("all", ["3.16.0", "3.13.1", "3.13.1t", "3.12.1"]),
        ("PSF-2026-4", []),
    ],
)
def test_what_an_advisory_affects_is_found_by_any_of_its_names(name, expected):
    advice = Advice(advisories=RECORDS)

    assert affected_versions(json.loads(advisories_json(advice, advise(advice, INDEX))), name) == expected
