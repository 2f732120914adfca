"""The `manifest` builder: the indexes, computed from the records that exist. It may run any number of times."""

import functools

from buildbot.process.buildstep import BuildStep

from python_builds.edges.publishing import write_indexes
from python_builds.edges.store import DirectoryStore
from python_builds.facts.settings import Settings
from python_builds.farm.master_step import MasterStep, Outcome, Work

MANIFEST = "manifest"
"""The builder, and the Triggerable by which the other builders ask for it."""


def manifest_steps(settings: Settings, store: DirectoryStore) -> list[BuildStep]:
    """Make the steps."""
    return [MasterStep(functools.partial(write, store), settings.state_dir / "spool", name="write the indexes")]


def write(store: DirectoryStore, work: Work) -> Outcome:
    """Replace the indexes that changed."""
    written = write_indexes(store, unchecked=True)
    for key in written:
        work.say(store.location(key))
    work.spool.rmdir()
    return Outcome(summary=", ".join(written) or "all up to date")
