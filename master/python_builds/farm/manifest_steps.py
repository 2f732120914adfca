"""The `manifest` builder: the indexes, computed from the records that exist. It may run any number of times."""

import functools

from buildbot.process.buildstep import BuildStep

from python_builds.edges.indexing import write_indexes
from python_builds.edges.store import Store
from python_builds.facts.settings import Settings
from python_builds.farm.master_step import MasterStep, Outcome, Work

MANIFEST = "manifest"
"""The builder, and the Triggerable by which the other builders ask for it."""

AUDIT = "audit"
"""The property of a build that lists all records: the timer's."""


def manifest_steps(settings: Settings, store: Store) -> list[BuildStep]:
    """Make the steps."""
    return [
        MasterStep(functools.partial(write, settings, store), settings.state_dir / "spool", name="write the indexes")
    ]


def write(settings: Settings, store: Store, work: Work) -> Outcome:
    """Replace the indexes that changed; now and then compare all records with them."""
    audit = bool(work.properties.get(AUDIT))
    written = write_indexes(settings, store, audit=audit)
    for key in written:
        work.say(store.location(key))
    work.spool.rmdir()
    how = "signed" if settings.signs else "unsigned, as no key is set"
    return Outcome(summary=f"{len(written)} index files written, {how}" if written else f"all up to date, {how}")
