"""The platforms: one row each, and all that is derived from a row.

A new platform is one row in PLATFORMS; tests name whatever else would have to change with it. The fields:

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
worker_python    the Python of its worker image, new enough for buildbot-worker (3.8), as command and package
static_libraries libraries of core/upstream/libraries.py that are built with a CPython that comes without them
allowed_missing  stdlib extension modules that cannot be built there, each with the reason
proven           the architectures on which its worker image, a real CPython and the package were really run; what is
                 not in here is written with care and has never been tried on the real thing

`make platforms` prints the table.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.build_packages import BUILD_PACKAGES, IMAGE_PACKAGES

EL = ("rhel", "rocky", "almalinux", "ol", "centos")


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
    worker_python: tuple[str, str] = ("python3", "python3")
    static_libraries: tuple[str, ...] = ("mpdecimal",)
    allowed_missing: Mapping[str, str] = field(default_factory=dict, hash=False)
    proven: tuple[str, ...] = ()

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


def _el(release: str) -> tuple[tuple[str, str], ...]:
    return tuple((os_id, release) for os_id in EL)


def _leap(release: str) -> tuple[tuple[str, str], ...]:
    return (("opensuse-leap", release), ("sles", release), ("sled", release))


_day = datetime.date.fromisoformat
WITHOUT_ZSTD = {"_zstd": "its libzstd is 1.4.4, and compression.zstd of CPython 3.14 and newer takes 1.4.5"}

PLATFORMS = (
    Platform(
        name="ubuntu-2004",
        base_image="ubuntu:20.04",
        package_manager="apt",
        suite="focal",
        allowed_missing=WITHOUT_ZSTD,
        end_of_support=_day("2025-05-31"),
        glibc="2.31",
        serves=(("ubuntu", "20.04"), ("linuxmint", "20"), ("pop", "20.04")),
    ),
    Platform(
        name="ubuntu-2204",
        base_image="ubuntu:22.04",
        package_manager="apt",
        suite="jammy",
        end_of_support=_day("2027-05-31"),
        glibc="2.35",
        serves=(("ubuntu", "22.04"), ("linuxmint", "21"), ("pop", "22.04")),
    ),
    Platform(
        name="ubuntu-2404",
        base_image="ubuntu:24.04",
        package_manager="apt",
        suite="noble",
        end_of_support=_day("2029-05-31"),
        glibc="2.39",
        serves=(("ubuntu", "24.04"), ("linuxmint", "22"), ("pop", "24.04")),
    ),
    Platform(
        name="ubuntu-2604",
        base_image="ubuntu:26.04",
        package_manager="apt",
        suite="resolute",
        end_of_support=_day("2031-05-31"),
        glibc="2.43",
        serves=(("ubuntu", "26.04"),),
    ),
    Platform(
        name="debian-11",
        base_image="debian:11",
        package_manager="apt",
        suite="bullseye",
        without_updates=("libbluetooth-dev", "libbluetooth3"),
        end_of_support=_day("2026-08-31"),
        glibc="2.31",
        serves=(("debian", "11"), ("linuxmint", "5")),
        proven=("amd64",),
    ),
    Platform(
        name="debian-12",
        base_image="debian:12",
        package_manager="apt",
        suite="bookworm",
        end_of_support=_day("2028-06-30"),
        glibc="2.36",
        serves=(("debian", "12"), ("linuxmint", "6")),
        proven=("amd64",),
    ),
    Platform(
        name="debian-13",
        base_image="debian:13",
        package_manager="apt",
        suite="trixie",
        end_of_support=_day("2030-06-30"),
        glibc="2.41",
        serves=(("debian", "13"), ("linuxmint", "7")),
        proven=("amd64",),
    ),
    Platform(
        name="centos-8",
        base_image="almalinux:8",
        package_manager="dnf",
        allowed_missing=WITHOUT_ZSTD,
        repositories=("powertools",),
        worker_python=("python3.12", "python3.12"),
        end_of_support=_day("2029-05-31"),
        glibc="2.28",
        serves=_el("8"),
    ),
    Platform(
        name="rhel-9",
        base_image="almalinux:9",
        package_manager="dnf",
        repositories=("crb",),
        worker_python=("python3.12", "python3.12"),
        end_of_support=_day("2032-05-31"),
        glibc="2.34",
        serves=_el("9"),
    ),
    Platform(
        name="rhel-10",
        base_image="almalinux:10",
        package_manager="dnf",
        repositories=("crb",),
        without_build_packages=("libnsl2-devel",),
        allowed_missing={"nis": "libnsl2-devel is in none of its repositories; CPython 3.13 has no nis any more"},
        end_of_support=_day("2035-05-31"),
        glibc="2.39",
        serves=_el("10"),
    ),
    Platform(
        name="opensuse-155",
        base_image="opensuse/leap:15.5",
        package_manager="zypper",
        worker_python=("python3.11", "python311"),
        end_of_support=_day("2024-12-31"),
        glibc="2.31",
        serves=_leap("15.5"),
    ),
    Platform(
        name="opensuse-156",
        base_image="opensuse/leap:15.6",
        package_manager="zypper",
        worker_python=("python3.11", "python311"),
        end_of_support=_day("2026-04-30"),
        glibc="2.38",
        serves=(*_leap("15.6"), ("sles", "15.7"), ("sled", "15.7")),
    ),
    Platform(
        name="opensuse-160",
        base_image="opensuse/leap:16.0",
        package_manager="zypper",
        worker_python=("python3.13", "python313"),
        end_of_support=_day("2027-10-31"),
        glibc="2.40",
        serves=_leap("16.0"),
    ),
)

_BY_NAME = {platform.name: platform for platform in PLATFORMS}


def platform_named(name: str) -> Platform:
    """Look a platform up by its name.

    Raises:
        InvalidRequest: if the table has no such row.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise InvalidRequest(f"{name!r} is not a platform of this farm; these are: {', '.join(_BY_NAME)}") from None


def platform_for_system(os_release: Mapping[str, str]) -> Platform | None:
    """Find the platform whose packages fit a system, by its os-release file's ID and VERSION_ID."""
    os_id, version_id = os_release.get("ID", ""), os_release.get("VERSION_ID", "")
    return next((platform for platform in PLATFORMS if platform.serves_system(os_id, version_id)), None)
