"""The queue as people read it."""

import datetime

import pytest

from python_builds.core.planning.queue import Waiting, Worker, age, rows, waits_for, what

FREE, BUSY = Worker(name="a-1", paused=False, busy=False), Worker(name="a-2", paused=False, busy=True)
RESTING = Worker(name="a-3", paused=True, busy=False)


@pytest.mark.parametrize(
    "workers, paused, without_image, said",
    [
        ([FREE], {"rhel-9-amd64": "new disk"}, {}, "rhel-9-amd64 is paused: new disk"),
        ([FREE], {"rhel-9-amd64": ""}, {}, "rhel-9-amd64 is paused"),
        ([RESTING], {}, {"rhel-9-amd64": "no image for rhel-9 on here"}, "no image for rhel-9 on here"),
        ([RESTING], {}, {}, "a-3 is paused"),
        ([RESTING, RESTING], {}, {}, "a-3, a-3 are paused"),
        ([], {}, {}, "it has no worker"),
        ([BUSY, RESTING], {}, {}, "a free worker: a-2 build"),
        ([BUSY, FREE], {"debian-12-amd64": ""}, {}, "its turn"),
    ],
)
def test_the_most_lasting_cause_is_what_a_request_waits_for(
    workers: list[Worker], paused: dict[str, str], without_image: dict[str, str], said: str
) -> None:
    assert waits_for("rhel-9-amd64", workers, paused, without_image) == said


def test_what_is_asked_for_is_said_as_people_type_it() -> None:
    asked = {"python_version": "3.14.7", "variant": "t", "profile": "optimized", "force": True}

    assert what(asked) == "3.14.7t optimized again"
    assert what({"versions": "3.13.5 3.12.4", "profile": "quick", "force": False}) == "3.13.5 3.12.4 quick"
    assert what({}) == "-"


def test_a_row_says_place_priority_builder_age_and_cause() -> None:
    now = datetime.datetime(2026, 11, 28, 9, tzinfo=datetime.UTC)
    one = Waiting(
        request=7,
        builder="release",
        priority=20,
        what="3.13.5",
        since=now - datetime.timedelta(minutes=90),
        waits_for="its turn",
    )

    assert rows([one, one], now)[1] == ("2", "20", "release", "3.13.5", "90 min", "its turn", "7")


@pytest.mark.parametrize(
    "seconds, said", [(-1, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (3 * 86400, "3 d")]
)
def test_an_age_has_one_unit(seconds: int, said: str) -> None:
    assert age(datetime.timedelta(seconds=seconds)) == said
