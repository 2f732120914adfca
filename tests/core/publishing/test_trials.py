"""Trials after release: what is due, what a verdict changes, what is told, and when something is built again."""

import datetime

import pytest

from python_builds.core.building.built_with import BuiltWith
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.trials import (
    BROKEN,
    GOOD,
    UNCHECKED,
    Trial,
    Trials,
    Verdict,
    can_be_tried,
    changes,
    due,
    is_bad,
    linked_packages,
    offered,
    parse_archive,
    settle,
    to_try,
    trial_alerts,
    trials_words,
)

NOW = datetime.datetime(2026, 11, 28, 3, tzinfo=datetime.UTC)
THEN = {"libssl3": "3.0.17", "libc6": "2.36-9"}


def built_with(**libraries):
    values = dict.fromkeys(("compiler", "target", "linker", "libc"), "x")
    values |= dict.fromkeys(("configure", "make", "modules", "builtin_modules"), ())
    return BuiltWith(libraries=libraries, tests={"passed": 1}, **values)


def with_libraries(record, **libraries):
    return record.model_copy(update={"built_with": built_with(**libraries)})


def trial(**values):
    return Trial(**{"revision": 1, "verdict": GOOD, "at": NOW, "packages": THEN, **values})


@pytest.mark.parametrize(
    "last, revision, packages, again, reason",
    [
        (None, 1, THEN, False, "it was never tried after its release"),
        (trial(), 2, THEN, False, "revision 2 was never tried"),
        (trial(), 1, THEN, False, ""),
        (trial(), 1, THEN, True, "somebody asked for it"),
        (trial(), 1, {**THEN, "libssl3": "3.0.18"}, False, "libssl3 3.0.17 became 3.0.18"),
        (trial(), 1, {**THEN, "libssl3": ""}, False, "libssl3 is gone from the archive"),
        (trial(verdict=UNCHECKED), 1, THEN, False, "the last trial could not tell"),
        (trial(verdict=BROKEN, alarm="x"), 1, THEN, False, ""),
        (trial(at=NOW - datetime.timedelta(days=6, hours=23)), 1, THEN, False, ""),
        (trial(at=NOW - datetime.timedelta(days=7)), 1, THEN, False, "more than 7 days ago"),
    ],
)
def test_a_revision_is_due_when_something_changed_or_it_is_time(last, revision, packages, again, reason):
    why = due(revision, packages, last, NOW, 7, again=again)

    assert reason in why and bool(why) == bool(reason)


def test_of_many_changes_three_are_named():
    before = {f"lib{n}": "1" for n in range(5)}

    assert changes(before, dict.fromkeys(before, "2")) == (
        "lib0 1 became 2, lib1 1 became 2, lib2 1 became 2 and 2 more"
    )


def test_the_packages_of_a_deb_s_and_an_rpm_s_libraries_are_known_by_name(make_record):
    deb = with_libraries(make_record(), a="libssl3 3.0.17-1~deb12u2", b="libssl3 3.0.17-1~deb12u2", c="/lib/libx.so.1")
    rpm = with_libraries(
        make_record(platform="rhel-9"), a="openssl-libs-3.2.2-6.el9_5.1.x86_64", b="glibc-2.34-100.el9.x86_64", c="/x.y"
    )

    assert linked_packages(deb) == {"libssl3": "3.0.17-1~deb12u2"}
    assert linked_packages(rpm) == {"openssl-libs": "3.2.2-6.el9_5.1", "glibc": "2.34-100.el9"}
    assert linked_packages(make_record()) == {}


def test_what_the_archive_has_no_more_is_told_apart_from_what_it_has():
    archive = parse_archive("libssl3 3.0.18\nlibz 1\n\na sentence that is no package\n")

    assert offered({"libssl3", "libc6"}, archive) == {"libc6": "", "libssl3": "3.0.18"}


def test_the_newest_of_each_minor_and_variant_is_tried(make_product):
    published = [
        *(make_product(version) for version in ("3.13.9", "3.13.10", "3.12.1", "3.15.0a1")),
        *(make_product(version, variant="t") for version in ("3.14.0", "3.14.1")),
        make_product("3.13.11", architecture="arm64"),
    ]

    assert [str(one.tag) for one in to_try(published, "amd64")] == ["3.12.1", "3.13.10", "3.14.1t", "3.15.0a1"]


def bad(words="libssl.so.3: cannot open"):
    return Verdict(result=BROKEN, words=words)


def test_what_an_update_broke_is_told_and_built_again_once(make_record):
    first = with_libraries(make_record(), a="libssl3 3.0.17")
    packages = {"libssl3": "3.0.18"}
    told, rebuild = settle(first, packages, bad(), trial(), NOW)

    assert rebuild
    assert told.alarm == (
        "3.13.5 for debian-12 amd64, revision 1: broken by an update of the distribution: libssl.so.3: cannot open; "
        "since it was built, libssl3 3.0.17 became 3.0.18; the next revision was asked for"
    )
    assert settle(first, packages, bad(), told, NOW)[1], "whoever crashed before asking asks; once is seen to elsewhere"
    second = first.model_copy(update={"revision": 2})
    still, rebuild = settle(second, packages, bad(), told, NOW)
    assert not rebuild
    assert "it was built again for this and is broken still" in still.alarm
    third = first.model_copy(update={"revision": 3})
    assert not settle(third, packages, bad(), still, NOW)[1], "nothing is built again without an end"


def test_an_alarm_ends_when_a_revision_is_good_and_may_begin_anew(make_record):
    first, second = make_record(), make_record(revision=2)
    told, _ = settle(first, {}, bad(), None, NOW)
    good, rebuild = settle(second, {}, Verdict(result=GOOD), told, NOW)

    assert (good.alarm, good.rebuilt, rebuild) == ("", 0, False)
    assert settle(second, {}, bad(), good, NOW)[1]


def test_what_could_not_be_checked_neither_begins_nor_ends_an_alarm(make_record):
    unchecked = Verdict(result=UNCHECKED, words="the archive cannot be reached")
    told, _ = settle(make_record(), {}, bad(), None, NOW)

    for last in (None, told):
        found, rebuild = settle(make_record(), {}, unchecked, last, NOW)
        assert (found.verdict, found.alarm, rebuild) == (UNCHECKED, last.alarm if last else "", False)


def test_an_alert_stays_the_same_for_as_long_as_it_lasts():
    found = {"debian-12-amd64": Trials(looked_at=NOW, trials={"3.13.5": trial(alarm="so it is"), "3.12.1": trial()})}

    assert trial_alerts(found) == {"what is published of CPython 3.13.5 for debian-12-amd64 is broken": "so it is"}
    assert is_bad(found["debian-12-amd64"])


@pytest.mark.parametrize(
    "trials, problem, words",
    [
        ({}, "", "nothing tried yet"),
        ({"3.13.5": trial(), "3.12.1": trial()}, "", "2 good"),
        (
            {"3.13.5": trial(), "3.12.1": trial(verdict=UNCHECKED), "3.11.1": trial(verdict=UNCHECKED, alarm="x")},
            "",
            "1 good, 3.11.1 broken, 3.12.1 not checked",
        ),
        ({"3.13.5": trial()}, "no answer", "1 good; could not be looked at: no answer"),
    ],
)
def test_how_it_stands_is_said_in_a_line(trials, problem, words):
    assert trials_words(Trials(looked_at=NOW, problem=problem, trials=trials)) == words


def test_a_platform_past_its_support_is_tried_only_where_it_is_kept():
    platform = platform_named("debian-12")
    later = platform.end_of_support + datetime.timedelta(days=1)

    assert can_be_tried(platform, platform.end_of_support, [])
    assert not can_be_tried(platform, later, [])
    assert can_be_tried(platform, later, ["debian-12"])
