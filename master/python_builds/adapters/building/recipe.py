"""The recipe of a platform's builds as a digest: it changes with whatever of ours could make a build end otherwise."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from python_builds.core.platforms.platforms import Platform
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.upstream.libraries import LIBRARIES

SCRIPTS = CHECKOUT / "scripts"

INSTALLER = "install.sh"
"""Is for users, and no part of any build."""

SENT = (".sh", ".py", ".c", ".mk")
"""Endings of the scripts that travel with a build."""


def scripts_to_send(folder: Path) -> list[Path]:
    """List what a worker gets of our scripts."""
    return sorted(path for path in folder.iterdir() if path.suffix in SENT and path.name != INSTALLER)


def recipe(scripts: Iterable[Path], platform: Platform, image: str) -> str:
    """Compute the digest of the scripts, the platform's row, the name of its image and what is linked statically."""
    libraries = [library for library in LIBRARIES if library.name in platform.static_libraries]
    digest = hashlib.sha256(f"{platform!r}\n{image}\n{libraries!r}\n".encode())
    for path in scripts:
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]
