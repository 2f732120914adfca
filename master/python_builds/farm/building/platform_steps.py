"""One platform build as Buildbot's steps: from the mirrored tarball to a record.

Each stage of `core/building/stages.py` is a step of its own, so that the web UI tells what failed. What takes more than
one command is a script in scripts/, which travels from the master with the build: an image holds a toolchain and
nothing of ours. Whatever comes from the tarball runs through run-as-build-user.sh, which drops root. Once nothing of it
runs any more, packages are made of what it left, through run-as-packaging-user.sh.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from buildbot.plugins import steps
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS

from python_builds.adapters.building.recipe import SCRIPTS, packed
from python_builds.adapters.store.store import Store
from python_builds.core.building.requests import PlatformRequest, parse_platform_request
from python_builds.core.building.stage import By, Stage
from python_builds.core.building.stages import CHECK_STEP, stages
from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.platform_work import (
    check_request,
    clean_up,
    publish,
    reserve,
    sign,
    take_source,
    verify,
)
from python_builds.farm.building.record_work import record
from python_builds.farm.building.sbom_work import make_sbom
from python_builds.farm.building.training_work import find_training_data, keep_training_data
from python_builds.farm.building.worker_steps import check_environment, moved, run, sent_scripts
from python_builds.farm.indexes.manifest_steps import MANIFEST
from python_builds.farm.steps.master_step import MasterStep, Outcome, Work
from python_builds.farm.steps.thread_step import values_of

CANNOT_CHECK = 3
"""Exit status of check-package.sh where no untouched base system can be had."""

OF_NO_MATTER = {"haltOnFailure": False, "flunkOnFailure": False, "warnOnFailure": True}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "config.log": {"alwaysRun": True, "flunkOnFailure": False},
    "make the base system": OF_NO_MATTER,
    CHECK_STEP: {"decodeRC": {0: SUCCESS, CANNOT_CHECK: WARNINGS}, "warnOnWarnings": True},
    "check the request": {"headline": True},
    "record": {"headline": True},
}
"""What Buildbot is told of some stages beside the rest."""


def platform_steps(platform: Platform, architecture: str, settings: Settings, store: Store) -> list[BuildStep]:
    """Make the steps of one platform's builder."""
    spool = settings.state_dir / "spool"
    functions = _functions(settings, store)

    def on_master(stage: Stage, **options: Any) -> BuildStep:
        def function(work: Work) -> Outcome:
            return functions[stage.name](parse_platform_request(work.properties, platform, architecture), work)

        return MasterStep(function, spool, name=stage.name, **options)

    def step(stage: Stage) -> BuildStep:
        options = {**_shown(stage), **OPTIONS.get(stage.name, {})}
        if stage.by == By.MASTER:
            return on_master(stage, **options)
        if stage.name == "send the scripts":
            return sent_scripts(stage, **options)
        if stage.by in (By.SENT, By.TAKEN):
            return moved(stage, spool, **options)
        return run(stage, settings, env=check_environment(platform) if stage.name == CHECK_STEP else {}, **options)

    return [
        *map(step, stages(platform, architecture)),
        steps.Trigger(
            name="ask for the indexes",
            schedulerNames=[MANIFEST],
            waitForFinish=False,
            alwaysRun=True,  # an earlier build of the same may have ended between its record and this
            doStepIf=lambda step: step.build.results in (SUCCESS, WARNINGS),
            hideStepIf=lambda results, _: results == SKIPPED,
        ),
        MasterStep(clean_up, spool, name="clean up", alwaysRun=True, hideStepIf=lambda results, _: results == SUCCESS),
    ]


def _functions(settings: Settings, store: Store) -> Mapping[str, Callable[[PlatformRequest, Work], Outcome]]:
    """Give what the master does in its stages."""
    with_store: Mapping[str, Callable[..., Outcome]] = {
        "take the source from the store": take_source,
        "look for training data": find_training_data,
        "reserve a revision": reserve,
        "keep the training data": keep_training_data,
        "publish": publish,
        "record": functools.partial(record, settings, packed(SCRIPTS)),
    }
    return {
        "make the SBOM": make_sbom,
        "check the request": functools.partial(check_request, settings, store),
        "verify the artifacts": functools.partial(verify, settings),
        "sign the package": functools.partial(sign, settings),
        **{name: functools.partial(function, store) for name, function in with_store.items()},
    }


def _shown(stage: Stage) -> dict[str, Any]:
    """Run a stage only where it is wanted, and do not show it elsewhere, nor a quiet one where all is well."""
    quiet = (SUCCESS, SKIPPED) if stage.quiet else (SKIPPED,)
    if stage.on_failure:
        return {"doStepIf": _configure_failed, "hideStepIf": lambda results, _: results != SUCCESS}
    if not stage.is_conditional:
        return {"hideStepIf": lambda results, _: results == SUCCESS} if stage.quiet else {}

    def wanted(step: Any) -> bool:
        return stage.when(values_of(step.build.getProperties()))

    return {"doStepIf": wanted, "hideStepIf": lambda results, _: results in quiet}


def _configure_failed(step: BuildStep) -> bool:
    return any(s.name == "configure" and s.results == FAILURE for s in step.build.executedSteps)
