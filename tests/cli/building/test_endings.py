"""How a step ended, from what Buildbot has in its logs; tests/farm/test_endings.py has a Buildbot that writes them."""

import pytest
from buildbot.process.results import CANCELLED, EXCEPTION, RETRY, SUCCESS

from python_builds.cli.building.endings import LOST, build_words, outcome, sentence, telling

GONE = "[Failure instance: Traceback (failure with no frames): <class 'twisted.internet.error.ConnectionLost'>: …"
UNSENT = [
    "Traceback (most recent call last):",
    "twisted.spread.pb.DeadReferenceError: Calling Stale Broker",
]

UNANSWERED = [
    "Traceback (most recent call last):",
    "twisted.spread.pb.PBConnectionLost: [Failure instance: Traceback (failure with no frames): …",
    "]",
]


def ended(results: int, name: str = "compile") -> dict[str, object]:
    return {"name": name, "results": results}


@pytest.mark.parametrize(
    "results, ends",
    [
        (RETRY, {"stdio": ["osleep 6"], "cancelled": [GONE, "]"]}),
        (RETRY, {"interrupt": [GONE, "]"]}),
        (EXCEPTION, {"cancelled": [GONE, "]"]}),
        (EXCEPTION, {"err.text": UNSENT}),
        (EXCEPTION, {"err.text": UNANSWERED}),
    ],
)
def test_a_lost_worker_is_one_sentence_however_buildbot_noticed(results: int, ends: dict[str, list[str]]) -> None:
    assert sentence(ended(results), ends) == LOST
    assert outcome(ended(results), ends) == RETRY


def test_who_stopped_a_step_is_said() -> None:
    assert sentence(ended(CANCELLED), {"stdio": ["osleep 6"], "cancelled": ["a person said so"]}) == (
        "stopped: a person said so"
    )
    assert "starts again with the farm" in sentence(ended(CANCELLED), {"cancelled": ["Master Shutdown"]})


def test_why_no_worker_came_is_left_to_the_build() -> None:
    assert sentence(ended(EXCEPTION, "worker_preparation"), {"err.text": UNSENT}) == ""


def test_a_step_that_says_nothing_is_called_that() -> None:
    assert sentence(ended(EXCEPTION), {}) == "it ended without a word"
    assert sentence(ended(SUCCESS), {}) == ""


def test_the_log_that_is_named_has_more_than_the_reason_for_a_stop() -> None:
    stdio, cancelled, error = ({"name": n, "num_lines": 2} for n in ("stdio", "cancelled", "err.text"))

    assert telling([stdio, cancelled]) == stdio
    assert telling([stdio, error]) == error
    assert telling([{"name": "stdio", "num_lines": 0}, cancelled]) is None


@pytest.mark.parametrize(
    "results, words, shown",
    [
        (CANCELLED, "cancelled (a person said so) python-3.11.6 'sh …' (cancelled)", "cancelled (a person said so)"),
        (CANCELLED, "cancelled", "cancelled"),
        (EXCEPTION, "lost its worker (3 of 3 times): …", "lost its worker (3 of 3 times): …"),
    ],
)
def test_a_build_is_shown_by_its_own_words(results: int, words: str, shown: str) -> None:
    assert build_words({"results": results, "state_string": words}, [ended(SUCCESS)]) == shown
