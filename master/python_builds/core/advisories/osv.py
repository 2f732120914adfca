"""Records of advisories in OSV's form (https://ossf.github.io/osv-schema/), read as what strangers have written.

Of a record is kept what answers "is this version affected", and a line for people. All of it is bounded; what cannot be
understood makes the answer "unknown" and never "not affected".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from python_builds.core.documents import first_problem
from python_builds.core.errors import SourceError

MAX_RECORD = 2**20
"""Bytes of one record. The largest of PSF's has 10 thousand."""

MAX_SUMMARY = 300
"""Characters that are shown of a summary."""

CPYTHON = "cpython"
"""The name here of what a record without a package is of, if its repository is CPython's."""

REPOSITORIES = ("https://github.com/python/cpython",)
ID_PATTERN = r"[A-Z][A-Za-z0-9]{0,15}(?:-[A-Za-z0-9]{1,40}){1,5}"
_ID = re.compile(ID_PATTERN, re.ASCII)
_CPYTHON_NAMES = {"cpython", "python", "python/cpython"}
_PURL = re.compile(r"pkg:(?P<type>[a-z]{2,20})/(?P<name>[A-Za-z0-9._/+-]{1,100})(?:[@?#].*)?", re.ASCII)

_Short = Annotated[str, Field(max_length=200)]
FOR_EVER = datetime.max.replace(tzinfo=UTC)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Range(_Part):
    """Where a vulnerability begins and ends: commits for GIT, versions else."""

    type: Literal["GIT", "SEMVER", "ECOSYSTEM"]
    repo: _Short = ""
    events: tuple[dict[_Short, _Short], ...] = Field(min_length=1, max_length=2000)

    def all(self, kind: str) -> list[str]:
        """List what the events of a kind say: introduced, fixed, last_affected or limit."""
        return [event[kind] for event in self.events if kind in event]


class Package(_Part):
    """What a record is of, if it says so."""

    ecosystem: _Short = ""
    name: _Short = ""
    purl: _Short = ""


class Affected(_Part):
    """One package, with its ranges and versions."""

    package: Package | None = None
    ranges: tuple[Range, ...] = Field((), max_length=200)
    versions: tuple[_Short, ...] = Field((), max_length=20000)

    @property
    def name(self) -> str:
        """What this is of: cpython, or a library as its upstream and Debian call it; empty for what is neither."""
        if self.package is None:
            repos = {r.repo.removesuffix("/").removesuffix(".git") for r in self.ranges if r.type == "GIT"}
            return CPYTHON if not repos or repos & {*REPOSITORIES} else ""
        match = _PURL.fullmatch(self.package.purl)
        if match and match["type"] not in ("generic", "github", "deb"):
            return ""  # such as pkg:pypi/python, which is not the interpreter
        found = (match["name"] if match else self.package.name).lower()
        if found in _CPYTHON_NAMES and (match is not None or not self.package.ecosystem):
            return CPYTHON
        return found.rpartition("/")[2] if match or self.package.ecosystem.startswith("Debian") else ""


class Advisory(_Part):
    """One record."""

    id: str
    aliases: tuple[str, ...] = Field((), max_length=100)
    summary: str = ""
    modified: AwareDatetime
    published: AwareDatetime | None = None
    withdrawn: AwareDatetime | None = None
    affected: tuple[Affected, ...] = Field((), max_length=500)

    @field_validator("id")
    @classmethod
    def _is_an_id(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise ValueError("must be as PSF-2024-1: letters, digits and single dashes")
        return value

    @field_validator("aliases")
    @classmethod
    def _are_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(alias for alias in value if _ID.fullmatch(alias)))

    @field_validator("summary")
    @classmethod
    def _is_a_line(cls, value: str) -> str:
        line = " ".join("".join(c if c.isprintable() else " " for c in value[: 4 * MAX_SUMMARY]).split())
        return line if len(line) <= MAX_SUMMARY else f"{line[: MAX_SUMMARY - 1]}…"

    @property
    def names(self) -> tuple[str, ...]:
        """All that it is called."""
        return (self.id, *self.aliases)


def parse_advisory(where: str, raw: Any) -> Advisory:
    """Read a record from what JSON made of it.

    Raises:
        SourceError: saying where, and what is wrong.
    """
    if not isinstance(raw, Mapping):
        raise SourceError(f"{where} is no OSV record: it must be a JSON object")
    try:
        return Advisory.model_validate({name: value for name, value in raw.items() if value is not None})
    except ValidationError as error:
        raise SourceError(f"{where} is no OSV record: {first_problem(error):.300}") from None


@dataclass(frozen=True, kw_only=True)
class Advisories:
    """All records of the sources, by their names; of two of the same name the one that was modified last."""

    records: tuple[Advisory, ...] = ()
    problems: tuple[str, ...] = ()
    """What was left out, as sentences."""
    until: datetime = FOR_EVER
    """The day after which nobody can have changed a record, whatever it says."""

    def newest(self, name: str = "") -> datetime | None:
        """Say when a record was changed last, of those about `name` where that is given."""
        about = [one for one in self.records if not name or name in {part.name for part in one.affected}]
        return max((one.modified for one in about if one.modified <= self.until), default=None)

    @property
    def current(self) -> list[Advisory]:
        """Those that were not withdrawn."""
        return [one for one in self.records if one.withdrawn is None]


def collect(found: Mapping[str, Any], problems: tuple[str, ...] = (), until: datetime = FOR_EVER) -> Advisories:
    """Read records, each by where it was found; one that is none is left out and told of.

    One that says to be of a time after `until` gives way to any other of its name: nobody could correct it any more.
    """
    by_id: dict[str, Advisory] = {}
    told = [*problems]
    for where, raw in found.items():
        try:
            one = parse_advisory(where, raw)
        except SourceError as error:
            told.append(str(error))
            continue
        if one.modified > until:
            told.append(f"{where} says that it was modified on {one.modified:%Y-%m-%d}, which is yet to come")
        if one.id not in by_id or _age(by_id[one.id], until) < _age(one, until):
            by_id[one.id] = one
    return Advisories(records=tuple(by_id[name] for name in sorted(by_id)), problems=tuple(told), until=until)


def _age(one: Advisory, until: datetime) -> tuple[bool, datetime]:
    return one.modified <= until, one.modified
