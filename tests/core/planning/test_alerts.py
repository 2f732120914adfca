"""What somebody is told, and that it is told once."""

import datetime

from python_builds.core.planning.agenda import MISSING, PUBLISHED, WAITING, Item
from python_builds.core.planning.alerts import failing, news, notices, overdue, unpolled
from python_builds.core.planning.back_off import CANCELLED, FAILED, OK, Attempt, BackOff
from python_builds.core.upstream.tags import parse_tag

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(hours=24)


def hours_ago(hours):
    return NOW - datetime.timedelta(hours=hours)


def one(number, result):
    return Attempt(request=number, result=result, reason=f"reason {number}", ended=hours_ago(100 - number))


def test_what_failed_last_is_failing_whatever_was_before(make_product):
    a, b = make_product("3.13.5"), make_product("3.13.4")

    found = failing({a: [one(1, OK), one(3, FAILED), one(2, FAILED)], b: [one(1, FAILED), one(2, OK)]})

    assert found == {f"{a} fails": "reason 3"}


def test_a_cancelled_build_says_nothing(make_product):
    a = make_product("3.13.5")

    assert failing({a: [one(1, FAILED), one(2, CANCELLED)]}) == {f"{a} fails": "reason 1"}
    assert failing({a: [one(2, CANCELLED)]}) == {}


def test_a_release_whose_source_cannot_be_had_is_failing():
    assert failing({parse_tag("3.13.5"): [one(1, FAILED)]}) == {"the release build of CPython 3.13.5 fails": "reason 1"}


def test_a_release_is_overdue_when_it_is_not_everywhere_in_time(make_product):
    a, b = make_product("3.13.5"), make_product("3.13.5", "rhel-9")
    items = [Item(product=a, state=PUBLISHED), Item(product=b, state=MISSING)]

    assert overdue({a.version: hours_ago(24)}, items, NOW, DAY) == {}
    assert list(overdue({a.version: hours_ago(25)}, items, NOW, DAY)) == ["CPython 3.13.5 is overdue"]
    assert "rhel-9-amd64: missing" in overdue({a.version: hours_ago(25)}, items, NOW, DAY)["CPython 3.13.5 is overdue"]
    assert overdue({a.version: hours_ago(99)}, items[:1], NOW, DAY) == {}


def test_what_is_overdue_is_listed_a_line_each_with_why_it_waits(make_product):
    a, b = make_product("3.13.5"), make_product("3.13.5", "rhel-9")
    waits = BackOff(failures=1, reason="configure failed", until=NOW, given_up=False)
    items = [Item(product=a, state=WAITING, back_off=waits), Item(product=b, state=MISSING)]
    (text,) = overdue({a.version: hours_ago(25)}, items, NOW, DAY).values()

    assert text.splitlines()[-2:] == [f"{a.builder}: waiting (configure failed)", f"{b.builder}: missing"]


def test_a_variant_that_is_overdue_is_told_by_its_own_name(make_product):
    items = [Item(product=make_product("3.14.7", variant=v), state=MISSING) for v in ("", "t")]

    found = overdue({items[0].product.version: hours_ago(25)}, items, NOW, DAY)

    assert list(found) == ["CPython 3.14.7 is overdue", "CPython 3.14.7t is overdue"]


def test_a_poller_is_overdue_with_its_last_problem():
    assert unpolled(hours_ago(23), "no route", NOW, DAY) == {}
    (text,) = unpolled(hours_ago(25), "no route", NOW, DAY).values()
    assert text == "not since 2026-11-21 11:00 UTC: no route"
    assert unpolled(hours_ago(25), "", NOW, DAY) == {
        "python.org is not polled": "not since 2026-11-21 11:00 UTC: it was never tried"
    }


def test_only_what_begins_and_what_ends_is_told():
    found = notices(["goes on", "ended"], {"goes on": "other words", "begins": "why"})

    assert [(n.key, n.solved, n.subject, n.text) for n in found] == [
        ("begins", False, "begins", "why"),
        ("ended", True, "solved: ended", "it is over"),
    ]
    assert notices(["same"], {"same": "x"}) == ()


def test_what_is_newly_published_is_one_notice_that_programs_can_read(make_product):
    old, new, also = make_product("3.13.4"), make_product("3.13.5"), make_product("3.13.5", "debian-13")

    (notice,) = news([str(old)], [also, old, new])

    assert (notice.subject, notice.solved) == ("published: CPython 3.13.5", True)
    assert notice.text == f"{new}\n{also}"
    assert notice.versions[0] == {"version": "3.13.5", "platform": "debian-12", "architecture": "amd64"}
    assert news([str(old)], [old]) == ()


def test_a_new_free_threaded_build_is_told_as_such(make_product):
    ordinary, free = make_product("3.14.7"), make_product("3.14.7", variant="t")

    (notice,) = news([str(ordinary)], [free, ordinary])

    assert notice.subject == "published: CPython 3.14.7t"
    assert [one["version"] for one in notice.versions] == ["3.14.7t"]
