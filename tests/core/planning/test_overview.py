"""The overview: a state for each release on each platform, and the answers to what an operator asks at a glance."""

import datetime
import re

import pytest

from python_builds.core.planning import overview as states
from python_builds.core.planning.estimates import Line, Running, estimate
from python_builds.core.planning.overview import Host, Published, Seen
from python_builds.core.planning.overview_making import make_overview
from python_builds.core.planning.overview_page import overview_content, overview_page
from python_builds.core.planning.overview_text import plan_lines, status_lines
from python_builds.core.planning.overview_words import lasting
from python_builds.core.planning.plan_report import PlanReport
from python_builds.core.planning.unwanted import Policy
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.upstream.release_list import ReleaseList
from python_builds.core.upstream.tags import parse_tag

NOW = datetime.datetime(2026, 11, 28, 12, 0, tzinfo=datetime.UTC)
LONG_AGO = NOW - datetime.timedelta(days=9)
BUILDERS = {
    f"{name}-{architecture}": (platform_named(name), architecture)
    for name in ("debian-12", "debian-13")
    for architecture in ("amd64", "arm64")
}
LOG = "#/builders/3/builds/7/steps/4/logs/stdio"
CAUSE = "configure failed: configure: error: no acceptable C compiler"


def line(version="3.14.2", platform="debian-12", architecture="amd64", state="asked for", **more):
    return {"version": version, "platform": platform, "architecture": architecture, "state": state, **more}


def failed(state="failed", lacks_image=False, **more):
    failure = {"build": "debian-12-amd64/7", "words": CAUSE, "link": LOG, "lacks_image": lacks_image}
    return line(state=state, failures=3, reason=f"debian-12-amd64/7: {CAUSE}", failure=failure, **more)


def plan(**values):
    return PlanReport.model_validate({"made_at": NOW, **values})


def releases(*versions, **more):
    listed = [{"version": v, "complete": True, "first_seen": LONG_AGO} for v in versions]
    document = {"releases": [*listed, *more.pop("others", ())], "last_success": NOW - datetime.timedelta(minutes=12)}
    return ReleaseList.model_validate({**document, **more})


def look(**values):
    known = {
        "now": NOW,
        "platforms": PLATFORMS,
        "builders": BUILDERS,
        "lacking": {"fedora-43-amd64": states.NO_WORKER},
        "policy": Policy(),
        "overdue": datetime.timedelta(hours=24),
        "releases": releases("3.14.2", "3.13.5", "3.13.4"),
        "plan": plan(),
    }
    return make_overview(Seen(**{**known, **values}))


def cell(overview, tag, where):
    (found,) = (one for row in overview.rows if str(row.tag) == tag for one in row.every if one.where == where)
    return found


def text_of(overview):
    return "\n".join(status_lines(overview, "http://farm/"))


PUBLISHED = {"debian-12-amd64": {parse_tag("3.14.2"): Published(revision=2, at=NOW - datetime.timedelta(days=3))}}
RUNS = Running(
    builder="debian-12-amd64",
    number=7,
    what="3.14.2",
    profile="optimized",
    step="compile",
    began=NOW - datetime.timedelta(minutes=4),
    worker="big-1",
    link="#/builders/3/builds/7",
)


@pytest.mark.parametrize(
    "values, state, words",
    [
        ({"published": PUBLISHED}, states.PUBLISHED, ""),
        ({"plan": plan(by_builder={"debian-12-amd64": ["3.14.2"]})}, states.PUBLISHED, "its record is there, and the indexes follow"),
        ({"plan": plan(lines=[line()])}, states.QUEUED, ""),
        ({"plan": plan(asked={"debian-12-amd64": ["3.14.2"]})}, states.QUEUED, ""),
        ({"plan": plan(asked={"debian-12-amd64": ["3.14.2"]}), "published": PUBLISHED}, states.QUEUED, ""),
        ({"plan": plan(lines=[failed()])}, states.FAILED, f"{CAUSE} (3 times)"),
        ({"plan": plan(lines=[failed("waiting", until=NOW)])}, states.WAITING, f"{CAUSE} (3 times)"),
        ({"plan": plan(lines=[failed(lacks_image=True)])}, states.NO_IMAGE, f"{CAUSE} (3 times)"),
        ({"plan": plan(others=[failed()])}, states.FAILED, f"{CAUSE} (3 times)"),
        ({"plan": plan(others=[failed()]), "published": PUBLISHED}, states.PUBLISHED, f"{CAUSE} (3 times)"),
        ({"plan": plan(lines=[failed()]), "running": (RUNS,)}, states.BUILDING, f"{CAUSE} (3 times)"),
    ],
)  # fmt: skip
def test_a_release_has_a_state_on_a_platform(values, state, words):
    found = cell(look(**values), "3.14.2", "debian-12-amd64")

    assert (found.state, found.words) == (state, words)


def test_how_what_is_published_does_with_todays_updates_is_shown_with_what_is_broken_first():
    good = {"revision": 1, "verdict": "good", "at": NOW}
    broken = {**good, "verdict": "broken", "alarm": "3.13.5 is broken: <b>libssl3</b> went"}
    unchecked = {**good, "verdict": "not checked", "words": "no network"}
    trials = {
        "debian-12-amd64": {"looked_at": NOW, "trials": {"3.14.2": good, "3.13.5": good}},
        "debian-13-amd64": {"looked_at": NOW, "trials": {"3.13.5": broken, "3.14.2": unchecked}},
    }
    found = look(plan=plan(trials=trials))
    lines = [line for line in text_of(found).splitlines() if "looked at" in line]
    page = overview_content(found, "../")

    assert lines == [
        "trials      debian-13-amd64: 3.13.5 broken, 3.14.2 not checked, looked at less than a minute ago",
        "            debian-12-amd64: 2 good, looked at less than a minute ago",
    ]
    assert "<li>3.13.5 is broken: &lt;b&gt;libssl3&lt;/b&gt; went</li><li>3.14.2: not checked: no network</li>" in page
    assert page.count('<b class="tag">broken</b>') == 1
    assert "tried again with" not in overview_content(look(), "../"), "a farm without trials has no empty list"


def test_what_is_published_stays_so_while_it_is_built_again_and_where_that_failed():
    again = look(published=PUBLISHED, running=(RUNS,))
    broken = look(published=PUBLISHED, plan=plan(others=[failed()]))

    assert cell(again, "3.14.2", "debian-12-amd64").published.revision == 2
    assert broken.missing == [] and [one.link for one in broken.failed] == [LOG]
    assert "revision 2 stays published" in overview_content(broken, "../")


@pytest.mark.parametrize(
    "policy, tag, platform, words",
    [
        (Policy(), "3.13.4", "debian-12", "a newer patch is wanted instead (backfill is latest)"),
        (Policy(backfill="none"), "3.13.5", "debian-12", "the past is not built by itself (backfill is none)"),
        (Policy(backfill="none"), "3.13.4", "debian-12", "the past is not built by itself (backfill is none)"),
        (Policy(), "3.13.5", "debian-12", "the planner has not asked for it yet; it looks again soon"),
        (Policy(prereleases=True), "3.15.0b1", "debian-12", "a newer pre-release is wanted instead"),
        (
            Policy(prereleases=True),
            "3.15.0b2",
            "debian-12",
            "the planner has not asked for it yet; it looks again soon",
        ),
        (Policy(prereleases=True), "3.13.4rc1", "debian-12", "its final release is wanted instead"),
        (Policy(unsupported=["debian-12"]), "3.13.5", "debian-12", "debian-12 is past its vendor's support"),
        (Policy(), "3.15.0b1", "debian-12", "pre-releases are not built by themselves"),
        (Policy(), "3.13.5t", "debian-12", "free-threaded builds of this minor are made where somebody asks"),
        (Policy(), "3.8.1", "debian-12", "needs CPython 3.9 or newer"),
        (Policy(), "3.9.1", "debian-12", "3.9 is not followed any more"),
    ],
)
def test_what_nobody_wants_says_why(policy, tag, platform, words):
    there = {"debian-13-arm64": {parse_tag(tag): Published(revision=1, at=LONG_AGO)}}
    overview = look(
        policy=policy, published=there, releases=releases("3.13.5", "3.13.4", "3.13.4rc1", "3.15.0b1", "3.15.0b2")
    )
    found = cell(overview, tag, f"{platform}-amd64")

    assert (found.state, found.words) == (states.UNWANTED, words)


def test_what_only_lacks_an_image_says_so_with_what_to_do():
    lacks = "no image for debian-12 on big: `make images PLATFORM=debian-12`"
    seen = plan(without_image={"debian-12-amd64": lacks}, by_builder={"debian-13-amd64": ["3.14.2"]})
    overview = look(plan=seen, releases=releases("3.14.2", "3.14.1", "3.13.5"))
    found = cell(overview, "3.14.2", "debian-12-amd64")

    assert (found.state, found.words, found.is_missing) == (states.NO_IMAGE, lacks, False)
    assert cell(overview, "3.13.5", "debian-12-amd64").state == states.NO_IMAGE
    assert "3.14.1" not in [str(row.tag) for row in overview.rows], "an image would not make it wanted"
    idle = look(plan=plan(without_image={"debian-12-amd64": lacks}, idle="paused"), published=PUBLISHED)
    assert cell(idle, "3.14.2", "debian-13-amd64").words == "nothing is built by itself: paused"
    assert states.NO_IMAGE not in {one.state for row in idle.rows for one in row.every}


def test_what_is_there_and_newer_than_the_oldest_lacks_its_image_too():
    lacks = {"debian-12-amd64": "no image"}
    there = {"debian-12-amd64": {parse_tag("3.13.3"): Published(revision=1, at=LONG_AGO)}}
    overview = look(plan=plan(without_image=lacks), published=there)

    assert cell(overview, "3.13.3", "debian-12-amd64").state == states.PUBLISHED
    assert cell(overview, "3.13.4", "debian-12-amd64").state == states.NO_IMAGE


def test_a_release_that_is_nowhere_is_no_row_and_one_that_is_not_complete_says_why():
    not_yet = {"version": "3.15.0b1", "complete": False, "first_seen": NOW, "why_not_yet": "no bundle yet"}
    overview = look(published=PUBLISHED, releases=releases("3.14.2", "3.13.4", others=[not_yet]))

    assert [str(row.tag) for row in overview.rows] == ["3.14.2"]
    assert overview.not_yet == {parse_tag("3.15.0b1"): "no bundle yet"}
    assert "<b>3.15.0b1</b> is not complete yet: no bundle yet." in overview_content(overview, "../")
    assert {str(tag) for tags in overview.unwanted.values() for tag in tags} == {"3.14.2t", "3.13.4"}


def test_a_platform_without_a_builder_is_a_column_only_where_something_is_published():
    there = {"fedora-43-amd64": {parse_tag("3.14.2"): Published(revision=1, at=LONG_AGO)}}

    assert look().columns == ("debian-12", "debian-13")
    assert look().lacking == {states.NO_WORKER: ("fedora-43-amd64",)}
    overview = look(published={**there, **PUBLISHED}, plan=plan(lines=[line("3.13.5")]))
    assert "fedora-43" in overview.columns and overview.lacking == {}
    assert cell(overview, "3.13.5", "fedora-43-amd64").state == states.NO_WORKER


def test_only_what_is_missing_for_long_is_overdue():
    young = {"version": "3.14.2", "complete": True, "first_seen": NOW - datetime.timedelta(hours=1)}
    seen = plan(lines=[line(), line("3.13.5")])
    overview = look(plan=seen, releases=releases("3.13.5", others=[young]))

    assert [str(one.tag) for one in overview.overdue] == ["3.13.5"]
    assert [str(one.tag) for one in overview.missing] == ["3.14.2", "3.13.5"]


def test_what_was_published_today_comes_newest_first():
    today = NOW.astimezone().replace(hour=0, minute=5)
    there = {
        "debian-12-amd64": {parse_tag("3.14.2"): Published(revision=1, at=today)},
        "debian-13-amd64": {parse_tag("3.13.5"): Published(revision=1, at=today + datetime.timedelta(minutes=1))},
        "debian-13-arm64": {parse_tag("3.13.5"): Published(revision=1, at=today - datetime.timedelta(minutes=6))},
    }

    assert [one.where for one in look(published=there).today] == ["debian-13-amd64", "debian-12-amd64"]


def queue(builder, waiting, *seconds, workers=("big-1", "big-2")):
    return Line(builder=builder, waiting=waiting, seconds=seconds, workers=frozenset(workers))


def test_builders_that_share_workers_are_estimated_together():
    lines = [queue("a", 10, 60, 60, 300), queue("b", 1, 120), queue("c", 1, 600, workers=("other",))]
    found = estimate(lines, [], NOW)

    assert found.usual == {"a": 60, "b": 120, "c": 600}
    assert found.until_empty == {"a": 360, "b": 360, "c": 600} and found.whole == 600


def test_what_a_build_still_takes_is_part_of_the_wait():
    lines = [queue("debian-12-amd64", 1, 600, workers=("big-1",))]

    assert estimate(lines, [RUNS], NOW).whole == 600 + 6 * 60


def test_nobody_knows_how_long_a_farm_without_builds_or_workers_takes():
    assert estimate([queue("a", 3)], [], NOW).whole is None
    assert estimate([queue("a", 3, 60, workers=())], [], NOW).whole is None
    assert estimate([queue("a", 3), queue("b", 0, 60, workers=("other",))], [], NOW).whole is None
    assert estimate([queue("a", 0)], [], NOW).whole == 0
    assert estimate([queue("a", 3), queue("b", 0, 60)], [], NOW).until_empty == {"a": 90, "b": 90}


@pytest.mark.parametrize(
    "seconds, words",
    [(3, "less than a minute"), (90, "1 min"), (5400, "90 min"), (30 * 3600, "30 h"), (3 * 86400, "3 d"), (31 * 86400, "1 month"), (800 * 86400, "2 years")],
)  # fmt: skip
def test_a_time_is_written_as_people_say_it(seconds, words):
    assert lasting(seconds) == words


def test_the_terminal_answers_six_questions_on_one_screen():
    published = {**PUBLISHED, "debian-13-amd64": {parse_tag("3.14.2"): Published(revision=1, at=NOW)}}
    lines = [failed(), *(line(f"3.{10 + n % 4}.{n // 4}", "debian-13", "arm64") for n in range(3000))]
    overview = look(
        plan=plan(lines=lines, wanted=3003, published=2, alerts={f"alert {n}": "text" for n in range(25)}),
        published=published,
        running=(RUNS,) * 30,
        queue=(queue("debian-13-arm64", 2999, 60), queue("debian-12-amd64", 1, 60)),
        hosts=tuple(Host(name=f"host-{n}", architecture="amd64", containers=()) for n in range(9)),
    )
    said = text_of(overview)

    assert len(said.splitlines()) <= 24
    assert "3003 wanted, 2 published, 3000 asked for, 1 failed" in said
    assert f"CPython 3.14.2 on debian-12-amd64: {CAUSE} (3 times)" not in said, "it is built again just now"
    assert "3.14.2 on debian-12-amd64" in said and "and 2998 more" in said
    assert "debian-12-amd64 #7 CPython 3.14.2: compile, for 4 min, longer than usual" in said
    assert "3000 builds wait, about 25 h: 2999 debian-13-arm64, 1 debian-12-amd64" in said
    assert "python.org  polled 12 min ago, all went well" in said
    assert "1 published: 3.14.2 on debian-13-amd64" in said


def test_the_terminal_says_why_something_failed_and_where_its_log_is():
    said = text_of(look(plan=plan(lines=[failed()])))

    assert f"failed      CPython 3.14.2 on debian-12-amd64: {CAUSE} (3 times); left until its inputs change" in said
    assert f"http://farm/{LOG}" in said
    assert "overdue     3.14.2 on debian-12-amd64" in said


def test_a_poll_that_fails_says_since_when_and_why():
    seen = releases(failures=3, last_problem="503 Service Unavailable", next_try_at=NOW + datetime.timedelta(hours=2))

    said = text_of(look(releases=seen))
    assert "the poll failed 3 times, the last good one was 12 min ago; again at" in said
    assert ": 503 Service Unavailable" in said
    assert "not polled yet" in text_of(look(releases=None))
    assert "none of this farm's sources" in text_of(look(polls=False))


def test_a_plan_says_what_is_alike_once_and_fits_on_a_screen():
    alike = [failed(platform=platform.name) for platform in PLATFORMS]
    queued = [line(f"3.13.{n}", platform.name) for n in range(99) for platform in PLATFORMS]
    apart = [failed(version=f"3.12.{n}", until=NOW + datetime.timedelta(hours=n)) for n in range(99)]
    short = plan_lines(plan(lines=[*queued, *alike, *apart]))
    whole = plan_lines(plan(lines=[*queued, *alike, *apart]), everything=True)

    everywhere, why = (
        f"{len(PLATFORMS)} platforms",
        f"failed 3 times: {CAUSE}; left until its inputs change or somebody asks for it",
    )
    assert short[1] == f"  failed     3.14.2     {everywhere}: {why}"
    assert len(short) <= 20 and short[-1] == "  and 87 more lines; `make plan ALL=1` has them"
    assert whole[-1] == f"  asked for  99 releases (3.13.98 … 3.13.0) {everywhere}"


def test_that_images_are_lacking_is_said_once_for_all_platforms():
    lines = [failed(lacks_image=True, platform=name, until=NOW) for name in ("debian-12", "debian-13")]
    for number, one in enumerate(lines):
        one["failure"]["words"] = f"Docker host big has no worker image for this build: image {number} not found"
    overview, said = look(plan=plan(lines=lines)), "its Docker host has no worker image for this build"

    assert overview_content(overview, "../").count(said) == 1
    assert text_of(overview).count(said) == 1 and "3.14.2 on 2 platforms" in text_of(overview)
    assert "\n".join(plan_lines(plan(lines=lines))).count(said) == 1


def test_the_terminal_says_each_alert_once():
    alerts = {
        "python-3.14.2 for debian-12-amd64 (optimized) fails": "why",
        "CPython 3.14.2 is overdue": "why",
        "python-3.14.2 for debian-12-amd64 (quick) fails": "why",
    }
    seen = plan(lines=[failed()], alerts=alerts)

    for said in (text_of(look(plan=seen)), "\n".join(plan_lines(seen))):
        assert "alert" in said and "(quick) fails" in said
        assert "(optimized) fails" not in said and "is overdue" not in said


def test_a_farm_that_knows_releases_and_has_none_does_not_say_that_it_knows_none():
    assert "No release is known yet." in overview_content(look(releases=None), "../")
    page = overview_content(look(), "../")
    assert "No release is known yet." not in page and "Nothing is published, and nothing is asked for." in page


def test_lines_are_found_by_the_words_that_find_their_cells():
    """By what the buttons above the table type, and by the architecture, which a builder's name does not begin with."""
    waits = failed("waiting", until=NOW + datetime.timedelta(hours=1))
    page = overview_content(
        look(plan=plan(lines=[waits]), running=(RUNS,), queue=(queue("debian-13-arm64", 1),)), "../"
    )
    again = overview_content(look(plan=plan(lines=[waits])), "../")
    lacks = overview_content(look(plan=plan(lines=[failed(lacks_image=True)])), "../")

    assert again.count('<li data-find="3.14.2 debian-12 amd64 tried-again-later failed overdue ">') == 2
    assert lacks.count('<li data-find="3.14.2 debian-12 amd64 no-image failed overdue ">') == 2
    assert '<li data-find="3.14.2 debian-12-amd64 amd64 building">' in page
    assert '<tr data-find="debian-13-arm64 arm64 queued">' in page


def test_of_a_long_list_the_page_shows_the_first_and_folds_the_rest():
    page = overview_content(look(plan=plan(lines=[line(f"3.13.{n}") for n in range(30)])), "../")

    assert page.count("on debian-12-amd64: queued") == 30
    assert "and 22 more" in page and page.index("and 22 more") < page.index("<b>3.13.0</b>")


def test_the_page_links_logs_builds_and_says_states():
    overview = look(
        plan=plan(lines=[failed(), line("3.13.5", "debian-13")]), running=(RUNS,), published={"debian-13-amd64": PUBLISHED["debian-12-amd64"]}
    )  # fmt: skip
    page = overview_page(overview, "../../")

    assert 'href="../../#/builders/3/builds/7"' in page and "compile" in page
    assert '<span class="cell queued" id="c-3.13.5-debian-13-amd64"' in page
    assert re.search(r'<a href="../../#/builders/3/builds/7"[^>]*data-say="compile, for 4 min', page)
    assert f'href="../../{LOG}">log</a>' in overview_page(look(plan=plan(lines=[failed()])), "../../")


def test_nothing_that_a_build_said_becomes_part_of_the_page():
    bad = failed()
    bad["failure"]["words"] = "<script>alert(1)</script>\" onfocus='x'"
    page = overview_page(look(plan=plan(lines=[bad], alerts={"<b>": "<i>"}, problems=["<u>"])), "../../")

    assert "<script>alert" not in page and "onfocus='x'" not in page
    assert "&lt;script&gt;" in page and "<u>" not in page and "<b>:" not in page


def test_what_changes_is_the_same_while_nothing_does():
    later = NOW + datetime.timedelta(seconds=20)

    assert overview_content(look(published=PUBLISHED), "../") == overview_content(
        look(published=PUBLISHED, now=later), "../"
    )


def test_what_is_paused_is_said_on_the_page_and_in_a_terminal():
    overview = look(paused=("worker local: new <disk>",))

    assert "Paused: worker local: new &lt;disk&gt;." in overview_content(overview, "../")
    assert "paused      worker local: new <disk>" in text_of(overview)
    assert "aused" not in overview_content(look(), "../") + text_of(look())
