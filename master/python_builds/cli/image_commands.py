"""The commands that make and look into images of workers; each imports what it does when it is called, as in cli.py."""

from typing import Annotated

import typer

from python_builds.cli.exit_status import end
from python_builds.cli.options import Architecture, OnePlatform, Platforms, words
from python_builds.core.settings.settings import load_settings

app = typer.Typer()


@app.command()
def base_image(platform: Platforms = None, arch: Architecture = "") -> None:
    """Make a base image with debootstrap, where no registry is reached."""
    from python_builds.cli.workers.base_images import base_images

    end(lambda: base_images(words(platform), arch))


@app.command()
def images(platform: Platforms = None, arch: Architecture = "") -> None:
    """Build worker images, of all platforms whose base image is on this Docker host or of those named."""
    from python_builds.cli.workers import images as of_workers

    end(lambda: of_workers.images(words(platform), arch))


@app.command()
def push(
    platform: Platforms = None,
    registry: Annotated[str, typer.Option(help="where to, if not where the setting says")] = "",
) -> None:
    """Push worker images, all that are on this Docker host or those named."""
    from python_builds.cli.workers import images as of_workers

    end(lambda: of_workers.push(words(platform), (registry or load_settings().registry).rstrip("/")))


@app.command()
def shell(platform: OnePlatform = "") -> None:
    """Open a shell in a container like the farm's, with the scripts."""
    from python_builds.cli.workers import images as of_workers

    end(lambda: of_workers.shell(platform))
