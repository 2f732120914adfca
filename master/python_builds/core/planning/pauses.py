"""What an operator has paused, in words."""

from collections.abc import Mapping, Sequence

from pydantic import AwareDatetime, BaseModel, ConfigDict

from python_builds.core.plain_text import plain

PLANNER = "planner"
"""The scheduler by which the planner asks."""


class Pause(BaseModel):
    """The pause of a builder."""

    model_config = ConfigDict(frozen=True)

    since: AwareDatetime
    reason: str = ""


def pause_words(
    *,
    planner: bool,
    workers: Mapping[str, str],
    hosts: Mapping[str, Sequence[str]],
    builders: Mapping[str, Pause],
) -> tuple[str, ...]:
    """Say what is paused, a sentence each.

    Args:
        planner: whether it is.
        workers: those that are, with why.
        hosts: all workers of each Docker host: one of which all are paused is named alone.
        builders: those that are.
    """
    found = ["the planner: nothing is asked for by itself"] if planner else []
    resting = dict(workers)
    for host, names in hosts.items():
        if names and {*names} <= {*resting}:
            found.append(f"Docker host {host}{_because(resting[names[0]])}")
            resting = {name: reason for name, reason in resting.items() if name not in names}
    found += [f"worker {name}{_because(reason)}" for name, reason in resting.items()]
    for name, one in builders.items():
        found.append(f"builder {name}, since {one.since.astimezone():%Y-%m-%d %H:%M}{_because(one.reason)}")
    return tuple(found)


def _because(reason: str) -> str:
    return f": {plain(reason)}" if reason else ""
