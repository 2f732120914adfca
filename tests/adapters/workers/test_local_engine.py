"""What is said where this machine's own Docker engine cannot be used; tests/docker has one that can."""

import pytest

from python_builds.adapters.workers.local_engine import has_image, local_engine
from python_builds.core.errors import ImageError
from python_builds.core.workers.docker_hosts import DockerHost


def test_an_engine_that_does_not_answer_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")

    with pytest.raises(ImageError, match=f"no Docker engine answers at unix://{tmp_path}/docker.sock"):
        local_engine()


def test_an_engine_on_another_machine_is_left_to_the_settings(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.5:2376")

    with pytest.raises(ImageError, match="tcp://10.0.0.5:2376, not this machine's own"):
        local_engine()


def test_asking_an_engine_that_is_gone_for_an_image_says_so(tmp_path):
    host = DockerHost(name="docker", url=f"unix://{tmp_path}/docker.sock", master="127.0.0.1")

    with pytest.raises(ImageError, match="does not answer"):
        has_image(host, "python-builds-worker:debian-12")
