"""Every section of the overview's page says what it is there for; what one of them is right about: test_overview.py."""

import pytest

from python_builds.core.planning.overview import Container, Host, Published
from python_builds.core.planning.overview_page import overview_page
from python_builds.core.upstream.tags import parse_tag
from tests.core.planning.test_overview import NOW, PUBLISHED, RUNS, failed, line, look, plan, queue, releases

TODAY = {parse_tag("3.13.5"): Published(revision=1, at=NOW)}


@pytest.fixture(scope="module")
def page() -> str:
    """A farm where something is in each section."""
    lines = [failed(architecture="arm64"), line("3.13.5", "debian-12", "arm64")]
    hosts = (
        Host(name="big", architecture="amd64", containers=(Container(worker="big-1", state="builds", container="abc123"),)),
        Host(name="far", architecture="arm64", containers=(), trouble="does not answer"),
    )  # fmt: skip
    overview = look(
        releases=releases("3.14.2", "3.13.5", "3.13.4", notes=["3.13.99 has no date"]),
        plan=plan(lines=lines, idle="built by hand", problems=["the bucket: 503"], alerts={"3.14.2": "fails", "x": "y"}),
        published={**PUBLISHED, "debian-13-amd64": TODAY, "debian-13-arm64": PUBLISHED["debian-12-amd64"]},
        running=(RUNS,),
        queue=(queue("debian-12-arm64", 7, 60),),
        hosts=hosts,
        problems=("hosts are not known",),
    )  # fmt: skip
    return overview_page(overview, "../../")


@pytest.mark.parametrize(
    "words",
    [
        '<meta name="viewport" content="width=device-width',
        'href="overview.css"',
        '<script src="overview.js"></script>',
        '<label for="find">Show only</label>',
        '<a href="#failed"><b>1</b> failed</a>',
        '<a href="#today"><b>1</b> published today</a>',
        '<a href="#queue"><b>7</b> waiting',
        "<b>python.org:</b> polled 12 min ago, all went well.",
        "Nothing is built by itself: built by hand.",
        "Not looked at: the bucket: 503",
        '<p class="trouble">hosts are not known</p>',
        '<b class="tag">overdue</b>',
        'data-filter="failed"',
        'href="https://www.python.org/downloads/release/python-3142/">3.14.2</a>',
        'data-find="3.14.2"',
        'data-find="arm64 failed failed',
        'tabindex="-1"',
        " r2 <small>3 d</small>",
        "2 releases are nowhere: nothing is built by itself: built by hand",
        "1 platform and architecture has no worker",
        '<span class="muted">r1 ',
        "7 builds wait",
        '<th scope="row">debian-12-arm64</th><td>7</td><td>1 min</td>',
        'href="../../#/builders/3/builds/7">debian-12-amd64 #7</a> 3.14.2',
        "<li>big-1: builds <code>abc123</code></li>",
        '<b class="tag">does not answer</b>',
        "<li><b>x</b>: y</li>",
        "<li>3.13.99 has no date</li>",
        "The planner looked ",
    ],
)
def test_a_section_is_there(page: str, words: str) -> None:
    assert words in page
