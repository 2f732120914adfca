"""What is left behind and what it is called: with record_keys.py the one place where bucket keys are spelled.

A *product* is what a platform build makes: one (version, variant, platform, architecture) in one profile. Each of its
builds has a *revision*, counted from 1, whose names are the predecessor's for revision 1.
"""

import re
from dataclasses import dataclass

from packaging.version import Version

from python_builds.core.errors import InvalidKey
from python_builds.core.platforms.platform import Platform
from python_builds.core.upstream.tags import Tag
from python_builds.core.upstream.trust import Trust

INSTALL_ROOT = "/opt/python"
PROFILES = ("quick", "optimized")
RPM_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
SIGNATURE_ENDINGS = {Trust.OPENPGP: ".asc", Trust.SIGSTORE: ".sigstore"}
"""What python.org adds to a tarball's name for the file that vouches for it; here it has the same name."""

PACKAGES_FOLDER = "pkgs"
VERSIONS_JSON = "python/versions.json"
INDEX_JSON = "python/index.json"
INDEX_SCHEMA_JSON = "python/index.schema.json"
ADVISORIES_JSON = "python/advisories.json"
OPENVEX_JSON = "python/openvex.json"
INSTALL_SH = "python/install.sh"
INDEX_HTML = "python/index.html"
KEYS_ASC = "python/python-builds.asc"
"""The public keys of what is published."""
ATTESTATION_KEYS = "python/python-builds.pub"
"""The public keys of what is stated of artifacts, in PEM."""
INPUTS = "inputs"
"""The folder of what builds were made of beside sources and training data, by digest."""

KEY_PATTERN = "[A-Za-z0-9][A-Za-z0-9._+~-]*(?:/[A-Za-z0-9][A-Za-z0-9._+~-]*)*"
_KEY = re.compile(KEY_PATTERN, re.ASCII)
METAPACKAGE = "metapackage"
"""The kind of a package that follows a minor's patches, of either format."""

_METAPACKAGE = re.compile(r"python-[0-9]+\.[0-9]+t?[_-][0-9.]+-[0-9]+(_[a-z0-9]+\.deb|\.[a-z0-9_]+\.rpm)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Product:
    """One CPython for one platform and architecture; what the plan counts."""

    version: Version
    platform: Platform
    architecture: str
    profile: str
    variant: str = ""

    @property
    def tag(self) -> Tag:
        """Version and variant, as in 3.13.5 or 3.14.0t: the folder below /opt/python."""
        return Tag(self.version, self.variant)

    @property
    def prefix(self) -> str:
        """Where the product is installed."""
        return f"{INSTALL_ROOT}/{self.tag}"

    @property
    def package(self) -> str:
        """What the package manager calls it: one package for each version, so that they live side by side."""
        return f"python-{self.tag}"

    @property
    def metapackage(self) -> str:
        """Name the package that follows the patches of its minor; empty for a pre-release, which none follows."""
        return "" if self.version.is_prerelease else f"python-{self.tag.minor}"

    @property
    def builder(self) -> str:
        """The builder that makes it."""
        return builder_name(self.platform, self.architecture)

    @property
    def folder(self) -> str:
        """Of its platform in the store, with the profile's own prefix."""
        return platform_folder(self.profile, self.platform)

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


def metapackage_file(product: Product, revision: int) -> str:
    """Name the package that follows the patches of a product's minor; empty for a pre-release."""
    if not product.metapackage:
        return ""
    architecture = package_architecture(product.platform, product.architecture)
    separator = "_" if product.platform.package_format == "deb" else "-"
    name = f"{product.metapackage}{separator}{product.version}-{revision}"
    return f"{name}_{architecture}.deb" if separator == "_" else f"{name}.{architecture}.rpm"


TARBALL_PARTS = {"": "tarball", "uv": "uv", "test": "test", "debug": "debug"}
"""The tarballs of one build, by what is added to their names, each with its kind: the whole tree; the same for uv; the
standard library's tests and the debug symbols, both unpacked over the tree."""


def tarball_file(product: Product, revision: int, part: str = "") -> str:
    """Name a binary tarball as the predecessor did, which knew neither arm64, nor parts, nor a second revision."""
    architecture = "" if product.architecture == "amd64" else f"-{product.architecture}"
    rebuilt = "" if revision == 1 else f"-r{revision}"
    ending = f"-{part}" if part else ""
    return f"{product.package}-{product.platform.name}{architecture}{rebuilt}{ending}.tar.gz"


ZST_PARTS = {"": "tarball-zst", "uv": "uv-zst"}
"""The tarballs that most people fetch are there by zstd, too, each with its kind."""


SBOM, SPDX = "sbom", "spdx"
"""The kinds of the documents that say what is in a build."""

SBOM_ENDING, SPDX_ENDING = ".cdx.json", ".spdx.json"
TREE_SBOM = f"share/sbom/cpython{SBOM_ENDING}"
"""What lies in the tree, below its prefix."""


def artifact_keys(product: Product, revision: int) -> dict[str, str]:
    """Give the key of each file that a build uploads, by the file's name."""
    packages = (package_file(product, revision), metapackage_file(product, revision))
    files = {name: f"{product.folder}/{PACKAGES_FOLDER}" for name in packages if name}
    files |= {tarball_file(product, revision, part): product.folder for part in TARBALL_PARTS}
    return {
        f"{name}{ending}": f"{folder}/{name}{ending}" for name, folder in files.items() for ending in ("", ".sha256")
    }


def artifact_kind(name: str) -> str:
    """Say what a file is to someone who downloads it: deb, rpm, metapackage, one of the tarballs' kinds, or sha256."""
    if _METAPACKAGE.fullmatch(name):
        return METAPACKAGE
    endings = {".sha256": "sha256", ".deb": "deb", ".rpm": "rpm", SBOM_ENDING: SBOM, SPDX_ENDING: SPDX}
    endings |= {f"-{part}.tar.zst": kind for part, kind in ZST_PARTS.items() if part} | {".tar.zst": ZST_PARTS[""]}
    endings |= {f"-{part}.tar.gz": kind for part, kind in TARBALL_PARTS.items() if part} | {".tar.gz": "tarball"}
    for ending, kind in endings.items():
        if name.endswith(ending):
            return kind
    raise InvalidKey(
        f"{name!r} is no file that a build leaves behind (.deb, .rpm, .tar.gz, .zst, .cdx.json, .spdx.json and their "
        ".sha256 are)"
    )


def platform_folder(profile: str, platform: Platform) -> str:
    """Name the folder of a platform in the store."""
    return f"{profile_prefix(profile)}python/{platform.name}"


def source_key(version: Version, tarball: str) -> str:
    """Name the mirrored source tarball of a release."""
    return f"sources/{version}/{tarball}"


def source_record_key(version: Version) -> str:
    """Name the object that says where a mirrored source tarball came from and who vouches for it."""
    return f"sources/{version}/source.json"


def library_key(tarball: str) -> str:
    """Name the mirrored source tarball of a library that CPython comes without."""
    return f"sources/libraries/{tarball}"


def input_key(sha256: str, name: str) -> str:
    """Name what a build was made of, by its digest."""
    return f"{INPUTS}/{sha256}/{name}"


def rebuilds_key(profile: str, platform: Platform) -> str:
    """Name the object that says which artifacts of a platform others have built again, by digest."""
    return f"{platform_folder(profile, platform)}/rebuilds.json"


def rebuild_key(sha256: str, name: str) -> str:
    """Name what this farm states of another's artifact that it has built again, by the artifact's digest."""
    return f"rebuilds/{sha256}/{name}"


def training_prefix(tag: Tag, identity: str) -> str:
    """Name the folder of the training data of a version's variant that are good for one identity."""
    return f"training/{tag}/{identity}/"


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
