"""What a build does, in order, and as whom."""

import pytest

from python_builds.core.building.stage import DROPS_TO, By, command
from python_builds.core.building.stage_words import doing, done
from python_builds.core.building.stages import ARTIFACTS, COLLECT_STEP, local_commands, stages
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.publishing.artifacts import Product
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.upstream.tags import parse_tag

KNOWN = {
    "profile": "optimized",
    "variant": "",
    "prefix": "/opt/python/3.14.0",
    "package_name": "python-3.14.0",
    "metapackage_name": "python-3.14",
    "metapackage_version": "3.14.0-2",
    "source_name": "Python-3.14.0.tgz",
    "source_sha256": "a" * 64,
    "libraries": [],
    "revision": 2,
    **{name: f"{name}.x" for name in ARTIFACTS},
    "training_sha256": "",
    "base_root": "/base",
    "make_base_root": True,
}

PRIVILEGED = {
    *("prepare folders", "end the build", "collect the artifacts"),
    *("make the base system", "check the package"),
}
"""What a worker runs as root in a container, since it makes folders for others, ends them, or installs a package."""

EVERY = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)


def of(platform, **known):
    return [(stage, {**KNOWN, **known}) for stage in stages(platform, "amd64")]


def product(platform):
    return Product(
        version=parse_tag("3.14.0").version, platform=platform, architecture="amd64", profile="optimized", variant=""
    )


@EVERY
def test_what_a_stage_does_can_be_said_in_words(platform):
    for stage, _ in of(platform):
        assert doing(stage.name) != stage.name, f"say in core/building/stage_words.py what {stage.name!r} is doing"
        assert done(stage.name) not in (stage.name, doing(stage.name))


def test_the_words_begin_with_what_the_stage_does():
    assert (doing("check the package"), done("check the package")) == ("checking the package", "checked the package")
    assert (doing("configure"), done("configure")) == ("configuring", "configured")


@EVERY
def test_what_comes_from_the_tarball_never_runs_as_root(platform):
    for stage, known in of(platform):
        if stage.by in DROPS_TO:
            first = command(stage, known)[0]
            dropped = first in ("scripts/run-as-build-user.sh", "scripts/run-as-packaging-user.sh")
            assert dropped != (stage.name in PRIVILEGED), (
                f"stage {stage.name!r} runs {first}: have the build user run it, or add it here and say why it needs root"
            )


@EVERY
def test_nothing_of_a_build_runs_any_more_when_packages_are_made(platform):
    names = [stage.name for stage, _ in of(platform)]
    end = names.index("end the build")

    for number, (stage, _) in enumerate(of(platform)):
        assert stage.by != By.BUILD_USER or number < end, stage.name
        assert stage.by != By.PACKAGING_USER or number > end, stage.name


@EVERY
def test_every_script_that_a_stage_names_exists(platform):
    for stage, known in of(platform, training_sha256="b" * 64):
        if stage.by in DROPS_TO:
            scripts = [word for word in command(stage, known) if word.startswith("scripts/")]
            assert scripts
            assert [name for name in scripts if not (CHECKOUT / name).is_file()] == []


@EVERY
def test_every_stage_has_a_name_of_its_own(platform):
    names = [stage.name for stage, _ in of(platform)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "platform, architecture, script, spelled",
    [
        ("debian-12", "amd64", "package-deb.sh", "amd64"),
        ("rhel-9", "amd64", "package-rpm.sh", "x86_64"),
        ("opensuse-156", "arm64", "package-rpm.sh", "aarch64"),
    ],
)
def test_a_platform_is_packaged_in_its_own_format_and_spelling(platform, architecture, script, spelled):
    every = stages(platform_named(platform), architecture)
    (package,) = [stage for stage in every if stage.name == "package"]

    assert command(package, KNOWN)[:2] == ["scripts/run-as-packaging-user.sh", f"scripts/steps/{script}"]
    assert spelled in command(package, KNOWN)
    signed = [stage.name for stage in every].count("sign the package")
    assert signed == (script == "package-rpm.sh"), "a deb is vouched for by its repository alone"


def test_whatever_is_made_is_collected_and_then_taken_from_the_worker():
    debian = platform_named("debian-12")
    taken = {word for stage, known in of(debian) if stage.by == By.TAKEN for word in stage.words(known)}
    collected = local_commands(product(debian), KNOWN)[COLLECT_STEP]

    assert {word.rpartition("/")[2] for word in collected[1:]} == taken


def test_a_prerelease_has_no_package_that_follows_its_minor():
    debian = platform_named("debian-12")
    known = {**KNOWN, "metapackage_name": "", "metapackage_file": ""}
    ran = [stage for stage in stages(debian, "amd64") if stage.when(known)]

    assert not [stage.name for stage in ran if "metapackage" in stage.name]
    assert not [word for word in local_commands(product(debian), known)[COLLECT_STEP] if word.endswith("dist/")]
    (check,) = [stage for stage in ran if stage.name == "check the package"]
    assert command(check, known)[-1] == "out/tarball_file.x"


@pytest.mark.parametrize(
    "known, wanted, unwanted",
    [
        ({"profile": "quick"}, "compile", "compile optimized"),
        ({"training_sha256": ""}, "train", "use stored training data"),
        ({"training_sha256": "b" * 64}, "use stored training data", "train"),
    ],
)
def test_a_build_without_a_farm_runs_what_its_profile_wants_up_to_the_collected_artifacts(known, wanted, unwanted):
    commands = local_commands(product(platform_named("debian-12")), {**KNOWN, **known})

    assert wanted in commands and unwanted not in commands
    assert list(commands)[-1] == COLLECT_STEP
    assert not {"config.log", "identify the training data", "check the package"} & commands.keys()
