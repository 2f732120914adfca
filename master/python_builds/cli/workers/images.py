"""Images, which Docker hosts need before they can build.

They hold a toolchain and buildbot-worker, nothing secret and nothing of a recipe. PIP_INDEX_URL and PIP_CERT, where pip
on this machine has them, hold for the pip inside too.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from python_builds.adapters.workers.docker_command import docker, exists, output, require_docker
from python_builds.core.errors import ImageError, InvalidRequest
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.container_limits import create_options
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import (
    CLOSE_NETWORK,
    build_arguments,
    dockerfile,
    pip_configuration,
    worker_image,
)
from python_builds.farm.workers.workers import host_platform

WORK = "/var/lib/python-builds"
"""The working folder of the images."""


def base_images(names: Sequence[str]) -> None:
    """Make base images by debootstrap, for Docker hosts that reach no registry."""
    require_docker()
    for platform in named(names):
        make_base_image(platform)


def make_base_image(platform: Platform) -> None:
    """Make one platform's base image by debootstrap.

    Raises:
        ImageError: if it is another distribution's than this machine's, or cannot be made.
    """
    refuse_other_distributions(platform)
    script = CHECKOUT / "scripts" / "setup" / "make-base-image.sh"
    if subprocess.run([script, platform.suite, platform.base_image]).returncode:
        raise ImageError(f"{platform.base_image} could not be made, see above")


def images(names: Sequence[str], architecture: str) -> None:
    """Build worker images: of the platforms that are named, or of all whose base image is on this Docker host."""
    require_docker()
    for platform in named(names) if names else with_base_image():
        if architecture and architecture not in platform.architectures:
            allowed = ", ".join(platform.architectures)
            raise InvalidRequest(f"{architecture!r} is none of {platform.name}'s architectures: {allowed}")
        build_image(platform, architecture)


def build_image(platform: Platform, architecture: str = "") -> None:
    """Build one platform's worker image, for another architecture than the engine's where one is named.

    Raises:
        ImageError: if it cannot be built.
    """
    print(f"building {worker_image(platform)} from {platform.base_image}", flush=True)
    with build_context(os.environ) as context:
        path = CHECKOUT / "dockerfiles" / dockerfile(platform)
        if docker("build", "--force-rm", f"--file={path}", *build_arguments(platform, architecture), str(context)):
            raise ImageError(f"{worker_image(platform)} could not be built, see above; {how_to_get(platform)}")
    print(f"built {worker_image(platform)}", flush=True)


def push(names: Sequence[str], registry: str) -> None:
    """Push worker images, each under its architecture's name, and join those to the one that hosts pull."""
    require_docker()
    if not registry:
        raise InvalidRequest("name a registry to push to, as in REGISTRY=registry.example/farm")
    wanted = named(names) if names else [p for p in PLATFORMS if exists(worker_image(p))]
    if not wanted:
        raise ImageError("there is no worker image on this Docker host to push: `make images` builds them")
    for platform in wanted:
        push_one(platform, registry)


def push_one(platform: Platform, registry: str) -> None:
    """Push one platform's image.

    Raises:
        ImageError: if it is not there, or the registry does not take it.
    """
    local, target = worker_image(platform), worker_image(platform, registry)
    here = output("image", "inspect", "--format", "{{.Architecture}}", local)
    if not here:
        raise ImageError(f"{local} is not on this Docker host: `make images PLATFORM={platform.name}` builds it")
    docker("tag", local, f"{target}-{here}")
    if docker("push", f"{target}-{here}"):
        raise ImageError(f"{target}-{here} could not be pushed, see above; `docker login` may help")
    # As the engine does, without TLS on this machine only.
    plain = ["--insecure"] if registry.startswith(("127.", "localhost:")) else []
    others = [f"{target}-{a}" for a in platform.architectures if a != here]
    there = [name for name in others if output("manifest", "inspect", *plain, name)]
    output("manifest", "rm", target)  # what an earlier push joined here
    if docker("manifest", "create", *plain, target, f"{target}-{here}", *there) or docker(
        "manifest", "push", "--purge", target
    ):
        raise ImageError(f"{target} could not be made of {target}-{here} and what was pushed before, see above")
    print(f"pushed {target} for {', '.join([here, *(name.rpartition('-')[2] for name in there)])}", flush=True)


def shell(name: str) -> None:
    """Open a shell in a container like the farm's, in a work folder that has the scripts."""
    require_docker()
    (platform,) = named([name])
    image = worker_image(platform)
    if not exists(image):
        raise ImageError(f"{image} is not on this Docker host: `make images PLATFORM={platform.name}` builds it")
    terminal = ["--tty"] if sys.stdin.isatty() else []
    # The limits of a host for which none are set, and nobody as the build user, like the farm.
    limits = create_options(DockerHost(name="shell", url="unix://", master=""))
    container = output(
        "create", "--interactive", *terminal, *limits, f"--workdir={WORK}/work", image, CLOSE_NETWORK, "bash"
    )
    if not container:
        raise ImageError(f"no container of {image} could be made: `docker create {image}` says why")
    try:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(CHECKOUT / "scripts", Path(folder, "work", "scripts"))
            Path(folder, "work").chmod(0o755)
            docker("cp", "--quiet", f"{folder}/work", f"{container}:{WORK}/")
        docker("start", "--attach", "--interactive", container)
    finally:
        output("rm", "--force", "--volumes", container)


def named(names: Sequence[str]) -> list[Platform]:
    """Find platforms by their names.

    Raises:
        InvalidRequest: if there are none, or one is not in the table.
    """
    if not any(names):
        raise InvalidRequest("name a platform of `make platforms`, as in PLATFORM=debian-12")
    return [platform_named(name) for name in names]


def with_base_image() -> list[Platform]:
    """Find the platforms that an image can be built for here, and say of the others why not.

    Raises:
        ImageError: if there is none.
    """
    present = [platform for platform in PLATFORMS if exists(platform.base_image)]
    for platform in PLATFORMS:
        if platform not in present:
            print(f"{platform.name}: left out, {how_to_get(platform)}", flush=True)
    if not present:
        raise ImageError("no platform's base image is on this Docker host; PLATFORM=debian-12 would pull one")
    return present


def how_to_get(platform: Platform) -> str:
    """Say how a base image comes to this Docker host."""
    image = platform.base_image
    if exists(image):
        return f"its base image {image} is on this Docker host"
    made = f", or `make base-image PLATFORM={platform.name}`" if platform.suite else ""
    return f"its base image {image} is not on this Docker host: `docker pull {image}`{made}"


def refuse_other_distributions(platform: Platform) -> None:
    """Refuse what this machine's own apt archive does not have.

    Raises:
        ImageError: if it is another distribution's.
    """
    own = host_platform()
    if not platform.suite or own is None or own[0].serves[0][0] != platform.serves[0][0]:
        here = own[0].name if own else "none of the farm's platforms"
        raise ImageError(
            f"a base image of {platform.name} comes from the apt archive of its own distribution, and this machine is "
            f"{here}: `docker pull {platform.base_image}` where a registry can be reached"
        )


@contextlib.contextmanager
def build_context(environment: Mapping[str, str]) -> Iterator[Path]:
    """Make the folder that `docker build` sends: what goes into an image, and how pip reaches its index from there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(CHECKOUT / "worker", folder / "worker")
        (folder / "pip").mkdir()
        (folder / "pip" / "pip.conf").write_text(
            pip_configuration(environment.get("PIP_INDEX_URL", ""), environment.get("PIP_CERT", ""))
        )
        if environment.get("PIP_CERT"):
            shutil.copyfile(environment["PIP_CERT"], folder / "pip" / "certificates.pem")
        yield folder
