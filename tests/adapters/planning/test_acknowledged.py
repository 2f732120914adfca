"""What the state folder keeps of who knows of which alert."""

import datetime

from python_builds.adapters.planning.acknowledged import acknowledge, forget_ended, read_acknowledged
from python_builds.adapters.planning.report_file import read_report, write_report
from python_builds.core.planning.plan_report import PlanReport

NOW = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)


def test_an_acknowledgement_is_forgotten_when_its_alert_is_over(tmp_path):
    acknowledge(tmp_path, "a fails", "anna", NOW)
    acknowledge(tmp_path, "b fails", "bert", NOW)
    assert {key: one.by for key, one in read_acknowledged(tmp_path).items()} == {"a fails": "anna", "b fails": "bert"}

    forget_ended(tmp_path, ["b fails", "c fails"])
    assert list(read_acknowledged(tmp_path)) == ["b fails"]


def test_the_report_says_who_knows_by_now_though_the_planner_has_not_looked_again(tmp_path):
    write_report(tmp_path, PlanReport(made_at=NOW, alerts={"a fails": "why"}))
    acknowledge(tmp_path, "a fails", "anna", NOW)
    acknowledge(tmp_path, "gone fails", "anna", NOW)

    found = read_report(tmp_path)

    assert found.alerts == {"a fails": "why (acknowledged by anna, 2026-11-28 12:00 UTC)"}
    assert found.acknowledged["a fails"].by == "anna"
    assert list(found.acknowledged) == ["a fails"]


def test_a_file_that_cannot_be_read_counts_as_none(tmp_path):
    (tmp_path / "acknowledged.json").write_text("{")

    assert read_acknowledged(tmp_path) == {}
    acknowledge(tmp_path, "a fails", "anna", NOW)
    assert list(read_acknowledged(tmp_path)) == ["a fails"]
