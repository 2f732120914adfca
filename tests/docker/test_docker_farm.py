"""A farm whose workers are containers of this machine's Docker engine, with the miniature source tree."""

import json

import docker

from python_builds.cli.building.progress import SUCCESS, WARNINGS
from python_builds.core.workers.container_limits import capabilities
from python_builds.core.workers.images import PASSWORD_FILE
from tests.docker.engines import IMAGE, containers, containers_farm, force
from tests.e2e.farms import FarmUnderTest, mini_tarball, wait

NET_ADMIN = 12
"""Its number in capability(7)."""


def test_a_release_is_built_in_a_fresh_container_whose_image_the_record_names(
    farm: FarmUnderTest, engine: docker.DockerClient
) -> None:
    done = farm.build("3.11.2", PLATFORM="debian-12")

    assert done.returncode == 0, done.stdout
    assert farm.files("quick/python/debian-12/pkgs/python-3.11.2_1_amd64.deb")
    record = json.loads((farm.settings.store / "quick/python/debian-12/records/3.11.2-amd64-r1.json").read_bytes())
    assert record["image"] == {"name": IMAGE, "id": engine.images.get(IMAGE).id, "reference": ""}


def test_a_build_in_a_container_is_reproduced_in_another(farm: FarmUnderTest) -> None:
    done = farm.run("reproduce", VERSION="3.11.2", PLATFORM="debian-12")

    assert done.returncode == 0, done.stdout
    assert "reproduced: every file is the same" in done.stdout


def test_a_container_is_caged_and_no_environment_in_it_has_a_secret(
    farm: FarmUnderTest, engine: docker.DockerClient
) -> None:
    farm.environment["AWS_SECRET_ACCESS_KEY"] = "not for workers"
    farm.run("run")
    force(farm)
    farm.wait_for_step("compile")
    (container,) = containers(engine, farm)
    limits, environment = container.attrs["HostConfig"], container.attrs["Config"]["Env"]

    assert limits["CapDrop"] == ["ALL"]
    assert {c.removeprefix("CAP_") for c in limits["CapAdd"]} == set(capabilities(farm.settings.docker_hosts[0]))
    assert limits["SecurityOpt"] == ["no-new-privileges"]
    assert limits["Memory"] == limits["MemorySwap"] == 2**30
    assert limits["NanoCpus"] == 2 * 10**9
    assert limits["PidsLimit"] > 0
    assert not limits["Privileged"]
    assert "docker.sock" not in str(container.attrs["Mounts"])
    assert "not for workers" not in str(container.attrs)
    assert [e for e in environment if "PASS" in e or "SECRET" in e or "KEY" in e] == [
        f"WORKERPASS_FILE={PASSWORD_FILE}"
    ]
    assert container.exec_run(["test", "-e", PASSWORD_FILE]).exit_code == 1, "the worker removed it"
    # As the build user, who may read the environment of what runs from the tarball and of nothing else.
    looking = ["env", "-i", "sh", "-c", "cat /proc/[0-9]*/environ"]

    def seen() -> bytes:
        return bytes(container.exec_run(looking, user="65534:65534").output)

    wait(lambda: b"PYTHON_BUILDS_BUILD_USER" in seen(), "something of the tarball to run")
    everybody = bytes(container.exec_run(["sh", "-c", "cat /proc/[0-9]*/environ"]).output)
    assert b"WORKERPASS_FILE=" in everybody and b"WORKERPASS=" not in everybody
    # The worker is connected there: as root, and it has given up the right to let others do so.
    connecting = ["bash", "-c", "exec 3<>/dev/tcp/$BUILDMASTER/$BUILDMASTER_PORT"]
    assert b"Connection refused" in container.exec_run(connecting, user="65534:65534").output
    assert container.exec_run(connecting).exit_code == 0
    bounds = container.exec_run(
        ["bash", "-c", "grep CapBnd /proc/$(pgrep -o -f 'bin/python.* /opt.*/twistd')/status"]
    ).output
    assert int(bounds.split()[1], 16) & 1 << NET_ADMIN == 0


def test_a_host_says_how_long_its_commands_may_be_quiet(engine: docker.DockerClient, bridge: str) -> None:
    with containers_farm(engine, "unix:///var/run/docker.sock", bridge, quiet_seconds=5) as farm:
        mini_tarball(farm.tarballs, "3.11.8", COMPILE_SECONDS=120)
        done = farm.build("3.11.8", PLATFORM="debian-12")

    assert done.returncode == 1 and "compile failed: killed, as it wrote nothing for 5 s" in done.stdout, done.stdout


def test_two_versions_are_built_in_two_containers_at_once(farm: FarmUnderTest, engine: docker.DockerClient) -> None:
    mini_tarball(farm.tarballs, "3.11.7", COMPILE_SECONDS=5)
    farm.run("run")
    requests = [force(farm), force(farm, "3.11.7")]
    farm.wait_for_step("compile", builds=2)

    assert len(containers(engine, farm)) == 2
    assert [farm.wait_for_results(r) in (SUCCESS, WARNINGS) for r in requests] == [True, True]
