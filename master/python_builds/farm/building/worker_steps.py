"""Steps that make a worker do something: run a stage's command, take a file, hand one over."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from buildbot.plugins import util
from buildbot.process.buildstep import BuildStep

from python_builds.adapters.building.recipe import SCRIPTS, packed
from python_builds.core.building.requests import TRUST
from python_builds.core.building.stage import By, Stage, command
from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.trust import WORST
from python_builds.core.workers.docker_hosts import QUIET, QUIET_SECONDS
from python_builds.farm.building.stage_command import KeepingCommand, StageCommand
from python_builds.farm.building.transfers import Download, DownloadScripts, Upload
from python_builds.farm.steps.in_thread import MAX_STEP_SECONDS
from python_builds.farm.steps.master_step import build_spool
from python_builds.farm.steps.thread_step import values_of

MAX_UPLOAD_BYTES = 2**30
"""Bytes of an uploaded file."""

LIMITS = {
    "haltOnFailure": True,
    "timeout": util.Property(QUIET, default=QUIET_SECONDS),
    "maxTime": MAX_STEP_SECONDS,
    "logEnviron": False,
}


def run(stage: Stage, settings: Settings, env: Mapping[str, Any], **options: Any) -> BuildStep:
    """Make the step that runs a stage's command, and keeps what it prints where a property is to have that."""
    made = {"name": stage.name, "command": _argv(stage), **LIMITS, **options, "env": {**_environment(settings), **env}}
    return KeepingCommand(property=stage.keeps, **made) if stage.keeps else StageCommand(**made)


def sent_scripts(stage: Stage, **options: Any) -> BuildStep:
    """Make the step that sends our scripts, which travel with the build: an image holds nothing of ours."""
    return DownloadScripts(name=stage.name, archive=packed(SCRIPTS), haltOnFailure=True, **options)


def moved(stage: Stage, spool: Path, **options: Any) -> BuildStep:
    """Make the step that sends a file of the build's spool to the worker, or takes one that was collected there."""
    made = {"name": stage.name, "haltOnFailure": True, **options}
    if stage.by == By.SENT:
        return Download(mastersrc=_file(stage, spool), workerdest=_file(stage), **made)
    return Upload(workersrc=_file(stage, Path("out")), masterdest=_file(stage, spool), maxsize=MAX_UPLOAD_BYTES, **made)


def check_environment(platform: Platform) -> Mapping[str, Any]:
    """Tell the trial of a package where its scratch and its archive's cache are, and what may be missing."""
    return {
        "PYTHON_BUILDS_APT_CACHE": util.Property("apt_cache", default=""),
        "PYTHON_BUILDS_SCRATCH": util.Property("scratch", default=""),
        "PYTHON_BUILDS_ALLOWED_MISSING": " ".join(sorted(platform.allowed_missing)),
    }


def _argv(stage: Stage) -> Any:
    @util.renderer
    def argv(props: Any) -> list[str]:
        known = values_of(props)
        return command(stage, known) if stage.when(known) else []  # Buildbot asks before it skips a step

    return argv


def _file(stage: Stage, folder: Path | None = None) -> Any:
    """Name the stage's file: in the build's own folder of an absolute one, which is the spool, or in a worker's."""

    @util.renderer
    def file(props: Any) -> str:
        known = values_of(props)
        name = "".join(map(str, stage.words(known))) if stage.when(known) else ""
        if folder is None or not folder.is_absolute():
            return str((folder or Path()) / name)
        return str(build_spool(folder, props.getProperty("buildername"), props.getProperty("buildnumber")) / name)

    return file


@util.renderer
def _cache(props: Any) -> str:
    """Name the ccache of a build: quick ones share what was compiled of sources that are vouched for alike."""
    return str(props.getProperty(TRUST, WORST)) if props.getProperty("profile") == "quick" else ""


def _environment(settings: Settings) -> Mapping[str, Any]:
    return {
        "PYTHON_BUILDS_BUILD_USER": settings.build_user,
        "PYTHON_BUILDS_MAINTAINER": settings.maintainer,
        "PYTHON_BUILDS_CCACHE": _cache,
        "CCACHE_DIR": util.Property("ccache", default=""),
        "CCACHE_MAXSIZE": settings.ccache_size,
    }
