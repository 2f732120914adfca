"""What a trial after release does on the master: choose what to try, fetch it, and remember what came of it."""

import datetime
from collections.abc import Mapping
from typing import Any

from python_builds.adapters.publishing.trials import (
    fetch,
    newest_published,
    packages_of,
    read_trials,
    write_trials,
)
from python_builds.adapters.store.store import Store
from python_builds.core.errors import InvalidRequest
from python_builds.core.planning.overview_making import PROFILE
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.publishing.records import Record
from python_builds.core.publishing.trials import (
    Trials,
    Verdict,
    can_be_tried,
    due,
    linked_packages,
    offered,
    parse_archive,
    settle,
)
from python_builds.core.settings.settings import Settings
from python_builds.farm.steps.master_step import Outcome, Work

AGAIN = "again"
"""The property with which a person asks for a trial of what was tried just now, too."""

ARCHIVE, DUE, LINKED = "archive", "due", "linked"
"""Properties: what the archive has, what is to be tried, and the packages that the archive is asked about."""


class Trier:
    """Tries what one platform's builder has published."""

    def __init__(self, platform: Platform, architecture: str, settings: Settings, store: Store) -> None:
        self.platform, self.architecture = platform, architecture
        self.settings, self.store = settings, store
        self.builder = builder_name(platform, architecture)

    def look(self, work: Work) -> Outcome:
        """List what is published, and what it links."""
        if not can_be_tried(self.platform, _now().date(), self.settings.keep_platforms.split()):
            return _nothing(f"{self.platform.name} is past its support: its archive gets no updates")
        records = self._records()
        if not records:
            return _nothing("nothing is published that could be tried")
        for record in records:
            work.say(f"{record.product}, revision {record.revision}")
        linked = sorted({name for record in records for name in linked_packages(record)})
        return Outcome(
            summary=f"{len(records)} products, which link {len(linked)} packages", properties={LINKED: linked}
        )

    def choose(self, work: Work) -> Outcome:
        """Say what is due, by what the archive has now; the build ends here where nothing is."""
        archive = parse_archive(str(work.properties[ARCHIVE]))
        before, now = read_trials(self.settings.state_dir, self.builder), _now()
        again, days = _flag(work.properties), self.settings.published_trial_days
        found: dict[str, int] = {}
        known = before.trials if before else {}
        records = self._records()
        for record in records:
            tag = str(record.product.tag)
            why = due(record.revision, self._offered(record, archive), known.get(tag), now, days=days, again=again)
            work.say(f"{tag}, revision {record.revision}: {why or 'nothing changed since its last trial'}")
            if why:
                found[tag] = record.revision
        if not found:
            kept = {tag: one for tag, one in known.items() if tag in {str(r.product.tag) for r in records}}
            write_trials(self.settings.state_dir, self.builder, Trials(looked_at=now, trials=kept))
            return _nothing(f"nothing to try: no library changed since the trials, the oldest of the last {days} days")
        return Outcome(summary=f"{len(found)} of {len(records)} to try: {', '.join(found)}", properties={DUE: found})

    def fetch(self, tag: str, work: Work) -> Outcome:
        """Bring a product's package and metapackage here."""
        record = self._due_record(tag, work.properties)
        artifacts = packages_of(record)
        fetch(self.store, artifacts, work.spool, work.say)
        names = [artifact.key.rpartition("/")[2] for artifact in artifacts]
        return Outcome(summary=", ".join(names), properties={files_property(tag): names})

    def settle(
        self, properties: Mapping[str, Any], verdicts: Mapping[str, Verdict], problem: str
    ) -> tuple[Trials, list[Record]]:
        """Put verdicts, by tag, to what is remembered; give what to remember, and what to build again."""
        archive = parse_archive(str(properties.get(ARCHIVE, "")))
        before, now = read_trials(self.settings.state_dir, self.builder), _now()
        known = before.trials if before else {}
        kept, again = {}, []
        for record in self._records():
            tag = str(record.product.tag)
            if tag in verdicts and properties[DUE][tag] == record.revision:
                kept[tag], broken = settle(record, self._offered(record, archive), verdicts[tag], known.get(tag), now)
                again += [record] if broken else []
            elif tag in known:
                kept[tag] = known[tag]
        return Trials(looked_at=now, problem=problem, trials=kept), again

    def remember(self, trials: Trials) -> None:
        """Write down what came of it."""
        write_trials(self.settings.state_dir, self.builder, trials)

    def _records(self) -> list[Record]:
        return newest_published(self.store, PROFILE, self.platform, self.architecture)

    def _offered(self, record: Record, archive: Mapping[str, str]) -> dict[str, str]:
        return offered(linked_packages(record), archive)

    def _due_record(self, tag: str, properties: Mapping[str, Any]) -> Record:
        for record in self._records():
            if str(record.product.tag) == tag and record.revision == properties[DUE][tag]:
                return record
        raise InvalidRequest(
            f"revision {properties[DUE][tag]} of {tag} is not the newest any more; the next trial has it"
        )


def files_property(tag: str) -> str:
    """Name the property that lists a product's files."""
    return f"files of {tag}"


def _flag(properties: Mapping[str, Any]) -> bool:
    value = properties.get(AGAIN, False)
    if not isinstance(value, bool):
        raise InvalidRequest(f"{AGAIN} is {value!r}: it must be true or false")
    return value


def _nothing(summary: str) -> Outcome:
    return Outcome(summary=summary, ends_build=True)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
