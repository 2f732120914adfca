"""Containers of a base image, in which it is seen what a system says of itself and what users' own tools do there."""

import json
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from python_builds.adapters.building.recipe import SCRIPTS
from python_builds.adapters.workers.docker_command import output
from python_builds.core.errors import ImageError
from python_builds.core.platforms.proofs import ProvenImage
from python_builds.core.workers.container_limits import emulation

PROVE = "/scripts/prove"
"""Where containers have the scripts of scripts/prove."""

SECONDS = 3600
"""That a script may take; an emulated system is several times slower than its engine."""


def run_script(
    image: str,
    words: Sequence[str],
    *,
    architecture: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    mounts: Mapping[Path, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a script of scripts/prove in a new container that reaches what this machine serves; its output is logged."""
    container = f"python-builds-trial-{uuid.uuid4().hex[:12]}"
    volumes = {SCRIPTS: "/scripts", **(mounts or {})}
    command = [
        *("docker", "run", "--rm", f"--name={container}", "--network=host", f"--platform=linux/{architecture}"),
        *(f"--volume={here}:{there}:ro" for here, there in volumes.items()),
        *(f"--env={name}={value}" for name, value in {**emulation(architecture), **(environment or {})}.items()),
        *(image, f"{PROVE}/{words[0]}", *words[1:]),
    ]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
        )
    except BaseException:  # stopped, or out of time: the container would go on
        output("rm", "--force", container)
        raise
    with log.open("a") as file:
        file.write(f"$ {' '.join(command)}\n{done.stdout}\nended with {done.returncode}\n")
    return done


def describe_image(image: str) -> ProvenImage:
    """Say which image a name means today.

    Raises:
        ImageError: if it is not on the engine.
    """
    said = output("image", "inspect", "--format", "{{json .}}", image)
    if not said:
        raise ImageError(f"{image} is not on this Docker host")
    found = json.loads(said)
    digests = [digest.rpartition("@")[2] for digest in found.get("RepoDigests") or ()]
    return ProvenImage(name=image, id=found["Id"], digest="".join(digests[:1]), made_at=found["Created"])
