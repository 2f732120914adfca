"""What the farm says and knows of Docker hosts, without one."""

import ssl
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace

import pytest
from buildbot.worker.docker import DockerLatentWorker
from pydantic import ValidationError

from python_builds.adapters.workers.docker_engines import (
    ContainerState,
    container_name,
    images_on,
    networks_of,
    remove_leftovers,
    tls_config,
)
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.workers.container_limits import create_options, environment, limits
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import worker_image
from tests.docker_engine import engine_by_tls


def host(**values):
    return DockerHost(name="big", **{"url": "tcp://127.0.0.1:9", "master": "10.0.0.1", **values})


def test_containers_are_named_as_buildbot_names_them():
    import hashlib

    worker = SimpleNamespace(workername="big-1", masterhash=hashlib.sha1(b"farm:/var/lib/master").hexdigest()[:6])

    assert container_name("big-1", "farm:/var/lib/master") == DockerLatentWorker.getContainerName(worker)


def test_a_host_that_does_not_answer_is_named():
    (problem,) = remove_leftovers([host()], "farm:/var/lib/master")

    assert problem.startswith("Docker host big (tcp://127.0.0.1:9) does not answer: ")


def test_no_hosts_are_no_problem():
    assert remove_leftovers([], "farm:/var/lib/master") == []


def test_a_host_without_tls_has_no_tls_settings():
    assert tls_config(host()) is None


def test_a_host_by_tls_is_trusted_by_its_own_authority_whatever_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, ssl.get_default_verify_paths().openssl_cafile)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    with engine_by_tls(tmp_path, "debian-12") as engine:
        far = host(url=engine.url, tls=tmp_path)
        image = worker_image(platform_named("debian-12"))

        assert images_on(far, [image]) == {image}
        assert images_on(host(url=engine.url, tls=tmp_path, architecture="arm64"), [image]) == frozenset()
        assert remove_leftovers([far], "farm:/var/lib/master") == []


def test_the_limits_leave_root_only_what_a_check_needs():
    given = limits(host(memory="512m", cores=1.5))

    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges"]
    assert given["mem_limit"] == given["memswap_limit"] == "512m"
    assert given["nano_cpus"] == 1_500_000_000


def test_make_shell_has_the_limits_that_the_farms_containers_have():
    given, options = limits(host()), create_options(host())

    assert [o.removeprefix("--cap-add=") for o in options if o.startswith("--cap-add")] == given["cap_add"]
    assert {
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        f"--memory={given['mem_limit']}",
        f"--memory-swap={given['memswap_limit']}",
        f"--pids-limit={given['pids_limit']}",
        "--init",
    } < set(options)
    told = [f"{name}={value}" for name, value in environment(host()).items()]
    assert [o.removeprefix("--env=") for o in options if o.startswith("--env=")] == told
    assert len(options) == len(given) + len(given["cap_add"]) - 1 + len(told), (
        "limits() and create_options() must say the same"
    )


def test_root_may_close_the_network_unless_the_operator_leaves_it_open():
    assert "NET_ADMIN" in limits(host())["cap_add"] and environment(host()) == {"PYTHON_BUILDS_NETWORK": "closed"}
    taken = host(open_network=True)
    assert "NET_ADMIN" not in limits(taken)["cap_add"] and environment(taken) == {"PYTHON_BUILDS_NETWORK": "open"}
    assert environment(host(architecture="arm64"))["QEMU_CPU"] == "cortex-a57"


def test_what_was_seen_of_a_container_is_a_sentence():
    assert str(ContainerState(runs=False, exit_status=3, out_of_memory=False, log="oh no")) == (
        "ended with exit status 3; its log ends with: oh no"
    )
    assert str(ContainerState(runs=True, exit_status=0, out_of_memory=True, log="")) == (
        "runs; a process needed more memory than its container may have, and was killed; its log is empty"
    )


def test_an_operator_says_where_containers_come_from_behind_address_translation() -> None:
    assert networks_of({}, "any", host(networks=["10.0.0.0/24"])) == [ip_network("10.0.0.0/24")]
    with pytest.raises(ValidationError, match="networks.0\n  value is not a valid IPv4 or IPv6 network"):
        host(networks=["10.0.0.1/24"])
