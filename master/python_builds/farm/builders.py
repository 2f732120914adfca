"""The builders: `release`, `manifest`, `rebuild`, and two for each platform and architecture that has a worker.

One of them builds, the other tries again what is published.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from buildbot.config.builder import BuilderConfig
from buildbot.process.buildstep import BuildStep
from buildbot.process.factory import BuildFactory

from python_builds.adapters.building.recipe import SCRIPTS, packed, recipe
from python_builds.adapters.store.store import Store, make_store
from python_builds.adapters.upstream.sources import make_sources
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.images import worker_image
from python_builds.farm.building.build import FarmBuild
from python_builds.farm.building.platform_steps import platform_steps
from python_builds.farm.building.release_steps import release_steps
from python_builds.farm.database.janitor import Janitor
from python_builds.farm.indexes.index_build import IndexBuild
from python_builds.farm.indexes.manifest_steps import MANIFEST, manifest_steps
from python_builds.farm.planning.rebuild_steps import REBUILD, RequestRebuilds
from python_builds.farm.publishing.trial_builders import trial_builders
from python_builds.farm.publishing.trial_steps import trial_steps
from python_builds.farm.workers.workers import MASTER_WORKER, RELEASE_WORKERS, buildable, worker_names

RELEASE = "release"


def platform_builders(platforms: Sequence[Platform], settings: Settings) -> Mapping[str, tuple[Platform, str]]:
    """Name the platform builders of this farm, each with its platform and architecture."""
    return {builder_name(p, a): (p, a) for p, a in buildable(platforms, settings)}


def recipes(platforms: Sequence[Platform], settings: Settings) -> dict[str, str]:
    """Compute the digest of what each platform builder works by, by its name."""
    scripts = packed(SCRIPTS)
    builders = platform_builders(platforms, settings)
    return {name: recipe(scripts, p, worker_image(p, settings.registry)) for name, (p, _) in builders.items()}


def make_janitor(platforms: Sequence[Platform], settings: Settings) -> Janitor:
    """Make what removes old history, and leaves what the planner knows of these builders."""
    return Janitor(settings, [RELEASE, *platform_builders(platforms, settings)])


def make_builders(platforms: Sequence[Platform], settings: Settings) -> list[BuilderConfig]:
    """Make all builders."""
    store = make_store(settings)
    builders = platform_builders(platforms, settings)
    digests = recipes(platforms, settings)
    origins = functools.partial(make_sources, settings, store)
    return [
        _builder(
            RELEASE,
            RELEASE_WORKERS,
            release_steps(settings, store, origins, builders),
            description="Finds, verifies and mirrors a release's source, then asks for its builds.",
        ),
        *(
            _builder(
                name,
                worker_names(platform, architecture, settings),
                platform_steps(platform, architecture, settings, store),
                description=f"Builds, checks and publishes CPython for {platform.name} on {architecture}.",
                tags=[platform.name, architecture],
                properties={"worker_image": worker_image(platform, settings.registry), "recipe": digests[name]},
            )
            for name, (platform, architecture) in builders.items()
        ),
        _builder(
            MANIFEST,
            [MASTER_WORKER],
            manifest_steps(settings, store),
            description="Computes the indexes that clients read from the records.",
            build=IndexBuild,
            collapseRequests=True,
        ),
        _builder(
            REBUILD,
            [MASTER_WORKER],
            [RequestRebuilds(settings, builders, RELEASE, name="list and ask")],
            description="Breaks the glass: lists what is to be built again, and asks for it.",
        ),
        *(
            _trial_builder(name, *builders[builder], settings, store)
            for name, builder in trial_builders(builders, settings).items()
        ),
    ]


def _trial_builder(name: str, platform: Platform, architecture: str, settings: Settings, store: Store) -> BuilderConfig:
    return _builder(
        name,
        worker_names(platform, architecture, settings),
        trial_steps(platform, architecture, settings, store),
        description=f"Installs again what is published for {platform.name} on {architecture}, with today's updates.",
        tags=[platform.name, architecture],
        properties={"worker_image": worker_image(platform, settings.registry)},
        collapseRequests=True,
    )


def _builder(
    name: str, workers: list[str], steps: list[BuildStep], build: type[FarmBuild] = FarmBuild, **kwargs: Any
) -> BuilderConfig:
    factory = BuildFactory(steps)
    factory.buildClass = build
    return BuilderConfig(name=name, workernames=workers, factory=factory, **kwargs)
