"""Who may ask for builds: the planner, a person with a form, and the timers. Everything goes through `release`."""

from collections.abc import Mapping, Sequence
from typing import Any

from buildbot.plugins import schedulers

from python_builds.core.planning.pauses import PLANNER
from python_builds.core.planning.plan import TRIAL_PRIORITY
from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings
from python_builds.farm.builders import RELEASE, platform_builders, recipes
from python_builds.farm.building.release_steps import SCHEDULER
from python_builds.farm.indexes.manifest_steps import AUDIT, MANIFEST
from python_builds.farm.planning import rebuild_steps
from python_builds.farm.planning.planner import Planner
from python_builds.farm.planning.rebuild_steps import REBUILD
from python_builds.farm.publishing import trial_builders
from python_builds.farm.publishing.trial_timer import TrialTimer
from python_builds.farm.upstream.release_poller import CATEGORY
from python_builds.farm.web.forms import force_scheduler, janitor_scheduler, rebuild_scheduler, trial_scheduler

MANIFEST_EVERY = 6 * 3600
"""Seconds. The indexes are written after each build; this mends what a crash between the two left."""


def make_schedulers(platforms: Sequence[Platform], settings: Settings) -> list[Any]:
    """Make all schedulers."""
    builders = platform_builders(platforms, settings)
    names = [platform.name for platform in platforms]
    trials = trial_builders.trial_builders(builders, settings)
    return [
        force_scheduler(names, builders, settings),
        rebuild_scheduler(names, settings),
        janitor_scheduler(settings),
        *([schedulers.Triggerable(name=SCHEDULER, builderNames=sorted(builders))] if builders else []),
        schedulers.Triggerable(name=rebuild_steps.SCHEDULER, builderNames=[RELEASE]),
        schedulers.Triggerable(name=MANIFEST, builderNames=[MANIFEST]),
        schedulers.Periodic(
            name="manifest-timer",
            builderNames=[MANIFEST],
            periodicBuildTimer=MANIFEST_EVERY,
            properties={AUDIT: True},
        ),
        *([trial_scheduler(sorted(trials), settings), _trial_timer(trials, builders)] if trials else []),
        schedulers.Triggerable(name=trial_builders.REBUILDS, builderNames=[REBUILD]),
        Planner(
            name=PLANNER,
            settings=settings,
            builders=builders,
            recipes=recipes(platforms, settings),
            release=RELEASE,
            category=CATEGORY,
        ),
    ]


def _trial_timer(trials: Mapping[str, str], builders: Mapping[str, tuple[Platform, str]]) -> Any:
    """Ask each night whether something is to be tried again, after all that people and the planner wait for."""
    return TrialTimer(
        name=trial_builders.TIMER,
        builderNames=sorted(trials),
        trials=trials,
        builders=builders,
        hour=trial_builders.HOUR,
        minute=0,
        priority=TRIAL_PRIORITY,
        reason="each night: is what is published still good on a system with its updates?",
    )
