"""How fast interpreters are: what is run in which order, and what the tables say."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import speed_rows
from benchmarks.programs import run_pyperf
from benchmarks.report import Result, as_markdown
from benchmarks.speed import BENCHMARKS, TARGETS, chosen, interpreters
from benchmarks.speed_rows import DISTRIBUTION, LIBPYTHON, OURS, PREDECESSOR, Measured
from python_builds.core.errors import FarmError

MEASURED = Measured(
    platform="debian-12",
    version="3.11.2",
    image="worker:debian-12",
    source="Python-3.11.2.tgz, SHA-256 0",
    interpreters={OURS: {"version": "3.11.2 [GCC 12.2.0]", "sha256": "1"}},
    loops={"chaos": 1},
    medians={"chaos": {OURS: [0.1] * 4, PREDECESSOR: [0.12] * 4, DISTRIBUTION: [0.11] * 4, LIBPYTHON: [0.1] * 4}},
)

# Stands for an interpreter that runs a benchmark with pyperf: writes down who was run, and pyperf's file.
INTERPRETER = """#!{python}
import json, os, sys
options = dict(word.partition("=")[::2] for word in sys.argv if word.startswith("--"))
with open({log!r}, "a") as log:
    log.write(os.path.basename(sys.argv[0]) + " " + options.get("--loops", "calibrate") + "\\n")
runs = [{{"warmups": [[1, 2.0]]}}] + [{{"values": [1.0, 2.0, 9.0], "metadata": {{"loops": 8}}}}] * int(options["--processes"])
json.dump({{"benchmarks": [{{"runs": runs}}]}}, open(options["--output"], "w"))
"""


def test_platforms_are_chosen_by_name() -> None:
    assert chosen("") == TARGETS
    assert chosen("debian-12") == {"debian-12": "3.11.2"}
    with pytest.raises(FarmError, match="names debian-99; speed is measured on debian-12, debian-13"):
        chosen("debian-12 debian-99")


@pytest.fixture
def plan(tmp_path: Path) -> dict[str, object]:
    for name in "abc":
        path = tmp_path / name
        path.write_text(INTERPRETER.format(python=sys.executable, log=str(tmp_path / "log")))
        path.chmod(0o755)
    return {
        "interpreters": {name: str(tmp_path / name) for name in "abc"},
        "benchmarks": {"chaos": ["run_benchmark.py"]},
        "rounds": 2,
        "values": 3,
        "warmups": 1,
    }


def test_every_second_round_runs_in_the_opposite_order_with_the_loops_that_the_first_needs(
    plan: dict[str, object], tmp_path: Path
) -> None:
    result = run_pyperf.run(plan)

    assert (tmp_path / "log").read_text().splitlines() == ["a calibrate", *[f"{name} 8" for name in "abccba"]]
    assert result["medians"] == {"chaos": {name: [2.0] * 2 for name in "abc"}}


def test_a_file_with_several_benchmarks_is_refused() -> None:
    with pytest.raises(ValueError, match="too many values"):
        run_pyperf.read({"benchmarks": [{"runs": []}, {"runs": []}]})


def test_there_are_enough_benchmarks_and_each_is_one() -> None:
    assert len(BENCHMARKS) >= 20
    assert len({tuple(command) for command in BENCHMARKS.values()}) == len(BENCHMARKS)


def test_all_interpreters_that_are_compared_are_run() -> None:
    assert {name for pair in speed_rows.COMPARED for name in pair} == set(interpreters("3.13.5"))
    assert interpreters("3.13.5")[OURS] == "/opt/python/3.13.5/bin/python3.13"


def test_a_comparison_is_a_row_with_its_interval() -> None:
    text = as_markdown({}, Result(title="Speed", rows=speed_rows.rows(MEASURED)))

    row = "| CPython 3.11.2 on debian-12: ours |  | the predecessor's |  | **1.20** (1.20 to 1.20) | at least 1.08 |"
    assert row in text
    assert "ratio of the medians" not in text


def test_each_benchmark_is_a_line_of_the_details() -> None:
    table = speed_rows.details(MEASURED)

    assert table.lines == [["chaos", "100 ms", "1.20", "1.10", "1.20", "1.00"]]


def test_what_is_compared_is_named_with_its_compiler_and_digest() -> None:
    assert speed_rows.about(MEASURED)["CPython 3.11.2 on debian-12, ours"] == "3.11.2 [GCC 12.2.0]; SHA-256 1"


def test_the_plot_starts_with_the_geometric_means() -> None:
    (panel,) = speed_rows.plot([MEASURED]).panels

    assert panel.labels == ["geometric mean", "chaos"]
    assert panel.series["ours v. the predecessor's"] == pytest.approx([1.2, 1.2])
    assert json.dumps(panel.series)
