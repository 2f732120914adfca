"""One platform build: from the mirrored tarball to a record.

Each stage is a Buildbot step of its own, so that the web UI tells what failed. What takes more than one command is a
script in scripts/, which travels from the master with the build: an image holds a toolchain and nothing of ours.
Whatever comes from the tarball runs through as-builder.sh, which drops root.
"""

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from buildbot.plugins import steps, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS

from python_builds.edges.recipe import scripts_to_send
from python_builds.edges.store import Store
from python_builds.facts.artifacts import package_architecture
from python_builds.facts.platforms import Platform
from python_builds.facts.setting_types import CHECKOUT
from python_builds.facts.settings import Settings
from python_builds.farm.manifest_steps import MANIFEST
from python_builds.farm.master_step import BUILD_SPOOL, MasterStep
from python_builds.farm.platform_work import CHECK_STEP, check_request, clean_up, publish, record, sign, take_source

SCRIPTS = CHECKOUT / "scripts"
CANNOT_CHECK = 3
"""Exit status of check-package.sh where no untouched base system can be had."""

QUIET = 20 * 60
"""Seconds without output before a step counts as stuck."""

LONGEST = 4 * 3600
"""Seconds that any step may take; the slowest, an optimized build's second compilation, took 5 minutes on 2 cores."""

LARGEST = 2**30
"""Bytes of an uploaded file."""

PROFILE_STAGES = {
    "quick": (("compile", "compile.sh", "quick"),),
    "optimized": (
        ("compile instrumented", "compile.sh", "instrumented"),
        ("train", "train.sh"),
        ("compile optimized", "compile.sh", "optimized"),
    ),
}
"""What a profile runs between configure and the tests: step name, script and its arguments."""


def platform_steps(platform: Platform, architecture: str, settings: Settings, store: Store) -> list[BuildStep]:
    """Make the steps of one platform's builder."""
    spool = settings.state_dir / "spool"
    here = functools.partial(_on_master, spool, store, platform, architecture)
    prefix = util.Property("prefix")
    profile = util.Property("profile")
    return [
        here("check the request", functools.partial(check_request, settings), headline=True),
        here("take the source from the store", take_source),
        *_send_scripts(),
        steps.FileDownload(
            name="send the source",
            mastersrc=util.Interpolate(f"{spool}/{BUILD_SPOOL}/%(prop:source_name)s"),
            workerdest=util.Property("source_name"),
            haltOnFailure=True,
        ),
        _command("prepare folders", ["scripts/prepare-folders.sh"], settings),
        _builder(
            "unpack", ["unpack-source.sh", util.Property("source_name"), util.Property("source_sha256")], settings
        ),
        _builder("configure", ["configure.sh", prefix, profile], settings),
        _command(
            "config.log",
            ["scripts/as-builder.sh", "cat", "source/config.log"],
            settings,
            alwaysRun=True,
            doStepIf=_configure_failed,
            hideStepIf=lambda results, _: results != SUCCESS,
            flunkOnFailure=False,
        ),
        *_stages(settings),
        _builder("test", ["smoke-test.sh"], settings),
        _builder("install", ["install-to-stage.sh", prefix, profile], settings),
        _builder("check the stdlib", ["check-stdlib.sh", *sorted(platform.allowed_missing)], settings),
        _builder("package", _package(platform, architecture, prefix), settings),
        _builder("make the tarball", ["package-tarball.sh", util.Property("tarball_file"), prefix], settings),
        _builder("make the tarball for uv", ["package-uv.sh", util.Property("uv_tarball_file"), prefix], settings),
        _command("collect the artifacts", ["scripts/collect-artifacts.sh", *_artifact_names()], settings),
        *_check(prefix, platform, settings),
        *_uploads(spool),
        # A deb is vouched for by its repository alone.
        *([here("sign the package", functools.partial(sign, settings))] if platform.package_format == "rpm" else []),
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


def _command(name: str, command: list[Any], settings: Settings, **kwargs: Any) -> BuildStep:
    limits = {"haltOnFailure": True, "timeout": QUIET, "maxTime": LONGEST}
    options: dict[str, Any] = {**limits, "logEnviron": False, **kwargs}
    environment = {
        "PYTHON_BUILDS_BUILD_USER": settings.build_user,
        "PYTHON_BUILDS_MAINTAINER": settings.maintainer,
        "CCACHE_DIR": util.Property("ccache", default=""),
        "CCACHE_MAXSIZE": settings.ccache_size,
        **options.pop("env", {}),
    }
    return steps.ShellCommand(name=name, command=command, env=environment, **options)


def _builder(name: str, command: list[Any], settings: Settings, **kwargs: Any) -> BuildStep:
    """Make a step that runs a script as the build user."""
    script, *arguments = command
    return _command(name, ["scripts/as-builder.sh", f"scripts/{script}", *arguments], settings, **kwargs)


def _send_scripts() -> Iterable[BuildStep]:
    for script in scripts_to_send(SCRIPTS):
        yield steps.FileDownload(
            name=f"send {script.name}",
            mastersrc=str(script),
            workerdest=f"scripts/{script.name}",
            mode=0o755,
            haltOnFailure=True,
            hideStepIf=lambda results, _: results == SUCCESS,
        )


def _stages(settings: Settings) -> Iterable[BuildStep]:
    for profile, stages in PROFILE_STAGES.items():
        for name, *command in stages:
            yield _builder(
                name,
                command,
                settings,
                doStepIf=lambda step, mine=profile: step.getProperty("profile") == mine,
                hideStepIf=lambda _, step, mine=profile: step.getProperty("profile") != mine,
            )


def _package(platform: Platform, architecture: str, prefix: Any) -> list[Any]:
    compression = util.Transform(lambda p: "gzip" if p == "quick" else "xz", util.Property("profile"))
    return [
        f"package-{platform.package_format}.sh",
        util.Property("package_name"),
        util.Transform(str, util.Property("revision")),
        package_architecture(platform, architecture),
        prefix,
        compression,
    ]


def _check(prefix: Any, platform: Platform, settings: Settings) -> Iterable[BuildStep]:
    """Try the package on an untouched base system, whose folder the worker names in its property `base_root`."""
    yield _command(
        "make the base system",
        ["scripts/make-base-root.sh", platform.suite, util.Property("base_root")],
        settings,
        doStepIf=lambda step: bool(step.getProperty("make_base_root")),
        hideStepIf=lambda results, _: results in (SUCCESS, SKIPPED),
        haltOnFailure=False,
        flunkOnFailure=False,
        warnOnFailure=True,
    )
    yield _command(
        CHECK_STEP,
        [
            "scripts/check-package.sh",
            util.Interpolate("out/%(prop:package_file)s"),
            prefix,
            util.Property("base_root", default=""),
            util.Interpolate("out/%(prop:tarball_file)s"),
        ],
        settings,
        env={
            "PYTHON_BUILDS_APT_CACHE": util.Property("apt_cache", default=""),
            "PYTHON_BUILDS_SCRATCH": util.Property("scratch", default=""),
            "PYTHON_BUILDS_ALLOWED_MISSING": " ".join(sorted(platform.allowed_missing)),
        },
        decodeRC={0: SUCCESS, CANNOT_CHECK: WARNINGS},
        warnOnWarnings=True,
    )


ARTIFACTS = {"package_file": "package", "tarball_file": "tarball", "uv_tarball_file": "tarball for uv"}
"""The properties that name what a build leaves, each with what it is called."""


def _artifact_names() -> list[Any]:
    return [util.Interpolate(f"%(prop:{name})s{ending}") for name in ARTIFACTS for ending in ("", ".sha256")]


def _uploads(spool: Path) -> Iterable[BuildStep]:
    for name, called in ARTIFACTS.items():
        for ending in ("", ".sha256"):
            file = f"%(prop:{name})s{ending}"
            yield steps.FileUpload(
                name=f"upload the {called}{ending}",
                workersrc=util.Interpolate(f"out/{file}"),
                maxsize=LARGEST,
                masterdest=util.Interpolate(f"{spool}/{BUILD_SPOOL}/{file}"),
                haltOnFailure=True,
                hideStepIf=lambda results, _, sidecar=ending: bool(sidecar) and results == SUCCESS,
            )


def _configure_failed(step: BuildStep) -> bool:
    return any(s.name == "configure" and s.results == FAILURE for s in step.build.executedSteps)
