"""master.cfg as Buildbot loads it, without a running master."""

from pathlib import Path

import pytest
from buildbot.config.errors import ConfigErrors
from buildbot.config.master import FileLoader

from python_builds.facts.artifacts import builder_name
from python_builds.facts.platforms import PLATFORMS
from python_builds.facts.settings import CHECKOUT, Settings
from python_builds.farm import workers
from python_builds.farm.build import FarmBuild
from python_builds.farm.builders import make_builders

MASTER_CFG = CHECKOUT / "master" / "master.cfg"


def settings(tmp_path: Path, **values: object) -> Settings:
    return Settings(_env_file=None, state_dir=tmp_path / "state", store=tmp_path / "store", **values)


def test_master_cfg_is_a_table_of_contents() -> None:
    lines = MASTER_CFG.read_text().splitlines()

    assert len(lines) < 50, "what needs more room belongs in python_builds"
    assert not [line for line in lines if line.strip().startswith(("def ", "class ", "if "))]


def test_master_cfg_loads_with_no_settings_at_all() -> None:
    config = FileLoader(str(MASTER_CFG.parent), MASTER_CFG.name).loadConfig()

    host = workers.host_platform()
    assert host is not None, "these tests need a machine that is one of `make platforms`"
    assert [b.name for b in config.builders] == ["release", builder_name(*host), "manifest"]
    assert config.collapseRequests is False
    assert config.www["port"] == "tcp:8010:interface=127.0.0.1"


def test_wrong_settings_stop_the_master_with_all_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_BUILDS_WEB_PORT", "many")
    monkeypatch.setenv("PYTHON_BUILDS_TSORE", "x")

    with pytest.raises(ConfigErrors) as caught:
        FileLoader(str(MASTER_CFG.parent), MASTER_CFG.name).loadConfig()

    assert len(caught.value.errors) == 2, caught.value


def test_no_request_is_merged_away_but_the_manifests(tmp_path: Path) -> None:
    builders = make_builders(PLATFORMS, settings(tmp_path))

    assert [b.name for b in builders if b.collapseRequests] == ["manifest"]
    assert all(b.factory.buildClass is FarmBuild for b in builders)


def test_only_the_hosts_platform_is_built_without_other_workers(tmp_path: Path) -> None:
    assert workers.buildable(PLATFORMS, settings(tmp_path)) == [workers.host_platform()]
    assert workers.buildable(PLATFORMS, settings(tmp_path, local_worker=False)) == []


def test_a_farm_without_workers_still_has_release_and_manifest(tmp_path: Path) -> None:
    builders = make_builders(PLATFORMS, settings(tmp_path, local_worker=False))

    assert [b.name for b in builders] == ["release", "manifest"]


def test_a_platform_build_shows_each_stage_as_a_step_of_its_own(tmp_path: Path) -> None:
    platform_builder = make_builders(PLATFORMS, settings(tmp_path))[1]
    names = [factory.buildStep().name for factory in platform_builder.factory.steps]

    assert [name for name in names if not name.endswith((".sh", ".py"))] == [
        "check the request",
        "take the source from the store",
        "send the source",
        "prepare folders",
        "unpack",
        "configure",
        "config.log",
        "compile",
        "compile instrumented",
        "train",
        "compile optimized",
        "test",
        "install",
        "check the stdlib",
        "package",
        "make the tarball",
        "collect the artifacts",
        "make the base system",
        "check the package",
        "upload the package",
        "upload the package.sha256",
        "upload the tarball",
        "upload the tarball.sha256",
        "publish",
        "record",
        "ask for the indexes",
        "clean up",
    ]


def test_what_comes_from_the_tarball_never_runs_as_root(tmp_path: Path) -> None:
    privileged = {"prepare folders", "collect the artifacts", "make the base system", "check the package"}
    platform_builder = make_builders(PLATFORMS, settings(tmp_path))[1]
    steps = [factory.buildStep() for factory in platform_builder.factory.steps]
    commands = {s.name: s.command for s in steps if isinstance(getattr(s, "command", None), list)}

    assert commands
    for name, command in commands.items():
        assert (command[0] == "scripts/as-builder.sh") != (name in privileged), (
            f"step {name!r} runs {command[0]}: run it through as-builder.sh, or add it here and say why it needs root"
        )


def test_every_script_that_a_step_names_exists(tmp_path: Path) -> None:
    platform_builder = make_builders(PLATFORMS, settings(tmp_path))[1]
    named = {
        word
        for factory in platform_builder.factory.steps
        for word in (getattr(factory.buildStep(), "command", None) or [])
        if isinstance(word, str) and word.startswith("scripts/")
    }

    assert named
    assert [name for name in named if not (CHECKOUT / name).is_file()] == []
