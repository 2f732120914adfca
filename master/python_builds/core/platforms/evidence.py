"""What public sources say of the facts in platforms' rows, and when that was looked up.

It proves nothing: `make prove` does. What is named here was read in copies of public repositories, whose commit's day
is the source's; where a fact has no line, nobody has compared it yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """A fact of a row, what a source says of it, and the source with its day."""

    fact: str
    says: str
    source: str


OS_RELEASE = "chef/os_release on GitHub, a collection of real os-release files, 2026-04-17"
R_BUILDS = "builder/Dockerfile.{} of rstudio/r-builds, 2026-08-11"
PREDECESSOR = "builder/Dockerfile.{} of rstudio/python-builds, 2025-02-25"
MANYLINUX = "docker/build_scripts of pypa/manylinux, which builds CPythons on {}, 2026-06-28"
END_OF_LIFE = "products/{}.md of endoflife-date/endoflife.date, 2026-08-22"
DISTRO_INFO = "ubuntu.csv of Debian's distro-info-data 0.58+deb12u7"
IMAGES = "a public table of the glibc package in each base image, read 2026-11-28; images of 2025-08 to 2026-10"
ALMA_10 = "addresses below vault.almalinux.org/10.0 in public package recipes, read 2026-11-28"
LISTS = "package lists in public repositories, read 2026-11-28"

CRB_OF_10 = (
    "in CRB: bluez-libs-devel 5.77, gdbm-devel 1.23, libtirpc-devel 1.3.5; in AppStream: libuuid-devel, "
    "libxcrypt-devel, libzstd-devel 1.5.5, openssl-devel 3.2.2, readline-devel, sqlite-devel 3.46.1, tk-devel 8.6.13; "
    "zlib-devel is zlib-ng-compat-devel's"
)


def _ubuntu(version: str, glibc: str, end: str, other: str) -> tuple[Evidence, ...]:
    system = Evidence("os-release", f"ID=ubuntu VERSION_ID={version}", OS_RELEASE)
    if version == "26.04":  # newer than that collection
        system = Evidence("base image", "ubuntu:26.04 is Ubuntu 26.04.1 LTS", IMAGES)
    return (
        system,
        Evidence("glibc", glibc, IMAGES),
        Evidence("end of support", end, DISTRO_INFO),
        Evidence("end of support", other, END_OF_LIFE.format("ubuntu")),
    )


EVIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    "ubuntu-2004": (
        *_ubuntu("20.04", "2.31-0ubuntu9.17", "2025-05-29", "2025-05-31"),
        Evidence("os-release", "ID=linuxmint VERSION_ID=20.3", OS_RELEASE),
    ),
    "ubuntu-2204": (
        *_ubuntu("22.04", "2.35-0ubuntu3.14", "2027-06-01", "2027-04-01"),
        Evidence("os-release", "ID=linuxmint VERSION_ID=21.3; ID=pop VERSION_ID=22.04", OS_RELEASE),
    ),
    "ubuntu-2404": (
        *_ubuntu("24.04", "2.39-0ubuntu8.9", "2029-05-31", "2029-05-31"),
        Evidence("os-release", "ID=linuxmint VERSION_ID=22", OS_RELEASE),
    ),
    "ubuntu-2604": _ubuntu("26.04", "2.43-2ubuntu2.4", "2031-05-29", "2031-04-30"),
    "centos-8": (
        Evidence("os-release", "almalinux 8.10, rocky 8.9, ol 8.7, centos 8", OS_RELEASE),
        Evidence("end of support", "SUPPORT_END 2029-06-01 of AlmaLinux, 2029-05-31 of Rocky", OS_RELEASE),
        Evidence("end of support", "2029-05-31", END_OF_LIFE.format("almalinux")),
        Evidence("glibc", "2.28-251.el8_10.40", IMAGES),
        Evidence("repository", "powertools, for tk-devel and others", R_BUILDS.format("centos-8")),
        Evidence(
            "packages",
            "bluez-libs-devel, bzip2-devel, gcc-c++, gdbm-devel, libffi-devel, ncurses-devel, openssl-devel, "
            "readline-devel, rpm-build, sqlite-devel, tk-devel, zlib-devel",
            PREDECESSOR.format("centos-8"),
        ),
        Evidence("packages", "bluez-libs-devel 5.50 is in PowerTools; libnsl2-devel 1.2.0 exists", LISTS),
        Evidence("without _zstd", "libzstd-1.4.4-1.el8, up to 8.10", LISTS),
        Evidence("OpenSSL", "1.1.1k, which 3.10 and newer take: they want 1.1.1", LISTS),
        Evidence("SQLite", "3.26.0-20.el8_10, which 3.13 and newer take: they want 3.15.2", LISTS),
        Evidence("gcc", "8.5.0-23.el8_10", LISTS),
    ),
    "rhel-9": (
        Evidence("os-release", "almalinux 9.6, rocky 9.3, ol 9.1, centos 9", OS_RELEASE),
        Evidence("end of support", "SUPPORT_END 2032-06-01 of AlmaLinux, 2032-05-31 of Rocky", OS_RELEASE),
        Evidence("end of support", "2032-05-31", END_OF_LIFE.format("almalinux")),
        Evidence("glibc", "2.34-275.el9_8", IMAGES),
        Evidence("repository", "crb", R_BUILDS.format("rhel-9")),
        Evidence("repository", "crb, and epel-release is there", MANYLINUX.format("AlmaLinux 8, 9 and 10")),
        Evidence("ccache", "a public Dockerfile of almalinux:9 has it from EPEL, by epel-release", LISTS),
        Evidence(
            "packages",
            "bluez-libs-devel, bzip2-devel, gcc-c++, gdbm-devel, libffi-devel, ncurses-devel, openssl-devel, "
            "readline-devel, rpm-build, sqlite-devel, tk-devel, zlib-devel",
            PREDECESSOR.format("rhel-9"),
        ),
        Evidence("packages", "libtirpc-devel 1.3.3 is in CRB; libuuid-devel 2.37.4, bluez-libs-devel 5.64", LISTS),
    ),
    "rhel-10": (
        Evidence("os-release", "almalinux 10.0, SUPPORT_END 2035-06-01", OS_RELEASE),
        Evidence("end of support", "2035-05-31", END_OF_LIFE.format("almalinux")),
        Evidence("glibc", "2.39-128.el10_2", IMAGES),
        Evidence("repository", "crb", R_BUILDS.format("rhel-10")),
        Evidence("packages", CRB_OF_10, ALMA_10),
        Evidence("without nis", "libnsl2-devel 2.0.1 is in `devel`, which no installed system has", ALMA_10),
    ),
    "fedora-43": (
        Evidence("os-release", "ID=fedora VERSION_ID=43, SUPPORT_END 2026-12-02", OS_RELEASE),
        Evidence("end of support", "2026-12-09", END_OF_LIFE.format("fedora")),
        Evidence("glibc", "2.42-13.fc43", LISTS),
        Evidence("packages", "tk8-devel is there, and cannot be installed beside tk-devel", LISTS),
        Evidence("packages", "bzip2-devel, gcc-c++, ncurses-devel, readline-devel", R_BUILDS.format("fedora-43")),
    ),
    "opensuse-155": (
        Evidence("end of support", "2024-12-31", END_OF_LIFE.format("opensuse")),
        Evidence(
            "packages",
            "gcc, gcc-c++, gdbm-devel, libbz2-devel, libffi-devel, libnsl-devel, ncurses-devel, readline-devel, "
            "rpm-build, zlib-devel; python311",
            PREDECESSOR.format("opensuse-155"),
        ),
        Evidence("gcc", "gcc-7-3.9.1: 7 is the distribution's default", LISTS),
    ),
    "opensuse-156": (
        Evidence("os-release", "opensuse-leap 15.6; sles 15.7", OS_RELEASE),
        Evidence(
            "end of support", "2026-04-30; SLES 15.7 goes on until 2031-07-31", END_OF_LIFE.format("opensuse, sles")
        ),
        Evidence("glibc", "2.38-150600.14.46.1", IMAGES),
        Evidence("glibc", "2.38-150600.14.46.1 in the base image of SLES 15.7", LISTS),
        Evidence(
            "packages",
            "gcc, gcc-c++, libbz2-devel, readline-devel, rpm-build, tk-devel, xz-devel, zlib-devel; ncurses-devel "
            "may lag behind libncurses6 of the image, so that zypper asks to downgrade it",
            R_BUILDS.format("opensuse-156"),
        ),
        Evidence("packages", "libopenssl-devel 3.1.4-150600.2.1", LISTS),
    ),
    "opensuse-160": (
        Evidence("os-release", "opensuse-leap 16.0", OS_RELEASE),
        Evidence("end of support", "2027-10-31; SLES 16.0: 2027-11-30", END_OF_LIFE.format("opensuse, sles")),
        Evidence("glibc", "2.40-160000.7.1", IMAGES),
        Evidence(
            "packages",
            "gcc, gcc-c++, libbz2-devel, readline-devel, rpm-build, tk-devel, xz-devel, zlib-devel",
            R_BUILDS.format("opensuse-160"),
        ),
    ),
}
