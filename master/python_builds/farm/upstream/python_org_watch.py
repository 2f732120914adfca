"""What there is on python.org, asked for without wearing it out, and written down for the rest of the farm.

A look has two halves. First python.org is asked, unless its last answer is fresh, or it is to be left alone for a
while; what it says is kept on disk, beside how often it was asked, so that restarts ask no more often. Then the list is
computed from what is kept, whether or not the first half went well, so that nothing waits that is known already.
"""

import random
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from packaging.version import Version
from twisted.internet import defer, threads
from twisted.python import log

from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream import release_list
from python_builds.adapters.upstream.api_cache import Answer, calls_beside, keep_answer, read_answer
from python_builds.adapters.upstream.python_org import ANSWER_KEPT, API_PATHS, too_often, understand
from python_builds.adapters.upstream.sources import make_python_org
from python_builds.core.errors import NotAnswered, SourceError
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.release_list import (
    ReleaseList,
    Wanted,
    bounded,
    choose_minors,
    lacking,
    list_releases,
    names_in_directory,
    new_releases,
    not_in_directory,
    parse_release_cycle,
)
from python_builds.core.upstream.releases import Listing, Release
from python_builds.farm.upstream.python_org_client import TOTAL_SECONDS, PythonOrgClient

CYCLE_PATH = "/api/release-cycle.json"
FIRST_WAIT = 60
"""Seconds after a failure; each one more doubles them, up to the time between two polls."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look came to; it is on disk already."""

    releases: ReleaseList
    new: tuple[Release, ...] = ()
    """To make changes for, the oldest first."""
    seen: tuple[str, ...] = ()
    """Versions that will not be new again."""


class PythonOrgWatch:
    """Looks at python.org."""

    def __init__(
        self,
        settings: Settings,
        service: Any,
        *,
        poll_seconds: float,
        answer_kept: float = ANSWER_KEPT,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        """Take Buildbot's HTTP client service; the last two are shorter in tests."""
        self.settings = settings
        self.poll_seconds = poll_seconds
        self.answer_kept = answer_kept
        self.api = PythonOrgClient(service, settings.python_org_url, total_seconds)
        self.peps = PythonOrgClient(service, settings.peps_url, total_seconds)
        self.kept = make_python_org(settings, Stop()).kept
        self.kept_cycle = self.kept.with_name("release-cycle.json")
        self.calls = calls_beside(self.kept)
        self.path = release_list.release_list_path(settings.state_dir)

    def stop(self) -> None:
        """Give up a look that is under way, which ends as cancelled and leaves nothing behind."""
        self.api.stop()
        self.peps.stop()

    @defer.inlineCallbacks
    def look(self, known: Any) -> Any:
        """Ask, write the list, and say what is new beside the versions in `known`, which is None at the first look."""
        now = time.time()
        before = (yield threads.deferToThread(release_list.read, self.path)) or ReleaseList()
        after, answer = yield self._ask(before, now)
        look = Look(releases=after)
        if answer is not None:
            look = yield self._understood(after, answer, known, now)
        for sentence in sorted({*look.releases.notes} - {*before.notes}):
            log.msg(f"python.org: {sentence}")
        yield threads.deferToThread(release_list.write, self.path, look.releases)
        return look

    @defer.inlineCallbacks
    def _understood(self, before: ReleaseList, answer: Answer, known: Any, now: float) -> Any:
        listing = yield threads.deferToThread(understand, answer)
        cycle, notes = yield self._cycle(now)
        wanted = self._wanted(listing, cycle, _moment(now).date())
        candidates = new_releases(listing, wanted, known)
        doubts = yield self._doubts(candidates)
        releases = list_releases(listing, wanted, doubts=doubts, previous=before.releases, now=_moment(now))
        update = {
            "polled_at": _moment(answer.asked_at),
            "releases": releases,
            "minors": dict(wanted.minors),
            "notes": bounded((*notes, *wanted.notes, *listing.left_out)),
        }
        return Look(
            releases=before.model_copy(update=update),
            new=tuple(r for r in candidates if not doubts[r.version]),
            seen=tuple(str(r.version) for r in listing.releases if not lacking(r) and not doubts.get(r.version)),
        )

    def _wanted(self, listing: Listing, cycle: dict[str, str] | None, today: date) -> Wanted:
        return choose_minors(
            listing,
            cycle,
            added=self.settings.minors_added.split(),
            excluded=self.settings.minors_excluded.split(),
            prereleases=self.settings.prereleases,
            today=today,
        )

    @defer.inlineCallbacks
    def _ask(self, before: ReleaseList, now: float) -> Any:
        """Ask the release API, unless it need not or must not be; return the list with how that went and the answer."""
        answer = yield threads.deferToThread(read_answer, self.kept, self.api.url)
        if answer is not None and answer.is_fresh(now, self.answer_kept):
            return _succeeded(before, answer.asked_at), answer
        if before.next_try_at and 0 < before.next_try_at.timestamp() - now <= self.poll_seconds:
            return before, answer
        try:
            asked = yield self._asked(answer, now)
            yield threads.deferToThread(keep_answer, self.kept, asked)
        except SourceError as error:
            return self._failed(before, error, now), answer
        return _succeeded(before, now), asked

    @defer.inlineCallbacks
    def _asked(self, kept: Answer | None, now: float) -> Any:
        documents = {}
        for path in API_PATHS:
            if self.calls.left(now) <= 0:
                raise NotAnswered(too_often(self.api.url, self.calls.next_at(now)), self.poll_seconds)
            self.calls.count(now)
            documents[path] = yield self.api.document(path, kept.documents.get(path) if kept else None)
        answer = Answer(url=self.api.url, asked_at=now, documents=documents)
        yield threads.deferToThread(understand, answer)
        return answer

    def _failed(self, before: ReleaseList, error: SourceError, now: float) -> ReleaseList:
        failures = before.failures + 1
        wait = min(FIRST_WAIT * 2 ** min(failures - 1, 20), self.poll_seconds)
        wait *= random.uniform(0.5, 1)  # noqa: S311 - so that not all farms ask at once
        wait = max(wait, min(getattr(error, "retry_after", None) or 0, self.poll_seconds))
        said = before.last_success.isoformat(timespec="seconds") if before.last_success else "never"
        log.msg(f"python.org was not polled: {error} (failure {failures}, last success: {said}; again in {wait:.0f} s)")
        return before.model_copy(
            update={
                "last_problem": str(error),
                "failures": failures,
                "next_try_at": _moment(now) + timedelta(seconds=wait),
            }
        )

    @defer.inlineCallbacks
    def _cycle(self, now: float) -> Any:
        """Give each minor's status by the release cycle data, or None, and what is to be said about it."""
        kept = yield threads.deferToThread(read_answer, self.kept_cycle, self.peps.url)
        known = kept.documents.get(CYCLE_PATH) if kept else None
        try:
            if known is None or not kept.is_fresh(now, self.answer_kept):
                document = yield self.peps.document(CYCLE_PATH, known)
                cycle = parse_release_cycle(document.body)
                answer = Answer(url=self.peps.url, asked_at=now, documents={CYCLE_PATH: document})
                yield threads.deferToThread(keep_answer, self.kept_cycle, answer)
                return cycle, ()
        except SourceError as error:
            if known is None:
                return None, (str(error),)
            note = f"the release cycle data of {_moment(kept.asked_at):%Y-%m-%d} is used, because {error}"
            return parse_release_cycle(known.body), (note,)
        return parse_release_cycle(known.body), ()

    @defer.inlineCallbacks
    def _doubts(self, candidates: list[Release]) -> Any:
        """Ask the directories of new releases whether their files are there; the API may be ahead of them."""
        doubts: dict[Version, str] = {}
        unread = ""
        for release in candidates:
            directory = release.url.rpartition("/")[0] + "/"
            try:
                page = "" if unread else (yield self.api.page(directory))
            except NotAnswered as error:
                unread = f"its directory cannot be read: {error}"
            doubts[release.version] = unread or not_in_directory(release, names_in_directory(page or ""))
        return doubts


def _succeeded(before: ReleaseList, at: float) -> ReleaseList:
    return before.model_copy(
        update={"last_success": _moment(at), "last_problem": None, "failures": 0, "next_try_at": None}
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
