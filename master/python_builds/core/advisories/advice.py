"""What is known of the published versions: `advisories.json`, and what the page and the operator are told of it.

    {"schema_version": 1, "records": {"sha256", "modified", "modified_of_cpython", "left_out"},
     "commits_until": {minor: version},
     "minors": {minor: {"status", "end_of_life"}},
     "advisories": {id: {"aliases", "summary", "published", "modified"}, …},
     "versions": {tag: {"affected": [id, …], "unknown": [id, …], "fixed_in": {id: version},
                        "not_affected": {id: {"justification", "impact_statement"}}, "minor_status"}, …}}

`versions` names each version of index.json, a line each. `unknown` is what the table of commits or the record leaves
open: it is not "not affected". `not_affected` is what the operator says of it (`openvex.json`). Of libraries that are
linked statically, or bundled and compiled in, `affected` has the advisory where a build of that version has the
library. `advisories` has all that are of CPython, whether or not one affects a version: what is not in it the farm was
not told of. `modified` is when a record was changed last, of all, and of those about CPython.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packaging.version import Version

from python_builds.core.advisories.affected import AFFECTED, UNKNOWN, fixed_in, read_version, status
from python_builds.core.advisories.commit_table import CommitTable, commit_table, dump_table
from python_builds.core.advisories.osv import CPYTHON, Advisories, Advisory
from python_builds.core.advisories.statements import Statements, as_json, dump_statements, statement_about
from python_builds.core.upstream.followed_minors import END_OF_LIFE
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.tags import Tag, reading_order

SCHEMA_VERSION = 1
MAY_AFFECT = "advisories that may affect what is newest"
WHY_NOT_KNOWN = (
    "The record, or the table of commits, does not say of which versions it is. Where the table is older than the "
    "record, `make security-commits CLONE=/srv/cpython` writes it anew"
)
Part = tuple[str, str]
"""A library by its name and version."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What versions are judged by."""

    advisories: Advisories
    statements: Statements | None = None
    minors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of each minor its status in the release cycle, and its end of life, which is a date or a month."""
    table: CommitTable = field(default_factory=commit_table)

    @functools.cached_property
    def by_name(self) -> Mapping[str, Sequence[Advisory]]:
        """Give those that are not withdrawn, by the names of what they are about."""
        found: dict[str, list[Advisory]] = {}
        for one in self.advisories.current:
            for name in {part.name for part in one.affected}:
                found.setdefault(name, []).append(one)
        return found

    @property
    def digest(self) -> str:
        """Say by a digest what all answers follow from."""
        parts = [one.model_dump_json() for one in self.advisories.records]
        parts += [dump_statements(self.statements).decode()] if self.statements else []
        parts += [json.dumps(self.minors, sort_keys=True), dump_table(self.table), str(len(self.advisories.problems))]
        parts += [str(self.advisories.newest(CPYTHON))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Advised:
    """What is known of one version."""

    affected: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fixed_in: Mapping[str, str] = field(default_factory=dict)
    not_affected: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    minor_status: str = ""
    end_of_life: str = ""

    @property
    def line(self) -> str:
        """Say it to people; empty if there is nothing to say."""
        count = len(self.affected)
        parts = [f"{count} known {'vulnerability' if count == 1 else 'vulnerabilities'}"] if count else []
        parts += [f"{len(self.unknown)} that may be one"] if self.unknown else []
        if self.minor_status == END_OF_LIFE:
            parts.append(f"end of life{f' since {self.end_of_life}' if self.end_of_life else ''}: mended no more")
        return ", ".join(parts)


def advise(advice: Advice, index: Mapping[str, Any]) -> dict[Tag, Advised]:
    """Judge each version that an index names, the newest first."""
    libraries: dict[Tag, set[Part]] = {}
    for build in index["builds"]:
        libraries.setdefault(_tag(build), set()).update(_parts(build))
    judge = _judge(advice)
    return {tag: judge(tag, frozenset(libraries[tag])) for tag in reading_order(libraries)}


def with_advisories(advice: Advice, index: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have each build of an index tell how many there are of it, and whether its minor is maintained.

    A version is as its build with most libraries; a build is judged by its own.
    """
    judge = _judge(advice)
    builds = []
    for build in index["builds"]:
        one = judge(_tag(build), _parts(build))
        told = {"affected": len(one.affected), "unknown": len(one.unknown), "minor_status": one.minor_status}
        builds.append({**build, "advisories": told})
    return {**index, "builds": builds}


def advisories_json(advice: Advice, advised: Mapping[Tag, Advised]) -> bytes:
    """Write what is known, with a line for each version."""
    records = advice.advisories.records
    named = {name for one in advised.values() for name in (*one.affected, *one.unknown, *one.not_affected)}
    head = {
        "schema_version": SCHEMA_VERSION,
        "records": {
            "sha256": hashlib.sha256("\n".join(one.model_dump_json() for one in records).encode()).hexdigest(),
            "modified": advice.advisories.newest(),
            "modified_of_cpython": advice.advisories.newest(CPYTHON),
            "left_out": len(advice.advisories.problems),
        },
        "commits_until": {name: str(version) for name, version in advice.table.newest.items()},
        "minors": advice.minors,
        "advisories": {one.id: _described(one) for one in records if one.id in named or _is_of_cpython(one)},
    }
    text = json.dumps(head, default=lambda moment: moment.isoformat())
    lines = ",\n  ".join(f"{json.dumps(str(tag))}: {json.dumps(_line(one))}" for tag, one in advised.items())
    return f'{text[:-1]}, "versions": {{\n  {lines}\n}}}}\n'.encode()


def alerts(versions: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Say which advisories affect the newest final release of a maintained minor, of what is published.

    Older patches have a newer one, and a minor at its end of life is mended no more: the page says so of each.
    """
    newest = _newest_of_each_minor(versions)
    found: dict[str, list[str]] = {}
    doubts: dict[str, list[str]] = {}
    for text in newest:
        for name in versions[text].get("unknown", ()):
            doubts.setdefault(name, []).append(text)
        for name in versions[text]["affected"]:
            mended = versions[text].get("fixed_in", {}).get(name)
            found.setdefault(name, []).append(f"{text}{f', mended in {mended}' if mended else ''}")
    told = {f"{name} affects what is newest": f"CPython {'; '.join(texts)}" for name, texts in sorted(found.items())}
    if doubts:
        listed = "; ".join(f"{name}: CPython {', '.join(texts)}" for name, texts in sorted(doubts.items()))
        told[MAY_AFFECT] = f"{listed}. {WHY_NOT_KNOWN}"
    return told


def affected_versions(document: Mapping[str, Any], name: str, state: str = AFFECTED) -> list[str]:
    """List the versions that an advisory affects, by its id or an alias; by `all` those that any affects.

    With the state `unknown`, those that it may affect.
    """
    names = {known for known, one in document["advisories"].items() if name in (known, "all") or name in one["aliases"]}
    return [text for text, one in document["versions"].items() if names & {*one[state]}]


def _newest_of_each_minor(versions: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    chosen: dict[str, str] = {}
    finals = [text for text in versions if not text.endswith("t") and not Version(text).is_prerelease]
    for text in sorted(finals, key=Version, reverse=True):
        if versions[text].get("minor_status") != END_OF_LIFE:
            chosen.setdefault(minor(Version(text)), text)
    return [*chosen.values()]


def _judge(advice: Advice) -> Callable[[Tag, frozenset[Part]], Advised]:
    """Give what judges a version with libraries, the same ones once."""
    of_cpython = functools.cache(functools.partial(_of_cpython, advice))
    of_library = functools.cache(functools.partial(_of_library, advice))

    @functools.cache
    def judge(tag: Tag, parts: frozenset[Part]) -> Advised:
        return _advised(advice, tag, of_cpython(tag.version), [of_library(*part) for part in sorted(parts)])

    return judge


def _tag(build: Mapping[str, Any]) -> Tag:
    return Tag(Version(build["python_version"]), build["variant"])


def _parts(build: Mapping[str, Any]) -> frozenset[Part]:
    every = (*build.get("libraries", ()), *build.get("bundled", ()))
    return frozenset((one["name"], one["version"]) for one in every)


def _of_cpython(advice: Advice, version: Version) -> dict[str, str]:
    """Say of each advisory that is not withdrawn whether CPython is affected, or may be, by its id."""
    about = advice.by_name.get(CPYTHON, ())
    states = {one.id: status(one, CPYTHON, version, advice.table) for one in about}
    return {name: state for name, state in states.items() if state in (AFFECTED, UNKNOWN)}


def _of_library(advice: Advice, name: str, version: str) -> dict[str, str]:
    """Say the same of a library; of a version that has no order, as a commit has none, nobody knows."""
    about = advice.by_name.get(name, ())
    known = read_version(version)
    states = {one.id: status(one, name, known, advice.table) if known else UNKNOWN for one in about}
    return {name: state for name, state in states.items() if state in (AFFECTED, UNKNOWN)}


def _advised(
    advice: Advice, tag: Tag, of_cpython: Mapping[str, str], of_libraries: Iterable[Mapping[str, str]]
) -> Advised:
    states = {**of_cpython}
    for found in of_libraries:
        states |= {name: state for name, state in found.items() if state == AFFECTED or name not in states}
    records = {one.id: one for one in advice.advisories.records if one.id in states}
    statements = advice.statements.statements if advice.statements else ()
    said = {name: why for name, one in records.items() if (why := statement_about(statements, one, tag.version))}
    affected = sorted(name for name, state in states.items() if state == AFFECTED and name not in said)
    later = {name: fixed_in(records[name], tag.version, advice.table) for name in affected}
    known = advice.minors.get(minor(tag.version), {})
    return Advised(
        affected=tuple(affected),
        unknown=tuple(sorted(name for name, state in states.items() if state == UNKNOWN and name not in said)),
        fixed_in={name: str(mended) for name, mended in later.items() if mended},
        not_affected={name: as_json(why) for name, why in sorted(said.items())},
        minor_status=known.get("status", ""),
        end_of_life=known.get("end_of_life", ""),
    )


def _is_of_cpython(one: Advisory) -> bool:
    return one.withdrawn is None and any(part.name == CPYTHON for part in one.affected)


def _described(one: Advisory) -> dict[str, Any]:
    return {"aliases": one.aliases, "summary": one.summary, "published": one.published, "modified": one.modified}


def _line(one: Advised) -> dict[str, Any]:
    first = {"affected": one.affected, "unknown": one.unknown, "fixed_in": one.fixed_in}
    return {**first, "not_affected": one.not_affected, "minor_status": one.minor_status}
