"""What builds cost: what is run, how it is timed, and what the table says."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import build_cost_rows, timed
from benchmarks.build_cost_rows import Run
from benchmarks.recipe_stages import PHASES, TRAINING_DATA, Stage, ours, plain, predecessor
from benchmarks.tarballs import Tarball
from benchmarks.timed import Spent, by_phase, script, total
from python_builds.core.errors import FarmError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.setting_types import CHECKOUT

SOURCE = Tarball(version="3.11.2", name="Python-3.11.2.tgz", sha256="0" * 64, path=Path("Python-3.11.2.tgz"))
PLATFORM = platform_named("debian-12")
THEIRS = {"configure": Spent(10, 8, 1), "optimized": Spent(100, 90, 1), "keep": Spent(50, 1, 1)}
MINE = {"configure": Spent(10, 8, 1), "optimized": Spent(40, 40, 1), "smoke test": Spent(20, 30, 2)}
RUNS = [
    Run(build_cost_rows.PREDECESSOR, THEIRS),
    Run(build_cost_rows.STORED, MINE),
    Run(build_cost_rows.PREDECESSOR, THEIRS),
]


def phases(stages: list[Stage]) -> list[str]:
    return [phase for phase in dict.fromkeys(stage.phase for stage in stages) if phase in PHASES]


def test_stored_training_data_stand_for_the_instrumented_compilation_and_the_training() -> None:
    whole, stored = ours(PLATFORM, SOURCE), ours(PLATFORM, SOURCE, stored="a" * 64)

    assert phases(whole.stages) == ["unpack", "configure", "instrumented", "training", "optimized", "install"]
    assert phases(stored.stages) == ["unpack", "configure", "optimized", "install"]
    assert TRAINING_DATA in whole.leaves
    assert TRAINING_DATA not in stored.leaves


def test_the_predecessor_uses_one_core_and_no_ccache() -> None:
    words = [word for stage in predecessor(SOURCE).stages for word in stage.command]

    assert phases(predecessor(SOURCE).stages) == phases(ours(PLATFORM, SOURCE).stages)
    assert not any("-j" in word or "ccache" in word or "as-builder" in word for word in words)


def test_every_script_of_a_stage_is_there() -> None:
    for way in (
        ours(PLATFORM, SOURCE),
        ours(PLATFORM, SOURCE, "quick"),
        ours(PLATFORM, SOURCE, stored="a" * 64),
        predecessor(SOURCE),
        plain(SOURCE),
    ):
        for word in (word for stage in way.stages for word in stage.command if word.startswith("scripts/")):
            assert (CHECKOUT / word).is_file(), word


@pytest.fixture
def times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(timed, "TIMES", str(tmp_path / "times"))
    return tmp_path / "times"


def test_each_stage_is_timed_with_all_its_processes(times: Path) -> None:
    busy = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; exit 0"
    stages = [Stage("a", ["sh", "-c", busy]), Stage("b", ["sleep", "0.2"]), Stage("a", ["sh", "-c", busy])]

    done = subprocess.run(["bash", "-c", script(stages)], capture_output=True, text=True)
    spent = by_phase(stages, times.read_text())

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(spent) == ["a", "b"]
    assert spent["a"].cpu > 0.05
    assert spent["b"].wall >= 0.2 > spent["b"].cpu


def test_what_a_stage_says_is_kept_out_of_the_times_and_a_failure_ends_the_build(times: Path) -> None:
    stages = [Stage("a", ["sh", "-c", "echo out; echo err >&2; exit 3"]), Stage("b", ["echo", "not reached"])]

    done = subprocess.run(["bash", "-c", script(stages)], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (3, "out\nerr\n")
    with pytest.raises(FarmError, match="2 stages were timed, but there are 1 times"):
        by_phase(stages, times.read_text())


def test_tests_and_packages_are_no_part_of_the_sums() -> None:
    assert total(MINE) == Spent(50, 48, 2)


def test_a_way_is_compared_to_all_runs_of_the_predecessor() -> None:
    cpu, wall = build_cost_rows.rows(RUNS)

    assert (cpu.values, cpu.reference, cpu.goal) == ([50], [100, 100], "at most 0.65")
    assert (wall.values, wall.reference) == ([50], [110, 110])


def test_the_details_list_phases_then_the_sum_then_what_stands_apart() -> None:
    table = build_cost_rows.details(RUNS)

    assert table.header == ["", "configure", "optimized", "sum", "smoke test (apart)"]
    assert table.lines[1] == [build_cost_rows.STORED, "9.00 / 10.0", "41.0 / 40.0", "**50.0 / 50.0**", "32.0 / 20.0"]
    assert table.lines[0][-1] == ""


def test_the_plot_has_a_bar_for_each_run() -> None:
    cpu, _ = build_cost_rows.plot(RUNS).panels

    assert cpu.series == {"configure": [9, 9, 9], "optimized": [91, 41, 91]}


def test_hits_are_counted_for_each_build_of_a_ccache_alone() -> None:
    runs = [
        Run("cold", MINE, "a", {"cache_miss": 10}),
        Run("stored", MINE, "b", {"cache_miss": 7}),
        Run("warm", MINE, "a", {"cache_miss": 12, "direct_cache_hit": 8}),
    ]

    assert build_cost_rows.hits_in_words(runs) == "0 of 10 (cold); 8 of 10 (warm); 0 of 7 (stored)"
