"""Steps that make a worker do something: run a script of ours, take a file, hand one over."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from buildbot.plugins import steps, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import SUCCESS

from python_builds.adapters.building.recipe import scripts_to_send
from python_builds.core.building.requests import TRUST
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.trust import WORST
from python_builds.farm.building.transfers import QUIET_SECONDS, Download, DownloadPrograms, Upload
from python_builds.farm.steps.in_thread import LONGEST
from python_builds.farm.steps.master_step import in_build_spool

LARGEST = 2**30
"""Bytes of an uploaded file."""

LIMITS = {"haltOnFailure": True, "timeout": QUIET_SECONDS, "maxTime": LONGEST, "logEnviron": False}


def command(name: str, argv: list[Any], settings: Settings, **kwargs: Any) -> BuildStep:
    """Make a step that runs a command as the worker."""
    return steps.ShellCommand(name=name, command=argv, **_options(settings, kwargs))


def as_builder(name: str, argv: list[Any], settings: Settings, **kwargs: Any) -> BuildStep:
    """Make a step that runs a script of ours as the build user."""
    return command(name, builder_argv(argv), settings, **kwargs)


def as_packager(name: str, argv: list[Any], settings: Settings) -> BuildStep:
    """Make a step that runs a script of ours in the sealed folder, as the user who makes packages."""
    script, *arguments = argv
    return command(name, ["scripts/as-packager.sh", f"scripts/{script}", *arguments], settings)


def property_from_builder(name: str, argv: list[Any], settings: Settings, prop: str, **kwargs: Any) -> BuildStep:
    """Make a step that keeps what a script, run as the build user, writes in a property."""
    return steps.SetPropertyFromCommand(
        name=name, command=builder_argv(argv), property=prop, **_options(settings, kwargs)
    )


def builder_argv(argv: list[Any]) -> list[Any]:
    """Run a script of ours as the build user."""
    script, *arguments = argv
    return ["scripts/as-builder.sh", f"scripts/{script}", *arguments]


def send_scripts(folder: Path) -> BuildStep:
    """Make the step that sends our scripts, which travel with the build: an image holds nothing of ours."""
    return DownloadPrograms(
        name="send the scripts",
        files=scripts_to_send(folder),
        workerdest="scripts",
        haltOnFailure=True,
        hideStepIf=lambda results, _: results == SUCCESS,
    )


def send(name: str, spool: Path, file: str, words: Mapping[str, Any] | None = None, **kwargs: Any) -> BuildStep:
    """Make a step that sends a file of the build's spool; `file` is for Interpolate, with `words` for its `kw`."""
    return Download(
        name=name,
        mastersrc=in_build_spool(spool, file, words),
        workerdest=util.Interpolate(file, **(words or {})),
        haltOnFailure=True,
        **kwargs,
    )


def upload(name: str, spool: Path, file: str, **kwargs: Any) -> BuildStep:
    """Make a step that takes a collected file into the build's spool; `file` is for Interpolate."""
    return Upload(
        name=name,
        workersrc=util.Interpolate(f"out/{file}"),
        maxsize=LARGEST,
        masterdest=in_build_spool(spool, file),
        haltOnFailure=True,
        **kwargs,
    )


@util.renderer
def _cache(props: Any) -> str:
    """Name the ccache of a build: quick ones share what was compiled of sources that are vouched for alike."""
    return str(props.getProperty(TRUST, WORST)) if props.getProperty("profile") == "quick" else ""


def _options(settings: Settings, options: dict[str, Any]) -> dict[str, Any]:
    environment = {
        "PYTHON_BUILDS_BUILD_USER": settings.build_user,
        "PYTHON_BUILDS_MAINTAINER": settings.maintainer,
        "PYTHON_BUILDS_CCACHE": _cache,
        "CCACHE_DIR": util.Property("ccache", default=""),
        "CCACHE_MAXSIZE": settings.ccache_size,
        **options.pop("env", {}),
    }
    return {**LIMITS, **options, "env": environment}
