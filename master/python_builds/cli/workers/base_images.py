"""Base images, which worker images are built from: pulled, or made by debootstrap where no registry is reached."""

import subprocess
from collections.abc import Sequence

from python_builds.adapters.workers.docker_command import (
    docker,
    engine_architecture,
    exists,
    image_architecture,
    name_here,
    output,
    require_docker,
)
from python_builds.core.errors import ImageError, InvalidRequest
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.farm.workers.workers import host_platform


def base_images(names: Sequence[str], architecture: str) -> None:
    """Make base images by debootstrap, for Docker hosts that reach no registry; "" is the engine's architecture."""
    require_docker()
    for platform in named(names, architecture):
        make_base_image(platform, architecture)


def make_base_image(platform: Platform, architecture: str = "") -> None:
    """Make one platform's base image by debootstrap.

    Raises:
        ImageError: if it is another distribution's than this machine's, or cannot be made.
    """
    refuse_other_distributions(platform)
    image = name_here(platform.base_image, architecture)
    script = CHECKOUT / "scripts" / "setup" / "make-base-image.sh"
    if subprocess.run([script, platform.suite, image, architecture or engine_architecture()]).returncode:
        raise ImageError(f"{image} could not be made, see above")


def bring_base_image(platform: Platform, architecture: str) -> None:
    """Have the base image on the engine: pulled, or made by debootstrap where no registry is reached.

    Raises:
        ImageError: if neither can be, or what is there is of another architecture, or does not run there.
    """
    image = name_here(platform.base_image, architecture)
    if not exists(image) and not _pulled(platform.base_image, architecture, image) and platform.suite:
        make_base_image(platform, architecture)
    there = image_architecture(image)
    if not there:
        raise ImageError(how_to_get(platform, architecture))
    if there != architecture:
        raise ImageError(
            f"{image} on this Docker host is of {there}: `docker pull --platform=linux/{architecture} {image}` brings "
            f"that of {architecture}"
        )
    platform_option = f"--platform=linux/{architecture}"
    if image != platform.base_image and docker("run", "--rm", "--network=none", platform_option, image, "true"):
        raise ImageError(
            f"{image} does not run on this Docker host, see above: have it emulate {architecture} by "
            f"`scripts/setup/emulate.sh {architecture}` there, as root"
        )


def _pulled(image: str, architecture: str, name: str) -> bool:
    """Pull an image of an architecture under a name; the image's own goes on meaning what it did."""
    before = output("image", "inspect", "--format", "{{.Id}}", image)
    if docker("pull", f"--platform=linux/{architecture}", image):
        return False
    if name != image:
        docker("tag", image, name)
        docker("image", "rm", image)  # its name alone, as it has another
        if before:
            docker("tag", before, image)
    return True


def named(names: Sequence[str], architecture: str = "") -> list[Platform]:
    """Find platforms by their names, all of which are built for an architecture.

    Raises:
        InvalidRequest: if there are none, or one is not in the table, or has not the architecture.
    """
    if not any(names):
        raise InvalidRequest("name a platform of `make platforms`, as in PLATFORM=debian-12")
    found = [platform_named(name) for name in names]
    for platform in found:
        if architecture and architecture not in platform.architectures:
            allowed = ", ".join(platform.architectures)
            raise InvalidRequest(f"{architecture!r} is none of {platform.name}'s architectures: {allowed}")
    return found


def with_base_image(architecture: str = "") -> list[Platform]:
    """Find the platforms that an image can be built for here, and say of the others why not.

    Raises:
        ImageError: if there is none.
    """
    present = [p for p in PLATFORMS if exists(name_here(p.base_image, architecture))]
    for platform in PLATFORMS:
        if platform not in present:
            print(f"{platform.name}: left out, {how_to_get(platform, architecture)}", flush=True)
    if not present:
        raise ImageError("no platform's base image is on this Docker host; PLATFORM=debian-12 would pull one")
    return present


def how_to_get(platform: Platform, architecture: str = "") -> str:
    """Say how a base image comes to this Docker host."""
    image = name_here(platform.base_image, architecture)
    if exists(image):
        return f"its base image {image} is on this Docker host"
    if image != platform.base_image:
        made = f", or `make base-image PLATFORM={platform.name} ARCH={architecture}`" if platform.suite else ""
        pulled = f"`make images PLATFORM={platform.name} ARCH={architecture}` pulls it"
    else:
        made = f", or `make base-image PLATFORM={platform.name}`" if platform.suite else ""
        pulled = f"`docker pull {image}`"
    return f"its base image {image} is not on this Docker host: {pulled}{made}"


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
