"""What is left behind and what it is called: the one place where bucket keys are spelled.

A *product* is what a platform build makes: one (version, variant, platform, architecture) in one profile. Each of its
builds has a *revision*, counted from 1, whose names are the predecessor's for revision 1.
"""

import re
from dataclasses import dataclass

from packaging.version import Version

from python_builds.facts.errors import InvalidKey
from python_builds.facts.platforms import Platform
from python_builds.facts.trust import Trust

INSTALL_ROOT = "/opt/python"
PROFILES = ("quick", "optimized")
RPM_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
VARIANTS = ("", "t")
"""The ordinary build, and the free-threaded one of CPython 3.13 and later."""

SIGNATURE_ENDINGS = {Trust.OPENPGP: ".asc", Trust.SIGSTORE: ".sigstore"}
"""What python.org adds to a tarball's name for the file that vouches for it; here it has the same name."""

VERSIONS_JSON = "python/versions.json"
INDEX_JSON = "python/index.json"

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*(?:/[A-Za-z0-9][A-Za-z0-9._+~-]*)*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Product:
    """One CPython for one platform and architecture; what the plan counts."""

    version: Version
    platform: Platform
    architecture: str
    profile: str
    variant: str = ""

    @property
    def tag(self) -> str:
        """Version and variant, as in 3.13.5 or 3.14.0t: the folder below /opt/python."""
        return f"{self.version}{self.variant}"

    @property
    def prefix(self) -> str:
        """Where the product is installed."""
        return f"{INSTALL_ROOT}/{self.tag}"

    @property
    def package(self) -> str:
        """What the package manager calls it: one package for each version, so that they live side by side."""
        return f"python-{self.tag}"

    @property
    def builder(self) -> str:
        """The builder that makes it."""
        return builder_name(self.platform, self.architecture)

    @property
    def folder(self) -> str:
        """Of its platform in the store, with the profile's own prefix."""
        return f"{profile_prefix(self.profile)}python/{self.platform.name}"

    def __str__(self) -> str:
        return f"{self.package} for {self.builder} ({self.profile})"


def builder_name(platform: Platform, architecture: str) -> str:
    """Name the builder of one platform and architecture."""
    return f"{platform.name}-{architecture}"


def profile_prefix(profile: str) -> str:
    """Quick builds live under a prefix of their own, so that no index mixes them with what is published."""
    return "quick/" if profile == "quick" else ""


def package_architecture(platform: Platform, architecture: str) -> str:
    """Spell an architecture as the platform's packages do; everywhere else it is spelled as Debian does."""
    return architecture if platform.package_format == "deb" else RPM_ARCHITECTURES[architecture]


def package_file(product: Product, revision: int) -> str:
    """Name the package as the predecessor did: python-3.11.9_1_amd64.deb, python-3.11.9-1-1.x86_64.rpm."""
    architecture = package_architecture(product.platform, product.architecture)
    if product.platform.package_format == "deb":
        return f"{product.package}_{revision}_{architecture}.deb"
    return f"{product.package}-1-{revision}.{architecture}.rpm"


def tarball_file(product: Product, revision: int) -> str:
    """Name the binary tarball as the predecessor did, which knew neither arm64 nor a second revision."""
    architecture = "" if product.architecture == "amd64" else f"-{product.architecture}"
    rebuilt = "" if revision == 1 else f"-r{revision}"
    return f"{product.package}-{product.platform.name}{architecture}{rebuilt}.tar.gz"


def artifact_keys(product: Product, revision: int) -> dict[str, str]:
    """Give the key of each file that a build uploads, by the file's name."""
    package, tarball = package_file(product, revision), tarball_file(product, revision)
    return {
        package: f"{product.folder}/pkgs/{package}",
        f"{package}.sha256": f"{product.folder}/pkgs/{package}.sha256",
        tarball: f"{product.folder}/{tarball}",
        f"{tarball}.sha256": f"{product.folder}/{tarball}.sha256",
    }


def artifact_kind(name: str) -> str:
    """Say what a file is to someone who downloads it: deb, rpm, tarball or sha256."""
    for ending, kind in ((".sha256", "sha256"), (".deb", "deb"), (".rpm", "rpm"), (".tar.gz", "tarball")):
        if name.endswith(ending):
            return kind
    raise InvalidKey(f"{name!r} is no file that a build leaves behind (.deb, .rpm, .tar.gz and their .sha256 are)")


def records_prefix(profile: str, platform: Platform) -> str:
    """Name the folder of a platform's records."""
    return f"{profile_prefix(profile)}python/{platform.name}/records/"


def record_key(product: Product, revision: int) -> str:
    """Name the record of one revision of a product."""
    return f"{product.folder}/records/{product.tag}-{product.architecture}-r{revision}.json"


def reservation_key(product: Product, revision: int) -> str:
    """Name the object whose existence reserves a revision."""
    return f"{product.folder}/reservations/{product.tag}-{product.architecture}-r{revision}.json"


def revision_of_key(product: Product, key: str) -> int | None:
    """Read the revision from a key that `record_key` or `reservation_key` made for this very product."""
    start = f"{product.tag}-{product.architecture}-r"
    name = key.rpartition("/")[2]
    if not (name.startswith(start) and name.endswith(".json")):
        return None
    digits = name[len(start) : -len(".json")]
    return int(digits) if digits.isascii() and digits.isdigit() else None


def source_key(version: Version, tarball: str) -> str:
    """Name the mirrored source tarball of a release."""
    return f"sources/{version}/{tarball}"


def source_record_key(version: Version) -> str:
    """Name the object that says where a mirrored source tarball came from and who vouches for it."""
    return f"sources/{version}/source.json"


def check_key(key: str) -> str:
    """Return the key if it may become a path or a bucket key.

    Raises:
        InvalidKey: for empty parts, `..`, hidden files and characters that need quoting anywhere.
    """
    if not _KEY.fullmatch(key):
        raise InvalidKey(
            f"{key!r} cannot be a key: parts start with a letter or digit, hold letters, digits and . _ + ~ - only, "
            "and are separated by single slashes"
        )
    return key
