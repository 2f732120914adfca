"""The table of what was built: a series a line, by its newest version, from records alone."""

import datetime

from python_builds.core.indexes.minors import minors_table


def at(record, day):
    return record.model_copy(update={"built_at": datetime.datetime(2026, 11, day, tzinfo=datetime.UTC)})


def test_a_series_has_a_line_with_its_newest_version_and_a_variant_one_of_its_own(make_record):
    records = [
        at(make_record(version, "debian-12", "amd64", "quick", variant), 2)
        for version, variant in [("3.13.5", ""), ("3.13.15", ""), ("3.9.25", ""), ("3.14.7", ""), ("3.14.7", "t")]
    ]

    lines = minors_table(records).splitlines()

    assert lines[0] == "| CPython | debian-12 |"
    assert [line.split()[1] for line in lines[2:]] == ["3.9.25", "3.13.15", "3.14.7", "3.14.7t"]


def test_a_cell_tells_of_each_profile_by_its_newest_record_and_of_nothing_where_there_is_none(make_record):
    first = at(make_record("3.13.5", "debian-12", "amd64", "quick", revision=1), 2)
    again = at(make_record("3.13.5", "debian-12", "amd64", "quick", revision=2), 3)
    optimized = at(make_record("3.13.5", "debian-12", "amd64", "optimized"), 4).model_copy(update={"checked": False})
    other = at(make_record("3.14.7", "rhel-9", "arm64", "quick"), 5)

    lines = minors_table([again, first, optimized, other]).splitlines()

    assert lines[0] == "| CPython | debian-12 | rhel-9 |"
    _, cell, nothing = (part.strip() for part in lines[2].strip("|").split("|"))
    assert [entry.rpartition(", ")[2] for entry in cell.split("<br>")] == ["2026-11-04", "2026-11-03"]
    assert "amd64 optimized: not tried" in cell
    assert nothing == "-"
