"""The step that asks whether what is about to be built could be published."""

import functools

from buildbot.process.buildstep import BuildStep
from buildbot.process.results import SUCCESS

from python_builds.adapters.publishing.readiness import require_ready
from python_builds.adapters.store.store import Store
from python_builds.core.building.requests import parse_release_request
from python_builds.core.settings.settings import Settings
from python_builds.farm.steps.master_step import MasterStep, Outcome, Work


def see_that_it_can_be_published(settings: Settings, store: Store) -> BuildStep:
    """Make the step."""
    return MasterStep(
        functools.partial(_see, settings, store),
        settings.state_dir / "spool",
        name="see that it can be published",
        hideStepIf=lambda results, _: results == SUCCESS,
    )


def _see(settings: Settings, store: Store, work: Work) -> Outcome:
    work.spool.rmdir()
    require_ready(settings, store, parse_release_request(work.properties).profile, work.stop)
    return Outcome(summary="it can")
