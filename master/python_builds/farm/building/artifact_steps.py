"""What a platform build makes of the staged tree, and how it leaves the worker: packages, the check, uploads."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from buildbot.plugins import util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import SKIPPED, SUCCESS, WARNINGS

from python_builds.core.platforms.platforms import Platform
from python_builds.core.publishing.artifacts import package_architecture
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.platform_work import BUILT_WITH_FILE, CHECK_STEP
from python_builds.farm.building.worker_steps import as_packager, command, upload

CANNOT_CHECK = 3
"""Exit status of check-package.sh where no untouched base system can be had."""

ARTIFACTS = {
    "package_file": "package",
    "tarball_file": "tarball",
    "uv_tarball_file": "tarball for uv",
    "test_tarball_file": "tarball of the tests",
    "debug_tarball_file": "tarball of the debug symbols",
}
"""The properties that name what a build leaves, each with what it is called."""


def package_arguments(platform: Platform, architecture: str, prefix: Any) -> list[Any]:
    """Name the script that makes the package, and its arguments."""
    compression = util.Transform(lambda p: "gzip" if p == "quick" else "xz", util.Property("profile"))
    return [
        f"package-{platform.package_format}.sh",
        util.Property("package_name"),
        util.Transform(str, util.Property("revision")),
        package_architecture(platform, architecture),
        prefix,
        compression,
    ]


def check_steps(prefix: Any, platform: Platform, settings: Settings) -> Iterable[BuildStep]:
    """Try the package on an untouched base system, whose folder the worker names in its property `base_root`."""
    yield command(
        "make the base system",
        ["scripts/make-base-root.sh", platform.suite, util.Property("base_root")],
        settings,
        doStepIf=lambda step: bool(step.getProperty("make_base_root")),
        hideStepIf=lambda results, _: results in (SUCCESS, SKIPPED),
        haltOnFailure=False,
        flunkOnFailure=False,
        warnOnFailure=True,
    )
    yield command(
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


def tarball_steps(prefix: Any, settings: Settings) -> Iterable[BuildStep]:
    """Make the steps that make tarballs of the sealed trees."""
    folders = {"tarball_file": "stage", "test_tarball_file": "stage-test", "debug_tarball_file": "stage-debug"}
    for name, folder in folders.items():
        yield as_packager(
            f"make the {ARTIFACTS[name]}", ["package-tarball.sh", util.Property(name), prefix, folder], settings
        )
    yield as_packager("make the tarball for uv", ["package-uv.sh", util.Property("uv_tarball_file"), prefix], settings)


def artifact_files() -> list[Any]:
    """Name the files that packaging leaves in its folder."""
    return [
        util.Interpolate(f"sealed/dist/%(prop:{name})s{ending}") for name in ARTIFACTS for ending in ("", ".sha256")
    ]


def upload_steps(spool: Path) -> Iterable[BuildStep]:
    """Make the steps that take everything to the master."""
    for name, called in ARTIFACTS.items():
        for ending in ("", ".sha256"):
            yield upload(
                f"upload the {called}{ending}",
                spool,
                f"%(prop:{name})s{ending}",
                hideStepIf=lambda results, _, sidecar=ending: bool(sidecar) and results == SUCCESS,
            )
    yield upload("upload the description", spool, BUILT_WITH_FILE, hideStepIf=lambda results, _: results == SUCCESS)
