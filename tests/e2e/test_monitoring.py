"""What monitoring asks of a farm that runs, while it works and while its database is away."""

import signal

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.docker_engine import engine_on_this_machine
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait
from tests.e2e.test_planner import NOWHERE, list_releases, release
from tests.postgres import make_postgres

TOKEN = "a-token-of-this-test"
LONG_AGO = "2026-01-01T00:00:00+00:00"


def asked(farm: FarmUnderTest, path: str, **headers: str) -> requests.Response:
    """Ask as a program that has no account."""
    return requests.get(f"{farm.settings.public_url}{path}", headers=headers, timeout=30)


def metrics(farm: FarmUnderTest, **headers: str) -> dict[str, float]:
    """Read all metrics; labels are joined to the name."""
    answer = asked(farm, "metrics", **headers)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {" ".join([s.name, *s.labels.values()]): s.value for family in families for s in family.samples}


def test_health_is_for_everybody_and_metrics_are_for_who_shows_the_token_where_only_operators_may_look(
    farm: FarmUnderTest,
) -> None:
    token = farm.folder / "token"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    farm.environment |= {"PYTHON_BUILDS_WEB_READERS": "operators", "PYTHON_BUILDS_METRICS_TOKEN_FILE": str(token)}
    farm.run("run")
    built = farm.build("3.11.2")
    assert built.returncode == 0, built.stdout

    answers = {
        path: asked(farm, path) for path in ("healthz", "healthz/live", "healthz/ready", "metrics", "api/v2/masters")
    }
    assert {path: answer.status_code for path, answer in answers.items()} == {
        "healthz": 200,
        "healthz/live": 200,
        "healthz/ready": 200,
        "metrics": 401,
        "api/v2/masters": 403,
    }
    health = answers["healthz"].json()
    assert health["ok"] and {*health["checks"]} == {"database", "poll", "planner", "hosts"}
    assert health["checks"]["hosts"] == {"ok": True, "up": 1, "down": 0}
    assert answers["healthz/ready"].json() == {"ok": True, "checks": {"database": {"ok": True, "silent_seconds": 0}}}

    assert asked(farm, "metrics", Authorization="Bearer another").status_code == 401
    assert farm.client().session.get(f"{farm.settings.public_url}metrics").status_code == 401
    found = metrics(farm, Authorization=f"Bearer {TOKEN}")
    host = platform_builder().rpartition("-")[0]
    assert found[f"python_builds_builds_total {platform_builder()} {host} warnings"] == 1, "nothing was tried"
    assert found[f"python_builds_builds_total {platform_builder()} {host} failure"] == 0
    assert found["python_builds_builds_total release  success"] == 1
    assert found[f"python_builds_queue_builds {platform_builder()} {host}"] == 0
    assert found["python_builds_host_workers this machine idle"] == 1
    assert "python_builds_poll_success_timestamp_seconds" not in found, "this farm polls nobody"


def test_where_everybody_may_look_metrics_say_what_is_missing(farm: FarmUnderTest) -> None:
    farm.environment |= {
        "PYTHON_BUILDS_SOURCES": f"mirror {farm.tarballs} python.org",
        "PYTHON_BUILDS_PYTHON_ORG_URL": NOWHERE,
        "PYTHON_BUILDS_RETRY_MINUTES": "60",
    }
    list_releases(farm, release("3.11.2", first_seen=LONG_AGO), release("3.12.4", first_seen=LONG_AGO))
    farm.run("run")
    wait(lambda: metrics(farm)["python_builds_unpublished_releases"] == 1, "the one that can be built")
    found = metrics(farm)

    assert found["python_builds_missing_products waiting"] == 1, "the one that nobody has"
    assert found["python_builds_oldest_unpublished_release_timestamp_seconds"] == 1767225600
    assert found["python_builds_plan_success_timestamp_seconds"] > 1767225600
    assert found["python_builds_database_up"] == found["python_builds_ready"] == 1
    assert asked(farm, "healthz").json()["checks"]["planner"]["ok"]


def test_a_farm_whose_database_stands_still_lives_and_is_not_ready() -> None:
    with make_postgres() as server, make_farm(database_url=server.url) as farm:
        mini_tarball(farm.tarballs, "3.11.2")
        farm.run("run")
        assert asked(farm, "healthz").status_code == 200
        server.signal(signal.SIGSTOP)
        wait(lambda: asked(farm, "healthz/ready").status_code == 503, "the silence to be noticed")
        health, live, found = asked(farm, "healthz"), asked(farm, "healthz/live"), metrics(farm)
        server.signal(signal.SIGCONT)
        wait(lambda: asked(farm, "healthz").status_code == 200, "all to be well again")

    assert health.status_code == 503
    assert not health.json()["checks"]["database"]["ok"] and health.json()["checks"]["planner"]["ok"]
    assert live.status_code == 200
    assert found["python_builds_database_up"] == 0


def test_a_host_that_falls_silent_is_told_of_until_it_answers_again() -> None:
    with (
        engine_on_this_machine("debian-12") as engine,
        make_farm(docker_hosts=[engine.host()], plan_seconds=1, automatic_builds=False) as farm,
    ):
        farm.run("run")
        wait(lambda: asked(farm, "healthz").json()["checks"]["hosts"]["up"] == 1, "the host to be asked")
        engine.silent = True
        wait(lambda: asked(farm, "healthz").status_code == 503, "its silence to be noticed")
        health, found = asked(farm, "healthz").json(), metrics(farm)
        engine.silent = False
        wait(lambda: asked(farm, "healthz").status_code == 200, "all to be well again")

    assert health["checks"]["hosts"] == {"ok": False, "up": 0, "down": 1}
    assert health["checks"]["database"]["ok"] and health["checks"]["planner"]["ok"]
    assert found["python_builds_host_up here"] == 0 and found["python_builds_well"] == 0
