"""The overview of a farm that runs, as browsers and `make status` get it: what failed and why, and who may look."""

import re

import requests

from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait
from tests.e2e.test_planner import list_releases, planning_farm, published, release

PAGES = ("", "content", "text", "overview.js", "overview.css", "scripts.js")


def get(farm: FarmUnderTest, page: str = "", **headers: str) -> requests.Response:
    return requests.get(f"{farm.settings.public_url}plugins/overview/{page}", headers=headers, timeout=30)


def test_the_page_and_make_status_answer_for_a_farm_where_one_release_fails() -> None:
    with planning_farm() as farm:
        mini_tarball(farm.tarballs, "3.13.5", CONFIGURE_ERROR="nocompiler")
        mini_tarball(farm.tarballs, "3.11.2")
        not_yet = release("3.12.4", complete=False, why_not_yet="its directory does not show it yet")
        list_releases(farm, release("3.13.5"), release("3.11.2"), not_yet)
        farm.run("run")
        wait(lambda: published(farm) == ["3.11.2"], "the good release")
        wait(lambda: "1 failed" in farm.run("plan").stdout, "the planner to give up")
        wait(lambda: "1 published: 3.11.2" in farm.run("status").stdout, "the index to be read", 60)
        said, planned, page = farm.run("status").stdout, farm.run("plan").stdout, get(farm).text

        why = "configure failed: configure: error: nocompiler"
        assert f"CPython 3.13.5 on {platform_builder()}: {why} (3 times); left until its inputs change" in said
        assert f"failed     3.13.5     {platform_builder()}: failed 3 times: {why}" in planned
        assert "2 wanted, 1 published, 1 failed" in said and "nothing waits" in said and "idle" in said
        assert len(said.splitlines()) <= 24 and len(planned.splitlines()) <= 24
        assert why in page and f'id="c-3.11.2-{platform_builder()}"' in page
        assert "its directory does not show it yet" in page
        assert "python.org" in said and "this machine" in said and "this machine" in page
        (log,) = set(re.findall(r'href="../../#/([^"]*)">log</a>', page))
        assert f"{farm.settings.public_url}#/{log}" in said
        (found,) = farm.client().get(log)["logs"]
        text = farm.client().get(f"logs/{found['logid']}/contents")["logchunks"][0]["content"]
        assert "configure: error: nocompiler" in text, "the link leads to the log that says so"


def test_a_page_that_has_not_changed_is_not_sent_again(running_farm: FarmUnderTest) -> None:
    wait(lambda: "The planner looked" in get(running_farm).text, "the planner's first look")

    def is_known() -> bool:
        etag = get(running_farm, "content").headers["ETag"]
        again = get(running_farm, "content", **{"If-None-Match": etag})
        return again.status_code == 304 and not again.content

    wait(is_known, "two answers that are the same")  # words such as "2 min ago" change meanwhile
    assert get(running_farm, "content", **{"If-None-Match": '"another"'}).status_code == 200


def test_only_operators_see_the_overview_where_the_setting_says_so() -> None:
    with make_farm(web_readers="operators") as farm:
        farm.run("run")
        refused = [get(farm, page) for page in PAGES]
        client = farm.client()
        seen = [client.session.get(f"{client.url}plugins/overview/{page}", timeout=30) for page in PAGES]

        assert [answer.status_code for answer in refused] == [403] * len(PAGES)
        assert all("Only operators may look here" in answer.text for answer in refused)
        assert [answer.status_code for answer in seen] == [200] * len(PAGES)
        assert "hosts       this machine" in farm.run("status").stdout


def test_buildbots_own_pages_know_the_overview(running_farm: FarmUnderTest) -> None:
    assert '"overview": {}' in requests.get(running_farm.settings.public_url, timeout=30).text
    assert "registerMenuGroup" in get(running_farm, "scripts.js").text
