"""The table of platforms: one row each. platform.py says what the fields are for; `make platforms` prints them.

A new platform is one row in PLATFORMS; tests name whatever else would have to change with it.
"""

import datetime
from collections.abc import Mapping

from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.platform import Platform

EL = ("rhel", "rocky", "almalinux", "ol", "centos")


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
        end_of_support=_day("2025-05-29"),
        glibc="2.31",
        serves=(("ubuntu", "20.04"), ("linuxmint", "20"), ("pop", "20.04")),
    ),
    Platform(
        name="ubuntu-2204",
        base_image="ubuntu:22.04",
        package_manager="apt",
        suite="jammy",
        end_of_support=_day("2027-06-01"),
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
        end_of_support=_day("2031-05-29"),
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
    ),
    Platform(
        name="debian-12",
        base_image="debian:12",
        package_manager="apt",
        suite="bookworm",
        end_of_support=_day("2028-06-30"),
        glibc="2.36",
        serves=(("debian", "12"), ("linuxmint", "6")),
    ),
    Platform(
        name="debian-13",
        base_image="debian:13",
        package_manager="apt",
        suite="trixie",
        end_of_support=_day("2030-06-30"),
        glibc="2.41",
        serves=(("debian", "13"), ("linuxmint", "7")),
    ),
    Platform(
        name="centos-8",
        base_image="almalinux:8",
        package_manager="dnf",
        allowed_missing=WITHOUT_ZSTD,
        repositories=("powertools",),
        ccache_repository="epel-release",
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
        ccache_repository="epel-release",
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
        ccache_repository="epel-release",
        without_build_packages=("libnsl2-devel",),
        allowed_missing={"nis": "libnsl2-devel is in none of its repositories; CPython 3.13 has no nis any more"},
        end_of_support=_day("2035-05-31"),
        glibc="2.39",
        serves=_el("10"),
    ),
    Platform(
        name="amazon-2023",
        base_image="amazonlinux:2023",
        package_manager="dnf",
        ccache_repository="spal-release",
        worker_python=("python3.11", "python3.11"),
        without_build_packages=("libnsl2-devel",),
        allowed_missing={"nis": "it has no libnsl2-devel; CPython 3.13 has no nis any more"},
        end_of_support=_day("2029-06-30"),
        glibc="2.34",
        serves=(("amzn", "2023"),),
    ),
    Platform(
        name="fedora-43",
        base_image="fedora:43",
        package_manager="dnf",
        # Its own Tk is 9.0, for which CPython is ready since 3.14 (gh-124111). Only one of the two can be installed.
        extra_build_packages=("tk8-devel",),
        without_build_packages=("tk-devel",),
        end_of_support=_day("2026-12-02"),
        glibc="2.42",
        serves=(("fedora", "43"),),
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
