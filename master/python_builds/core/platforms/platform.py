"""A row of the table of platforms: its fields, and all that is derived from them.

name             in URLs and the web UI; the predecessor's names stay (centos-8 is EL 8)
base_image       the container image a worker image is made from
package_manager  apt, dnf or zypper: decides package format, Dockerfile and installer
end_of_support   by the vendor, free of charge (Debian and Leap: LTS included); no automatic builds afterwards
serves           os-release (ID, VERSION_ID) of the systems its packages are for; "8" stands for 8.x too
glibc            its version, for systems that are in no row and may run what was built there
suite            what debootstrap calls it (apt platforms)
oldest_python    the oldest CPython series that builds there
architectures    in Debian's spelling
extra_build_packages, without_build_packages
                 where its packages differ from the family's
without_updates  packages whose update the archive announces and does not have: the image gets them without
repositories     that are there but switched off, and have some of its packages
ccache_repository
                 the package that adds the repository with ccache, where the distribution's own have none
worker_python    the Python of its worker image, new enough for buildbot-worker (3.8), as command and package
static_libraries libraries of core/upstream/static_libraries.py that are built with a CPython that comes without them
allowed_missing  stdlib extension modules that cannot be built there, each with the reason

On which architectures all that was really run is no field: proofs/ has what `make prove` found.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from python_builds.core.platforms.build_packages import BUILD_PACKAGES, IMAGE_PACKAGES


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One Linux distribution release that packages are built for."""

    name: str
    base_image: str
    package_manager: str
    end_of_support: datetime.date
    serves: tuple[tuple[str, str], ...]
    glibc: str
    suite: str = ""
    oldest_python: str = "3.9"
    architectures: tuple[str, ...] = ("amd64", "arm64")
    extra_build_packages: tuple[str, ...] = ()
    without_build_packages: tuple[str, ...] = ()
    without_updates: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    ccache_repository: str = ""
    worker_python: tuple[str, str] = ("python3", "python3")
    static_libraries: tuple[str, ...] = ("mpdecimal",)
    allowed_missing: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def package_format(self) -> str:
        """What its package manager installs: deb or rpm."""
        return "deb" if self.package_manager == "apt" else "rpm"

    @property
    def build_packages(self) -> tuple[str, ...]:
        """The distribution's packages that a build needs, in alphabetical order."""
        wanted = {*BUILD_PACKAGES[self.package_manager], *self.extra_build_packages}
        return tuple(sorted(wanted - {*self.without_build_packages}))

    @property
    def image_packages(self) -> tuple[str, ...]:
        """The distribution's packages that its worker image adds to the base image, in alphabetical order."""
        return tuple(sorted({*self.build_packages, *IMAGE_PACKAGES[self.package_manager], self.worker_python[1]}))

    def supports(self, version: Version) -> bool:
        """Say whether this CPython builds here."""
        return (version.major, version.minor) >= Version(self.oldest_python).release[:2]

    def is_supported_on(self, day: datetime.date) -> bool:
        """Say whether the vendor still supports the platform, so that automatic builds are made."""
        return day <= self.end_of_support

    def serves_system(self, os_id: str, version_id: str) -> bool:
        """Say whether its packages are meant for the system with these os-release values."""
        return any(os_id == i and (version_id == v or version_id.startswith(f"{v}.")) for i, v in self.serves)
