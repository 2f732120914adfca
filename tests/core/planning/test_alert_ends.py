"""How alerts end, and what acknowledging does."""

import datetime

import pytest

from python_builds.core.planning.alert_ends import Acknowledged, failing_still, with_acknowledged
from python_builds.core.planning.back_off import CANCELLED, FAILED, Attempt
from python_builds.core.upstream.tags import parse_tag

NOW = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)


def tried(days=1, result=FAILED, by_hand=False):
    ended = NOW - datetime.timedelta(days=days)
    return Attempt(request=1, result=result, reason="why", ended=ended, by_hand=by_hand)


def test_a_release_that_a_person_asked_for_and_nobody_has_is_no_alert():
    attempts = {parse_tag("4.0.0"): [tried(by_hand=True)]}

    assert failing_still(attempts, {parse_tag("3.13.5")}, (), NOW) == {}


def test_a_release_that_the_farm_wants_is_an_alert_whoever_asked():
    tag = parse_tag("3.13.5")

    assert list(failing_still({tag: [tried(by_hand=True)]}, {tag}, (), NOW)) == [
        "the release build of CPython 3.13.5 fails"
    ]


def test_what_the_farm_wants_fails_until_it_is_built_or_wanted_no_more(make_product):
    product = make_product()
    attempts = {product: [tried(days=99)]}
    key = f"{product} fails"

    assert failing_still(attempts, {product}, {key}, NOW) == {key: "why"}
    assert failing_still(attempts, {}, (), NOW) == {}


@pytest.mark.parametrize(("days", "acknowledged", "lasts"), [(6, False, True), (8, False, False), (1, True, False)])
def test_what_nobody_wants_is_told_for_a_week_or_until_somebody_knows(make_product, days, acknowledged, lasts):
    product = make_product(profile="quick")
    key = f"{product} fails"
    attempts = {product: [tried(days=days, by_hand=True), tried(days=0, result=CANCELLED)]}

    assert bool(failing_still(attempts, (), {key} if acknowledged else (), NOW)) is lasts


def test_who_knows_is_said_behind_the_words():
    known = {"a fails": Acknowledged(by="anna", at=NOW)}

    assert with_acknowledged({"a fails": "why", "b fails": "why"}, known) == {
        "a fails": "why (acknowledged by anna, 2026-11-28 12:00 UTC)",
        "b fails": "why",
    }
