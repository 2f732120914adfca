"""What a build is made of beside CPython's own code: what its source bundles, what it is linked to, and what made it.

Nothing here is told by what was built. `bundled` is read from the verified tarball by the master; libraries and tools
are listed by scripts/steps/list-contents.sh, which runs nothing of the tarball, when nothing of it runs any more, from
the package database of the worker's system. Which libraries the tree names itself, the master reads again from what it
publishes.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from python_builds.core.documents import Document, first_problem
from python_builds.core.errors import InvalidRequest

MAX_CONTENTS_CHARACTERS = 200_000
"""Characters of what list-contents.sh may tell; it tells some five thousand."""

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+:~^-]{0,199}$")]
"""A name or a version as distributions allow it, which is safe in a purl and on a page."""

_FIELDS = {"system": 2, "library": 6, "tool": 5}
_NOBODY = "-"


class Package(Document):
    """A package of the distribution, as its own database has it."""

    name: Word
    version: Word = Field(description="with its epoch, where it has one")
    architecture: Word
    source: Word = Field(description="the source package, or the name of the source rpm")


class Library(Document):
    """A shared library of the system that the tree is linked to."""

    soname: Word
    direct: bool = Field(description="named by a file of the tree, and not only by another library")
    package: Package | None = Field(description="None where no package has it")


class Tool(Document):
    """A program that builds took part in."""

    command: Word
    package: Package | None = Field(description="None where no package has it")


class Bundled(Document):
    """What upstream's source brings of others, and the build holds."""

    name: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=100)
    file: str = Field(default="", description="a wheel's name; empty for code that is compiled in")
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="of that file, or of its own release")
    url: str = Field(default="", description="of its own release")
    cpe: str = ""
    purl: str = ""


class Contents(Document):
    """All of it."""

    system: Word = Field(description="ID of the system's os-release")
    system_version: Word = Field(description="its VERSION_ID")
    libraries: tuple[Library, ...]
    tools: tuple[Tool, ...]
    bundled: tuple[Bundled, ...] = ()

    def compiled_in(self) -> "Contents":
        """Leave only the names and versions of others' code that is compiled in: what advisories are about."""
        code = tuple(Bundled(name=one.name, version=one.version) for one in self.bundled if not one.file)
        return self.model_copy(update={"libraries": (), "tools": (), "bundled": code})

    @property
    def direct(self) -> frozenset[str]:
        """Name the libraries that files of the tree name themselves."""
        return frozenset(library.soname for library in self.libraries if library.direct)


def parse_contents(text: str, bundled: tuple[Bundled, ...] = ()) -> Contents:
    """Read what list-contents.sh tells: lines of words, each with what it is first.

    Raises:
        InvalidRequest: saying what is wrong with it.
    """
    if len(text) > MAX_CONTENTS_CHARACTERS:
        raise InvalidRequest(f"list-contents.sh told {len(text)} characters; {MAX_CONTENTS_CHARACTERS} are allowed")
    told: dict[str, list[list[str]]] = {kind: [] for kind in _FIELDS}
    for line in text.splitlines():
        kind, *words = re.split(" +", line.strip())
        if len(words) != _FIELDS.get(kind):
            raise InvalidRequest(f"list-contents.sh must tell {', '.join(_FIELDS)} and their words; it told {line!a}")
        told[kind].append(words)
    if len(told["system"]) != 1:
        raise InvalidRequest(f"list-contents.sh must tell of one system; it told {text[:300]!a}")
    try:
        return Contents.model_validate(
            {
                "system": told["system"][0][0],
                "system_version": told["system"][0][1],
                "libraries": [_library(*words) for words in sorted(told["library"])],
                "tools": [{"command": words[0], "package": _package(*words[1:])} for words in sorted(told["tool"])],
                "bundled": bundled,
            }
        )
    except ValidationError as error:
        raise InvalidRequest(f"list-contents.sh: {first_problem(error)}") from error


def _library(soname: str, how: str, *package: str) -> Mapping[str, object]:
    return {"soname": soname, "direct": how == "direct", "package": _package(*package)}


def _package(name: str, version: str, architecture: str, source: str) -> Mapping[str, str] | None:
    if name == _NOBODY:
        return None
    return {"name": name, "version": version, "architecture": architecture, "source": source}
