"""`make build` and `make run` without settings, on a machine whose Docker engine answers: builds run in containers."""

import docker

from tests.e2e.farms import FarmUnderTest


def test_builds_run_in_containers_where_the_engine_has_the_image(bare_farm: FarmUnderTest) -> None:
    done = bare_farm.build("3.11.2", PLATFORM="debian-12")

    assert done.returncode == 0, done.stdout
    assert "builds run in containers: the Docker engine answers and has python-builds-worker:debian-12" in done.stdout
    assert bare_farm.files("quick/python/debian-12/pkgs/python-3.11.2_1_amd64.deb")
    assert bare_farm.processes() == []


def test_a_running_farm_lends_its_engine_to_make_build(bare_farm: FarmUnderTest) -> None:
    assert "builds run in containers: " in bare_farm.run("run").stdout
    bare_farm.environment["DOCKER_HOST"] = "unix:///nonexistent"

    done = bare_farm.build("3.11.2", PLATFORM="debian-12")

    assert done.returncode == 0, done.stdout
    assert "running already" in done.stdout


def test_a_missing_image_is_built_first(bare_farm: FarmUnderTest, engine: docker.DockerClient) -> None:
    image = engine.images.get("python-builds-worker:debian-12")
    image.tag("python-builds-worker", "kept-by-a-test")
    try:
        engine.images.remove("python-builds-worker:debian-12", noprune=True)
        done = bare_farm.build("3.11.2", PLATFORM="debian-12")
    finally:
        image.tag("python-builds-worker", "debian-12")
        engine.images.remove("python-builds-worker:kept-by-a-test")

    assert done.returncode == 0, done.stdout
    assert "building python-builds-worker:debian-12" in done.stdout
    assert "builds run in containers" in done.stdout


def test_an_image_that_cannot_be_built_leaves_the_build_to_this_machine(
    bare_farm: FarmUnderTest,
) -> None:
    # Nothing is found on such a PATH, so nothing can pull or build an image.
    done = bare_farm.build("3.11.2", PLATFORM="rhel-10", PATH="/nonexistent")

    assert done.returncode == 1
    assert "builds run on this machine: the Docker engine has no python-builds-worker:rhel-10" in done.stdout
    assert "no worker of this farm builds for rhel-10" in done.stdout
