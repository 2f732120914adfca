"""What a benchmark's values become: a table for people, ratios, and the raw values as JSON."""

import json

from benchmarks.farm_rows import hits
from benchmarks.plots import Panel, Plot
from benchmarks.report import Result, Row, Table, as_json, as_markdown, ratio, spread

BUILDS = Row(what="a build", values=[12, 10], unit="s", compared_to="by hand", reference=[8.0, 10.0])


def test_a_ratio_is_of_the_medians_with_what_the_single_runs_would_allow() -> None:
    assert ratio([10, 12, 20], [4, 5]) == (12 / 4.5, 10 / 5, 20 / 4)


def test_without_a_reference_there_is_no_ratio() -> None:
    assert ratio([1.0], []) is None


def test_a_spread_shows_the_median_and_the_extremes_and_how_many_runs_there_were() -> None:
    assert spread([3, 1.234, 100], "s") == "3.00 s (1.23 to 100, 3)"


def test_a_single_run_claims_no_spread() -> None:
    assert spread([12.345], "MB/s") == "12.3 MB/s (1)"


def test_a_row_stands_beside_what_it_is_compared_to() -> None:
    text = as_markdown({"cores": "2"}, Result(title="The farm", rows=[BUILDS], about={"source": "x.tgz"}))

    assert (
        "| a build | 11.0 s (10.0 to 12.0, 2) | by hand | 9.00 s (8.00 to 10.0, 2) | **1.22** (1.00 to 1.50) |" in text
    )
    assert text.startswith("# The farm\n")
    assert text.endswith("- cores: 2\n- source: x.tgz\n")


def test_the_raw_values_are_kept() -> None:
    content = json.loads(as_json({"cores": "2"}, Result(title="The farm", rows=[BUILDS], raw={"steps": [1.5]})))

    assert content["raw"] == {"steps": [1.5]}
    assert content["rows"][0]["values"] == [12, 10]
    assert content["rows"][0]["ratio"][1:] == [1.0, 1.5]


def test_hits_of_ccache_are_counted_for_each_build_alone() -> None:
    first, second = {"cache_miss": 9}, {"cache_miss": 10, "direct_cache_hit": 7, "preprocessed_cache_hit": 1}

    assert hits([first, second]) == [(0, 9), (8, 9)]


def test_goals_are_a_column_where_there_are_any() -> None:
    row = Row(what="a build", values=[12], unit="s", compared_to="theirs", reference=[20], goal="at most 0.65")

    text = as_markdown({}, Result(title="Builds", rows=[row]))

    assert "| | measured | compared to | measured | ratio | goal |\n|---|---|---|---|---|---|\n" in text
    assert "| **0.60** (0.60 to 0.60) | at most 0.65 |" in text


def test_a_ratio_may_be_given_with_an_interval_of_its_own() -> None:
    row = Row(what="speed", values=[], unit="", compared_to="theirs", estimate=(1.1, 1.05, 1.15))
    result = Result(title="Speed", rows=[row])

    assert "**1.10** (1.05 to 1.15)" in as_markdown({}, result)
    assert json.loads(as_json({}, result))["rows"][0]["ratio"] == [1.1, 1.05, 1.15]


def test_details_stand_last_and_the_plot_is_shown() -> None:
    table = Table(title="By phase", header=["", "configure"], lines=[["ours", "9"]])
    plot = Plot(panels=[Panel(title="CPU", unit="s", kind="stack", labels=["ours"], series={"configure": [9]})])
    result = Result(title="Builds", rows=[BUILDS], tables=[table], plot=plot)

    text = as_markdown({"cores": "2"}, result, "builds.svg")

    assert "![Builds, as a plot](builds.svg)" in text
    assert text.endswith("- cores: 2\n\n## By phase\n\n| | configure |\n|---|---|\n| ours | 9 |\n")
    assert json.loads(as_json({}, result))["plot"]["panels"][0]["series"] == {"configure": [9]}
