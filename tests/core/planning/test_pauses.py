"""What is paused, in words."""

import datetime

from python_builds.core.planning.pauses import Pause, pause_words

SINCE = datetime.datetime(2026, 11, 28, 9, 30).astimezone()
HOSTS = {"big": ["big-1", "big-2"], "small": ["small-1"], "empty": []}


def words(planner=False, workers=None, builders=None):
    return pause_words(planner=planner, workers=workers or {}, hosts=HOSTS, builders=builders or {})


def test_nothing_is_said_where_nothing_is_paused():
    assert words() == ()


def test_a_host_is_named_alone_if_all_its_workers_are_paused_and_its_worker_if_one_is():
    assert words(workers={"big-1": "new disk", "big-2": "new disk", "local": ""}) == (
        "Docker host big: new disk",
        "worker local",
    )
    assert words(workers={"big-1": "new disk"}) == ("worker big-1: new disk",)


def test_the_planner_and_builders_are_told_with_since_when_and_why():
    assert words(planner=True, builders={"debian-12-amd64": Pause(since=SINCE, reason="bad image")}) == (
        "the planner: nothing is asked for by itself",
        "builder debian-12-amd64, since 2026-11-28 09:30: bad image",
    )
