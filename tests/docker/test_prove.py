"""What `make prove` asks of a base image, of a real one: what it calls itself, and which names of a row it does not know.

What users do with what is built is scripts/prove/trial.sh; a run of `make prove` is its test, an hour long. That a run goes on
where one was killed is tried here.
"""

import dataclasses
import os
import signal
import subprocess
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.platforms import containers
from python_builds.adapters.platforms.containers import describe_image, run_script
from python_builds.adapters.workers.docker_command import image_architecture, output
from python_builds.adapters.workers.local_engine import local_engine
from python_builds.cli.proving.scratch_farm import make_folder, scratch_farm
from python_builds.cli.proving.system_facts import _why_not, base_facts
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import Product
from python_builds.core.settings.settings import Settings
from tests.e2e.farms import mini_tarball
from tests.published import publish

ROW = platform_named("debian-12")


def architecture() -> str:
    found = image_architecture(ROW.base_image)
    assert found, "the tests of images make it: run them first"
    return found


def test_a_base_image_s_facts_are_the_row_s(tmp_path: Path) -> None:
    verdicts = {check.name: check.verdict for check in base_facts(ROW, architecture(), tmp_path / "log")}

    assert verdicts == {"os-release": "ok", "glibc": "ok", "end of support": "not run"}
    assert describe_image(ROW.base_image).id.startswith("sha256:")


def test_a_row_of_another_system_is_told_what_to_write(tmp_path: Path) -> None:
    wrong = dataclasses.replace(platform_named("debian-13"), base_image=ROW.base_image)
    found = {check.name: check for check in base_facts(wrong, architecture(), tmp_path / "log")}

    assert 'add ("debian", "12") to `serves`' in found["os-release"].advice
    assert 'write glibc="2.36"' in found["glibc"].advice


def test_names_that_the_system_does_not_know_are_found(tmp_path: Path) -> None:
    wrong = dataclasses.replace(ROW, extra_build_packages=("libnsl2-devel",))
    check = _why_not(wrong, architecture(), tmp_path / "log", "the image could not be built")

    assert check.advice == (
        "debian:12 has no package 'libnsl2-devel': correct `extra_build_packages` in the row debian-12 of "
        "core/platforms/platforms.py"
    )


def test_a_script_that_fails_is_logged_with_what_it_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    done = run_script(ROW.base_image, ["trial.sh", "apt", "nothing"], architecture=architecture(), log=log)

    assert done.returncode != 0
    assert f"ended with {done.returncode}" in log.read_text()


def test_a_script_that_is_out_of_time_leaves_no_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "SECONDS", 5)

    with pytest.raises(subprocess.TimeoutExpired):
        run_script(ROW.base_image, ["../../bin/sleep", "600"], architecture=architecture(), log=tmp_path / "log")

    assert not output("ps", "--all", "--quiet", "--filter=name=python-builds-trial-")


def test_a_run_goes_on_with_what_one_that_was_killed_has_built(tmp_path: Path) -> None:
    mini_tarball(tmp_path, "3.9.25")
    settings = Settings(_env_file=None, sources=f"mirror {tmp_path}", minimum_trust="digest")
    folder, engine = tmp_path / "debian-12", local_engine()
    product = Product(version=Version("3.9.25"), platform=ROW, architecture=engine.architecture, profile="quick")
    assert not make_folder(settings, folder, {"recipe": "a"})
    with scratch_farm(settings, engine, ROW, "quick", folder) as farm:
        built = publish(farm.store, product)
        farm.run("reindex")
        first = farm.cdn
        os.kill(int((folder / "state/master/twistd.pid").read_text()), signal.SIGKILL)
    assert make_folder(settings, folder, {"recipe": "a"})
    with scratch_farm(settings, engine, ROW, "quick", folder) as farm:
        assert farm.build("3.9") == built
        install = farm.store.read("quick/python/install.sh").decode()
        assert farm.cdn in install and first not in install
