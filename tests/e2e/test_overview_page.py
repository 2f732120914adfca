"""The overview as people have it, in a browser at a farm that runs: search, keys, news and width; never a complaint.

The farm builds for this machine's platform, where one release is published and one fails. The other platforms have a
Docker host that does not answer.
"""

from collections.abc import Iterator

import pytest

from python_builds.core.platforms.platforms import PLATFORMS
from tests.browser import Page, find_browser, make_browser
from tests.e2e.farms import FarmUnderTest, mini_tarball, platform_builder, wait
from tests.e2e.test_overview import get
from tests.e2e.test_planner import list_releases, planning_farm, published, release
from tests.postgres import make_postgres

NOWHERE = "tcp://127.0.0.1:9"
NOTHING = "Nothing here has all of these words."
RELEASES = ("3.13.5", "3.11.2")
SHOWN = "[...document.querySelectorAll('{}')].filter((one) => one.checkVisibility({{visibilityProperty: true}}))"
ROWS = SHOWN.format("table[role] tbody tr") + ".map((row) => row.dataset.find)"
CELLS = SHOWN.format("table[role] .cell") + ".map((cell) => cell.id)"
FAILURES = SHOWN.format("#failed + .list li") + ".map((line) => line.innerText)"
FOCUSED = "document.activeElement.id"
WIDER = """[...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
    && !one.parentElement.closest(".wide:has(.plain)") && one.getBoundingClientRect().right > innerWidth
).map((one) => one.outerHTML.slice(0, 200))"""
"""What sticks out; the queue's table alone may be moved sideways."""


@pytest.fixture(scope="module")
def farm() -> Iterator[FarmUnderTest]:
    find_browser()
    architecture = platform_builder().rpartition("-")[2]
    host = {"name": "away", "url": NOWHERE, "master": "127.0.0.1", "architecture": architecture}
    keep = " ".join(platform.name for platform in PLATFORMS)
    with planning_farm(docker_hosts=[host], local_worker=True, keep_platforms=keep) as made:
        mini_tarball(made.tarballs, "3.11.2")
        mini_tarball(made.tarballs, "3.12.4")
        mini_tarball(made.tarballs, "3.13.5", CONFIGURE_ERROR="nocompiler")
        list_releases(made, *map(release, RELEASES))
        made.environment["PYTHON_BUILDS_RETRY_MINUTES"] = "60"  # which is not waited for
        made.run("run")
        wait(lambda: published(made) == ["3.11.2"], "the good release")
        wait(lambda: "tried-again-later" in get(made).text, "the planner to see the bad one")
        wait(lambda: 'class="cell published"' in get(made).text, "the index to be read")
        yield made


@pytest.fixture
def page(farm: FarmUnderTest) -> Iterator[Page]:
    """Open the overview, and see to it that nothing was wrong with it in the end."""
    with make_browser() as opened:
        opened.resize(1280)
        opened.open(address(farm))
        yield opened
        opened.text()  # what was complained of until now comes before the answer
        assert opened.complaints == []


def address(farm: FarmUnderTest) -> str:
    return f"{farm.settings.public_url}plugins/overview/"


def cell(version: str, builder: str = "") -> str:
    return f"c-{version}-{builder or platform_builder()}"


def columns() -> list[str]:
    """Name the builders, as the table has them from left to right."""
    architecture = platform_builder().rpartition("-")[2]
    return [f"{one.name}-{architecture}" for one in PLATFORMS if architecture in one.architectures]


def tab_to_the_table(page: Page) -> None:
    """Press Tab from the search on until a cell has it."""
    page.click("#find")
    for _ in range(50):
        page.press("Tab")
        if page.ask(FOCUSED).startswith("c-"):
            return
    pytest.fail("Tab does not lead to the table")


def test_what_is_typed_narrows_the_page_and_is_in_its_address(farm: FarmUnderTest, page: Page) -> None:
    assert {*RELEASES} <= {*page.ask(ROWS)}
    assert NOTHING not in page.text() and len(page.ask(FAILURES)) == 1

    page.click("#find")
    page.type("3.11")
    assert page.ask(ROWS) == ["3.11.2"]
    assert page.ask(FAILURES) == [], "the list of what failed is narrowed, too"
    assert page.ask("location.search") == "?q=3.11"

    page.type(" arm64 nonsense")
    assert page.ask(ROWS) == [] and NOTHING in page.text()

    page.open(f"{address(farm)}?q=3.13+tried-again-later")
    assert page.ask("find.value") == "3.13 tried-again-later"
    assert page.ask(CELLS) == [cell("3.13.5")]
    assert NOTHING not in page.text() and len(page.ask(FAILURES)) == 1
    assert page.ask("document.querySelector('[data-filter=tried-again-later]').ariaPressed") == "true"

    page.click("[data-filter=tried-again-later]")
    assert page.ask("find.value") == "3.13" and page.ask(ROWS) == ["3.13.5"]


def test_the_table_is_one_stop_of_the_tab_key_and_read_with_the_arrows(page: Page) -> None:
    first, second, *_, last = columns()
    top, below, *_ = page.ask(ROWS)
    tab_to_the_table(page)
    visited = [page.ask(FOCUSED)]
    for key in ("ArrowRight", "ArrowDown", "End", "ArrowUp", "ArrowUp", "ArrowRight", "Home", "ArrowLeft"):
        page.press(key)
        visited.append(page.ask(FOCUSED))
    said = page.ask("detail.checkVisibility() && detail.innerText")
    page.press("Tab")

    assert visited == [
        cell(top, first),
        cell(top, second),
        cell(below, second),
        cell(below, last),
        *[cell(top, last)] * 3,
        *[cell(top, first)] * 2,
    ]
    assert said.startswith(f"CPython {top} on {first}: no image: no image for ")
    assert page.ask(FOCUSED) == "" and not page.ask("detail.checkVisibility()"), "the next Tab leaves the table"


def test_the_arrows_pass_over_what_is_not_shown(farm: FarmUnderTest, page: Page) -> None:
    page.open(f"{address(farm)}?q=no-image")
    tab_to_the_table(page)
    visited = [page.ask(FOCUSED)]
    for _ in columns():
        page.press("ArrowRight")
        visited.append(page.ask(FOCUSED))

    assert list(dict.fromkeys(visited)) == [cell("3.13.5", one) for one in columns() if one != platform_builder()]


def test_a_build_that_is_asked_for_and_ends_is_seen_where_one_looks_without_a_reload(
    farm: FarmUnderTest, page: Page
) -> None:
    page.ask("window.opened = true")
    page.click("#find")
    page.type("3.12")
    assert NOTHING in page.text()
    farm.run("pause", WHAT=platform_builder())
    list_releases(farm, *map(release, (*RELEASES, "3.12.4")))
    page.wait(f"document.getElementById('{cell('3.12.4')}')?.classList.contains('queued')")

    assert page.ask(ROWS) == ["3.12.4"] and NOTHING not in page.text()
    assert page.ask("find.value") == "3.12" and page.ask(FOCUSED) == "find"

    tab_to_the_table(page)
    while page.ask(FOCUSED) != cell("3.12.4"):
        page.press("ArrowRight")
    assert "queued" in page.ask("detail.innerText")
    farm.run("resume", WHAT=platform_builder())
    page.wait("detail.innerText.includes(': published: ')", 180)

    assert page.ask(FOCUSED) == cell("3.12.4") and page.ask(ROWS) == ["3.12.4"]
    assert page.ask("detail.innerText").startswith(f"CPython 3.12.4 on {platform_builder()}: published: ")
    assert page.ask("document.activeElement.classList.contains('published')")
    assert page.ask("document.querySelector('[data-filter=published]').innerText") == "✓ published 2"
    assert page.ask("live.innerText") == "live" and page.ask("window.opened")


@pytest.mark.parametrize("search", ["", "?q=3.13", "?q=nonsense"])
def test_nothing_sticks_out_of_a_narrow_page(farm: FarmUnderTest, page: Page, search: str) -> None:
    page.resize(360)
    page.open(f"{address(farm)}{search}")
    page.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    assert page.ask("document.documentElement.scrollWidth <= innerWidth")
    assert page.ask(WIDER) == []
    assert len(page.ask(FAILURES)) == (search != "?q=nonsense")


def test_a_wide_table_moves_by_itself_and_the_page_does_not(page: Page) -> None:
    page.resize(800)

    assert page.ask("document.documentElement.scrollWidth <= innerWidth")
    assert page.ask("document.querySelector('.wide').scrollWidth > document.querySelector('.wide').clientWidth")


def test_a_page_whose_farm_is_away_says_since_when_keeps_what_it_knew_and_goes_on(
    farm: FarmUnderTest, page: Page
) -> None:
    page.wait("live.innerText == 'live'")
    known = page.ask(ROWS)
    farm.run("stop")
    page.wait("live.innerText.startsWith('not live since ')")

    assert page.ask("live.innerText").endswith(": Failed to fetch")
    assert page.ask(ROWS) == known

    farm.run("run")
    page.wait("live.innerText == 'live'")
    assert page.complaints and all("net::ERR_" in one for one in page.complaints), page.complaints
    page.complaints.clear()


def test_a_page_whose_farm_waits_for_its_database_says_so_keeps_what_it_knew_and_goes_on() -> None:
    with make_postgres() as server, planning_farm(database_url=server.url) as made:
        mini_tarball(made.tarballs, "3.11.2")
        list_releases(made, release("3.11.2"))
        made.run("run")
        wait(lambda: 'class="cell published"' in get(made).text, "the index to be read")
        with make_browser() as page:
            page.open(address(made))
            page.wait("live.innerText == 'live'")
            known = page.ask(ROWS)
            server.stop("immediate")
            page.wait("live.innerText.startsWith('not live since ')")
            page.wait('live.innerText.includes(": The farm\'s database has not answered for ")')

            assert page.ask(ROWS) == known == ["3.11.2"]

            server.start()
            page.wait("live.innerText == 'live'")
            assert page.complaints and all(" 503 " in one for one in page.complaints), page.complaints
