"""What a change of the scripts does to the speed: whose scripts are compared, and what the tables say."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import recipes
from benchmarks.recipes import BEFORE, DISTRIBUTION, NOW
from python_builds.core.errors import FarmError
from tests.script_runs import write

MEDIANS = {
    "nbody": {NOW: [0.1] * 4, BEFORE: [0.1] * 4, DISTRIBUTION: [0.2] * 4},
    "python_startup": {NOW: [0.4] * 4, BEFORE: [0.1] * 4, DISTRIBUTION: [0.4] * 4},
}


@pytest.fixture
def commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Let the benchmark look at a repository of the test's own; give what commits a file there."""
    repository = tmp_path / "repository"
    monkeypatch.setattr(recipes, "CHECKOUT", repository)

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=repository, check=True, capture_output=True)

    def commit(name: str, text: str) -> None:
        write(repository / name, text)
        git("init")
        git("add", ".")
        git("commit", "--message", name)

    return commit


def test_scripts_that_the_steps_would_not_find_are_refused(commit: Callable[[str, str], None], tmp_path: Path) -> None:
    commit("scripts/compile.sh", "as it was")
    with pytest.raises(FarmError, match="HEAD has its scripts in one folder.* the last commit that had them there"):
        recipes.scripts_of("HEAD", tmp_path / "out")


def test_the_scripts_of_an_earlier_commit_are_laid_out_as_they_were(
    commit: Callable[[str, str], None], tmp_path: Path
) -> None:
    commit("scripts/steps/compile.sh", "as it was")
    commit("scripts/steps/compile.sh", "as it is")

    assert (recipes.scripts_of("HEAD^", tmp_path / "out") / "steps" / "compile.sh").read_text() == "as it was"


def test_a_commit_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="AGAINST= names the commit to compare with: .*nonsense"):
        recipes.scripts_of("nonsense", tmp_path)


def test_starting_has_a_row_of_its_own_beside_that_of_all_benchmarks() -> None:
    found = {(row.what, row.compared_to): row.estimate for row in recipes.rows("CPython", MEDIANS)}

    assert found["CPython: now", "before"] == pytest.approx((0.5, 0.5, 0.5))
    assert found["CPython, starting: now", "before"] == pytest.approx((0.25, 0.25, 0.25))
    assert recipes.intervals("CPython", MEDIANS).lines[0] == ["CPython: now v. before", "0.500", "0.500 to 0.500"]


def test_what_was_not_measured_is_not_compared() -> None:
    two = {name: {NOW: times[NOW], BEFORE: times[BEFORE]} for name, times in MEDIANS.items()}

    assert recipes.details("CPython", two).header == ["benchmark", "now", "now v. before"]
    assert recipes.details("CPython", two).lines[1] == ["python_startup", "400 ms", "0.250"]
