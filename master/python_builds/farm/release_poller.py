"""Makes python.org's releases visible: one change for each, with its version as the property `python_version`.

A change is made once. The first look at python.org makes one for the newest release of each minor only, and takes the
rest as known. Nothing is lost or repeated when the master dies in between: the change is written first, and before
another is written the database is asked whether it is there.
"""

from collections.abc import Collection, Iterable
from typing import Any

from buildbot.changes.base import ReconfigurablePollingChangeSource
from buildbot.data.resultspec import Filter
from buildbot.util.state import StateMixin
from twisted.internet import defer, threads
from twisted.python import log

from python_builds.edges.python_org import PythonOrg
from python_builds.edges.sources import make_python_org
from python_builds.facts.errors import SourceError
from python_builds.facts.releases import Release, minor
from python_builds.facts.settings import Settings

CATEGORY = "release"
SECONDS_BETWEEN_POLLS = 3600
"""Two calls each: python.org grants 100 a day."""


class ReleasePoller(ReconfigurablePollingChangeSource, StateMixin):
    """Polls python.org's release API."""

    def checkConfig(self, origin: PythonOrg, **kwargs: Any) -> None:
        """Check the arguments."""
        super().checkConfig(**kwargs)

    def reconfigService(self, origin: PythonOrg, **kwargs: Any) -> Any:
        """Take the arguments."""
        self.origin = origin
        return super().reconfigService(**kwargs)

    @defer.inlineCallbacks
    def poll(self) -> Any:
        """Make a change for each release that is new."""
        try:
            releases = yield threads.deferToThread(self.origin.releases)
        except SourceError as error:
            log.msg(f"python.org was not polled: {error}")
            return
        known = yield self.getState("known", None)
        for release in new_releases(releases, known):
            yield self._add_change(release)
        yield self.setState("known", sorted({*(known or ()), *(str(r.version) for r in releases)}))

    @defer.inlineCallbacks
    def _add_change(self, release: Release) -> Any:
        version = str(release.version)
        same = [Filter("revision", "eq", [version]), Filter("category", "eq", [CATEGORY])]
        if (yield self.master.data.get(("changes",), filters=same)):
            return
        yield self.master.data.updates.addChange(
            author="python.org",
            comments=f"CPython {version}",
            revision=version,
            branch=minor(release.version),
            category=CATEGORY,
            revlink=release.url,
            properties={"python_version": version},
        )


def new_releases(releases: Iterable[Release], known: Collection[str] | None) -> list[Release]:
    """Pick the final releases to make changes for, the oldest first; `known` is None at the first look ever."""
    finals = sorted((r for r in releases if not r.is_prerelease), key=lambda r: r.version)
    if known is None:
        return list({minor(r.version): r for r in finals}.values())
    return [r for r in finals if str(r.version) not in known]


def make_change_sources(settings: Settings) -> list[ReleasePoller]:
    """Make the poller, where the settings name python.org as a source."""
    if "python.org" not in settings.sources.split():
        return []
    return [
        ReleasePoller(
            name="python.org",
            origin=make_python_org(settings),
            pollInterval=SECONDS_BETWEEN_POLLS,
            pollAtLaunch=True,
        )
    ]
