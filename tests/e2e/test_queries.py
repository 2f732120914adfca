"""What anybody may ask the web UI for: each address, and each query of Buildbot's data, is answered or refused."""

import re

import pytest

from tests.browser import make_browser
from tests.e2e.farms import FarmUnderTest, platform_builder
from tests.e2e.test_pausing import force

LARGE = 10**30
VALUES = (str(LARGE), "-1", "x", "on")
ALWAYS = ("order=", "field=", "order=-", "order=x", "nosuch=1", "nosuch__eq=1", "firstline=1&lastline=x", "property=*")
NOT_TEXT = ("%ff", "%00", "x%00y", "\N{SNOWMAN}%ff")


@pytest.fixture
def asked_farm(running_farm: FarmUnderTest) -> FarmUnderTest:
    """Have something of each kind: builds, steps, logs, and a request that waits."""
    running_farm.run("pause", WHAT=platform_builder())
    force(running_farm, "3.11.2")
    return running_farm


def queries(fields: list[str]) -> list[str]:
    """Make what can be asked of rows with these fields, sense or not."""
    made = [f"{name}={value}" for name in ("limit", "offset", "property") for value in VALUES]
    for field in fields:
        made += [f"{field}{operator}={v}" for v in VALUES for operator in ("", "__contains", "__lt", "__in")]
        made += [f"{field}=1&{field}=2", f"{field}__lt=1&{field}__lt=2"]
        made += [f"order={field}", f"order=-{field}", f"field={field}"]
    return [*made, *ALWAYS]


def test_no_query_ends_in_a_traceback(asked_farm: FarmUnderTest) -> None:
    client = asked_farm.client()
    spec = client.session.get(f"{client.url}api/v2/application.spec").json()["specs"]
    ends = {
        re.sub(r"[nis]?:\w+", "1", one["path"]): one["type_spec"].get("fields", [])
        for one in spec
        if ":buildername" not in one["path"]
    }
    broken, statuses = [], set()
    for path, fields in ends.items():
        for query in queries([one["name"] for one in fields]):
            answer = client.session.get(f"{client.url}api/v2/{path}?{query}", timeout=60)
            statuses.add(answer.status_code)
            broken += [(path, query, answer.text[:200])] if answer.status_code not in (200, 400, 404) else []

    assert not broken
    assert statuses == {200, 400, 404} and len(ends) > 60
    log = (asked_farm.settings.state_dir / "master" / "twistd.log").read_text(errors="replace")
    assert "Traceback" not in log


def test_a_query_that_makes_no_sense_is_told_why(asked_farm: FarmUnderTest) -> None:
    client = asked_farm.client()

    def said(query: str) -> str:
        answer = client.session.get(f"{client.url}api/v2/{query}", timeout=30)
        assert answer.status_code == 400
        return str(answer.json()["error"])

    assert said("builds?limit=-1") == "limit is -1: it must be a number from 0 to 2147483647"
    assert said(f"buildrequests?buildsetid={LARGE}") == f"buildsetid is {LARGE}: no number is larger than 2147483647"
    assert said("builds?complete__lt=on") == "complete knows no 'lt': its values are of the type boolean"
    assert said("workers?order=workerinfo") == "workerinfo knows no 'order': its values are of the type jsonobject"
    assert said("builds?order=") == "order is empty: it must be the name of a field"
    assert said("builds/1/properties?name=x") == "'name' is no parameter here: there are no fields"


def test_what_buildbot_has_no_answer_to_is_told_what_has_one(running_farm: FarmUnderTest) -> None:
    client = running_farm.client()
    for path, instead in (
        ("changes/1/properties_list", "changes/N, which has the properties"),
        ("masters/1/changesources/1", "masters/N/changesources"),
    ):
        answer = client.session.get(f"{client.url}api/v2/{path}", timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (404, f"{path} has no answer; ask for {instead}")


def test_a_query_that_makes_sense_finds_what_it_asks_for_on_every_database(asked_farm: FarmUnderTest) -> None:
    client = asked_farm.client()
    builder = client.builder_id("release")

    def found(path: str, **query: object) -> list[dict[str, object]]:
        answer = client.get(path, **query)
        return list(answer[path.rpartition("/")[2]])

    # Buildbot's page of a builder asks for these, to have its button; their path is no number to it.
    assert [one["name"] for one in found(f"builders/{builder}/forceschedulers")] == ["force"]
    assert found("buildsets/1/sourcestamps", field="ssid") == [{"ssid": 1}]
    everything = found("buildrequests", order="buildrequestid")
    assert found("buildrequests", order="buildrequestid", waited_for="false") == everything != []
    assert len(found("buildrequests", complete__in="false")) == len(found("buildrequests", complete="false")) == 1
    assert found("builders", description_format__lt="x") == []
    step = found("builds/1/steps", order="number", limit=1)[0]
    assert found("builds/1/steps", started_at__le=step["started_at"], number=step["number"]) == [step]
    assert found("builds/1/steps", started_at__lt=step["started_at"], number=step["number"]) == []


def test_an_address_that_is_no_text_is_refused(running_farm: FarmUnderTest) -> None:
    client = running_farm.client()
    for address in (
        "",
        "api/v2/builders/",
        "api/v2/builds?x=",
        "sse/listen/",
        "auth/logout?redirect=",
        "plugins/",
        "ws?",
    ):
        for odd in NOT_TEXT:
            answer = client.session.get(f"{client.url}{address}{odd}", timeout=30)
            assert answer.status_code == 400 and "must be UTF-8 without null characters" in answer.text, (address, odd)


def test_a_builder_s_page_has_its_button_on_every_database(asked_farm: FarmUnderTest) -> None:
    client = asked_farm.client()
    with make_browser() as page:
        page.open(f"{client.url}#/builders/{client.builder_id('release')}")
        page.wait("[...document.querySelectorAll('button')].some((one) => one.innerText.includes('Build a release'))")
