"""The `manifest` builder: the indexes, computed from the records that exist. It may run any number of times."""

import functools
from typing import Any

from buildbot.process.buildstep import BuildStep
from buildbot.process.results import SUCCESS, WARNINGS

from python_builds.adapters.advisories.advisory_source import fetch, is_fetched
from python_builds.adapters.indexes.indexing import write_indexes
from python_builds.adapters.publishing.key_watch import note_keys
from python_builds.adapters.store.store import Store
from python_builds.core.settings.settings import Settings
from python_builds.farm.steps.master_step import MasterStep, Outcome, Work

MANIFEST = "manifest"
"""The builder, and the Triggerable by which the other builders ask for it."""

AUDIT = "audit"
"""The property of a build that reads all records and indexes: the timer's."""

DAMAGED = "damaged"
"""The property that says what is not as it has to be: sentences, by key."""


def manifest_steps(settings: Settings, store: Store) -> list[BuildStep]:
    """Make the steps."""
    return [
        MasterStep(functools.partial(write, settings, store), settings.state_dir / "spool", name="write the indexes"),
        TellDamage(name="look for damage", hideStepIf=lambda results, _: results == SUCCESS),
    ]


def write(settings: Settings, store: Store, work: Work) -> Outcome:
    """Replace the indexes that changed; now and then compare all records with them, and renew advisories."""
    audit = bool(work.properties.get(AUDIT))
    if audit or not is_fetched(settings):
        for problem in fetch(settings, work.stop):
            work.say(problem)
    found = write_indexes(settings, store, audit=audit)
    if audit:
        note_keys(settings)
    for line in (*map(store.location, found.written), *found.left, *found.damaged.values()):
        work.say(line)
    work.spool.rmdir()
    how = "signed" if settings.signs else "unsigned, as no key is set"
    what = f"{len(found.written)} index files written" if found.written else "all up to date"
    return Outcome(summary=", ".join([what, how, *found.left]), properties={DAMAGED: found.damaged})


class TellDamage(BuildStep):
    """Makes the build one with warnings where something in the store is damaged; the planner tells the operator."""

    warnOnWarnings = True

    def run(self) -> Any:
        """Look at what the step before has found."""
        return WARNINGS if self._damaged() else SUCCESS

    def getResultSummary(self) -> dict[str, str]:
        """Show what is damaged, and of many the first."""
        damaged = self._damaged()
        if not damaged:
            return {"step": "nothing"}
        more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        summary = f"damaged: {damaged[0]}{more}"
        return {"step": summary, "build": summary}

    def _damaged(self) -> list[str]:
        return [*(self.getProperty(DAMAGED) or {}).values()]
