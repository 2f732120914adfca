"""Worker images: their names, their build arguments, and guards of the Dockerfiles."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.images import (
    CLOSE_NETWORK,
    build_arguments,
    dockerfile,
    pip_configuration,
    worker_image,
)
from python_builds.farm.workers.workers import CCACHE, PRISTINE

DOCKERFILES = sorted((CHECKOUT / "dockerfiles").iterdir())
every_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)


def instructions(path):
    """Each instruction of a Dockerfile as one line, without comments."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)
    return [line for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines() if line]


def test_an_image_is_named_after_its_platform_with_or_without_a_registry():
    platform = platform_named("debian-12")

    assert worker_image(platform) == "python-builds-worker:debian-12"
    assert worker_image(platform, "registry.example/farm") == "registry.example/farm/python-builds-worker:debian-12"


def test_build_arguments_are_the_row_s():
    arguments = build_arguments(platform_named("centos-8"))

    assert "--tag=python-builds-worker:centos-8" in arguments
    assert "--build-arg=BASE_IMAGE=almalinux:8" in arguments
    assert "--build-arg=REPOSITORIES=powertools" in arguments
    assert "--build-arg=CCACHE_REPOSITORY=epel-release" in arguments
    assert "--build-arg=WORKER_PYTHON=python3.12" in arguments
    assert not [argument for argument in arguments if argument.startswith("--platform")]


def test_an_emulated_image_is_beside_the_engine_s_own_and_built_from_such_a_one():
    arguments = build_arguments(platform_named("centos-8"), "arm64")

    assert "--tag=python-builds-worker:centos-8-arm64" in arguments
    assert "--build-arg=BASE_IMAGE=almalinux:8-arm64" in arguments
    assert "--platform=linux/arm64" in arguments


@pytest.mark.parametrize("row", PLATFORMS, ids=lambda row: row.name)
def test_every_platform_has_a_dockerfile_that_takes_its_arguments(row):
    path = CHECKOUT / "dockerfiles" / dockerfile(row)
    assert path.is_file(), f"write dockerfiles/{dockerfile(row)}, or correct the package manager of {row.name}"
    given = {a.split("=")[1] for a in build_arguments(row) if a.startswith("--build-arg=")}
    taken = {line.split()[1] for line in instructions(path) if line.startswith("ARG ")}

    assert given <= taken, f"{path.name} must take {given - taken}, which core/workers/images.py gives for {row.name}"


@every_dockerfile
def test_a_dockerfile_is_of_a_platform(path):
    assert path.name in {dockerfile(row) for row in PLATFORMS}, f"{path.name}: no row of platforms.py has it; remove it"


@every_dockerfile
def test_a_dockerfile_has_the_folders_that_the_farm_uses(path):
    text = path.read_text()

    assert f"COPY --from=pristine / {PRISTINE}\n" in text, (
        f"{path.name}: the farm looks for the base system in {PRISTINE}"
    )
    assert f"install -d -m 1777 {CCACHE}\n" in text, f"{path.name}: the farm mounts the compiler's cache on {CCACHE}"


@every_dockerfile
def test_a_dockerfile_needs_nothing_of_buildkit_and_starts_the_worker_in_a_closed_network(path):
    lines = instructions(path)

    assert not [line for line in lines if re.match(r"(RUN|COPY|ADD) --(mount|link|chmod|security|network)|.*<<", line)]
    assert lines[-1].startswith(f'CMD ["{CLOSE_NETWORK}", "/opt/buildbot-worker/bin/twistd", '), (
        "CMD comes last, in its exec form"
    )
    assert "USER" not in {line.split()[0] for line in lines}, "the worker is root for the check; scripts drop it"


@every_dockerfile
def test_a_dockerfile_cleans_up_where_it_installs(path):
    clean = {"apt-get": "/var/lib/apt/lists/*", "dnf": "dnf clean all", "zypper": "zypper clean --all"}
    tool = next(row.package_manager for row in PLATFORMS if dockerfile(row) == path.name).replace("apt", "apt-get")
    installing = [line for line in instructions(path) if re.search(rf"{tool} .*install", line)]

    assert len(installing) == 1
    assert clean[tool] in installing[0] and "rm -rf" in installing[0], f"{path.name}: clean up in the same RUN"


@every_dockerfile
def test_a_dockerfile_names_no_packages_of_its_own(path):
    installing = next(line for line in instructions(path) if "$PACKAGES" in line)
    named = re.findall(r"install ((?:--\S+ )*)([^&;]+)", installing)

    assert {words.strip() for _, words in named} <= {"$PACKAGES", '"$CCACHE_REPOSITORY"', "ccache"}, (
        f"{path.name}: packages are named in core/platforms/build_packages.py and core/platforms/platforms.py"
    )


OTHERS = [path for name in ("benchmarks", "deploy", "tests") for path in sorted((CHECKOUT / name).rglob("*Dockerfile"))]


@pytest.mark.parametrize("path", [*DOCKERFILES, *OTHERS], ids=lambda path: path.name)
def test_hadolint_finds_nothing(path):
    hadolint = Path(sys.executable).with_name("hadolint")  # of requirements-dev.txt
    done = subprocess.run([hadolint, path], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_pip_is_told_how_this_machine_reaches_its_index():
    assert "index-url" not in pip_configuration("", "") and "cert" not in pip_configuration("", "")
    assert "index-url = https://packages.example/simple\n" in pip_configuration("https://packages.example/simple", "")
    assert "cert = /tmp/pip/certificates.pem\n" in pip_configuration("", "/etc/own.pem")


def test_an_index_with_a_password_is_refused_since_docker_s_cache_would_keep_it():
    with pytest.raises(InvalidRequest, match="cache") as caught:
        pip_configuration("https://me:secret@packages.example/simple", "")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["rhel-9", "fedora-43"])
def test_dnf_is_called_with_what_the_row_has_and_with_no_empty_option(name, tmp_path):
    row = platform_named(name)
    (command,) = (
        line.removeprefix("RUN ")
        for line in instructions(CHECKOUT / "dockerfiles" / dockerfile(row))
        if "$PACKAGES" in line
    )
    for program in ("dnf", "rm"):
        (tmp_path / program).write_text(f'#!/bin/sh\nprintf "{program}"; printf " [%s]" "$@"; echo\n')
        (tmp_path / program).chmod(0o755)
    given = dict(a.removeprefix("--build-arg=").split("=", 1) for a in build_arguments(row) if "build-arg" in a)
    said = subprocess.run(
        ["/bin/sh", "-c", command], env={"PATH": str(tmp_path), **given}, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    weak = "[--assumeyes] [--setopt=install_weak_deps=False]"
    packages = " ".join(f"[{package}]" for package in row.image_packages)
    epel = name == "rhel-9"

    assert said[:-2] == [
        f"dnf {weak} {'[--enablerepo=crb] ' if epel else ''}[install] {packages}",
        *(["dnf [--assumeyes] [install] [epel-release]"] if epel else []),
        f"dnf {weak} [install] [ccache]",
        *(["dnf [--assumeyes] [remove] [epel-release]"] if epel else []),
    ]
