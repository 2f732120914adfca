"""How often something was tried, and when it may be tried again."""

import datetime

import pytest

from python_builds.core.planning.back_off import (
    BROKEN,
    CANCELLED,
    DAILY,
    FAILED,
    OK,
    Attempt,
    BackOff,
    Inputs,
    back_off,
)

START = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
WAITS = [datetime.timedelta(minutes=10), datetime.timedelta(hours=1)]
NEW = Inputs(recipe="new", source="s")


def at(minutes):
    return START + datetime.timedelta(minutes=minutes)


def one(minutes, result=FAILED, **more):
    return Attempt(request=int(minutes), result=result, reason=f"reason {minutes}", ended=at(minutes), **more)


def test_what_was_never_tried_is_not_held_back():
    assert back_off([], WAITS) is None


def test_the_waits_come_one_after_the_other_and_then_it_is_given_up():
    attempts = [one(0), one(20), one(90)]

    assert [back_off(attempts[:n], WAITS).until for n in (1, 2, 3)] == [at(10), at(80), None]
    assert [back_off(attempts[:n], WAITS).given_up for n in (1, 2, 3)] == [False, False, True]
    assert back_off(attempts, WAITS).reason == "reason 90"
    assert back_off(attempts, WAITS).failures == 3


def test_a_hold_ends_when_its_time_is_over():
    found = back_off([one(0)], WAITS)

    assert found.holds(at(9.9))
    assert not found.holds(at(10))


def test_what_is_given_up_is_held_for_ever():
    assert back_off([one(n) for n in range(3)], WAITS).holds(at(10**6))


def test_what_the_farm_itself_broke_is_tried_again_once_a_day():
    found = back_off([one(0), one(20), one(90, BROKEN)], WAITS)

    assert found.given_up
    assert found.reason == "reason 90"
    assert found.until == at(90) + DAILY


def test_the_order_of_the_tries_does_not_matter():
    assert back_off([one(90), one(0), one(20)], WAITS) == back_off([one(0), one(20), one(90)], WAITS)


def test_other_inputs_make_a_fresh_start():
    old = [one(n, inputs=Inputs(recipe="old", source="s")) for n in range(5)]

    assert back_off(old, WAITS, inputs=NEW) is None
    assert back_off([*old, one(9, inputs=NEW)], WAITS, inputs=NEW).failures == 1


@pytest.mark.parametrize("unknown", [Inputs(), Inputs(recipe="new"), Inputs(source="s")])
def test_inputs_that_nobody_knows_count_as_the_same(unknown):
    assert back_off([one(n, inputs=unknown) for n in range(3)], WAITS, inputs=NEW).failures == 3


def test_another_source_makes_a_fresh_start():
    assert back_off([one(0, inputs=Inputs(recipe="new", source="other"))], WAITS, inputs=NEW) is None


def test_a_person_who_asks_for_it_makes_a_fresh_start():
    attempts = [one(0), one(1), one(2), one(3, by_hand=True)]

    assert back_off(attempts, WAITS).failures == 1
    assert back_off([*attempts, one(4)], WAITS).failures == 2


def test_what_a_person_cancelled_waits_for_a_person():
    found = back_off([one(0), one(1, CANCELLED)], WAITS)

    assert found.until is None
    assert found == BackOff(failures=2, reason="cancelled by a person", until=None, given_up=True)


def test_a_person_who_cancels_their_own_request_says_nothing():
    assert back_off([one(0, CANCELLED, by_hand=True)], WAITS) is None
    assert back_off([one(0), one(1, CANCELLED, by_hand=True)], WAITS).failures == 1


def test_a_build_that_went_well_and_left_nothing_counts_once():
    found = back_off([one(0), one(1), one(2, OK)], WAITS)

    assert found.failures == 1
    assert found.reason.startswith("ended well and left no record")


def test_what_has_a_last_resort_is_tried_again_after_each():
    day = datetime.timedelta(days=1)

    assert back_off([one(n) for n in range(7)], WAITS, again=day).until == at(6) + day


def test_no_waits_mean_one_attempt():
    assert back_off([one(0)], []).given_up
