"""Writing the table of the commits that records of advisories name, from a clone of CPython with its tags."""

from pathlib import Path

from python_builds.adapters.advisories.advisory_source import fetch, read_advice
from python_builds.adapters.advisories.commit_history import read_history
from python_builds.adapters.stop import Stop
from python_builds.core.advisories.commit_table import TABLE, CommitTable, dump_table
from python_builds.core.advisories.osv import Advisories
from python_builds.core.errors import InvalidRequest
from python_builds.core.settings.settings import Settings, variable


def write(settings: Settings, clone: str) -> None:
    """Write the table anew.

    Raises:
        InvalidRequest: if no clone or no source of advisories is named.
    """
    if not clone:
        raise InvalidRequest("name a clone of CPython with its tags, as in CLONE=/srv/cpython")
    problems = fetch(settings, Stop())
    advice = read_advice(settings, Stop())
    if advice is None:
        raise InvalidRequest(f"{variable('advisories')} is not set: it names the records whose commits are looked for")
    for problem in (*problems, *advice.advisories.problems):
        print(problem)
    wanted = commits_of(advice.advisories)
    found = read_history(Path(clone), wanted)
    TABLE.write_text(dump_table(found))
    print(_said(found, wanted))


def commits_of(advisories: Advisories) -> set[str]:
    """List the commits that records name."""
    ranges = [r for one in advisories.records for part in one.affected for r in part.ranges if r.type == "GIT"]
    return {text for r in ranges for event in r.events for text in event.values()} - {"0"}


def _said(found: CommitTable, wanted: set[str]) -> str:
    missing = len(wanted) - len(found.commits)
    lacking = f"; {missing} are not in the clone and stay unknown" if missing else ""
    return f"{len(found.commits)} commits of releases up to {max(found.newest.values())}{lacking}: {TABLE}"
