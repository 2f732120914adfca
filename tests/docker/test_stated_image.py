"""Somebody with another engine builds again what a farm has built in a container of an image of a registry."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from python_builds.core.publishing.dsse import ENDING
from python_builds.core.settings.setting_types import CHECKOUT
from tests.docker.engines import IMAGE
from tests.docker.registry import registry
from tests.e2e.farms import FarmUnderTest, free_port, make_farm, mini_tarball


def image(engine: docker.DockerClient, name: str, label: str) -> str:
    """Make an image that nobody else has, push it, and give its id."""
    dockerfile = f"FROM {IMAGE}\nLABEL tests={label}\n"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, "-"], input=dockerfile.encode(), check=True)
    subprocess.run(["docker", "push", "--quiet", name], check=True)
    return str(engine.images.get(name).id)


def forget(engine: docker.DockerClient, name: str) -> None:
    """Remove an image, as somebody has it who never had it."""
    engine.images.remove(engine.images.get(name).id, force=True)


@pytest.fixture
def pushed(engine: docker.DockerClient, tmp_path: Path) -> Iterator[str]:
    """Give the address of a registry."""
    address = f"127.0.0.1:{free_port()}"
    with registry(tmp_path / "registry", address):
        yield address
    for one in {name for made in engine.images.list() for name in made.tags if name.startswith(address)}:
        forget(engine, one)


@pytest.fixture
def attesting(bridge: str, pushed: str, tmp_path: Path) -> Iterator[FarmUnderTest]:
    """Give a farm that states how it builds, in containers of an image of the registry."""
    host = {"name": "here", "url": "unix:///var/run/docker.sock", "master": bridge}
    key = tmp_path / "attestation.pem"
    subprocess.run([CHECKOUT / "scripts/setup/make-attestation-key.sh", key], check=True)
    values = {"attestation_key_file": key, "builder_id": "https://farm.example.org"}
    with make_farm(docker_hosts=[host], worker_host=bridge, registry=pushed, **values) as farm:
        mini_tarball(farm.tarballs, "3.11.2")
        yield farm
        farm.run("stop")


def test_the_image_of_a_build_is_pulled_by_what_its_provenance_says_though_its_tag_names_another_one(
    attesting: FarmUnderTest, engine: docker.DockerClient, pushed: str, tmp_path: Path
) -> None:
    name = f"{pushed}/{IMAGE}"
    then = image(engine, name, "then")
    done = attesting.build("3.11.2", PLATFORM="debian-12")
    assert done.returncode == 0, done.stdout
    (key,) = attesting.files("quick/python/debian-12/records/*.json")
    stated = json.loads((attesting.settings.store / key).read_text())["image"]
    forget(engine, name)
    later = image(engine, name, "later")
    forget(engine, name)
    (tarball,) = attesting.files("quick/python/*/*debian-12.tar.gz")
    public = tmp_path / "public.pem"
    public.write_bytes((attesting.settings.store / "quick/python/python-builds.pub").read_bytes())

    again = attesting.run("reproduce", PROVENANCE=f"{attesting.settings.store / tarball}{ENDING}", KEY=str(public))

    assert again.returncode == 0 and "reproduced: every file is the same" in again.stdout, again.stdout
    assert then != later and (stated["name"], stated["id"]) == (name, then)
    assert stated["reference"].startswith(f"{pushed}/python-builds-worker@sha256:")
    engine.images.remove(then, force=True)
