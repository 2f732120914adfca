"""Guards: what is said in one place is what is true in another. Each message says what to edit."""

import re
import subprocess

import pytest

from python_builds.adapters.publishing.packages import RPM_PACKAGES
from python_builds.cli.pages import PAGES as PAGES_OF_CODE
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings, variable

BUCKET = (CHECKOUT / "docs" / "bucket.md").read_text()
DEPLOY = [path for path in (CHECKOUT / "deploy").rglob("*") if path.suffix in (".env", ".service", ".sh", ".yaml")]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *(CHECKOUT / "docs").rglob("*.md")]
LIBRARY = CHECKOUT / "master" / "python_builds"


def test_every_setting_that_a_text_names_exists() -> None:
    known = {variable(name) for name in Settings.model_fields}
    for path in [*PAGES, *DEPLOY]:
        named = set(re.findall(r"PYTHON_BUILDS_[A-Z0-9_]+", path.read_text()))

        assert named <= known, f"{path.name} names settings that settings.py does not have"


def test_every_make_target_that_a_text_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    for path in [*PAGES, *LIBRARY.rglob("*.py")]:
        named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]+)", path.read_text(), re.MULTILINE))

        assert named <= targets, f"{path.name} names Make targets that the Makefile does not have"


def test_make_alone_lists_every_target() -> None:
    shown = subprocess.run(["make"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)

    assert phony
    for target in phony[1].split():
        assert f"make {target}" in shown, f"give the target {target} a `## text` in the Makefile"


def test_what_rpm_packages_take_is_the_same_in_the_makefile_and_the_message() -> None:
    assert f"\nRPM_PACKAGES := {RPM_PACKAGES}\n" in (CHECKOUT / "Makefile").read_text(), (
        "RPM_PACKAGES of the Makefile and of adapters/publishing/packages.py differ"
    )
    assert all(f"`{name}`" in BUCKET for name in RPM_PACKAGES.split()), "docs/bucket.md says what the master needs"


def test_files_that_the_texts_point_to_exist() -> None:
    for path in PAGES:
        for name in re.findall(
            r"`((?:core|adapters|farm|cli|master/python_builds|scripts|tests)/[\w./-]+\.\w+)`", path.read_text()
        ):
            assert (CHECKOUT / name).exists() or (LIBRARY / name).exists(), (
                f"{path.name} points to {name}, which is not there"
            )


@pytest.mark.parametrize("name", PAGES_OF_CODE)
def test_pages_that_are_made_from_the_code_are_up_to_date(name: str) -> None:
    assert (CHECKOUT / "docs" / name).read_text() == PAGES_OF_CODE[name](), "make pages"


def test_files_stay_small() -> None:
    limits = {".py": 250, ".sh": 80}
    scripts = [path for folder in ("scripts", "benchmarks", "deploy") for path in (CHECKOUT / folder).rglob("*.sh")]
    long = {
        path.relative_to(CHECKOUT).as_posix(): count
        for path in [*LIBRARY.rglob("*.py"), *scripts]
        if path.name != "install.sh"  # one file, as people fetch it
        and (count := len(path.read_text().splitlines())) > limits[path.suffix]
    }

    assert not long, f"find the missing noun and split these: {long}"


def test_the_threat_model_names_tests_that_exist():
    named = set(re.findall(r"`(test_\w+)`", (CHECKOUT / "docs" / "threat-model.md").read_text()))
    defined = {
        name for path in (CHECKOUT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }

    assert named
    assert named - defined == set()
