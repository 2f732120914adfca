"""Who logs in to the web UI by another server, and what each may do there."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball
from tests.e2e.identity import imitation, log_in, oidc_provider
from tests.slapd import BASE, PASSWORD, make_slapd

SECRET = "a secret of the farm's"
ROLES = {"web_viewers": "vera", "web_builders": "@builders, bo", "web_admins": "@admins"}


def login_settings(farm: FarmUnderTest, login: str, url: str, **more: str) -> None:
    """Have a farm's people log in elsewhere."""
    secret = farm.folder / "client-secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    values = {"web_login": login, "login_url": url, "login_client_id": "farm", "login_secret_file": str(secret), **more}
    farm.environment |= {f"PYTHON_BUILDS_{name.upper()}": value for name, value in values.items()}


@pytest.fixture(scope="module")
def private_farm() -> Iterator[FarmUnderTest]:
    """Give a farm where only people with a role may look, who log in by OpenID Connect."""
    people = {
        "anna": ["admins", *(f"group-{n}" for n in range(400))],
        "bo": [],
        "vera": ["others"],
        "eve": ["others"],
        "operator": [],
    }
    with oidc_provider(**people) as issuer, make_farm() as farm:
        mini_tarball(farm.tarballs, "3.11.2")
        login_settings(farm, "oidc", issuer, web_readers="operators", **ROLES)
        assert farm.run("run").returncode == 0
        yield farm


def act(farm: FarmUnderTest, browser: requests.Session, path: str, method: str, **params: object) -> int:
    """Press a button; return the status."""
    url = farm.settings.public_url
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return browser.post(f"{url}api/v2/{path}", json=body, headers={"Origin": url.rstrip("/")}, timeout=60).status_code


def test_each_role_may_do_what_it_says_and_no_more(private_farm: FarmUnderTest) -> None:
    farm, url = private_farm, private_farm.settings.public_url
    client = farm.client()
    release, rebuild = client.builder_id("release"), client.builder_id("rebuild")
    worker = client.get("workers")["workers"][0]["workerid"]
    found = {}
    for name in ("anna", "bo", "vera", "eve", "operator"):
        browser, back = log_in(url, name)
        assert back.status_code == 302 and back.headers["Location"] == f"{url}#/", back.text
        form = {"python_version": "3.11.2", "profile": "quick"}
        found[name] = (
            browser.get(f"{url}api/v2/builders", timeout=30).status_code,
            act(farm, browser, "forceschedulers/force", "force", builderid=release, **form),
            act(farm, browser, "forceschedulers/rebuild", "force", builderid=rebuild, versions="3.9.1"),
            act(farm, browser, f"workers/{worker}", "unpause"),
        )
    assert found == {
        "anna": (200, 200, 200, 200),
        "bo": (200, 200, 403, 403),
        "vera": (200, 403, 403, 403),
        "eve": (403, 403, 403, 403),
        "operator": (403, 403, 403, 403),
    }, "who is called operator elsewhere is not the farm's"


def test_a_builder_may_cancel_what_waits_and_a_viewer_may_not(private_farm: FarmUnderTest) -> None:
    farm, url = private_farm, private_farm.settings.public_url
    request = farm.client().force("release", python_version="3.11.99", profile="quick")
    (viewer, _), (builder, _) = log_in(url, "vera"), log_in(url, "bo")

    assert act(farm, viewer, f"buildrequests/{request}", "cancel", reason="no") == 403
    assert act(farm, builder, f"buildrequests/{request}", "cancel", reason="yes") == 200


def test_who_has_no_role_is_told_so_and_can_log_out(private_farm: FarmUnderTest) -> None:
    url = private_farm.settings.public_url
    eve, _ = log_in(url, "eve")
    told = eve.get(url, timeout=30, allow_redirects=False)
    eve.get(f"{url}auth/logout", timeout=30, allow_redirects=False)

    assert told.status_code == 403
    assert told.text.startswith("You are logged in as eve, who may not look here.")
    assert eve.get(url, timeout=30, allow_redirects=False).headers["Location"] == "auth/login"


def test_a_session_keeps_groups_with_a_role_alone_and_where_one_came_from(private_farm: FarmUnderTest) -> None:
    url = private_farm.settings.public_url
    anna, back = log_in(url, "anna", "auth/login?redirect=/builders/3")
    user = re.search(r'"user": (\{.*?\})', anna.get(url, timeout=30).text)

    assert back.headers["Location"] == f"{url}#/builders/3"
    assert len(anna.cookies["TWISTED_SESSION"]) < 1000, "a browser takes no cookie above 4096"
    assert user and '"groups": ["admins"]' in user[1] and '"provider": "OpenID Connect"' in user[1]


def test_the_operator_s_account_opens_the_farm_whatever_is_with_the_other_way(private_farm: FarmUnderTest) -> None:
    url, settings = private_farm.settings.public_url, private_farm.settings
    asked = requests.get(f"{url}auth/login?local=1", timeout=30)
    browser = requests.Session()
    account = (settings.web_user, settings.web_password() or "")
    browser.get(f"{url}auth/login?local=1", auth=account, timeout=30, allow_redirects=False)

    assert asked.status_code == 401 and asked.headers["WWW-Authenticate"].startswith("basic ")
    assert browser.get(f"{url}api/v2/builders", timeout=30).status_code == 200
    assert private_farm.run("status").stdout.startswith("running: "), "and so does the command line"


def test_an_answer_that_another_browser_asked_for_logs_nobody_in(private_farm: FarmUnderTest) -> None:
    url = private_farm.settings.public_url
    away = requests.get(f"{url}auth/login", allow_redirects=False, timeout=30).headers["Location"]
    back = requests.post(away, data={"sub": "id-of-anna"}, allow_redirects=False, timeout=30).headers["Location"]
    another = requests.get(back, allow_redirects=False, timeout=30)
    without = requests.get(f"{url}auth/login?code=1", allow_redirects=False, timeout=30)

    for answer in (another, without):
        assert answer.status_code == 403 and "This browser did not ask for that login" in answer.text
        assert "TWISTED_SESSION" not in answer.cookies


def test_a_code_that_the_issuer_does_not_know_ends_in_a_sentence(private_farm: FarmUnderTest) -> None:
    url = private_farm.settings.public_url
    browser = requests.Session()
    away = browser.get(f"{url}auth/login", allow_redirects=False, timeout=30).headers["Location"]
    state = re.search("state=([^&]+)", away)
    assert state
    answer = browser.get(f"{url}auth/login?code=wrong&state={state[1]}", allow_redirects=False, timeout=30)

    assert answer.status_code == 502
    assert answer.text == "The login by OpenID Connect failed: HTTPError\n"


@pytest.mark.parametrize("login, group", [("gitlab", "@release"), ("github", "@python/release")])
def test_gitlab_and_github_enterprise_tell_names_and_groups(farm: FarmUnderTest, login: str, group: str) -> None:
    with imitation() as server:
        login_settings(farm, login, server.url, web_builders=group)
        assert farm.run("run").returncode == 0
        url = farm.settings.public_url
        browser = requests.Session()
        back = browser.get(f"{url}auth/login", timeout=60)
        release = farm.client().builder_id("release")
        built = act(farm, browser, "forceschedulers/force", "force", builderid=release, python_version="3.11.2")
        stranger = act(farm, requests.Session(), "forceschedulers/force", "force", builderid=release)

    assert back.url.startswith(url), back.text
    assert (built, stranger) == (200, 403)
    assert server.asked[0] in ("/oauth/authorize", "/login/oauth/authorize")


def test_a_proxy_says_who_it_is_and_a_directory_of_which_groups(farm: FarmUnderTest) -> None:
    password = farm.folder / "ldap-password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    with make_slapd() as directory:
        login_settings(
            farm,
            "proxy",
            "",
            web_readers="operators",
            web_builders="@Farm Builders",
            ldap_url=directory,
            ldap_user=f"cn=admin,{BASE}",
            ldap_password_file=str(password),
            ldap_accounts=f"ou=people,{BASE}",
            ldap_groups=f"ou=groups,{BASE}",
        )
        assert farm.run("run").returncode == 0
        url = farm.settings.public_url

        def come(user: str, secret: str = SECRET) -> tuple[requests.Session, requests.Response]:
            browser = requests.Session()
            headers = {"X-Remote-User": user, "X-Proxy-Secret": secret}
            return browser, browser.get(f"{url}auth/login", headers=headers, timeout=30, allow_redirects=False)

        release = farm.client().builder_id("release")
        anna, came = come("anna")
        built = act(farm, anna, "forceschedulers/force", "force", builderid=release, python_version="3.11.2")
        rebuilt = act(farm, anna, "forceschedulers/rebuild", "force", versions="3.9.1")
        eve, _ = come("eve")
        eve_looks = eve.get(f"{url}api/v2/builders", timeout=30).status_code
        refused = {user: come(user)[1] for user in ("nobody", "*", "anna)(uid=*", "")}
        _, forged = come("anna", "guessed")
        page = anna.get(url, timeout=30).text

    assert came.status_code == 302 and came.headers["Location"] == url
    assert '"full_name": "Anna Example"' in page and '"email": "anna@example.org"' in page
    assert (built, rebuilt) == (200, 403)
    assert eve_looks == 403
    assert {user: answer.status_code for user, answer in refused.items()} == {
        "nobody": 502,
        "*": 403,
        "anna)(uid=*": 403,
        "": 403,
    }
    assert forged.status_code == 403 and "did not come through the proxy" in forged.text
