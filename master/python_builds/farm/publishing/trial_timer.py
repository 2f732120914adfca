"""The timer of trials after release: Buildbot's Nightly, which asks nothing of a builder whose worker image is missing.

A request of such a builder would wait for the image, and the overview would show that something waits.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildbot.plugins import schedulers
from twisted.internet import defer

from python_builds.core.platforms.platform import Platform
from python_builds.farm.workers.image_watch import missing_images


class TrialTimer(schedulers.Nightly):
    """Asks each night; `trials` are the builders that try, each with the platform's builder whose image it needs."""

    compare_attrs: ClassVar[tuple[str, ...]] = (*schedulers.Nightly.compare_attrs, "trials", "builders")

    def checkConfig(self, *, trials: Mapping[str, str], builders: Mapping[str, Any], **kwargs: Any) -> Any:
        """Check the arguments."""
        return super().checkConfig(**kwargs)

    def reconfigService(
        self, *, trials: Mapping[str, str], builders: Mapping[str, tuple[Platform, str]], **kwargs: Any
    ) -> Any:
        """Take the arguments."""
        self.trials, self.builders = trials, builders
        return super().reconfigService(**kwargs)

    @defer.inlineCallbacks
    def startBuild(self) -> Any:
        """Ask the builders that can try something."""
        imageless = yield missing_images(self.master, self.builders)
        able = [name for name, builder in sorted(self.trials.items()) if builder not in imageless]
        if self.enabled and able:
            yield self.addBuildsetForSourceStampsWithDefaults(
                reason=self.reason, sourcestamps=[{"codebase": ""}], builderNames=able, priority=self.priority
            )
