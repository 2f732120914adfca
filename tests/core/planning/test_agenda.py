"""What is wanted, how far each product is, and which requests that makes."""

import datetime

import pytest

from python_builds.core.planning.agenda import FAILED, MISSING, PENDING, PUBLISHED, WAITING, make_agenda
from python_builds.core.planning.back_off import CANCELLED, OK, Attempt, Inputs
from python_builds.core.upstream.tags import parse_tag

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
WAITS = [datetime.timedelta(minutes=10), datetime.timedelta(hours=1)]


def failed(minutes_ago, result=FAILED, **more):
    ended = NOW - datetime.timedelta(minutes=minutes_ago)
    return Attempt(request=10000 - int(minutes_ago), result=result, reason="why", ended=ended, **more)


def agenda(wanted, published=(), pending=(), attempts=None, inputs=None, builders=None):
    return make_agenda(
        wanted,
        builders or {product.builder for product in wanted},
        published=published,
        pending=pending,
        attempts=attempts or {},
        inputs=inputs or {},
        delays=WAITS,
        now=NOW,
    )


def states(found):
    return [item.state for item in found.items]


def test_each_product_is_in_one_state(make_product):
    a, b, c, d, e = (make_product(f"3.13.{n}") for n in range(5))
    attempts = {d: [failed(1)], e: [failed(n) for n in (300, 200, 100)]}

    assert states(agenda([a, b, c, d, e], [a], [b], attempts)) == [PUBLISHED, PENDING, MISSING, WAITING, FAILED]


def test_platforms_that_lack_the_same_share_one_request_and_nobody_else_is_in_it(make_product):
    both = [make_product("3.13.5", p, architecture=a) for p in ("debian-12", "rhel-9") for a in ("amd64", "arm64")]
    one = make_product("3.13.5", "debian-13", architecture="arm64")
    bad = make_product("3.13.5", "debian-13", architecture="amd64")

    found = agenda([*both, one, bad], attempts={bad: [failed(1)]})

    assert [(r.request.platforms, r.request.architectures) for r in found.requests] == [
        (["debian-12", "rhel-9"], ["amd64", "arm64"]),
        (["debian-13"], ["arm64"]),
    ]
    assert {p for r in found.requests for p in r.request.products} == {*both, one}


def test_a_release_that_cannot_be_had_holds_its_products_and_no_others(make_product):
    a, b = make_product("3.13.4"), make_product("3.13.5")

    found = agenda([a, b], attempts={parse_tag("3.13.5"): [failed(1)]})

    assert states(found) == [MISSING, WAITING]
    assert found.items[1].back_off.reason == "why"


def test_a_release_that_cannot_be_had_is_shown_as_failed_and_tried_once_a_day(make_product):
    a = make_product("3.13.5")
    attempts = {a.tag: [failed(n) for n in (60 * 72, 60 * 48, 60 * 23)]}

    assert states(agenda([a], attempts=attempts)) == [FAILED]
    assert agenda([a], attempts=attempts).items[0].back_off.until == NOW + datetime.timedelta(hours=1)
    assert states(agenda([a], attempts={a.tag: [*attempts[a.tag][:2], failed(60 * 24)]})) == [MISSING]


@pytest.mark.parametrize(
    "own, release, minutes",
    [
        ([failed(30), failed(20)], [failed(5)], 40),  # an hour after the second, ten minutes after the first
        ([failed(5)], [failed(30), failed(20)], 40),
        ([failed(9)], [failed(5)], 5),
        ([failed(5)], [failed(9)], 5),
    ],
)
def test_the_longer_of_two_waits_counts(make_product, own, release, minutes):
    a = make_product("3.13.5")
    (item,) = agenda([a], attempts={a: own, a.tag: release}).items

    assert (item.state, item.back_off.until) == (WAITING, NOW + datetime.timedelta(minutes=minutes))


def test_what_is_left_for_ever_is_longer_than_any_wait(make_product):
    a = make_product("3.13.5")
    (item,) = agenda([a], attempts={a: [failed(n) for n in (300, 200, 100)], a.tag: [failed(5)]}).items

    assert (item.state, item.back_off.until) == (FAILED, None)


def test_a_release_build_that_went_well_clears_the_ones_before_it(make_product):
    a = make_product("3.13.5")

    assert states(agenda([a], attempts={a.tag: [failed(9), failed(8), failed(1, OK)]})) == [MISSING]


def test_a_changed_recipe_asks_again_for_what_was_given_up(make_product):
    a = make_product("3.13.5")
    attempts = {a: [failed(n, inputs=Inputs(recipe="old")) for n in (3, 2, 1)]}

    assert states(agenda([a], attempts=attempts, inputs={a: Inputs(recipe="old")})) == [FAILED]
    assert states(agenda([a], attempts=attempts, inputs={a: Inputs(recipe="new")})) == [MISSING]


def ids(found):
    return [request.external_id for request in found.requests]


def test_the_same_want_has_the_same_name_until_something_came_of_it(make_product):
    a, b = make_product("3.13.5"), make_product("3.13.5", "rhel-9")
    first = ids(agenda([a, b]))

    assert first == ids(agenda([b, a]))
    assert first[0].startswith("plan/3.13.5/")
    for attempts in ({a: [failed(100)]}, {a: [failed(100, OK)]}, {a.tag: [failed(100)]}):
        assert not set(ids(agenda([a, b], attempts=attempts))) & set(first), attempts


def test_a_name_never_comes_twice_even_if_a_person_resets_the_count(make_product):
    a = make_product("3.13.5")
    seen = [
        ids(agenda([a], attempts={a: [failed(1000 - n, by_hand=True) for n in range(count)]})) for count in range(5)
    ]

    assert len({name for (name,) in seen}) == 5


def test_a_name_never_comes_twice_when_the_oldest_attempts_are_gone_from_the_database(make_product):
    a = make_product("3.13.5")
    tries = [failed(1000 - n, OK) for n in range(4)]
    before = {name for count in range(5) for name in ids(agenda([a], attempts={a: tries[:count]}))}

    assert ids(agenda([a], attempts={a: tries[2:]})) == ids(agenda([a], attempts={a: tries}))
    assert not before & {*ids(agenda([a], attempts={a: [*tries[3:], failed(1, OK)]}))}


@pytest.mark.parametrize("waiting", [OK, FAILED, CANCELLED])
def test_what_is_published_or_asked_for_is_not_asked_for_whatever_came_before(make_product, waiting):
    a, b = make_product("3.13.5"), make_product("3.13.4")

    assert agenda([a, b], [a], [b], {a: [failed(100, waiting)], b: [failed(100, waiting)]}).requests == ()


def test_the_newest_of_each_minor_goes_first_then_the_backlog_then_pre_releases(make_product):
    wanted = [make_product(v) for v in ("3.15.0a1", "3.13.4", "3.13.5", "3.12.11")]

    assert [str(r.request.tag) for r in agenda(wanted).requests] == ["3.13.5", "3.12.11", "3.13.4", "3.15.0a1"]


def test_release_builds_of_both_variants_that_fail_together_use_up_one_attempt_each(make_product):
    a, b = make_product("3.14.7"), make_product("3.14.7", variant="t")

    found = agenda([a, b], attempts={a.tag: [failed(2)], b.tag: [failed(1)]})

    assert states(found) == [WAITING, WAITING]
    assert [item.back_off.failures for item in found.items] == [1, 1]


def test_a_source_that_was_found_for_one_variant_is_there_for_the_other(make_product):
    a, b = make_product("3.14.7"), make_product("3.14.7", variant="t")

    assert states(agenda([a, b], attempts={b.tag: [failed(n) for n in (9, 8, 7)]})) == [MISSING, FAILED]
    assert states(agenda([a, b], attempts={a.tag: [failed(1, OK)], b.tag: [failed(n) for n in (9, 8, 7)]})) == [
        MISSING,
        MISSING,
    ]


def test_a_variant_that_fails_holds_the_other_not_back(make_product):
    a, b = make_product("3.14.7"), make_product("3.14.7", variant="t")

    found = agenda([a, b], attempts={b: [failed(n) for n in (3, 2, 1)]})

    assert states(found) == [MISSING, FAILED]
    (request,) = found.requests
    assert request.external_id.startswith("plan/3.14.7/")


def test_requests_of_both_variants_have_names_of_their_own(make_product):
    found = agenda([make_product("3.14.7"), make_product("3.14.7", variant="t")])

    assert [one.rpartition("/")[0] for one in ids(found)] == ["plan/3.14.7", "plan/3.14.7t"]
    assert [request.priority for request in found.requests] == [20, 20], "both are the newest of their minor"
