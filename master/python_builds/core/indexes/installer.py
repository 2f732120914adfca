"""The quick installer: installer/install.sh with what the farm knows."""

from collections.abc import Iterable

from python_builds.core.indexes.addresses import UNKNOWN
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS


def published_installer(script: str, address: str) -> bytes:
    """Write the store's address into the script; where that is not known, the script asks for it."""
    return script.replace(UNKNOWN, address).encode()


def installer_table(platforms: Iterable[Platform] = PLATFORMS) -> str:
    """Write the platform table as the installer has it: each with its package format, glibc, codename and systems."""
    lines = [
        " ".join(
            (
                *(platform.name, platform.package_format, platform.glibc, platform.suite or "-"),
                *(f"{os_id}/{version}" for os_id, version in platform.serves),
            )
        )
        for platform in platforms
    ]
    return "\n".join(lines) + "\n"
