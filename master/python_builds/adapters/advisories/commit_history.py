"""Making the table of commits from a clone of CPython: one walk over its history, for all commits at once."""

import re
import subprocess
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import Version

from python_builds.core.advisories.commit_table import CommitTable
from python_builds.core.errors import SourceError

_TAG = re.compile(r"v(?P<version>[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:(?:a|b|c|rc)[0-9]+)?)", re.ASCII)
_FIRST = Version("3.7a0")
"""Older releases are built by no farm."""


def read_history(clone: Path, commits: Collection[str]) -> CommitTable:
    """Find the first release of each minor that contains each commit.

    Raises:
        SourceError: if there is no clone with tags of releases; if a later release of a minor lacks what an earlier one
            of it has, of which the table has no way to tell.
    """
    tags = _releases(_git(clone, "for-each-ref", "--format=%(refname:short) %(objectname) %(*objectname)", "refs/tags"))
    if not tags:
        raise SourceError(f"{clone} has no tags of CPython's releases: it must be a clone of CPython")
    bits = {commit: 1 << place for place, commit in enumerate(sorted(commits))}
    walk = _git(clone, "rev-list", "--topo-order", "--reverse", "--timestamp", "--parents", "--all")
    reached, days = _reached(walk, bits, {*tags.values()})
    first: dict[str, dict[str, Version]] = {commit: {} for commit in bits}
    newest: dict[str, Version] = {}
    began: dict[str, str] = {}
    for version in sorted(one for one in tags if one >= _FIRST):
        minor = f"{version.major}.{version.minor}"
        newest[minor] = version
        began.setdefault(minor, days[tags[version]])
        for commit, bit in bits.items():
            if reached[tags[version]] & bit:
                first[commit].setdefault(minor, version)
            elif minor in first[commit]:
                raise SourceError(f"{version} lacks {commit}, which {first[commit][minor]} has")
    # A commit of an older minor alone is in none of these; one that the clone has not at all stays unknown.
    known = {commit: found for commit, found in first.items() if commit in reached}
    return CommitTable(newest=newest, commits=known, began=began, days={commit: days[commit] for commit in known})


def _releases(lines: Iterable[str]) -> dict[Version, str]:
    found = {}
    for line in lines:
        name, *objects = line.split()
        if match := _TAG.fullmatch(name):
            found[Version(match["version"])] = objects[-1]  # of an annotated tag the commit, which comes second
    return found


def _reached(
    lines: Iterable[str], bits: Mapping[str, int], releases: Collection[str]
) -> tuple[dict[str, int], dict[str, str]]:
    """Say of each commit which of those with a bit it contains, and of these and of releases their days."""
    reached: dict[str, int] = {}
    days: dict[str, str] = {}
    for line in lines:
        seconds, commit, *parents = line.split()
        if commit in bits or commit in releases:
            days[commit] = str(datetime.fromtimestamp(int(seconds), UTC).date())
        mine = bits.get(commit, 0)
        for parent in parents:
            mine |= reached.get(parent, 0)
        reached[commit] = mine
    return reached, days


def _git(clone: Path, *arguments: str) -> list[str]:
    done = subprocess.run(["git", "-C", clone, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SourceError(f"git cannot read {clone}: {done.stderr.strip():.300}")
    return done.stdout.splitlines()
