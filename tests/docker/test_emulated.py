"""A second host on the same engine, whose containers are of another architecture, emulated by qemu-user.

For Debian 12 alone, unless ALL=1 says 11 and 13 too.
"""

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from python_builds.adapters.building.recipe import SCRIPTS
from python_builds.adapters.platforms.containers import describe_image
from python_builds.adapters.workers.docker_command import engine_architecture, image_architecture, name_here
from python_builds.cli.workers.base_images import bring_base_image
from python_builds.core.building.requests import ARCHITECTURES
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.images import of_architecture, worker_image
from tests.docker.engines import containers_farm
from tests.docker.real_farm import CHOSEN
from tests.docker.registry import registry
from tests.docker.test_images import make
from tests.e2e.farms import FarmUnderTest, free_port

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module", params=CHOSEN)
def row(request: pytest.FixtureRequest) -> Platform:
    return platform_named(request.param)


@pytest.fixture(scope="module")
def emulated(row: Platform) -> str:
    """Have the base and the worker image of the other architecture, and name that."""
    (other,) = {*ARCHITECTURES} - {engine_architecture()}
    subprocess.run([CHECKOUT / "scripts/setup/emulate.sh", other], check=True)
    for command in ("base-image", "images"):
        if command == "images" or image_architecture(name_here(row.base_image, other)) != other:
            done = make(command, PLATFORM=row.name, ARCH=other)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return other


@pytest.fixture
def farm(engine: docker.DockerClient, bridge: str, emulated: str) -> Iterator[FarmUnderTest]:
    """Give a farm with containers of both architectures."""
    url = "unix:///var/run/docker.sock"
    slow = {"name": "slow", "url": url, "master": bridge, "architecture": emulated, "start_seconds": 600}
    slow |= {"memory": "2g", "open_network": True}
    with containers_farm(engine, url, bridge, slow, architecture=engine_architecture()) as made:
        yield made


def test_images_of_both_architectures_are_beside_each_other(row: Platform, emulated: str) -> None:
    for image in (row.base_image, worker_image(row)):
        assert image_architecture(name_here(image, emulated)) == emulated
        assert image_architecture(image) != emulated


def test_a_base_image_is_pulled_beside_the_engine_s_own_which_keeps_its_name(
    row: Platform, emulated: str, tmp_path: Path
) -> None:
    own, address = engine_architecture(), f"127.0.0.1:{free_port()}"
    there = dataclasses.replace(row, base_image=f"{address}/{row.base_image}", suite="")
    image = there.base_image
    parts = [of_architecture(image, architecture) for architecture in ARCHITECTURES]
    with registry(tmp_path / "registry", address):
        for architecture, part in zip(ARCHITECTURES, parts, strict=True):
            docker_command("tag", name_here(row.base_image, architecture), part)
            docker_command("push", "--quiet", part)
        docker_command("manifest", "create", "--insecure", image, *parts)
        docker_command("manifest", "push", "--purge", "--insecure", image)
        docker_command("image", "rm", *parts)
        try:
            bring_base_image(there, own)
            before = describe_image(image)
            bring_base_image(there, emulated)

            assert image_architecture(of_architecture(image, emulated)) == emulated
            assert describe_image(image) == before and image_architecture(image) == own
        finally:
            subprocess.run(["docker", "image", "rm", image, of_architecture(image, emulated)])


def docker_command(*words: str) -> None:
    subprocess.run(["docker", *words], check=True)


def test_a_release_is_built_and_published_for_both_on_one_engine(
    farm: FarmUnderTest, engine: docker.DockerClient, row: Platform, emulated: str
) -> None:
    done = farm.build("3.11.2", PLATFORM=row.name)
    assert done.returncode == 0, done.stdout
    folder = f"quick/python/{row.name}"
    found = json.loads((farm.settings.store / folder / f"records/3.11.2-{emulated}-r1.json").read_bytes())

    assert found["image"]["id"] == engine.images.get(f"{worker_image(row)}-{emulated}").id
    for architecture in ARCHITECTURES:
        assert farm.files(f"{folder}/pkgs/python-3.11.2_1_{architecture}.deb")


def test_cpython_s_tests_are_told_where_all_is_emulated(row: Platform, emulated: str) -> None:
    asked = ". /scripts/steps/smoke-test.sh; emulated && echo yes || echo no"
    shown = ["docker", "run", "--rm", "--user=nobody", "--workdir=/tmp", f"--volume={SCRIPTS}:/scripts:ro"]
    images = {emulated: name_here(worker_image(row), emulated), engine_architecture(): worker_image(row)}
    said = {
        architecture: subprocess.check_output(
            [*shown, f"--platform=linux/{architecture}", "--entrypoint=bash", image, "-c", asked], text=True
        )
        for architecture, image in images.items()
    }

    assert said == {emulated: "yes\n", engine_architecture(): "no\n"}


def test_without_an_open_network_it_says_that_the_network_cannot_be_closed(row: Platform, emulated: str) -> None:
    image = name_here(worker_image(row), emulated)
    command = ["docker", "run", "--rm", "--cap-add=NET_ADMIN", f"--platform=linux/{emulated}", image]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.endswith('or the Docker host "open_network": true\n')
