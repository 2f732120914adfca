"""`make run`, `make stop`, `make status`, and the web API's door."""

import contextlib
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from buildbot.configurators.janitor import JANITOR_NAME

from python_builds.cli.building.progress import FAILURE, SUCCESS
from python_builds.cli.master.client import Client
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import variable
from python_builds.farm.web.web_login import WAIT_SECONDS
from tests.e2e.farms import FarmUnderTest, lay_database, mini_tarball, platform_builder, wait

LOG_BYTES, OLD_LOGS = 10_000_000, 10
"""How long a master's log gets, and how many older ones it keeps."""


def test_make_run_serves_and_may_be_repeated(farm: FarmUnderTest) -> None:
    first, second = farm.run("run"), farm.run("run")

    assert first.stdout.startswith(f"started: {farm.settings.public_url}")
    assert second.stdout.startswith(f"running: {farm.settings.public_url}")
    assert "idle" in farm.run("status").stdout
    assert farm.run("stop").stdout.startswith("stopped process")
    assert farm.processes() == []
    assert "not running" in farm.run("status").stdout
    assert farm.run("stop").stdout == "nothing was running\n"


def test_make_run_in_the_foreground_is_the_master_itself(farm: FarmUnderTest) -> None:
    kept = farm.spawn("run", FOREGROUND="1")
    farm.wait_for_port()
    second = farm.run("run", FOREGROUND="1")

    assert farm.master_process() == kept.pid
    assert "idle" in farm.run("status").stdout
    assert second.returncode == 1
    assert f"the farm runs already, as process {kept.pid}" in second.stdout
    kept.terminate()
    said, _ = kept.communicate(timeout=60)
    assert kept.returncode == 0
    assert f"log in as operator with the password in {farm.settings.password_file}\n" in said
    assert str(farm.settings.web_password()) not in said, "it is for a log"
    assert "not running" in farm.run("status").stdout


def test_the_masters_log_begins_anew_when_it_is_long_and_the_oldest_goes(farm: FarmUnderTest) -> None:
    lay_database(farm.settings)
    log = farm.settings.state_dir / "master" / "twistd.log"
    for number in range(1, OLD_LOGS + 1):
        log.with_name(f"twistd.log.{number}").write_text(f"the log before by {number}")
    with log.open("xb") as file:
        file.truncate(LOG_BYTES)
    farm.run("run")
    sizes = {one.name: one.stat().st_size for one in log.parent.glob("twistd.log*")}

    assert sizes["twistd.log.1"] == LOG_BYTES and 0 < sizes["twistd.log"] < LOG_BYTES
    assert {*sizes} == {"twistd.log", *(f"twistd.log.{number}" for number in range(1, OLD_LOGS + 1))}
    assert log.with_name(f"twistd.log.{OLD_LOGS}").read_text() == f"the log before by {OLD_LOGS - 1}"


@pytest.mark.parametrize("pid", ["1", str(os.getpid()), "4194304", "no number"], ids=["init", "us", "gone", "none"])
def test_make_run_survives_a_stale_pid_file(farm: FarmUnderTest, pid: str) -> None:
    (farm.settings.state_dir / "master").mkdir(parents=True)
    (farm.settings.state_dir / "master" / "twistd.pid").write_text(pid)

    assert "not running" in farm.run("status").stdout
    assert farm.run("run").stdout.startswith("started: ")


def test_make_run_names_the_setting_when_its_port_is_taken(farm: FarmUnderTest) -> None:
    with socket.create_server(("127.0.0.1", farm.settings.web_port)):
        refused = farm.run("run")

        assert refused.returncode == 1
        assert "set PYTHON_BUILDS_WEB_PORT to a free port" in refused.stdout
        assert farm.build("3.11.2").returncode == 0, "a farm for one build takes another port"


@pytest.mark.parametrize("target, asked", [("run", {}), ("build", {"VERSION": "3.11.2"})])
def test_a_farm_whose_workers_could_not_connect_does_not_start(
    farm: FarmUnderTest, target: str, asked: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = farm.run(target, PYTHON_BUILDS_WORKER_PORT=str(port), **asked)
    elsewhere = farm.run(target, PYTHON_BUILDS_WORKER_HOST="192.0.2.1", **asked)

    assert (refused.returncode, elsewhere.returncode) == (1, 1)
    assert f"127.0.0.1:{port} cannot be listened on (Address already in use)" in refused.stdout
    assert "set PYTHON_BUILDS_WORKER_PORT to a free port" in refused.stdout
    assert "192.0.2.1:0 cannot be listened on (Cannot assign requested address)" in elsewhere.stdout
    assert "PYTHON_BUILDS_WORKER_HOST to an address of this machine" in elsewhere.stdout
    assert farm.processes() == []


def test_wrong_settings_are_all_named_and_nothing_starts(farm: FarmUnderTest) -> None:
    refused = farm.run("run", PYTHON_BUILDS_WEB_HOST="0.0.0.0", PYTHON_BUILDS_STROE="x")

    assert refused.returncode == 1
    assert "PYTHON_BUILDS_STROE is not a setting; did you mean PYTHON_BUILDS_STORE?" in refused.stdout
    assert "PYTHON_BUILDS_WEB_HOST is '0.0.0.0'" in refused.stdout
    assert not (farm.settings.state_dir / "start.lock").exists()


def test_the_farm_has_a_builder_of_each_kind(running_farm: FarmUnderTest) -> None:
    names = {b["name"] for b in running_farm.client().get("builders")["builders"]}

    assert names == {"release", platform_builder(), "manifest", "rebuild", JANITOR_NAME}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("python_version", "3.11.9; rm -rf /", "is not a CPython version: give three numbers"),
        ("python_version", "3.11.9\n; id", "is not a CPython version"),
        ("python_version", "latest", "or `newest`"),
        ("python_version", "3.14.7tt", "did you mean 3.14.7t"),
        ("python_version", "3.12.1t", "the free-threaded one came with 3.13; give 3.12.1"),
        ("python_version", "newest-t", "name the free-threaded one that you mean"),
        ("variant", "t", "'3.11.2t' is no build of CPython"),
        ("variant", "d", "variant is 'd': it must be one of '', 't'"),
        ("platforms", ["debian-12", "debian-99"], "'debian-99' is none of: ubuntu-2004, "),
        ("profile", "fast", "'fast' is none of: quick, optimized"),
    ],
)
def test_the_force_form_refuses_on_the_server_and_says_what_is_allowed(
    running_farm: FarmUnderTest, field: str, value: object, sentence: str
) -> None:
    fields = {"python_version": "3.11.2", "profile": "quick", field: value}

    with pytest.raises(FarmError, match=sentence):
        running_farm.client().force("release", **fields)
    client = running_farm.client()
    assert client.get(f"builders/{client.builder_id('release')}/builds")["builds"] == []


def test_a_form_asks_before_more_builds_than_the_setting_and_says_where_it_builds(farm: FarmUnderTest) -> None:
    farm.environment[variable("confirm_above")] = "0"
    assert farm.run("run").returncode == 0
    client = farm.client()
    with pytest.raises(
        FarmError, match=r'platforms: this is 1 build: .* or tick "Yes, though these are more than 0 builds"'
    ):
        client.force("release", python_version=" 3.11 ", profile="quick")
    request = client.force("release", python_version=" 3.11 ", profile="quick", many=True)
    assert farm.wait_for_results(request) == SUCCESS
    (build,) = client.builds(request)
    seen = client.properties(build["buildid"])
    assert seen["platforms"] == [platform_builder().rpartition("-")[0]]
    assert (seen["python_version"], list(seen["requested"])) == ("3.11.2", [platform_builder()])

    again = client.force("rebuild", form="rebuild", versions="3.11.2", profile="quick", list_only=False)
    assert farm.wait_for_results(again) == FAILURE
    (build,) = client.builds(again)
    assert "this is 1 build: name fewer platforms or versions, or tick" in build["state_string"]


def test_a_builder_that_a_form_does_not_list_is_not_forced_by_it(running_farm: FarmUnderTest) -> None:
    with pytest.raises(FarmError, match=r"is no builder of this form; it has \d+ \(release\)"):
        running_farm.client().force(platform_builder(), python_version="3.11.2", profile="quick")


def test_values_that_no_page_would_send_are_refused_with_sentences(running_farm: FarmUnderTest) -> None:
    client = running_farm.client()
    release = client.builder_id("release")
    fields = ("python_version", "platforms", "profile", "force", "reason", "username", "priority", "variant")
    for field in (*fields, "builderid", "builderNames"):
        for value in (None, 77, True, {"a": 1}, [None], ["x"] * 101, "9" * 30, "x" * 6000, "a\x1cb", [[]], -1.5):
            params = {"builderid": release, "python_version": "3.11.2", "profile": "quick", field: value}
            rpc = {"jsonrpc": "2.0", "id": 1, "method": "force", "params": params}
            answer = client.session.post(f"{client.url}api/v2/forceschedulers/force", json=rpc, timeout=30)
            assert answer.status_code == 200 if (field, value) in TAKEN else 400 <= answer.status_code < 500, (
                answer.text
            )
            assert "Traceback" not in answer.text


def test_a_release_that_does_not_exist_ends_red_with_what_exists(running_farm: FarmUnderTest) -> None:
    mini_tarball(running_farm.tarballs, "3.13.0rc1")
    request = running_farm.client().force("release", python_version="3.77.1", profile="quick")

    assert running_farm.wait_for_results(request) == FAILURE
    state = running_farm.client().builds(request)[0]["state_string"]
    assert "no source has CPython 3.77.1" in state
    assert "They list 3.13.0rc1, 3.11.2" in state


def test_a_release_build_links_to_the_builds_it_asked_for(running_farm: FarmUnderTest) -> None:
    client = running_farm.client()
    request = client.force("release", python_version="3.11.2", profile="quick")

    assert running_farm.wait_for_results(request) == SUCCESS
    (build,) = client.builds(request)
    step = client.steps(build["buildid"])[-1]
    asked = client.properties(build["buildid"])["requested"][platform_builder()]
    url = running_farm.settings.public_url
    request_link = {"name": f"{platform_builder()} (request {asked})", "url": f"{url}#/buildrequests/{asked}"}
    builder = client.builder_id(platform_builder())
    build_link = {"name": f"{platform_builder()} #1", "url": f"{url}#/builders/{builder}/builds/1"}
    assert step["urls"] in ([request_link], [request_link, build_link]), "the build is linked once it has begun"


TAKEN = [
    ("force", True),
    ("priority", 77),
    ("builderid", None),
    ("builderNames", None),
    ("reason", "9" * 30),
    ("username", "9" * 30),
]


def logged_out(client: Client) -> Client:
    client.session.cookies.clear()
    return client


def test_the_operator_s_own_account_is_taken(farm: FarmUnderTest) -> None:
    password = farm.folder / "password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    farm.environment |= {"PYTHON_BUILDS_WEB_USER": "boss", "PYTHON_BUILDS_WEB_PASSWORD_FILE": str(password)}
    farm.run("run")
    settings = farm.settings.model_copy(update={"web_user": "boss", "web_password_file": password})

    assert Client(farm.settings.public_url, settings).force("release", python_version="3.11.2", profile="quick") > 0
    assert not (farm.settings.state_dir / "web-password").exists()
    with pytest.raises(FarmError, match="does not accept the account"):
        farm.client()


def test_a_farm_draws_a_password_and_others_may_look_and_only_the_operator_may_act(farm: FarmUnderTest) -> None:
    said = farm.run("run").stdout
    known, stranger = farm.client(), logged_out(farm.client())
    path = farm.settings.state_dir / "web-password"

    assert f"log in as operator with the password in {path}: {path.read_text()}" in said
    assert path.stat().st_mode & 0o077 == 0

    for path, method in (
        ("forceschedulers/force", "force"),
        ("builds/1", "rebuild"),
        ("builds/1", "stop"),
        ("buildrequests/1", "cancel"),
        ("workers/1", "stop"),
        ("workers/1", "pause"),
        ("workers/1", "unpause"),
        ("schedulers/1", "enable"),
    ):
        with pytest.raises(FarmError, match=r"^(log in first|you need to have role '\w+')$"):
            stranger.control(path, method, builderid=1, python_version="3.11.2")
    assert known.force("release", python_version="3.11.2", profile="quick") > 0
    assert stranger.get("builds")["builds"]


def test_another_site_cannot_force_builds_from_a_browser(running_farm: FarmUnderTest) -> None:
    answer = requests.post(
        f"{running_farm.settings.public_url}api/v2/forceschedulers/force",
        json={"id": 1, "jsonrpc": "2.0", "method": "force", "params": {"python_version": "3.11.2"}},
        headers={"Origin": "http://elsewhere.example"},
        timeout=30,
    )

    assert answer.status_code == 400


OURS = (b"run-as-build-user.sh", b"in-namespaces.sh", b"head\0-c")
"""What runs around a command of the tarball's and waits for it, as root."""


def test_the_workers_environment_holds_nothing_of_the_masters(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.6", COMPILE_SECONDS=3)
    farm.environment["AWS_SECRET_ACCESS_KEY"] = "not for workers"
    farm.run("run")
    farm.client().force("release", python_version="3.11.6", profile="quick")
    farm.wait_for_step("compile")
    worker = Path(f"/proc/{farm.worker_process()}/environ").read_bytes()
    assert "\nSeccomp:\t2\n" in Path(f"/proc/{farm.worker_process()}/status").read_text(), "usual_sockets.py started it"
    children: dict[int, bytes] = {}

    def all_have_dropped_root() -> bool:
        children.clear()
        for process in set(farm.processes()) - {farm.master_process(), farm.worker_process()}:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a compiler is quick
                folder = Path(f"/proc/{process}")
                if any(word in (folder / "cmdline").read_bytes() for word in OURS):
                    continue
                children[folder.stat().st_uid] = (folder / "environ").read_bytes()
        return bool(children) and 0 not in children

    wait(all_have_dropped_root, "whatever comes from the tarball to run as somebody else", patience=20)
    assert b"not for workers" not in worker
    for process in farm.processes():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            assert b"WORKERPASS=" not in Path(f"/proc/{process}/environ").read_bytes()


@pytest.mark.parametrize("fields", [{"python_version": "3.14.1t"}, {"python_version": "3.14.1", "variant": "t"}])
def test_a_variant_is_typed_behind_the_version_or_given_beside_it_and_goes_on_as_two_properties(
    running_farm: FarmUnderTest, fields: dict[str, object]
) -> None:
    mini_tarball(running_farm.tarballs, "3.14.1")
    client = running_farm.client()
    number = client.force("release", **fields, profile="quick", platforms=[platform_builder().rpartition("-")[0]])
    running_farm.wait_for_results(number)

    (release,) = client.builds(number)
    (part,) = client.properties(release["buildid"])["requested"].values()
    for request in (number, part):
        buildset = client.get(f"buildrequests/{request}")["buildrequests"][0]["buildsetid"]
        (values,) = client.get(f"buildsets/{buildset}/properties")["properties"]
        assert (values["python_version"][0], values["variant"][0]) == ("3.14.1", "t")
    assert "CPython 3.14.1t, quick" in [step["state_string"] for step in client.steps(release["buildid"])]


def test_wrong_passwords_are_few_a_second(running_farm: FarmUnderTest) -> None:
    url = f"{running_farm.settings.public_url}auth/login"

    def attempt(number: int) -> int:
        return requests.get(url, auth=("operator", f"guess {number}"), timeout=30, allow_redirects=False).status_code

    began = time.monotonic()
    with ThreadPoolExecutor(60) as pool:
        statuses = list(pool.map(attempt, range(60)))
    assert set(statuses) == {401}
    assert time.monotonic() - began > WAIT_SECONDS, "those that were looked at were answered late"
    assert running_farm.client().get("builders")["builders"]


def test_what_is_sent_is_limited_and_cookies_are_for_this_site_alone(running_farm: FarmUnderTest) -> None:
    settings = running_farm.settings
    login = requests.get(
        f"{settings.public_url}auth/login",
        auth=("operator", settings.web_password() or ""),
        timeout=30,
        allow_redirects=False,
    )
    cookie = login.headers["Set-Cookie"]
    with socket.create_connection(("127.0.0.1", settings.web_port)) as peer:
        peer.sendall(b"POST /api/v2/forceschedulers/force HTTP/1.1\r\nHost: x\r\nContent-Length: 80000000\r\n\r\n")
        said = peer.makefile("rb").readline()
    with socket.create_connection(("127.0.0.1", settings.web_port)) as peer:
        peer.sendall(b"POST /api/v2/forceschedulers/force HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(80):
                peer.sendall(b"%x\r\n%s\r\n" % (2**16, bytes(2**16)))
        with contextlib.suppress(ConnectionError):
            assert b"413" in peer.makefile("rb").readline()

    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert said.startswith(b"HTTP/1.1 413 ")
    assert running_farm.client().get("builders")["builders"]


def test_where_only_operators_may_look_a_stranger_sees_nothing(farm: FarmUnderTest) -> None:
    farm.environment["PYTHON_BUILDS_WEB_READERS"] = "operators"
    assert farm.run("run").returncode == 0
    known = farm.client()
    url = farm.settings.public_url

    for path in ("api/v2/builds", "config", "ws", "sse", "api/v2/builds/1/steps", "base.html", "auth/../config"):
        assert requests.get(url + path, timeout=30).status_code == 403, path
    front = requests.get(url, timeout=30, allow_redirects=False)
    assert (front.status_code, front.headers["Location"]) == (302, "auth/login")
    assert known.get("builders")["builders"]
    assert known.session.get(url, timeout=30).status_code == 200
