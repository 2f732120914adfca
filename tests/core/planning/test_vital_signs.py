"""When a farm is ready, when it is well, and which releases are not published everywhere."""

import dataclasses
import datetime

import pytest

from python_builds.core.planning.plan_report import Line, PlanReport
from python_builds.core.planning.vital_signs import HostSigns, Signs, unpublished
from python_builds.core.upstream.release_list import ListedRelease, ReleaseList

NOW = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
UP, DOWN = (HostSigns(name=name, is_up=up, workers={}) for name, up in (("big", True), ("small", False)))


def ago(**how):
    return NOW - datetime.timedelta(**how)


WELL = Signs(
    now=NOW,
    started=ago(days=1),
    database_silence=0,
    polls=True,
    polled=ago(hours=1),
    poll_patience=datetime.timedelta(hours=6),
    plans=True,
    planned=ago(minutes=9),
    plan_seconds=600,
    hosts=(UP,),
)


def failing(**otherwise):
    """Say which checks fail of a farm that is well but for this."""
    seen = dataclasses.replace(WELL, **otherwise)
    found = [name for name, check in seen.checks.items() if not check["ok"]]
    assert seen.is_well == (not found)
    assert seen.is_ready == ("database" not in found)
    return found


def test_a_farm_is_well_where_every_part_of_it_is():
    assert failing() == []
    assert WELL.checks == {
        "database": {"ok": True, "silent_seconds": 0},
        "poll": {"ok": True, "age_seconds": 3600},
        "planner": {"ok": True, "age_seconds": 540},
        "hosts": {"ok": True, "up": 1, "down": 0},
    }


@pytest.mark.parametrize(
    "otherwise, parts",
    [
        ({"database_silence": 11.0}, ["database"]),
        ({"polled": ago(hours=7)}, ["poll"]),
        ({"polled": None}, ["poll"]),
        ({"planned": ago(minutes=31)}, ["planner"]),
        ({"planned": None}, ["planner"]),
        ({"hosts": (DOWN,)}, ["hosts"]),
    ],
)
def test_each_part_that_is_not_is_told(otherwise, parts):
    assert failing(**otherwise) == parts


@pytest.mark.parametrize(
    "otherwise",
    [
        {"hosts": (UP, DOWN)},
        {"hosts": ()},
        {"polls": False, "polled": None},
        {"plans": False, "planned": None},
        {"planned": ago(minutes=4), "plan_seconds": 1},
    ],
    ids=[
        "one host of two",
        "no host of its own",
        "nothing to poll",
        "a planner that is paused",
        "a planner that looks often",
    ],
)
def test_what_an_operator_meant_or_others_make_good_is_well(otherwise):
    assert failing(**otherwise) == []


def test_a_farm_that_has_just_started_is_given_the_time_for_its_first_poll_and_plan():
    assert failing(started=ago(minutes=1), polled=None, planned=ago(days=3)) == []


def line(version, state="failed"):
    return Line(version=version, platform="debian-12", architecture="amd64", state=state)


def listed(version, complete=True, **seen):
    return ListedRelease(version=version, first_seen=ago(**seen), complete=complete)


def test_a_release_is_unpublished_as_long_as_one_of_its_products_is_missing():
    plan = PlanReport(made_at=NOW, lines=(line("3.13.5"), line("3.14.2t"), line("3.14.2t"), line("3.9.1")))
    releases = ReleaseList(
        releases=(
            listed("3.14.2", hours=2),
            listed("3.13.5", days=2),
            listed("3.12.9", days=9),
            listed("3.9.1", complete=False),
        )
    )
    found = unpublished(plan, releases)

    assert (found.count, found.newest, found.oldest) == (2, ago(hours=2), ago(days=2))
    assert unpublished(None, releases).count == 0
    assert unpublished(plan, None).newest is None
