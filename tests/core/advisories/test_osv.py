"""Records that strangers wrote: what is kept of them, and what is left out."""

import json
from datetime import UTC, datetime

import pytest

from python_builds.core.advisories.osv import CPYTHON, MAX_SUMMARY, collect, parse_advisory
from python_builds.core.errors import SourceError

GOOD = {
    "id": "PSF-2026-1",
    "modified": "2026-01-02T03:04:05Z",
    "aliases": ["CVE-2026-1234"],
    "summary": "Something is slow",
    "affected": [],
}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../etc/passwd"},
        {"id": "PSF-2026-1\n"},
        {"id": "PSF/2026"},
        {"id": ""},
        {"id": 7},
        {"id": "P" * 400},
        {"id": "<b>-1"},
        {"modified": "yesterday"},
        {"modified": None},
        {"aliases": "CVE-2026-1"},
        {"affected": {}},
        {"affected": [{"ranges": [{"type": "GIT", "events": []}]}]},
        {"affected": [{"ranges": [{"type": "MAGIC", "events": [{"introduced": "0"}]}]}]},
        {"affected": [{"ranges": [{"type": "GIT", "events": [{"introduced": "0"}] * 2001}]}]},
        {"affected": [{"ranges": [{"type": "GIT", "events": [{"introduced": 0}]}]}]},
        {"affected": [{"versions": ["3.9.1"] * 20001}]},
        {"affected": [{"versions": ["9" * 201]}]},
    ],
)
def test_what_is_no_record_is_left_out_with_a_sentence_and_the_others_stay(change):
    found = collect({"bad": {**GOOD, "id": "PSF-2026-2", **change}, "good": GOOD})

    assert [one.id for one in found.records] == ["PSF-2026-1"]
    assert len(found.problems) == 1
    assert found.problems[0].startswith("bad is no OSV record: ")
    assert len(found.problems[0]) < 400


@pytest.mark.parametrize("raw", [[], None, 7, "PSF-2026-1"])
def test_json_that_is_no_object_is_no_record(raw):
    with pytest.raises(SourceError, match="must be a JSON object"):
        parse_advisory("here", raw)


def test_text_for_people_is_one_short_line_without_control_characters():
    one = parse_advisory("here", {**GOOD, "summary": "a\x1b[31m\r\nb\u202ec <script>" + "x" * 10**6})

    assert one.summary.startswith("a [31m b c <script>x")
    assert len(one.summary) == MAX_SUMMARY
    assert one.summary.isprintable()


def test_an_alias_that_is_none_is_left_out_alone():
    one = parse_advisory("here", {**GOOD, "aliases": ["CVE-2026-1234", "../x", "CVE-2026-1234", "a b"]})

    assert one.names == ("PSF-2026-1", "CVE-2026-1234")


def test_of_two_records_of_one_name_the_newer_one_holds_and_a_withdrawn_one_says_nothing():
    older = {**GOOD, "modified": "2025-01-01T00:00:00Z", "summary": "older"}
    withdrawn = {**GOOD, "id": "PSF-2026-9", "withdrawn": "2026-02-01T00:00:00Z"}
    found = collect({"1": GOOD, "2": older, "3": withdrawn})

    assert [(one.id, one.summary) for one in found.current] == [("PSF-2026-1", "Something is slow")]
    assert len(found.records) == 2


@pytest.mark.parametrize("names", [("1", "2"), ("2", "1")])
def test_a_record_of_the_future_gives_way_to_any_other_and_is_told(names):
    future = {**GOOD, "modified": "2099-01-01T00:00:00Z", "withdrawn": "2026-02-01T00:00:00Z"}
    records = {"1": GOOD, "2": future}
    until = datetime(2026, 6, 1, tzinfo=UTC)
    found = collect({name: records[name] for name in names}, until=until)

    assert [one.summary for one in found.current] == ["Something is slow"]
    assert found.problems == ("2 says that it was modified on 2099-01-01, which is yet to come",)
    assert collect({"2": future}, until=until).records


def test_the_newest_record_is_of_a_day_that_has_been_and_of_what_is_asked_about():
    good = {**GOOD, "affected": [{"package": {"purl": "pkg:generic/python"}}]}
    late = {**good, "id": "PSF-2026-2", "modified": "2026-03-01T00:00:00Z"}
    library = {
        "id": "DEBIAN-1",
        "modified": "2026-04-01T00:00:00Z",
        "affected": [{"package": {"purl": "pkg:deb/x/zlib"}}],
    }
    future = {**good, "id": "PSF-2026-3", "modified": "2099-01-01T00:00:00Z"}
    found = collect({"1": good, "2": late, "3": library, "4": future}, until=datetime(2026, 6, 1, tzinfo=UTC))

    assert found.newest() == datetime(2026, 4, 1, tzinfo=UTC)
    assert found.newest(CPYTHON) == datetime(2026, 3, 1, tzinfo=UTC)
    assert found.newest("expat") is None


def test_fields_that_are_new_do_no_harm():
    assert (
        parse_advisory("here", json.loads(json.dumps({**GOOD, "future": {"a": [1]}, "details": None}))).id == GOOD["id"]
    )
