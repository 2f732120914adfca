"""What a stranger gets of a farm at which only operators may look: nothing that a build wrote, by whatever path."""

from collections.abc import Iterator

import pytest
import requests

from python_builds.cli.master.client import Client
from tests.e2e.farms import FarmUnderTest, make_farm, wait

REFUSED = "Only operators may look here: log in at auth/login."
LOG = "api/v2/logs/{log}"
ANSWERED = (
    *("api/v2", "api/v2/builds", "api/v2/buildsets", "api/v2/workers", "api/v2/changes"),
    *(LOG, f"{LOG}/contents", f"{LOG}/raw", f"{LOG}/raw_inline"),
    *("api/v2/builds/1/steps", "api/v2/builds/1/properties", "api/v2/steps/{step}/logs", "config"),
)
OTHERS = (
    *("api/v2/", "api/v2/logs", f"{LOG}/", "api/v2//logs/{log}/raw"),
    *("ws", "sse", "sse/listen/builds/*/finished", "sse/listen/logs/*/*", "auth/user", "api/v1", "%61pi/v2/builds"),
)


@pytest.fixture(scope="module")
def closed_farm() -> Iterator[FarmUnderTest]:
    """Give a farm that strangers may not look at, whose first build has written a log."""
    with make_farm() as made:
        made.environment["PYTHON_BUILDS_WEB_READERS"] = "operators"
        assert made.run("run").returncode == 0
        yield made


@pytest.fixture
def known(closed_farm: FarmUnderTest) -> Client:
    """Give the operator."""
    return closed_farm.client()


def filled(path: str, known: Client, closed_farm: FarmUnderTest) -> str:
    """Put in the numbers of a log of the first build, which is the indexes'."""
    found: dict[str, int] = {}

    def look() -> bool:
        for step in known.steps(1):
            for log in known.get(f"steps/{step['stepid']}/logs")["logs"]:
                found.update(log=log["logid"], step=step["stepid"])
        return bool(found)

    wait(look, "a log")
    return closed_farm.settings.public_url + path.format(**found)


@pytest.mark.parametrize("path", ANSWERED)
def test_a_stranger_gets_nothing_of_what_an_operator_gets(closed_farm: FarmUnderTest, known: Client, path: str) -> None:
    url = filled(path, known, closed_farm)
    stranger = requests.get(url, timeout=30)

    assert known.session.get(url, timeout=30).status_code == 200
    assert (stranger.status_code, stranger.text.strip()) == (403, REFUSED)


@pytest.mark.parametrize("path", OTHERS)
def test_a_stranger_gets_no_events_and_learns_of_no_path(closed_farm: FarmUnderTest, known: Client, path: str) -> None:
    with requests.get(filled(path, known, closed_farm), timeout=30, stream=True) as answer:
        assert (answer.status_code, answer.text.strip()) == (403, REFUSED)
