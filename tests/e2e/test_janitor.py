"""What is done at night on a whole farm, and draining a Docker host of it."""

from buildbot.configurators.janitor import JANITOR_NAME

from python_builds.cli.building.progress import SUCCESS
from tests.docker_engine import engine_on_this_machine
from tests.e2e.farms import wait
from tests.e2e.test_planner import list_releases, planning_farm


def test_the_janitor_is_green_and_nothing_to_the_planner_and_a_docker_host_is_drained_by_its_name() -> None:
    with engine_on_this_machine() as engine, planning_farm(docker_hosts=[engine.host(workers=2)]) as farm:
        list_releases(farm)
        farm.run("run")
        left = farm.settings.state_dir / "spool" / "debian-12-amd64-7"
        left.mkdir()
        client = farm.client()
        request = client.force(JANITOR_NAME, form=f"{JANITOR_NAME}_force")

        assert farm.wait_for_results(request) == SUCCESS
        said = {step["name"]: step["state_string"] for step in client.steps(client.builds(request)[0]["buildid"])}
        assert said["remove old builds"] == "0 requests removed that ended more than 365 days ago"
        on_sqlite = farm.settings.database_url.get_secret_value().startswith("sqlite")
        assert ("compact the database" in said) == on_sqlite, "PostgreSQL does that by itself"
        assert not on_sqlite or said["compact the database"].startswith("the database has ")
        assert said["clean up"] == "1 folders and 0 reservations removed"
        assert not left.exists()
        wait(lambda: "0 wanted" in farm.run("plan").stdout, "the plan")
        assert JANITOR_NAME not in farm.run("plan").stdout

        assert "here is paused (here-1, here-2)" in farm.run("pause", WHAT="here", REASON="new disk").stdout
        wait(lambda: "paused      Docker host here: new disk" in farm.run("status").stdout, "the status", 30)
        farm.run("resume", WHAT="here")
        wait(lambda: "paused" not in farm.run("status").stdout, "the host to go on", 30)
