"""A platform build as a table: all its stages, in order.

Buildbot's steps, `make reproduce`, benchmarks and a page are made of it; farm/building/worker_steps.py has time limits.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from python_builds.core.building.sbom_stages import sbom_stages
from python_builds.core.building.stage import (
    DROPS_TO,
    By,
    Known,
    Stage,
    always,
    command,
    is_optimized,
    is_quick,
    is_stored,
    is_trained,
)
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product, package_architecture

BUILT_WITH_FILE = "built-with.json"
"""What describe_build.py writes about the build, for its record."""

TRAINING_FILE = "training-data.tar.gz"
"""What pack-training-data.sh makes and use-training-data.sh takes."""

CHECK_STEP = "check the package"
"""The stage whose success makes a product count as checked."""

COLLECT_STEP = "collect the artifacts"
"""The last stage that makes something."""

ARTIFACTS = {
    "package_file": "package",
    "metapackage_file": "metapackage",
    "tarball_file": "tarball",
    "uv_tarball_file": "tarball for uv",
    "test_tarball_file": "tarball of the tests",
    "debug_tarball_file": "tarball of the debug symbols",
}
"""The properties that name what a build leaves, each with what it is called; no pre-release has a metapackage."""

SIDECARS = ("", ".sha256")


def stages(platform: Platform, architecture: str) -> tuple[Stage, ...]:
    """List the stages of a platform's builds, to the record."""
    allowed = sorted(platform.allowed_missing)
    return (
        Stage(name="check the request", by=By.MASTER),
        Stage(name="take the source from the store", by=By.MASTER),
        Stage(name="send the scripts", by=By.SENT, words=lambda _: ["scripts"], quiet=True),
        Stage(name="send the source", by=By.SENT, words=lambda k: [k["source_name"]]),
        *_libraries(platform),
        Stage(name="prepare folders", by=By.WORKER, words=lambda _: ["scripts/steps/prepare-folders.sh"]),
        _build("unpack", "unpack-source.sh", lambda k: [k["source_name"], k["source_sha256"]], leaves="source/"),
        _build("build libraries", "build-libraries.sh", _library_words, when=lambda k: bool(k["libraries"])),
        _build(
            "configure",
            "configure.sh",
            lambda k: [k["prefix"], k["profile"], k["variant"]],
            leaves="source/Makefile, source/config.log",
        ),
        _build("check the configuration", "check-configuration.sh", lambda _: allowed),
        Stage(name="config.log", by=By.BUILD_USER, words=lambda _: ["cat", "source/config.log"], on_failure=True),
        _build("compile", "compile.sh", lambda _: ["quick"], when=is_quick, leaves="source/python"),
        *_optimized(),
        _build("test", "smoke-test.sh"),
        _build("install", "install-to-stage.sh", lambda k: [k["prefix"], k["profile"]], leaves="stage/"),
        _build("check the stdlib", "check-stdlib.sh", lambda _: allowed),
        Stage(
            name="describe the build",
            by=By.BUILD_USER,
            words=lambda k: [
                *(f"stage{k['prefix']}/bin/python3", "-E", "-s", "-B"),
                *("scripts/steps/describe_build.py", k["prefix"], f"dist/{BUILT_WITH_FILE}"),
            ],
            leaves=f"dist/{BUILT_WITH_FILE}",
        ),
        Stage(name="reserve a revision", by=By.MASTER),
        Stage(name="end the build", by=By.WORKER, words=lambda _: ["scripts/steps/seal-stage.sh"], leaves="sealed/"),
        *sbom_stages(),
        *_packages(platform, architecture),
        Stage(
            name=COLLECT_STEP,
            by=By.WORKER,
            words=lambda k: ["scripts/steps/collect-artifacts.sh", *_collected(k)],
            leaves="out/",
        ),
        *(
            Stage(
                name=f"upload the {called}{end}", by=By.TAKEN, words=_file(name, end), when=_has(name), quiet=bool(end)
            )
            for name, called in ARTIFACTS.items()
            for end in SIDECARS
        ),
        Stage(name="upload the description", by=By.TAKEN, words=lambda _: [BUILT_WITH_FILE], quiet=True),
        Stage(name="verify the artifacts", by=By.MASTER),
        *_check(platform),
        # A deb is vouched for by its repository alone.
        *([Stage(name="sign the package", by=By.MASTER)] if platform.package_format == "rpm" else []),
        *(
            Stage(
                name=f"upload the training data{end}",
                by=By.TAKEN,
                words=lambda _, end=end: [TRAINING_FILE + end],  # type: ignore[misc]
                when=is_trained,
            )
            for end in SIDECARS
        ),
        Stage(name="keep the training data", by=By.MASTER, when=is_trained),
        Stage(name="publish", by=By.MASTER, leaves="the artifacts in the store"),
        Stage(name="record", by=By.MASTER, leaves="the record in the store"),
    )


def local_commands(product: Product, known: Known) -> dict[str, list[str]]:
    """Give the commands from an empty folder to the collected artifacts, by the names of their stages and in order.

    They run in a folder that holds `scripts/`, the source tarball and, where `training_sha256` says so, the training
    data, without a farm.
    """
    found: dict[str, list[str]] = {}
    for stage in stages(product.platform, product.architecture):
        if stage.by in DROPS_TO and not (stage.on_failure or stage.keeps) and stage.when(known):
            found[stage.name] = command(stage, known)
        if stage.name == COLLECT_STEP:
            break
    return found


def _build(name: str, script: str, arguments: Callable[[Known], Sequence[object]] = lambda _: (), **more: Any) -> Stage:
    return Stage(name=name, by=By.BUILD_USER, words=lambda k: [f"scripts/steps/{script}", *arguments(k)], **more)


def _package(name: str, script: str, arguments: Callable[[Known], Sequence[object]]) -> Stage:
    return Stage(
        name=name,
        by=By.PACKAGING_USER,
        words=lambda k: [f"scripts/steps/{script}", *arguments(k)],
        leaves="sealed/dist/",
    )


def _has(name: str) -> Callable[[Known], bool]:
    return (lambda k: bool(k.get(name))) if name == "metapackage_file" else always


def _file(name: str, end: str) -> Callable[[Known], Sequence[object]]:
    return lambda k: [k[name] + end]


def _libraries(platform: Platform) -> Iterator[Stage]:
    for name in platform.static_libraries:

        def tarballs(known: Known, name: str = name) -> list[str]:
            return [library["tarball"] for library in known["libraries"] if library["name"] == name]

        yield Stage(
            name=f"send the source of {name}",
            by=By.SENT,
            words=tarballs,
            when=lambda k, tarballs=tarballs: bool(tarballs(k)),  # type: ignore[misc]
            quiet=True,
        )


def _library_words(known: Known) -> list[str]:
    return [library[key] for library in known["libraries"] for key in ("name", "tarball", "sha256")]


def _optimized() -> Iterator[Stage]:
    """List how an optimized build comes by its training data, and compiles with it."""
    yield _build(
        "identify the training data", "identify-training-data.sh", when=is_optimized, keeps="training_identity"
    )
    yield Stage(name="look for training data", by=By.MASTER, when=is_optimized)
    yield Stage(name="send the training data", by=By.SENT, words=lambda _: [TRAINING_FILE], when=is_stored)
    yield _build(
        "use stored training data",
        "use-training-data.sh",
        lambda k: [TRAINING_FILE, k["training_sha256"]],
        when=is_stored,
    )
    yield _build("compile instrumented", "compile.sh", lambda _: ["instrumented"], when=is_trained)
    yield _build("train", "train.sh", when=is_trained)
    yield _build("pack the training data", "pack-training-data.sh", when=is_trained, leaves=f"dist/{TRAINING_FILE}")
    yield _build("compile optimized", "compile.sh", lambda _: ["optimized"], when=is_optimized, leaves="source/python")


def _packages(platform: Platform, architecture: str) -> Iterator[Stage]:
    yield _package(
        "package",
        f"package-{platform.package_format}.sh",
        lambda k: [
            *(k["package_name"], k["revision"], package_architecture(platform, architecture), k["prefix"]),
            "gzip" if is_quick(k) else "xz",
        ],
    )
    yield Stage(
        name="make the metapackage",
        by=By.PACKAGING_USER,
        words=lambda k: [
            *(f"scripts/steps/metapackage-{platform.package_format}.sh", k["metapackage_name"]),
            *(k["metapackage_version"], package_architecture(platform, architecture), k["prefix"]),
        ],
        when=_has("metapackage_file"),
        leaves="sealed/dist/",
    )
    folders = {"tarball_file": "stage", "test_tarball_file": "stage-test", "debug_tarball_file": "stage-debug"}
    for name, folder in folders.items():
        yield _package(
            f"make the {ARTIFACTS[name]}",
            "package-tarball.sh",
            lambda k, name=name, folder=folder: [k[name], k["prefix"], folder],  # type: ignore[misc]
        )
    yield _package("make the tarball for uv", "package-uv.sh", lambda k: [k["uv_tarball_file"], k["prefix"]])


def _collected(known: Known) -> list[str]:
    trained = [f"dist/{TRAINING_FILE}{end}" for end in SIDECARS] if is_trained(known) else []
    made = [f"sealed/dist/{known[name]}{end}" for name in ARTIFACTS if known.get(name) for end in SIDECARS]
    return [*made, f"dist/{BUILT_WITH_FILE}", *trained]


def _check(platform: Platform) -> Iterator[Stage]:
    """Try the package on an untouched base system, whose folder the worker names in its property `base_root`."""
    yield Stage(
        name="make the base system",
        by=By.WORKER,
        words=lambda k: ["scripts/steps/make-base-root.sh", platform.suite, k["base_root"]],
        when=lambda k: bool(k.get("make_base_root")),
        quiet=True,
    )
    yield Stage(
        name=CHECK_STEP,
        by=By.WORKER,
        words=lambda k: [
            *("scripts/steps/check-package.sh", f"out/{k['package_file']}", k["prefix"], k.get("base_root", "")),
            f"out/{k['tarball_file']}",
            *([f"out/{k['metapackage_file']}"] if k.get("metapackage_file") else []),
        ],
    )
