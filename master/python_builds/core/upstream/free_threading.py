"""Which minors have a free-threaded build (PEP 703), and which get one by themselves.

That is the setting `free_threaded`, whose default is in core/settings/settings.py.
"""

import re

from packaging.version import Version

from python_builds.core.upstream.releases import MINOR_PATTERN, minor

SINCE = "3.13"
"""The first minor whose configure knows --disable-gil; that of an older one would ignore it."""

ALL, NONE = "all", "none"

_WORD = re.compile(rf"{MINOR_PATTERN}[+]?", re.ASCII)


def has_free_threading(version: Version) -> bool:
    """Say whether CPython has a free-threaded build of a version."""
    return version.release[:2] >= Version(SINCE).release


def check_minors(words: str) -> str:
    """Return the words of a setting that names minors of free-threaded builds, as in "3.13 3.15+".

    Raises:
        ValueError: saying what is allowed.
    """
    if words not in (ALL, NONE) and not (words.split() and all(map(_is_minor, words.split()))):
        raise ValueError(
            f"must be {ALL}, {NONE}, or minors from {SINCE} on, separated by spaces, with a + for all newer ones too, "
            "as in '3.13 3.15+'"
        )
    return words


def gets_free_threading(version: Version, words: str) -> bool:
    """Say whether a release gets a free-threaded build by itself, by the `words` of the setting."""
    wanted = words == ALL or (words != NONE and any(_names(word, version) for word in words.split()))
    return wanted and has_free_threading(version)


def _is_minor(word: str) -> bool:
    return bool(_WORD.fullmatch(word)) and has_free_threading(Version(word.removesuffix("+")))


def _names(word: str, version: Version) -> bool:
    oldest = word.removesuffix("+")
    return minor(version) == oldest or (word != oldest and version.release[:2] >= Version(oldest).release)
