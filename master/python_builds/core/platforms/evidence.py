"""What public sources say of the facts in platforms' rows, and when that was looked up.

It proves nothing: `make prove` does. What is named here was read in copies of public repositories, whose commit's day
is the source's; where a fact has no line, nobody has compared it yet. Names of packages that no line has are counted
up by `not_compared`, and the page of proofs lists them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from python_builds.core.platforms.platform import Platform


@dataclass(frozen=True)
class Evidence:
    """A fact of a row, what a source says of it, and the source with its day."""

    fact: str
    says: str
    source: str


GCC = "gcc"
OS_RELEASE = "chef/os_release on GitHub, a collection of real os-release files, 2026-04-17"
R_BUILDS = "builder/Dockerfile.{} of rstudio/r-builds, 2026-08-11"
PREDECESSOR = "builder/Dockerfile.{} of rstudio/python-builds, 2025-02-25"
MANYLINUX = "docker/build_scripts of pypa/manylinux, which builds CPythons on {}, 2026-06-28"
END_OF_LIFE = "products/{}.md of endoflife-date/endoflife.date, 2026-08-22"
DISTRO_INFO = "ubuntu.csv of Debian's distro-info-data 0.58+deb12u7"
IMAGES = "a public table of the glibc package in each base image, read 2026-11-28; images of 2025-08 to 2026-10"
ALMA_10 = "addresses below vault.almalinux.org/10.0 in public package recipes, read 2026-11-28"
LISTS = "package lists in public repositories, read 2026-11-28"
EL_SPEC = "the system's own recipe for CPython 3.12, SPECS/python3.12.spec of openela-main/python3.12, {}"
FEDORA_SPEC = "Fedora's own recipe for CPython 3.13, python3.13.spec of fedora-riscv/python3.13, 2024-05-10"
SUSE_SPEC = (
    "SUSE's own recipe for CPython 3.13.0, for 15 and 16, packages/p/python313/python313.spec of bmwiedemann/openSUSE, "
    "read 2026-11-28"
)
CPYTHON_CI = "CPython's own CI on {}, .github/workflows/posix-deps-apt.sh of python/cpython, {}"
ZEEK = "ci/opensuse-leap-{}/Dockerfile of zeek/zeek, {}"
AMAZON_LIST = (
    "Amazon's list of all packages and how long each is supported, al2023-support-statements/support_info.xml of "
    "amazonlinux/amazon-linux-2023, 2023-09-18"
)
COMPILERS = "what the system's own gcc calls itself in logs in public repositories, read 2026-11-29"
AMAZON_GUIDE = "Amazon Linux 2023 User Guide, {}, read 2026-11-28"
AMAZON_IMAGES = "docker-library/official-images, pull request {}"

SPEC_OF_EL = (
    "bluez-libs-devel, bzip2-devel, findutils, gcc-c++, gdbm-devel, libffi-devel, libnsl2-devel, libtirpc-devel, "
    "libuuid-devel, make, ncurses-devel, openssl-devel, readline-devel, sqlite-devel, tar, tk-devel, xz-devel, "
    "zlib-devel"
)
SPEC_OF_FEDORA = SPEC_OF_EL.replace("libnsl2-devel, libtirpc-devel, ", "")
SPEC_OF_SUSE = "gcc-c++, gdbm-devel, readline-devel, xz; the others by what they provide, as pkgconfig(bzip2)"

APT_OF_CPYTHON = (
    "libbz2-dev, libffi-dev, libgdbm-compat-dev, libgdbm-dev, liblzma-dev, libsqlite3-dev, libssl-dev, pkg-config, "
    "tk-dev, uuid-dev, zlib1g-dev"
)
TOOLS_OF_MANYLINUX = "ca-certificates, diffutils, gzip, make, tar, zlib-devel, xz-devel, gcc, gcc-c++"

CRB_OF_10 = (
    "in CRB: bluez-libs-devel 5.77, gdbm-devel 1.23, libtirpc-devel 1.3.5; in AppStream: libuuid-devel, "
    "libxcrypt-devel, libzstd-devel 1.5.5, openssl-devel 3.2.2, readline-devel, sqlite-devel 3.46.1, tk-devel 8.6.13; "
    "zlib-devel is zlib-ng-compat-devel's"
)


def _ubuntu(version: str, glibc: str, gcc: str, end: str, other: str) -> tuple[Evidence, ...]:
    system = Evidence("os-release", f"ID=ubuntu VERSION_ID={version}", OS_RELEASE)
    if version == "26.04":  # newer than that collection
        system = Evidence("base image", "ubuntu:26.04 is Ubuntu 26.04.1 LTS", IMAGES)
    return (
        system,
        Evidence("glibc", glibc, IMAGES),
        Evidence(GCC, gcc, COMPILERS),
        Evidence("end of support", end, DISTRO_INFO),
        Evidence("end of support", other, END_OF_LIFE.format("ubuntu")),
    )


EVIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    "ubuntu-2004": (
        *_ubuntu("20.04", "2.31-0ubuntu9.17", "9.4.0", "2025-05-29", "2025-05-31"),
        Evidence("os-release", "ID=linuxmint VERSION_ID=20.3", OS_RELEASE),
    ),
    "ubuntu-2204": (
        *_ubuntu("22.04", "2.35-0ubuntu3.14", "11.4.0", "2027-06-01", "2027-04-01"),
        Evidence("os-release", "ID=linuxmint VERSION_ID=21.3; ID=pop VERSION_ID=22.04", OS_RELEASE),
    ),
    "ubuntu-2404": (
        *_ubuntu("24.04", "2.39-0ubuntu8.9", "13.3.0", "2029-05-31", "2029-05-31"),
        Evidence("os-release", "ID=linuxmint VERSION_ID=22", OS_RELEASE),
        Evidence(
            "packages",
            f"{APT_OF_CPYTHON}, ccache, libnsl-dev",
            CPYTHON_CI.format("ubuntu-24.04", "branch 3.12, 2026-08-20"),
        ),
    ),
    "ubuntu-2604": (
        *_ubuntu("26.04", "2.43-2ubuntu2.4", "15.2.0", "2031-05-29", "2031-04-30"),
        Evidence("packages", f"{APT_OF_CPYTHON}, libzstd-dev", CPYTHON_CI.format("ubuntu-26.04", "2026-08-21")),
    ),
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
        Evidence("packages", SPEC_OF_EL, EL_SPEC.format("branch el8, 2024-09-24")),
        Evidence("packages", TOOLS_OF_MANYLINUX, MANYLINUX.format("AlmaLinux 8, 9 and 10")),
        Evidence("worker's Python", "python3.12 is there since 8.10", EL_SPEC.format("branch el8, 2024-09-24")),
        Evidence("ccache", "epel-release is there", MANYLINUX.format("AlmaLinux 8, 9 and 10")),
        Evidence("without _zstd", "libzstd-1.4.4-1.el8, up to 8.10", LISTS),
        Evidence("OpenSSL", "1.1.1k, which 3.10 and newer take: they want 1.1.1", LISTS),
        Evidence("SQLite", "3.26.0-20.el8_10, which 3.13 and newer take: they want 3.15.2", LISTS),
        Evidence(GCC, "8.5.0-23.el8_10", LISTS),
    ),
    "rhel-9": (
        Evidence("os-release", "almalinux 9.6, rocky 9.3, ol 9.1, centos 9", OS_RELEASE),
        Evidence("end of support", "SUPPORT_END 2032-06-01 of AlmaLinux, 2032-05-31 of Rocky", OS_RELEASE),
        Evidence("end of support", "2032-05-31", END_OF_LIFE.format("almalinux")),
        Evidence("glibc", "2.34-275.el9_8", IMAGES),
        Evidence(GCC, "11.5.0", COMPILERS),
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
        Evidence("packages", SPEC_OF_EL, EL_SPEC.format("branch el9, 2024-10-24")),
        Evidence("packages", TOOLS_OF_MANYLINUX, MANYLINUX.format("AlmaLinux 8, 9 and 10")),
        Evidence("worker's Python", "python3.12 is there since 9.4", EL_SPEC.format("branch el9, 2024-10-24")),
    ),
    "rhel-10": (
        Evidence("os-release", "almalinux 10.0, SUPPORT_END 2035-06-01", OS_RELEASE),
        Evidence("end of support", "2035-05-31", END_OF_LIFE.format("almalinux")),
        Evidence("glibc", "2.39-128.el10_2", IMAGES),
        Evidence(GCC, "14.2.1", COMPILERS),
        Evidence("repository", "crb", R_BUILDS.format("rhel-10")),
        Evidence("repository", "crb, and epel-release is there", MANYLINUX.format("AlmaLinux 8, 9 and 10")),
        Evidence("packages", CRB_OF_10, ALMA_10),
        Evidence("packages", "bzip2-devel, gcc-c++, ncurses-devel, rpm-build, xz-devel", R_BUILDS.format("rhel-10")),
        Evidence("packages", f"{TOOLS_OF_MANYLINUX}, libffi-devel", MANYLINUX.format("AlmaLinux 8, 9 and 10")),
        Evidence("without nis", "libnsl2-devel 2.0.1 is in `devel`, which no installed system has", ALMA_10),
    ),
    "amazon-2023": (
        Evidence("os-release", "ID=amzn VERSION_ID=2023, SUPPORT_END 2029-06-30", OS_RELEASE),
        Evidence("end of support", "2029-06-30", END_OF_LIFE.format("amazon-linux")),
        Evidence("glibc", "2.34", AMAZON_GUIDE.format("core-glibc")),
        Evidence(GCC, "11", AMAZON_GUIDE.format("core-glibc")),
        Evidence("glibc", "glibc-2.34-52.amzn2023.0.11 in the base image", AMAZON_IMAGES.format("17336, 2024-08-09")),
        Evidence("OpenSSL", "openssl-libs-3.5.5 in the base image", AMAZON_IMAGES.format("21315, 2026-04-23")),
        Evidence("packages", "every one but libnsl2-devel, ccache and spal-release", AMAZON_LIST),
        Evidence("worker's Python", "python3.11, supported until 2027-10-01; python3 is 3.9", AMAZON_LIST),
        Evidence("without nis", "NIS was removed, and libnsl2-devel with it", AMAZON_GUIDE.format("deprecated-al2")),
        Evidence("ccache", "is in SPAL", "amazonlinux/amazon-linux-2023, issue 678, 2025-11-20"),
        Evidence("ccache", "Dockerfiles of amazonlinux:2023 get SPAL by its package spal-release", LISTS),
    ),
    "fedora-43": (
        Evidence("os-release", "ID=fedora VERSION_ID=43, SUPPORT_END 2026-12-02", OS_RELEASE),
        Evidence("end of support", "2026-12-09", END_OF_LIFE.format("fedora")),
        Evidence("glibc", "2.42-13.fc43", LISTS),
        Evidence(GCC, "15.2.1-7.fc43", LISTS),
        Evidence("packages", "tk8-devel is there, and cannot be installed beside tk-devel", LISTS),
        Evidence("packages", "bzip2-devel, gcc-c++, ncurses-devel, readline-devel", R_BUILDS.format("fedora-43")),
        Evidence("packages", "make, rpm-build, xz-devel, zlib-devel", R_BUILDS.format("fedora-43")),
        Evidence("packages", SPEC_OF_FEDORA, FEDORA_SPEC),
    ),
    "opensuse-155": (
        Evidence("end of support", "2024-12-31", END_OF_LIFE.format("opensuse")),
        Evidence(
            "packages",
            "gcc, gcc-c++, gdbm-devel, libbz2-devel, libffi-devel, libnsl-devel, ncurses-devel, readline-devel, "
            "rpm-build, zlib-devel; python311",
            PREDECESSOR.format("opensuse-155"),
        ),
        Evidence(GCC, "7, the distribution's default by its package gcc-7-3.9.1", LISTS),
        Evidence(
            "packages",
            "ccache, gzip, libopenssl-devel, make, procps, python311, tar, zlib-devel",
            ZEEK.format("15.5", "2024-10-24"),
        ),
        Evidence("packages", SPEC_OF_SUSE, SUSE_SPEC),
        Evidence("libnsl, libtirpc", "built with both on 15.x", SUSE_SPEC),
    ),
    "opensuse-156": (
        Evidence("os-release", "opensuse-leap 15.6; sles 15.7", OS_RELEASE),
        Evidence(
            "end of support", "2026-04-30; SLES 15.7 goes on until 2031-07-31", END_OF_LIFE.format("opensuse, sles")
        ),
        Evidence("glibc", "2.38-150600.14.46.1", IMAGES),
        Evidence(GCC, "7, as on 15.5", LISTS),
        Evidence("glibc", "2.38-150600.14.46.1 in the base image of SLES 15.7", LISTS),
        Evidence(
            "packages",
            "gcc, gcc-c++, libbz2-devel, readline-devel, rpm-build, tk-devel, xz-devel, zlib-devel; ncurses-devel "
            "may lag behind libncurses6 of the image, so that zypper asks to downgrade it",
            R_BUILDS.format("opensuse-156"),
        ),
        Evidence("packages", "libopenssl-devel 3.1.4-150600.2.1", LISTS),
        Evidence("packages", "ccache, gzip, make, tar, zlib-devel", ZEEK.format("15.6", "2023-09-05")),
        Evidence("packages", SPEC_OF_SUSE, SUSE_SPEC),
        Evidence("libnsl, libtirpc", "built with both on 15.x", SUSE_SPEC),
    ),
    "opensuse-160": (
        Evidence("os-release", "opensuse-leap 16.0", OS_RELEASE),
        Evidence("end of support", "2027-10-31; SLES 16.0: 2027-11-30", END_OF_LIFE.format("opensuse, sles")),
        Evidence("glibc", "2.40-160000.7.1", IMAGES),
        Evidence(GCC, "15, of SLES 16.0", "pull request 541 of SUSE/suse-best-practices, 2026-08-06"),
        Evidence(
            "packages",
            "gcc, gcc-c++, libbz2-devel, readline-devel, rpm-build, tk-devel, xz-devel, zlib-devel",
            R_BUILDS.format("opensuse-160"),
        ),
        Evidence("packages", SPEC_OF_SUSE, SUSE_SPEC),
        Evidence("libnsl, libtirpc", "built without either on 16", SUSE_SPEC),
        Evidence("packages", "shadow", R_BUILDS.format("opensuse-160")),
    ),
}

EVERY_ONE_BUT = "every one but "


def not_compared(platform: Platform) -> list[str]:
    """Name the packages of a row's worker image that no source in its evidence names."""
    named: set[str] = set()
    for one in EVIDENCE.get(platform.name, ()):
        words = re.findall(r"[A-Za-z0-9][\w.+-]*\w\+*", one.says)
        if one.says.startswith(EVERY_ONE_BUT):
            words = [*{*platform.image_packages} - {*words}]
        named.update(words)
    return [name for name in platform.image_packages if name not in named]
