"""Libraries that CPython used to bundle and that not every distribution has: built from their own upstream's source.

One is linked statically, so that a tree works wherever it lies: where `_decimal` cannot be loaded, `import decimal`
falls back without a word to Python code that is twenty times slower. Its tarball is a second source of a build; its
digest stands here, and it is mirrored in the store as CPython's is.
"""

from dataclasses import dataclass

from packaging.version import Version


@dataclass(frozen=True, kw_only=True)
class Library:
    """One library, in the version that is built."""

    name: str
    """As its upstream and Debian's source package call it."""
    version: str
    sha256: str
    url: str
    """Of its source tarball."""
    not_bundled_since: str
    """The CPython series that came without it first."""

    @property
    def tarball(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]

    def is_needed_by(self, version: Version) -> bool:
        """Say whether a CPython comes without it."""
        return (version.major, version.minor) >= Version(self.not_bundled_since).release[:2]


LIBRARIES = (
    # The digest is that of Debian's signed index, of the file as it came from there, and what others pin for this URL.
    Library(
        name="mpdecimal",
        version="4.0.1",
        sha256="96d33abb4bb0070c7be0fed4246cd38416188325f820468214471938545b1ac8",
        url="https://www.bytereef.org/software/mpdecimal/releases/mpdecimal-4.0.1.tar.gz",
        not_bundled_since="3.16",
    ),
)
"""All of them; `static_libraries` of a platform's row names those that are built for it."""

_BY_NAME = {library.name: library for library in LIBRARIES}


def libraries_needed(names: tuple[str, ...], version: Version) -> tuple[Library, ...]:
    """Pick those of the libraries of a platform's row that a CPython comes without."""
    return tuple(_BY_NAME[name] for name in names if _BY_NAME[name].is_needed_by(version))
