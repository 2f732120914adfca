"""What an operator, or a program that has his password, may send: each action is refused with a sentence or done."""

import json
import re
from collections.abc import Iterator

import pytest

from python_builds.cli.master.client import Client
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait
from tests.e2e.test_overview import get
from tests.e2e.test_pausing import force

DIGITS = "9" * 30
ESCAPES = "new\x1b[31m disk\x00\x07\r\n\u202eand \x9b2Jmore"
VALUES = (None, 3, True, [], [None], {}, {"a": 1}, 1.5, -1, int(DIGITS), DIGITS, "x" * 900_000, ESCAPES, "\ud800")
FIELDS = ("builderid", "builderNames", "reason", "username", "priority", "branch", "versions", "python_version")


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    with make_farm() as made:
        mini_tarball(made.tarballs, "3.11.2")
        assert made.run("run").returncode == 0
        yield made


def ask(client: Client, path: str, action: str, params: dict[str, object]) -> tuple[int, str]:
    """Ask for an action; give the status and what was said."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": action, "params": params})
    headers = {"Content-Type": "application/json"}
    answer = client.session.post(f"{client.url}api/v2/{path}", data=body, headers=headers, timeout=60)
    return answer.status_code, str(answer.json().get("error", {}).get("message", ""))


def test_no_action_ends_in_a_traceback_whatever_it_is_given(farm: FarmUnderTest) -> None:
    client = farm.client()
    farm.run("pause", WHAT="local")
    request = force(farm, "3.11.2")
    build = client.get("builds")["builds"][0]["buildid"]
    worker = client.get("workers/local")["workers"][0]["workerid"]
    scheduler = client.get("schedulers")["schedulers"][0]["schedulerid"]
    forms = [one["name"] for one in client.get("forceschedulers")["forceschedulers"]]
    refused = []

    def refuse(path: str, action: str, params: dict[str, object], status: int = 400) -> None:
        seen, said = ask(client, path, action, params)
        refused.append((path, action, str(params)[:60], seen, said[:200]))
        assert seen == status and said and "\x1b" not in said, refused[-1]

    assert len(forms) == 3
    for value in VALUES:
        odd = {"reason": value}
        for path, actions in (
            (f"builds/{build}", ["stop"]),
            (f"buildrequests/{request}", ["cancel"]),
            (f"workers/{worker}", ["stop", "pause", "unpause", "kill"]),
        ):
            for action in actions:
                if not isinstance(value, str) or len(value) > 1000:
                    refuse(path, action, odd)
        if value != []:
            refuse("buildrequests", "cancel", {"buildrequestids": value})
        if not isinstance(value, bool):
            refuse(f"schedulers/{scheduler}", "enable", {"enabled": value})
        for form in forms:
            for field in FIELDS:
                status, said = ask(client, f"forceschedulers/{form}", "force", {"python_version": "no", field: value})
                assert status in (200, 400) and (status == 200 or said), (form, field, value, said)
    for numbers in ([0], [-1], [True], [1.0], ["1"], [None], [int(DIGITS)], [request] * 501):
        refuse("buildrequests", "cancel", {"buildrequestids": numbers})
    refuse("buildrequests", "cancel", {"buildrequestids": [request], "reason": 3})
    refuse("buildrequests", "cancel", {"buildrequestids": [request, 9999]}, 404)
    refuse("buildrequests", "cancel", {})
    refuse(f"schedulers/{scheduler}", "enable", {})
    for number in ("9999", DIGITS):
        for path in (f"builds/{number}", f"builders/1/builds/{number}"):
            refuse(path, "stop", {}, 404)
            refuse(path, "rebuild", {}, 404)
        refuse(f"buildrequests/{number}", "cancel", {}, 404)
        for action in ("stop", "pause", "unpause", "kill"):
            refuse(f"workers/{number}", action, {}, 404)
        refuse(f"schedulers/{number}", "enable", {"enabled": True}, 404)
        refuse(f"masters/1/schedulers/{number}", "enable", {"enabled": True}, 404)
        assert client.session.get(f"{client.url}api/v2/builds/{number}", timeout=30).status_code == 404
    refuse("workers/nobody", "pause", {}, 404)
    refuse("forceschedulers/none", "force", {}, 404)
    for path in (f"builds/{build}", f"buildrequests/{request}", f"workers/{worker}", f"forceschedulers/{forms[0]}"):
        refuse(path, "explode", {}, 501)
    refuse(f"buildrequests/{request}", "set_priority", {"priority": 1}, 501)
    refuse("builders/1", "stop", {}, 501)
    refuse("builders/1/builds", "stop", {}, 501)
    log = (farm.settings.state_dir / "master" / "twistd.log").read_text(errors="replace")
    assert "while handling API request" not in log
    assert client.get(f"workers/{worker}")["workers"][0]["paused"]
    assert not client.is_complete(request)


def test_each_field_of_each_form_has_a_longest_value(farm: FarmUnderTest) -> None:
    client, tried = farm.client(), set()
    for form in client.get("forceschedulers")["forceschedulers"]:
        outer = form["all_fields"]
        for field in [inner for one in outer for inner in one.get("fields", [one])]:
            name, kind = field["fullName"], field["type"]
            if kind in ("bool", "int"):
                continue
            longest = 200 if name in ("reason", "username") else 5000
            asked = {"python_version": "no such version", name: "x" * (longest + 1)}
            status, said = ask(client, f"forceschedulers/{form['name']}", "force", asked)
            tried.add(name)
            assert (status, f"has {longest + 1} characters; {longest} are allowed" in said) == (400, True), (name, said)
    assert {"versions", "python_version", "reason", "username", "platforms"} <= tried, tried


def test_a_stranger_is_told_to_log_in_before_he_is_told_what_is_wrong(farm: FarmUnderTest) -> None:
    client = farm.client()
    client.session.cookies.clear()

    assert ask(client, "builds/9999", "rebuild", {})[0] == 403
    assert ask(client, "buildrequests", "cancel", {"buildrequestids": [1]})[0] == 403
    assert ask(client, "buildrequests", "cancel", {"buildrequestids": "all"})[0] == 403
    assert ask(client, "forceschedulers/force", "force", {"builderid": [1]})[0] == 403


def test_what_a_person_says_moves_no_terminal_and_writes_on_no_page(farm: FarmUnderTest) -> None:
    client = farm.client()
    said = f"{ESCAPES} <b>now</b>"
    worker = client.get("workers/local")["workers"][0]["workerid"]
    name = platform_builder()

    assert "REASON has 300 characters; 200 are allowed" in farm.run("pause", WHAT=name, REASON="x" * 300).stdout
    assert farm.run("pause", WHAT=name, REASON=said.replace("\x00", "")).returncode == 0
    assert ask(client, f"workers/{worker}", "pause", {"reason": said})[0] == 200
    request = force(farm, "3.11.2")
    wait(lambda: "is paused" in farm.run("queue").stdout, "the queue to say why")
    shown = [farm.run(command).stdout for command in ("status", "queue", "plan")]
    page = get(farm).text
    assert ask(client, f"buildrequests/{request}", "cancel", {"reason": said})[0] == 200

    assert "new disk and 2Jmore <b>now</b>" in shown[0] and "new disk and 2Jmore <b>now</b>" in shown[1]
    assert "new disk" in page and "<b>now" not in page and "&lt;b&gt;now" in page
    for text in (*shown, page):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text), text
