"""Which release of CPython contains which commit: a table made from upstream's tags, kept as data beside this file.

`commits.json` names, for each commit that records of advisories name, its day and the first release of each minor that
contains it; of each minor its first day and the newest release that was looked at. `make security-commits` writes it
again from a clone of CPython. What the table does not know is unknown.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

TABLE = Path(__file__).with_name("commits.json")


@dataclass(frozen=True)
class CommitTable:
    """The table, by commit and by minor."""

    newest: Mapping[str, Version]
    """Of each minor the newest release that was looked at."""
    commits: Mapping[str, Mapping[str, Version]]
    """Of each commit the first release of each minor that contains it."""
    began: Mapping[str, str]
    """Of each minor the day of its first release."""
    days: Mapping[str, str]
    """Of each commit its day."""

    def contains(self, version: Version, commit: str) -> bool | None:
        """Say whether a release contains a commit; None if that is not known."""
        first = self.commits.get(commit)
        if first is None:
            return None
        minor = f"{version.major}.{version.minor}"
        if minor in first:
            return version >= first[minor]
        if minor in self.newest:
            return False if version <= self.newest[minor] else None
        # An alpha is made from the main branch, of which all later minors come.
        older = (v for v in first.values() if v.pre and v.pre[0] == "a" and v < version)
        return True if any(older) else None

    def is_older_than_minor(self, commit: str, version: Version) -> bool:
        """Say whether a commit was made before the first release of a version's minor, on whatever branch."""
        began = self.began.get(f"{version.major}.{version.minor}", "9999")
        return commit in self.days and self.days[commit] < began

    def first(self, minor: str, commit: str) -> Version | None:
        """Name the first release of a minor that contains a commit, if there is one."""
        return self.commits.get(commit, {}).get(minor)


def parse_table(content: bytes | str) -> CommitTable:
    """Read the table as `dump_table` wrote it."""
    raw = json.loads(content)
    return CommitTable(
        newest={name: Version(text) for name, text in raw["newest"].items()},
        commits={
            sha: {name: Version(text) for name, text in found.items() if name != "day"}
            for sha, found in raw["commits"].items()
        },
        began=raw["began"],
        days={sha: found["day"] for sha, found in raw["commits"].items()},
    )


def dump_table(table: CommitTable) -> str:
    """Write the table with a line for each commit, so that changes can be read."""
    lines = [
        f"{json.dumps(sha)}: {json.dumps({'day': table.days[sha], **_texts(table.commits[sha])})}"
        for sha in sorted(table.commits)
    ]
    head = json.dumps({"newest": _texts(table.newest), "began": table.began})
    return f'{head[:-1]},\n"commits": {{\n' + ",\n".join(lines) + "\n}}\n"


def _texts(versions: Mapping[str, Version]) -> dict[str, str]:
    return {name: str(version) for name, version in versions.items()}


@functools.cache
def commit_table() -> CommitTable:
    """Read the table that lies beside this file."""
    return parse_table(TABLE.read_bytes())
