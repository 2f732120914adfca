"""What is said of worker images that no Docker host has, and what to type."""

import pytest

from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.missing_images import HostImages, MissingImage, alerts, left_out, remedy

OWN = DockerHost(name="docker", url="unix:///var/run/docker.sock", master="172.17.0.1")
FAR = DockerHost(name="big", url="tcp://10.0.0.5:2376", master="10.0.0.1", tls="/etc/big")


def missing(platform: str, *hosts: DockerHost, registry: str = "") -> MissingImage:
    return MissingImage(platform=platform, image=f"{registry}python-builds-worker:{platform}", hosts=hosts or (OWN,))


def test_of_a_host_that_never_answered_nothing_is_known() -> None:
    seen = HostImages(images={"docker": frozenset({"a"})}, silent={"docker": "gone", "big": "gone"})

    assert [seen.lacks("docker", "a"), seen.lacks("docker", "b"), seen.lacks("big", "a")] == [False, True, False]


@pytest.mark.parametrize(
    "lacking, typed",
    [
        ([missing("rhel-9")], "`make images PLATFORM=rhel-9`"),
        ([missing("rhel-9"), missing("rhel-8")], '`make images PLATFORM="rhel-9 rhel-8"`'),
        ([missing(f"debian-{n}") for n in range(4)], "`make images`"),
        (
            [missing("rhel-9", FAR, OWN)],
            "`DOCKER_HOST=tcp://10.0.0.5:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/etc/big make images PLATFORM=rhel-9`",
        ),
        (
            [missing("rhel-9", registry="registry.example/farm/")],
            "`docker pull registry.example/farm/python-builds-worker:rhel-9`, after `make push`",
        ),
    ],
)
def test_what_to_type_names_the_images_and_leads_to_the_first_host(lacking: list[MissingImage], typed: str) -> None:
    assert remedy(lacking) == typed


def test_platforms_that_lack_their_image_on_the_same_hosts_are_left_out_for_one_reason() -> None:
    found = left_out([missing("rhel-9"), missing("rhel-8", FAR), missing("debian-13")])

    assert [*found.values()] == [("rhel-9", "debian-13"), ("rhel-8",)]
    assert next(iter(found)) == 'no image on docker: `make images PLATFORM="rhel-9 debian-13"`'


def test_what_has_built_before_is_missed_by_name_and_all_others_are_one_alert() -> None:
    lacking = {f"{name}-amd64": missing(name) for name in ("debian-11", "rhel-8", "rhel-9")}

    found = alerts(lacking, {"debian-11-amd64"}, {"big": "connection refused"})

    assert [*found] == [
        "Docker host big does not answer",
        "no image for debian-11 on docker",
        "platforms without an image on docker",
    ]
    assert found["no image for debian-11 on docker"].endswith("`make images PLATFORM=debian-11`")
    assert (
        "nothing is planned for rhel-8, rhel-9: `make images PLATFORM=" in found["platforms without an image on docker"]
    )


def test_where_nothing_is_missing_nothing_is_said() -> None:
    assert alerts({}, {"debian-11-amd64"}, {}) == {}
