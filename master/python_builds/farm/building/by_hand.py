"""A platform build without a farm: the very commands of its builder's steps, for whoever runs them by hand."""

from collections.abc import Mapping
from typing import Any

from buildbot.plugins import steps
from buildbot.process.properties import Properties

from python_builds.adapters.store.store import make_store
from python_builds.core.publishing.artifacts import Product
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.platform_steps import COLLECT_STEP, platform_steps


def commands_by_hand(product: Product, settings: Settings, properties: Mapping[str, object]) -> dict[str, list[str]]:
    """Give the commands from an empty folder to the collected artifacts, by the names of their steps and in order.

    They run in a folder that holds `scripts/`, the source tarball and, where `training_sha256` says so, the training
    data. `properties` are those that the steps name: `platform_work.build_properties` and the request's.
    """
    known = Properties(**properties)
    commands: dict[str, list[str]] = {}
    for step in platform_steps(product.platform, product.architecture, settings, make_store(settings)):
        arguments = step._factory.kwargs  # noqa: SLF001 - what the step was made with; Buildbot has no other name for it
        wanted = arguments.get("doStepIf", True)
        if isinstance(step, steps.ShellCommand) and not arguments.get("alwaysRun"):
            if wanted is True or wanted(known):
                commands[arguments["name"]] = _words(_rendered(known, arguments["command"]))
            if arguments["name"] == COLLECT_STEP:
                break
    return commands


def _rendered(properties: Properties, value: object) -> Any:
    found: list[Any] = []
    properties.render(value).addCallback(found.append)
    return found[0]


def _words(argv: list[Any]) -> list[str]:
    """Join nested lists, as Buildbot does."""
    return [word for part in argv for word in (_words(part) if isinstance(part, list) else [str(part)])]
