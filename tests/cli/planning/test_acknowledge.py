"""Which alert somebody means."""

import datetime

import pytest

from python_builds.adapters.planning.acknowledged import read_acknowledged
from python_builds.adapters.planning.report_file import write_report
from python_builds.cli.planning.acknowledge import acknowledge, chosen
from python_builds.core.errors import InvalidRequest
from python_builds.core.planning.plan_report import PlanReport
from python_builds.core.settings.settings import Settings

KEYS = ["CPython 3.13.5 is overdue", "python-3.13.5 for debian-12-amd64 fails", "python-3.13.5 for rhel-9-amd64 fails"]


@pytest.mark.parametrize("words", ["debian-12", KEYS[1], "5 for debian"])
def test_an_alert_is_named_by_words_that_no_other_has(words):
    assert chosen(words, KEYS) == KEYS[1]


@pytest.mark.parametrize(("words", "problem"), [("3.13.5 for", "2 alerts have it"), ("3.12", "no alert has it")])
def test_anything_else_is_refused_with_those_there_are(words, problem):
    with pytest.raises(InvalidRequest, match=problem) as refused:
        chosen(words, KEYS)

    assert str(refused.value).count("\n  ") == (2 if "2" in problem else 3)


def test_who_knows_of_it_has_a_name_that_moves_no_terminal_and_fits_on_a_line(tmp_path, capsys):
    settings = Settings(_env_file=None, state_dir=tmp_path)
    write_report(tmp_path, PlanReport(made_at=datetime.datetime.now(datetime.UTC), alerts={KEYS[0]: "why"}))
    with pytest.raises(InvalidRequest, match="BY has 300 characters; 200 are allowed"):
        acknowledge(settings, KEYS[0], "x" * 300)
    assert read_acknowledged(tmp_path) == {}

    acknowledge(settings, KEYS[0], "\x1b[31manna\x07\x9b2J\n\u202efrom\thome")
    assert read_acknowledged(tmp_path)[KEYS[0]].by == "anna2J from home"
    assert "\x1b" not in capsys.readouterr().out
    acknowledge(settings, KEYS[0], "\x1b[0m")
    assert read_acknowledged(tmp_path)[KEYS[0]].by, "of nothing that can be read, the account's name is taken"
