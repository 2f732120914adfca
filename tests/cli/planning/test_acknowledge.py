"""Which alert somebody means."""

import pytest

from python_builds.cli.planning.acknowledge import chosen
from python_builds.core.errors import InvalidRequest

KEYS = ["CPython 3.13.5 is overdue", "python-3.13.5 for debian-12-amd64 fails", "python-3.13.5 for rhel-9-amd64 fails"]


@pytest.mark.parametrize("words", ["debian-12", KEYS[1], "5 for debian"])
def test_an_alert_is_named_by_words_that_no_other_has(words):
    assert chosen(words, KEYS) == KEYS[1]


@pytest.mark.parametrize(("words", "problem"), [("3.13.5 for", "2 alerts have it"), ("3.12", "no alert has it")])
def test_anything_else_is_refused_with_those_there_are(words, problem):
    with pytest.raises(InvalidRequest, match=problem) as refused:
        chosen(words, KEYS)

    assert str(refused.value).count("\n  ") == (2 if "2" in problem else 3)
