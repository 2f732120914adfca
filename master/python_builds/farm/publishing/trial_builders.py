"""The builders that install again what is published: one beside each platform's, on the same workers.

They are builders of their own, so that what Buildbot knows of a platform's builds is of builds alone.
"""

from collections.abc import Mapping

from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings

HOUR = 3
"""At night, by the machine's clock: an hour before the janitor."""

TIMER, REBUILDS = "published-timer", "published-rebuilds"
"""Schedulers: what asks for trials, and the Triggerable under whose name a trial asks for a rebuild."""


def trial_builder(builder: str) -> str:
    """Name the builder that tries what a platform's builder has published."""
    return f"{builder}-published"


def trial_builders(builders: Mapping[str, tuple[Platform, str]], settings: Settings) -> dict[str, str]:
    """Name those of this farm, each with its platform's; none where packages are not tried at all."""
    wanted = settings.package_check and settings.published_trial_days
    return {trial_builder(name): name for name in builders} if wanted else {}
