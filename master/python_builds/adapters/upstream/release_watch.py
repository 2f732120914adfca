"""What there is on python.org, asked for without wearing it out, and written down for the rest of the farm.

A look has two halves. First python.org is asked, unless its last answer is fresh, or it is to be left alone for a
while; what it says is kept on disk, beside how often it was asked, so that restarts ask no more often. Then the list is
computed from what is kept, whether or not the first half went well, so that nothing waits that is known already.
"""

import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from packaging.version import Version

from python_builds.adapters import http
from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream import release_list
from python_builds.adapters.upstream.api_cache import Answer
from python_builds.adapters.upstream.python_org import ANSWER_KEPT, API_PATHS, understand
from python_builds.adapters.upstream.release_api import SECONDS, KeptApi
from python_builds.adapters.upstream.sources import make_python_org
from python_builds.core.errors import SourceError
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.followed_minors import Wanted, choose_minors, parse_release_cycle
from python_builds.core.upstream.release_list import (
    ReleaseList,
    bounded,
    lacking,
    list_releases,
    names_in_directory,
    new_releases,
    not_in_directory,
)
from python_builds.core.upstream.releases import Listing, Release

CYCLE_PATH = "/api/release-cycle.json"
FIRST_WAIT = 60
"""Seconds after a failure; each one more doubles them, up to the time between two polls."""

MAX_PAGE = 4 * 2**20
"""Bytes of a directory's listing."""


@dataclass(frozen=True, kw_only=True)
class Poll:
    """What a look came to; it is on disk already."""

    releases: ReleaseList
    new: tuple[Release, ...] = ()
    """To make changes for, the oldest first."""
    seen: tuple[str, ...] = ()
    """Versions that will not be new again."""
    remarks: tuple[str, ...] = ()
    """What is new to say about it, for the log."""


class ReleaseWatch:
    """Looks at python.org, in a thread."""

    def __init__(
        self,
        settings: Settings,
        *,
        poll_seconds: float,
        answer_kept: float = ANSWER_KEPT,
        total_seconds: float = SECONDS,
    ) -> None:
        """Take the seconds between two looks; the last two are shorter in tests."""
        self.settings = settings
        self.poll_seconds = poll_seconds
        self.answer_kept = answer_kept
        kept = make_python_org(settings, Stop()).api.kept
        self.api = KeptApi(settings.python_org_url, kept, counted=True)
        self.peps = KeptApi(settings.peps_url, kept.with_name("release-cycle.json"))
        self.api.seconds = self.peps.seconds = total_seconds
        self.path = release_list.release_list_path(settings.state_dir)

    def poll(self, known: Collection[str] | None, stop: Stop) -> Poll:
        """Ask, write the list, and say what is new beside the versions in `known`, which is None at the first look.

        Raises:
            Stopped: it leaves nothing behind then.
        """
        now = time.time()
        before = release_list.read(self.path) or ReleaseList()
        after, answer = self._ask(before, now, stop)
        poll = Poll(releases=after) if answer is None else self._understood(after, answer, known, now, stop)
        stop.check()
        release_list.write(self.path, poll.releases)
        remarks = [_failure(poll.releases)] if poll.releases.failures > before.failures else []
        return Poll(
            releases=poll.releases,
            new=poll.new,
            seen=poll.seen,
            remarks=(*remarks, *(f"python.org: {note}" for note in sorted({*poll.releases.notes} - {*before.notes}))),
        )

    def _understood(
        self, before: ReleaseList, answer: Answer, known: Collection[str] | None, now: float, stop: Stop
    ) -> Poll:
        listing = understand(answer)
        cycle, notes = self._cycle(now, stop)
        wanted = self._wanted(listing, cycle, _moment(now).date())
        candidates = new_releases(listing, wanted, known)
        doubts = self._doubts(candidates, stop)
        releases = list_releases(listing, wanted, doubts=doubts, previous=before.releases, now=_moment(now))
        update = {
            "polled_at": _moment(answer.asked_at),
            "releases": releases,
            "minors": dict(wanted.minors),
            "notes": bounded((*notes, *wanted.notes, *listing.left_out)),
        }
        return Poll(
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

    def _ask(self, before: ReleaseList, now: float, stop: Stop) -> tuple[ReleaseList, Answer | None]:
        """Ask the release API, unless it need not or must not be; return the list with how that went and the answer."""
        answer = self.api.read()
        if answer is not None and answer.is_fresh(now, self.answer_kept):
            return _succeeded(before, answer.asked_at), answer
        if before.next_try_at and 0 < before.next_try_at.timestamp() - now <= self.poll_seconds:
            return before, answer
        try:
            asked = self.api.ask(API_PATHS, answer, now, stop)
            understand(asked)
            self.api.keep(asked)
        except SourceError as error:
            return self._failed(before, error, now), answer
        return _succeeded(before, now), asked

    def _failed(self, before: ReleaseList, error: SourceError, now: float) -> ReleaseList:
        failures = before.failures + 1
        wait = min(FIRST_WAIT * 2 ** min(failures - 1, 20), self.poll_seconds)
        wait *= random.uniform(0.5, 1)  # noqa: S311 - so that not all farms ask at once
        wait = max(wait, min(getattr(error, "retry_after", None) or 0, self.poll_seconds))
        return before.model_copy(
            update={
                "last_problem": str(error),
                "failures": failures,
                "next_try_at": _moment(now) + timedelta(seconds=wait),
            }
        )

    def _cycle(self, now: float, stop: Stop) -> tuple[dict[str, str] | None, tuple[str, ...]]:
        """Give each minor's status by the release cycle data, or None, and what is to be said about it."""
        kept = self.peps.read()
        known = kept.documents.get(CYCLE_PATH) if kept else None
        try:
            if kept is None or known is None or not kept.is_fresh(now, self.answer_kept):
                answer = self.peps.ask([CYCLE_PATH], kept, now, stop)
                cycle = parse_release_cycle(answer.documents[CYCLE_PATH].body)
                self.peps.keep(answer)
                return cycle, ()
        except SourceError as error:
            if kept is None or known is None:
                return None, (str(error),)
            note = f"the release cycle data of {_moment(kept.asked_at):%Y-%m-%d} is used, because {error}"
            return parse_release_cycle(known.body), (note,)
        return parse_release_cycle(known.body), ()

    def _doubts(self, candidates: Sequence[Release], stop: Stop) -> dict[Version, str]:
        """Ask the directories of new releases whether their files are there; the API may be ahead of them."""
        doubts: dict[Version, str] = {}
        unread = ""
        for release in candidates:
            directory = release.url.rpartition("/")[0] + "/"
            page = ""
            try:
                page = page if unread else self._page(directory, stop)
            except SourceError as error:
                unread = f"its directory cannot be read: {error}"
            doubts[release.version] = unread or not_in_directory(release, names_in_directory(page))
        return doubts

    def _page(self, url: str, stop: Stop) -> str:
        """Read a page; one that is not there has no text."""
        page = http.get(url, stop, within=self.api.within, max_bytes=MAX_PAGE, seconds=self.api.seconds)
        if page.status == 304:
            raise SourceError(f"{url} answers 304 though nobody asked whether it changed")
        return page.body.decode(errors="replace") if page.status == 200 else ""


def _succeeded(before: ReleaseList, at: float) -> ReleaseList:
    return before.model_copy(
        update={"last_success": _moment(at), "last_problem": None, "failures": 0, "next_try_at": None}
    )


def _failure(found: ReleaseList) -> str:
    said = found.last_success.isoformat(timespec="seconds") if found.last_success else "never"
    again = f"{found.next_try_at:%H:%M:%S} UTC" if found.next_try_at else "the next poll"
    return (
        f"python.org was not polled: {found.last_problem} (failure {found.failures}, last success: {said}; "
        f"again at {again})"
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
