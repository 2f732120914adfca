"""master.cfg as Buildbot loads it, without a running master."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from buildbot.config.errors import ConfigErrors
from buildbot.config.master import FileLoader
from buildbot.configurators.janitor import JANITOR_NAME
from buildbot.process.properties import Properties
from buildbot.schedulers.forcesched import ForceScheduler

from python_builds.adapters.building.recipe import recipe
from python_builds.core.building.requests import TRUST
from python_builds.core.building.stages import ARTIFACTS, CHECK_STEP, COLLECT_STEP
from python_builds.core.planning.pauses import PLANNER
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.docker_hosts import QUIET, RESERVED
from python_builds.farm.builders import make_builders, recipes
from python_builds.farm.building.build import FarmBuild
from python_builds.farm.building.transfers import Upload
from python_builds.farm.reporters import make_reporters
from python_builds.farm.schedulers import make_schedulers
from python_builds.farm.steps.master_step import Work
from python_builds.farm.workers import workers

MASTER_CFG = CHECKOUT / "master" / "master.cfg"


def settings(tmp_path: Path, **values: object) -> Settings:
    return Settings(_env_file=None, state_dir=tmp_path / "state", store=tmp_path / "store", **values)


@pytest.fixture(autouse=True)
def our_modules_stay() -> Iterator[None]:
    """Put back what master.cfg drops to have it read anew: other tests hold the modules that were there."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "python_builds"}
    yield
    sys.modules.update(before)


def test_master_cfg_is_a_table_of_contents() -> None:
    lines = MASTER_CFG.read_text().splitlines()

    assert len(lines) < 50, "what needs more room belongs in python_builds"
    assert not [line for line in lines if line.strip().startswith(("def ", "class ", "if "))]


def test_master_cfg_loads_with_no_settings_at_all() -> None:
    config = FileLoader(str(MASTER_CFG.parent), MASTER_CFG.name).loadConfig()

    host = workers.host_platform()
    assert host is not None, "these tests need a machine that is one of `make platforms`"
    builds = builder_name(*host)
    assert [b.name for b in config.builders] == [
        *("release", builds, "manifest", "rebuild"),
        *(f"{builds}-published", JANITOR_NAME),
    ]
    assert config.collapseRequests is False
    assert config.www["port"] == "tcp:8010:interface=127.0.0.1"
    assert [*config.www["plugins"]] == ["waterfall_view", "overview"], "grid and console have nothing to show here"
    assert "%(prop:python_version)" in config.www["ui_default_config"]["Links.build_link_template"]
    forms = [one for one in config.schedulers.values() if isinstance(one, ForceScheduler)]
    assert len(forms) == 4
    assert all("(for operator alone" in one._config_kwargs["label"] for one in forms)


def test_wrong_settings_stop_the_master_with_all_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_BUILDS_WEB_PORT", "many")
    monkeypatch.setenv("PYTHON_BUILDS_TSORE", "x")

    with pytest.raises(ConfigErrors) as caught:
        FileLoader(str(MASTER_CFG.parent), MASTER_CFG.name).loadConfig()

    assert len(caught.value.errors) == 2, caught.value


def test_no_request_is_merged_away_but_those_that_ask_for_whatever_is_to_do(tmp_path: Path) -> None:
    builders = make_builders(PLATFORMS, settings(tmp_path))

    host = workers.host_platform()
    assert host is not None
    assert [b.name for b in builders if b.collapseRequests] == ["manifest", f"{builder_name(*host)}-published"]
    assert all(issubclass(b.factory.buildClass, FarmBuild) for b in builders)


def test_only_the_hosts_platform_is_built_without_other_workers(tmp_path: Path) -> None:
    assert workers.buildable(PLATFORMS, settings(tmp_path)) == [workers.host_platform()]
    assert workers.buildable(PLATFORMS, settings(tmp_path, local_worker=False)) == []


def with_docker_host(tmp_path: Path, architecture: str = "amd64") -> Settings:
    host = {"name": "big", "url": "tcp://10.0.0.5:2376", "master": "10.0.0.1", "architecture": architecture}
    return settings(tmp_path, docker_hosts=[host])


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_a_docker_host_builds_for_every_platform_of_its_architecture_rpm_ones_too(
    tmp_path: Path, architecture: str
) -> None:
    expected = [(p, architecture) for p in PLATFORMS if architecture in p.architectures]

    assert workers.buildable(PLATFORMS, with_docker_host(tmp_path, architecture)) == expected
    assert {p.package_format for p, _ in expected} == {"deb", "rpm"}


def test_a_farm_that_is_for_some_platforms_has_builders_for_these_alone(tmp_path: Path) -> None:
    farm = with_docker_host(tmp_path).model_copy(update={"platforms": "rhel-9 debian-12"})

    assert [p.name for p, _ in workers.buildable(PLATFORMS, farm)] == ["debian-12", "rhel-9"]


@pytest.mark.parametrize("values", [{"published_trial_days": 0}, {"package_check": False}])
def test_a_farm_that_tries_no_packages_or_none_again_has_no_builders_for_that(tmp_path: Path, values: dict) -> None:
    farm = with_docker_host(tmp_path).model_copy(update=values)
    named = [one.name for one in (*make_builders(PLATFORMS, farm), *make_schedulers(PLATFORMS, farm))]

    assert "debian-12-amd64" in named
    assert not [name for name in named if name in ("published-timer", "try-published") or name.endswith("-published")]


def test_what_is_published_is_tried_at_night_on_every_platform_after_all_else(tmp_path: Path) -> None:
    farm = with_docker_host(tmp_path)
    (timer,) = [one for one in make_schedulers(PLATFORMS, farm) if one.name == "published-timer"]
    builders = {one.name: one for one in make_builders(PLATFORMS, farm)}
    own = [name for name in builders if name.endswith("-published")]

    assert sorted(timer._config_kwargs["trials"]) == sorted(own)
    assert len(own) == len(workers.buildable(PLATFORMS, farm))
    assert timer._config_kwargs["priority"] < 0
    for name in own:
        builds = builders[name.removesuffix("-published")]
        assert builders[name].workernames == builds.workernames
        assert builders[name].properties["worker_image"] == builds.properties["worker_image"]


def test_a_configuration_loads_and_has_every_builder_while_no_docker_host_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f'[{{"name": "far", "url": "unix://{tmp_path}/no-socket", "master": "127.0.0.1"}}]'
    monkeypatch.setenv("PYTHON_BUILDS_DOCKER_HOSTS", host)

    config = FileLoader(str(MASTER_CFG.parent), MASTER_CFG.name).loadConfig()

    assert {"debian-12-amd64", "rhel-9-amd64"} < {b.name for b in config.builders}


def test_a_machine_builds_for_itself_only_where_apt_makes_it_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for os_release, names in (
        ({"ID": "debian", "VERSION_ID": "12"}, [workers.LOCAL_WORKER]),
        ({"ID": "rocky", "VERSION_ID": "9.6"}, []),
        ({"ID": "opensuse-leap", "VERSION_ID": "15.6"}, []),
    ):
        monkeypatch.setattr(workers.machine, "freedesktop_os_release", lambda found=os_release: found)
        host = workers.host_platform()

        assert host is not None
        assert workers.worker_names(*host, settings(tmp_path)) == names
        assert len(workers.make_workers(PLATFORMS, settings(tmp_path))) == len(workers.RELEASE_WORKERS) + len(names)


def test_two_farms_on_one_docker_host_can_keep_their_ccache_apart(tmp_path: Path) -> None:
    host = {"name": "big", "url": "tcp://10.0.0.5:2376", "master": "10.0.0.1", "ccache": "second-farm"}
    *_, container = workers.make_workers(PLATFORMS, settings(tmp_path, docker_hosts=[host]))
    (volume,) = container._config_kwargs["volumes"]

    assert volume.fmtstring == "second-farm-%(prop:buildername)s-%(prop:trust:-digest)s:/ccache"


def test_a_farm_without_workers_still_has_release_and_manifest(tmp_path: Path) -> None:
    builders = make_builders(PLATFORMS, settings(tmp_path, local_worker=False))

    assert [b.name for b in builders] == ["release", "manifest", "rebuild"]


def test_a_platform_build_shows_each_stage_as_a_step_of_its_own(tmp_path: Path) -> None:
    platform_builder = make_builders(PLATFORMS, settings(tmp_path))[1]
    names = [factory.buildStep().name for factory in platform_builder.factory.steps]

    assert names == [
        "check the request",
        "take the source from the store",
        "send the scripts",
        "send the source",
        "send the source of mpdecimal",
        "prepare folders",
        "unpack",
        "build libraries",
        "configure",
        "check the configuration",
        "config.log",
        "compile",
        "identify the training data",
        "look for training data",
        "send the training data",
        "use stored training data",
        "compile instrumented",
        "train",
        "pack the training data",
        "compile optimized",
        "test",
        "install",
        "check the stdlib",
        "describe the build",
        "reserve a revision",
        "end the build",
        "list the contents",
        "make the SBOM",
        "send the SBOM",
        "add the SBOM",
        "package",
        "make the metapackage",
        "make the tarball",
        "make the tarball of the tests",
        "make the tarball of the debug symbols",
        "make the tarball for uv",
        "collect the artifacts",
        *(f"upload the {name}{ending}" for name in ARTIFACTS.values() for ending in ("", ".sha256")),
        "upload the description",
        "verify the artifacts",
        "make the base system",
        "check the package",
        "upload the training data",
        "upload the training data.sha256",
        "keep the training data",
        "publish",
        "record",
        "ask for the indexes",
        "clean up",
    ]


def test_the_compiler_cache_is_bounded_wherever_a_build_runs(tmp_path: Path) -> None:
    platform_builder = make_builders(PLATFORMS, settings(tmp_path, ccache_size="7G"))[1]
    steps = [factory.buildStep() for factory in platform_builder.factory.steps]

    assert {s.env["CCACHE_MAXSIZE"] for s in steps if hasattr(s, "command")} == {"7G"}


@pytest.mark.parametrize("properties, quiet", [({}, 20 * 60), ({QUIET: 7200}, 7200)])
def test_every_command_and_every_file_of_a_build_has_its_limit(
    tmp_path: Path, properties: dict[str, int], quiet: int
) -> None:
    platform_builder = make_builders(PLATFORMS, settings(tmp_path))[1]
    steps = [factory.buildStep() for factory in platform_builder.factory.steps]
    commands = {step.name: step for step in steps if hasattr(step, "command")}

    timeouts = {step.timeout.getRenderingFor(Properties(**properties)).result for step in commands.values()}
    assert timeouts == {quiet}
    assert {step.maxTime for step in commands.values()} == {4 * 3600}
    assert {"configure", "compile", "train", "test", "install", "package", COLLECT_STEP, CHECK_STEP} <= {*commands}
    assert {step.maxsize for step in steps if isinstance(step, Upload)} == {2**30}


@pytest.mark.parametrize(
    "properties, name",
    [
        ({"profile": "quick", TRUST: "signature"}, "signature"),
        ({"profile": "quick"}, "digest"),
        ({"profile": "optimized", TRUST: "signature"}, ""),
        ({TRUST: "signature"}, ""),
    ],
)
def test_a_ccache_is_for_one_trust_and_for_quick_builds_alone(
    tmp_path: Path, properties: dict[str, str], name: str
) -> None:
    platform_builder = make_builders(PLATFORMS, settings(tmp_path))[1]
    steps = [factory.buildStep() for factory in platform_builder.factory.steps]
    (named,) = {step.env["PYTHON_BUILDS_CCACHE"] for step in steps if hasattr(step, "command")}

    assert named.getRenderingFor(Properties(**properties)).result == name


def test_a_recipe_changes_with_a_script_the_row_or_the_image_and_with_nothing_else() -> None:
    debian = platform_named("debian-12")
    first = recipe(b"one", debian, "image")

    assert recipe(b"one", debian, "image") == first
    assert recipe(b"one", debian, "other") != first
    assert recipe(b"one", dataclasses.replace(debian, without_updates=("x",)), "image") != first
    assert recipe(b"two", debian, "image") != first


def test_every_platform_build_says_what_recipe_it_works_by(tmp_path: Path) -> None:
    made = [b for b in make_builders(PLATFORMS, with_docker_host(tmp_path)) if "recipe" in b.properties]

    assert {b.name: b.properties["recipe"] for b in made} == recipes(PLATFORMS, with_docker_host(tmp_path))
    assert len({b.properties["recipe"] for b in made}) == len(made)


def test_whoever_is_named_in_the_settings_is_told(tmp_path: Path) -> None:
    assert make_reporters(settings(tmp_path)) == []
    mail = {"mail_to": "a@example.org", "mail_from": "farm@example.org"}
    assert len(make_reporters(settings(tmp_path, **mail, webhook_url="http://127.0.0.1:9/hook"))) == 2


def test_whether_it_can_be_published_is_seen_before_a_source_is_fetched_or_a_build_is_asked_for(tmp_path: Path) -> None:
    release, *_ = make_builders(PLATFORMS, settings(tmp_path))
    steps = [factory.buildStep() for factory in release.factory.steps]

    assert [step.name for step in steps][:3] == [
        "check the request",
        "see that it can be published",
        "find the source and verify it",
    ]
    (tmp_path / "store").write_text("in the way of the folder")
    spool = tmp_path / "spool"
    spool.mkdir()
    properties = {"python_version": "3.13.5", "profile": "quick", "platforms": ["debian-12"]}
    work = Work(properties=properties, build="release/1", spool=spool, steps={}, say=print)
    with pytest.raises(OSError, match=str(tmp_path / "store")):
        steps[1].function(work)


def test_a_docker_host_cannot_be_called_as_the_farm_s_own_workers_or_the_planner():
    assert {*RESERVED} == {workers.LOCAL_WORKER, workers.MASTER_WORKER, PLANNER}
    assert all(name.startswith(workers.MASTER_WORKER) for name in workers.RELEASE_WORKERS)
