"""One platform build: from the mirrored tarball to a record.

Each stage is a Buildbot step of its own, so that the web UI tells what failed. What takes more than one command is a
script in scripts/, which travels from the master with the build: an image holds a toolchain and nothing of ours.
Whatever comes from the tarball runs through as-builder.sh, which drops root.
"""

import datetime
import functools
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from buildbot.plugins import steps, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS

from python_builds.edges.publishing import located, newest_record, reserve_revision, upload_artifacts, write_record
from python_builds.edges.sources import mirrored
from python_builds.edges.store import DirectoryStore
from python_builds.facts.artifacts import package_file, record_key, tarball_file
from python_builds.facts.platforms import Platform
from python_builds.facts.records import Record
from python_builds.facts.requests import parse_platform_request
from python_builds.facts.settings import CHECKOUT, Settings
from python_builds.farm.master_step import MasterStep, Outcome, Work

SCRIPTS = CHECKOUT / "scripts"
CHECK_STEP = "check the package"
CANNOT_CHECK = 3
"""Exit status of check-package.sh where no untouched base system can be had."""

QUIET = 20 * 60
"""Seconds without output before a step counts as stuck."""

PROFILE_STAGES = {
    "quick": (("compile", "compile.sh", "quick"),),
    "optimized": (
        ("compile instrumented", "compile.sh", "instrumented"),
        ("train", "train.sh"),
        ("compile optimized", "compile.sh", "optimized"),
    ),
}
"""What a profile runs between configure and the tests: step name, script and its arguments."""


def platform_steps(platform: Platform, architecture: str, settings: Settings, store: DirectoryStore) -> list[BuildStep]:
    """Make the steps of one platform's builder."""
    spool = settings.state_dir / "spool"
    here = functools.partial(_on_master, spool, store, platform, architecture)
    prefix = util.Interpolate("/opt/python/%(prop:python_version)s%(prop:variant)s")
    profile = util.Property("profile")
    return [
        here("check the request", check_request),
        here("take the source from the store", take_source),
        *_send_scripts(),
        steps.FileDownload(
            name="send the source",
            mastersrc=util.Interpolate(f"{spool}/%(prop:buildername)s-%(prop:buildnumber)s/%(prop:source_name)s"),
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
        _builder("package", ["package-deb.sh", *_package_arguments(architecture, prefix)], settings),
        _builder("make the tarball", ["package-tarball.sh", util.Property("tarball_file"), prefix], settings),
        *_check(prefix, platform, settings),
        *_uploads(spool),
        here("publish", publish),
        here("record", record),
        steps.Trigger(name="ask for the indexes", schedulerNames=["manifest"], waitForFinish=False),
        here("clean up", clean_up, alwaysRun=True, hideStepIf=lambda results, _: results == SUCCESS),
    ]


def check_request(store: DirectoryStore, platform: Platform, architecture: str, work: Work) -> Outcome:
    """Refuse what cannot be built, end where there is nothing to do, and reserve a revision."""
    request = parse_platform_request(work.properties, platform, architecture)
    product = request.product
    existing = newest_record(store, product)
    if existing and not request.force:
        key = record_key(product, existing.revision)
        work.say(f"{product} exists: {store.location(key)}; force the build to make revision {existing.revision + 1}")
        return Outcome(
            summary=f"exists already, revision {existing.revision}",
            properties={"artifacts": located(store, existing), "revision": existing.revision},
            ends_build=True,
        )
    source = mirrored(store, product.version)
    revision = reserve_revision(store, product, work.build)
    work.say(f"{product}, revision {revision}, from {source.name} ({source.origin}, {source.trust})")
    return Outcome(
        summary=f"{product.package}, revision {revision}",
        properties={
            "revision": revision,
            "variant": product.variant,
            "source_name": source.name,
            "source_sha256": source.sha256,
            "package_name": product.package,
            "package_file": package_file(product, revision),
            "tarball_file": tarball_file(product, revision),
        },
    )


def take_source(store: DirectoryStore, platform: Platform, architecture: str, work: Work) -> Outcome:
    """Copy the mirrored tarball into the spool, from where it is sent; the worker checks its digest."""
    product = parse_platform_request(work.properties, platform, architecture).product
    name = str(work.properties["source_name"])
    store.download(f"sources/{product.version}/{name}", work.spool / name)
    return Outcome(summary=name)


def publish(store: DirectoryStore, platform: Platform, architecture: str, work: Work) -> Outcome:
    """Upload the artifacts under new keys and verify what was written. Nobody sees them before the record."""
    product = parse_platform_request(work.properties, platform, architecture).product
    artifacts = upload_artifacts(store, product, int(work.properties["revision"]), work.spool)
    for artifact in artifacts:
        work.say(f"{artifact.sha256}  {artifact.size:>10}  {store.location(artifact.key)}")
    return Outcome(summary=f"{len(artifacts)} files", properties={"uploaded": [a.model_dump() for a in artifacts]})


def record(store: DirectoryStore, platform: Platform, architecture: str, work: Work) -> Outcome:
    """Write the record, after which the build counts as published."""
    product = parse_platform_request(work.properties, platform, architecture).product
    made = Record.model_validate(
        {
            "python_version": str(product.version),
            "variant": product.variant,
            "platform": platform.name,
            "architecture": architecture,
            "revision": work.properties["revision"],
            "profile": product.profile,
            "checked": work.steps[CHECK_STEP][0] == SUCCESS,
            "built_at": datetime.datetime.now(datetime.UTC).replace(microsecond=0),
            "source": mirrored(store, product.version),
            "artifacts": work.properties["uploaded"],
            "durations": {name: seconds for name, (_, seconds) in work.steps.items() if seconds},
            "build": work.build,
        }
    )
    key = write_record(store, made)
    work.say(store.location(key))
    return Outcome(summary=key, properties={"artifacts": located(store, made), "checked": made.checked})


def clean_up(_store: DirectoryStore, _platform: Platform, _architecture: str, work: Work) -> Outcome:
    """Remove the build's folder in the spool."""
    shutil.rmtree(work.spool)
    return Outcome(summary="spool emptied")


def _on_master(
    spool: Path, store: DirectoryStore, platform: Platform, architecture: str, name: str, function: Any, **kwargs: Any
) -> BuildStep:
    return MasterStep(functools.partial(function, store, platform, architecture), spool, name=name, **kwargs)


def _command(name: str, command: list[Any], settings: Settings, **kwargs: Any) -> BuildStep:
    environment = {"PYTHON_BUILDS_BUILD_USER": settings.build_user}
    options: dict[str, Any] = {"haltOnFailure": True, "timeout": QUIET, "logEnviron": False, "env": environment}
    return steps.ShellCommand(name=name, command=command, **{**options, **kwargs})


def _builder(name: str, command: list[Any], settings: Settings, **kwargs: Any) -> BuildStep:
    """Make a step that runs a script as the build user."""
    script, *arguments = command
    return _command(name, ["scripts/as-builder.sh", f"scripts/{script}", *arguments], settings, **kwargs)


def _send_scripts() -> Iterable[BuildStep]:
    for script in sorted(p for p in SCRIPTS.iterdir() if p.suffix in (".sh", ".py", ".c")):
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


def _package_arguments(architecture: str, prefix: Any) -> list[Any]:
    compression = util.Transform(lambda p: "gzip" if p == "quick" else "xz", util.Property("profile"))
    return [
        util.Property("package_name"),
        util.Transform(str, util.Property("revision")),
        architecture,
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
            util.Interpolate("dist/%(prop:package_file)s"),
            prefix,
            util.Property("base_root", default=""),
        ],
        settings,
        decodeRC={0: SUCCESS, CANNOT_CHECK: WARNINGS},
        warnOnWarnings=True,
    )


def _uploads(spool: Path) -> Iterable[BuildStep]:
    for name in ("package_file", "tarball_file"):
        for ending in ("", ".sha256"):
            file = f"%(prop:{name})s{ending}"
            yield steps.FileUpload(
                name=f"upload the {name.removesuffix('_file')}{ending}",
                workersrc=util.Interpolate(f"dist/{file}"),
                masterdest=util.Interpolate(f"{spool}/%(prop:buildername)s-%(prop:buildnumber)s/{file}"),
                haltOnFailure=True,
                hideStepIf=lambda results, _, sidecar=ending: bool(sidecar) and results == SUCCESS,
            )


def _configure_failed(step: BuildStep) -> bool:
    return any(s.name == "configure" and s.results == FAILURE for s in step.build.executedSteps)
