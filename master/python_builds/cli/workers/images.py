"""Images, which Docker hosts need before they can build.

They hold a toolchain and buildbot-worker, nothing secret and nothing of a recipe. PIP_INDEX_URL and PIP_CERT, where pip
on this machine has them, hold for the pip inside too.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from python_builds.adapters.workers.docker_command import (
    docker,
    exists,
    image_architecture,
    name_here,
    output,
    require_docker,
)
from python_builds.cli.workers.base_images import bring_base_image, how_to_get, named, with_base_image
from python_builds.core.errors import ImageError, InvalidRequest
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.container_limits import create_options
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import (
    CLOSE_NETWORK,
    build_arguments,
    dockerfile,
    of_architecture,
    pip_configuration,
    worker_image,
)

WORK = "/var/lib/python-builds"
"""The working folder of the images."""


def images(names: Sequence[str], architecture: str) -> None:
    """Build worker images: of the platforms that are named, or of all whose base image is on this Docker host."""
    require_docker()
    for platform in named(names, architecture) if names else with_base_image(architecture):
        build_image(platform, architecture)


def build_image(platform: Platform, architecture: str = "") -> None:
    """Build one platform's worker image, for another architecture than the engine's where one is named.

    Raises:
        ImageError: if it cannot be built.
    """
    base, image = name_here(platform.base_image, architecture), name_here(worker_image(platform), architecture)
    emulated = architecture if image != worker_image(platform) else ""
    print(f"building {image} from {base}", flush=True)
    if emulated:
        bring_base_image(platform, architecture)
    with build_context(os.environ) as context:
        path = CHECKOUT / "dockerfiles" / dockerfile(platform)
        if docker("build", "--force-rm", f"--file={path}", *build_arguments(platform, emulated), str(context)):
            raise ImageError(f"{image} could not be built, see above; {how_to_get(platform, architecture)}")
    print(f"built {image}", flush=True)


def push(names: Sequence[str], registry: str) -> None:
    """Push worker images, each under its architecture's name, and join those to the one that hosts pull."""
    require_docker()
    if not registry:
        raise InvalidRequest("name a registry to push to, as in REGISTRY=registry.example/farm")
    wanted = named(names) if names else [platform for platform in PLATFORMS if _images_here(platform)]
    if not wanted:
        raise ImageError("there is no worker image on this Docker host to push: `make images` builds them")
    for platform in wanted:
        push_one(platform, registry)


def push_one(platform: Platform, registry: str) -> None:
    """Push one platform's image, of each architecture that is here.

    Raises:
        ImageError: if none is here, or the registry does not take it.
    """
    here, target = _images_here(platform), worker_image(platform, registry)
    if not here:
        raise ImageError(
            f"{worker_image(platform)} is not on this Docker host: `make images PLATFORM={platform.name}` builds it"
        )
    names = {architecture: of_architecture(target, architecture) for architecture in platform.architectures}
    for architecture, image in here.items():
        docker("tag", image, names[architecture])
        if docker("push", names[architecture]):
            raise ImageError(f"{names[architecture]} could not be pushed, see above; `docker login` may help")
    # As the engine does, without TLS on this machine only.
    plain = ["--insecure"] if registry.startswith(("127.", "localhost:")) else []
    joined = [a for a in platform.architectures if a in here or output("manifest", "inspect", *plain, names[a])]
    output("manifest", "rm", target)  # what an earlier push joined here
    if docker("manifest", "create", *plain, target, *(names[a] for a in joined)) or docker(
        "manifest", "push", "--purge", target
    ):
        raise ImageError(f"{target} could not be made of what was pushed for {', '.join(joined)}, see above")
    print(f"pushed {target} for {', '.join(joined)}", flush=True)


def _images_here(platform: Platform) -> dict[str, str]:
    """Name a platform's worker images on this Docker host, by their architecture."""
    names = {architecture: name_here(worker_image(platform), architecture) for architecture in platform.architectures}
    return {architecture: name for architecture, name in names.items() if image_architecture(name) == architecture}


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
