"""What one look of the planner sees in the store and in the poller's file, compared with what is asked for."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from python_builds.adapters.advisories.advisory_alerts import advisory_alerts
from python_builds.adapters.planning.acknowledged import forget_ended, read_acknowledged
from python_builds.adapters.planning.plan_files import read_inputs, read_published
from python_builds.adapters.publishing.key_watch import key_alerts
from python_builds.adapters.publishing.trials import read_all_trials
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream import release_list
from python_builds.core.planning import alerts, overview_making
from python_builds.core.planning.agenda import Agenda, Attempts, make_agenda
from python_builds.core.planning.alert_ends import failing_still
from python_builds.core.planning.plan import wanted
from python_builds.core.planning.plan_report import PlanReport, report
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.trials import Trials, trial_alerts
from python_builds.core.settings.setting_types import minutes
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.release_list import ReleaseList
from python_builds.core.upstream.tags import Tag, automatic_tags
from python_builds.core.workers import missing_images
from python_builds.core.workers.missing_images import MissingImage
from python_builds.farm.publishing.trial_builders import trial_builders

PROFILE = overview_making.PROFILE


@dataclass(frozen=True, kw_only=True)
class Farm:
    """What a farm is made of: its settings, its store, its platform builders and their recipes, by name."""

    settings: Settings
    store: Store
    builders: Mapping[str, tuple[Platform, str]]
    recipes: Mapping[str, str]
    imageless: Mapping[str, MissingImage] = field(default_factory=dict)
    """Of the builders those whose worker image is on no host: nothing is planned for them."""
    unknown_hosts: Mapping[str, str] = field(default_factory=dict)
    """Docker hosts that have never said which images they have, and why."""

    @property
    def able(self) -> set[str]:
        """Name the builders that can build."""
        return {*self.builders} - {*self.imageless}


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What one look came to."""

    agenda: Agenda
    report: PlanReport
    published: frozenset[Product]


def observe(
    farm: Farm,
    pending: set[Product],
    attempts: Attempts,
    indexes: alerts.IndexBuilds,
    now: datetime.datetime,
    since: datetime.datetime,
) -> Observation:
    """Read the store and the poller's file, in a thread, and compare."""
    platforms = list(dict.fromkeys(platform for platform, _ in farm.builders.values()))
    idle = idle_because(farm.settings)
    known = (
        None if idle else release_list.read(release_list.release_list_path(farm.settings.state_dir))
    ) or ReleaseList()
    complete = {Version(release.version): release.first_seen for release in known.releases if release.complete}
    readable, problems = ({}, []) if idle else read_published(farm.store, PROFILE, platforms)
    published = {product for products in readable.values() for product in products}
    products = wanted(
        [tag for version in complete for tag in automatic_tags(version, farm.settings.free_threaded)],
        list(readable),
        farm.able,
        published=published,
        today=now.date(),
        backfill=farm.settings.backfill,
        prereleases=farm.settings.prereleases,
        keep=farm.settings.keep_platforms.split(),
    )
    agenda = make_agenda(
        products,
        farm.able,
        published=published,
        pending=pending,
        attempts=attempts,
        inputs=read_inputs(farm.store, [p for p in products if p in attempts and p not in published], farm.recipes),
        delays=minutes(farm.settings.retry_minutes),
        now=now,
    )
    acknowledged = read_acknowledged(farm.settings.state_dir)
    found = {
        **failing_still(
            {what: tries for what, tries in attempts.items() if _can_be_built(farm, what)},
            {*products, *(product.tag for product in products)},
            acknowledged,
            now,
        ),
        **alerts.of_indexes(indexes),
        **alerts.overdue(complete, agenda.items, now, datetime.timedelta(hours=farm.settings.overdue_hours)),
    }
    found |= key_alerts(farm.settings, now)
    found |= advisory_alerts(farm.settings, farm.store, PROFILE, now)
    trials = _trials(farm)
    found |= trial_alerts(trials)
    if not idle:
        found |= _of_images(farm, published, now.date())
        patience = datetime.timedelta(hours=farm.settings.poll_overdue_hours)
        found |= alerts.unpolled(known.last_success or since, known.last_problem, now, patience)
    forget_ended(farm.settings.state_dir, found)
    made = report(
        agenda.items,
        now,
        pending=[product for product in pending if product.profile == PROFILE],
        attempts={what: tries for what, tries in attempts.items() if isinstance(what, Tag) or what.profile == PROFILE},
        idle=idle,
        problems=tuple(problems),
        alerts=found,
        without_image={name: f"{one}: {missing_images.remedy([one])}" for name, one in farm.imageless.items()},
        trials=trials,
    )
    return Observation(agenda=agenda, report=made, published=frozenset(published))


def _trials(farm: Farm) -> dict[str, Trials]:
    """Read what trials after release came to, where there are such."""
    return read_all_trials(farm.settings.state_dir, trial_builders(farm.builders, farm.settings).values())


def _can_be_built(farm: Farm, what: Product | Tag) -> bool:
    return not (isinstance(what, Product) and what.builder in farm.imageless)


def _of_images(farm: Farm, published: Collection[Product], today: datetime.date) -> dict[str, str]:
    """Tell of missing images: what has built before, or is named by the setting, is missed by name."""
    named = farm.settings.platforms.split()
    kept = [*named, *farm.settings.keep_platforms.split()]
    missing = {
        name: one
        for name, one in farm.imageless.items()
        if one.platform in kept or farm.builders[name][0].is_supported_on(today)
    }
    expected = {product.builder for product in published}
    expected |= {name for name, one in missing.items() if one.platform in named}
    return missing_images.alerts(missing, expected, farm.unknown_hosts)


def idle_because(settings: Settings) -> str:
    """Say why this farm builds nothing by itself; empty where it does."""
    if not settings.automatic_builds:
        return "automatic builds are switched off"
    if "python.org" not in settings.sources.split():
        return "python.org is none of its sources"
    return ""
