"""One platform build: from the mirrored tarball to a record.

Each stage is a Buildbot step of its own, so that the web UI tells what failed. What takes more than one command is a
script in scripts/, which travels from the master with the build: an image holds a toolchain and nothing of ours.
Whatever comes from the tarball runs through as-builder.sh, which drops root. Once nothing of it runs any more, packages
are made of what it left, through as-packager.sh.
"""

import functools
from pathlib import Path
from typing import Any

from buildbot.plugins import steps, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS

from python_builds.adapters.store.store import Store
from python_builds.core.platforms.platforms import Platform
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.artifact_steps import (
    artifact_files,
    check_steps,
    package_arguments,
    tarball_steps,
    upload_steps,
)
from python_builds.farm.building.platform_work import (
    BUILT_WITH_FILE,
    check_request,
    clean_up,
    publish,
    record,
    reserve,
    sign,
    take_source,
    verify,
)
from python_builds.farm.building.training_steps import collected_training_data, keep_what_was_trained, optimized_stages
from python_builds.farm.building.worker_steps import as_builder, as_packager, command, send, send_scripts
from python_builds.farm.indexes.manifest_steps import MANIFEST
from python_builds.farm.steps.master_step import MasterStep

SCRIPTS = CHECKOUT / "scripts"
COLLECT_STEP = "collect the artifacts"
"""The last step that makes something."""

STAGED_PYTHON = (util.Interpolate("stage%(prop:prefix)s/bin/python3"), "-E", "-s", "-B")
"""Runs the build itself, without leaving bytecode."""


def platform_steps(platform: Platform, architecture: str, settings: Settings, store: Store) -> list[BuildStep]:
    """Make the steps of one platform's builder."""
    spool = settings.state_dir / "spool"
    here = functools.partial(_on_master, spool, store, platform, architecture)
    prefix = util.Property("prefix")
    profile = util.Property("profile")
    allowed = sorted(platform.allowed_missing)
    return [
        here("check the request", functools.partial(check_request, settings), headline=True),
        here("take the source from the store", take_source),
        send_scripts(SCRIPTS),
        send("send the source", spool, "%(prop:source_name)s"),
        *(_send_library(spool, library) for library in platform.static_libraries),
        command("prepare folders", ["scripts/prepare-folders.sh"], settings),
        as_builder(
            "unpack", ["unpack-source.sh", util.Property("source_name"), util.Property("source_sha256")], settings
        ),
        as_builder(
            "build libraries",
            ["build-libraries.sh", _library_arguments],
            settings,
            doStepIf=_has_libraries,
            hideStepIf=lambda _, step: not _has_libraries(step),
        ),
        as_builder(
            "configure", ["configure.sh", prefix, profile, util.Property("variant", defaultWhenFalse=False)], settings
        ),
        as_builder("check the configuration", ["check-configuration.sh", *allowed], settings),
        command(
            "config.log",
            ["scripts/as-builder.sh", "cat", "source/config.log"],
            settings,
            alwaysRun=True,
            doStepIf=_configure_failed,
            hideStepIf=lambda results, _: results != SUCCESS,
            flunkOnFailure=False,
        ),
        as_builder(
            "compile",
            ["compile.sh", "quick"],
            settings,
            doStepIf=_is_quick,
            hideStepIf=lambda _, step: not _is_quick(step),
        ),
        *optimized_stages(here, spool, settings),
        as_builder("test", ["smoke-test.sh"], settings),
        as_builder("install", ["install-to-stage.sh", prefix, profile], settings),
        as_builder("check the stdlib", ["check-stdlib.sh", *allowed], settings),
        command(
            "describe the build",
            ["scripts/as-builder.sh", *STAGED_PYTHON, "scripts/describe_build.py", prefix, f"dist/{BUILT_WITH_FILE}"],
            settings,
        ),
        here("reserve a revision", reserve, headline=True),
        command("end the build", ["scripts/seal-stage.sh"], settings),
        as_packager("package", package_arguments(platform, architecture, prefix), settings),
        *tarball_steps(prefix, settings),
        command(
            COLLECT_STEP,
            [
                "scripts/collect-artifacts.sh",
                *artifact_files(),
                f"dist/{BUILT_WITH_FILE}",
                collected_training_data,
            ],
            settings,
        ),
        *upload_steps(spool),
        here("verify the artifacts", functools.partial(verify, settings)),
        *check_steps(prefix, platform, settings),
        # A deb is vouched for by its repository alone.
        *([here("sign the package", functools.partial(sign, settings))] if platform.package_format == "rpm" else []),
        *keep_what_was_trained(here, spool),
        here("publish", publish),
        here("record", record),
        steps.Trigger(
            name="ask for the indexes",
            schedulerNames=[MANIFEST],
            waitForFinish=False,
            alwaysRun=True,  # an earlier build of the same may have ended between its record and this
            doStepIf=lambda step: step.build.results in (SUCCESS, WARNINGS),
            hideStepIf=lambda results, _: results == SKIPPED,
        ),
        here("clean up", clean_up, alwaysRun=True, hideStepIf=lambda results, _: results == SUCCESS),
    ]


def _on_master(
    spool: Path, store: Store, platform: Platform, architecture: str, name: str, function: Any, **kwargs: Any
) -> BuildStep:
    return MasterStep(functools.partial(function, store, platform, architecture), spool, name=name, **kwargs)


def _send_library(spool: Path, name: str) -> BuildStep:
    def tarball(props: Any) -> str:
        return "".join(library["tarball"] for library in props.getProperty("libraries") if library["name"] == name)

    return send(
        f"send the source of {name}",
        spool,
        "%(kw:tarball)s",
        {"tarball": util.renderer(tarball)},
        doStepIf=lambda step: bool(tarball(step)),
        hideStepIf=lambda results, _: results in (SUCCESS, SKIPPED),
    )


@util.renderer
def _library_arguments(props: Any) -> list[str]:
    return [library[key] for library in props.getProperty("libraries") for key in ("name", "tarball", "sha256")]


def _has_libraries(step: Any) -> bool:
    return bool(step.getProperty("libraries"))


def _is_quick(step: Any) -> bool:
    return bool(step.getProperty("profile") == "quick")


def _configure_failed(step: BuildStep) -> bool:
    return any(s.name == "configure" and s.results == FAILURE for s in step.build.executedSteps)
