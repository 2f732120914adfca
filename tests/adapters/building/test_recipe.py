"""What travels with a build: all of our scripts but those for a machine, as one archive that says nothing of this checkout."""

import os
import subprocess
from pathlib import Path

from python_builds.adapters.building.recipe import SCRIPTS, packed
from tests.script_runs import write


def test_what_is_unpacked_is_what_is_in_the_checkout_without_what_is_for_a_machine_or_a_user(tmp_path: Path) -> None:
    subprocess.run(["tar", "-x"], input=packed(SCRIPTS), cwd=tmp_path, check=True)
    here = {path.relative_to(tmp_path / "scripts"): path for path in (tmp_path / "scripts").rglob("*.*")}
    there = {
        path.relative_to(SCRIPTS)
        for path in SCRIPTS.rglob("*.*")
        if not {"setup", "prove", "published", "__pycache__"} & {*path.parts}
    }

    assert set(here) == there
    assert all(here[name].read_bytes() == (SCRIPTS / name).read_bytes() for name in there)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "scripts").rglob("*")} == {0o755}


def test_a_trial_of_what_is_published_gets_the_scripts_of_a_build_and_its_own(tmp_path: Path) -> None:
    subprocess.run(["tar", "-x"], input=packed(SCRIPTS, published=True), cwd=tmp_path, check=True)

    assert (tmp_path / "scripts/published/try-published.sh").read_bytes() == (
        SCRIPTS / "published" / "try-published.sh"
    ).read_bytes()
    assert (tmp_path / "scripts/steps/check-package.sh").is_file()
    assert not (tmp_path / "scripts/setup").exists()


def test_the_same_scripts_are_packed_alike_in_whatever_checkout(tmp_path: Path) -> None:
    for folder, names in (
        ("one", ("b/x.sh", "a.py")),
        ("two", ("a.py", "b/x.sh", "setup/of-a-machine.sh", "prove/trial.sh", "published/x.sh", "b/note.txt")),
    ):
        for name in names:
            write(tmp_path / folder / name, name, executable=folder == "two")
    os.utime(tmp_path / "two" / "a.py", (1, 1))
    first = packed(tmp_path / "one")

    assert packed(tmp_path / "two") == first
    write(tmp_path / "two" / "a.py", "other")
    assert packed(tmp_path / "two") != first
