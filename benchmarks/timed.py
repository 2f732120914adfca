"""Commands in a container, each with its wall and CPU seconds: what bash's `time` says of it and all its children."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.recipe_stages import PHASES, Stage
from python_builds.core.errors import FarmError

TIMES = "/tmp/times"  # noqa: S108 - in a container of its own


@dataclass(frozen=True)
class Spent:
    """Seconds; `user` and `system` of all processes."""

    wall: float
    user: float
    system: float

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.wall + other.wall, self.user + other.user, self.system + other.system)

    @property
    def cpu(self) -> float:
        """User and system together."""
        return self.user + self.system


def script(stages: Iterable[Stage]) -> str:
    """Write a bash script that runs stages until one fails and notes in TIMES what each has spent."""
    lines = ["set -eu", "TIMEFORMAT='%3R %3U %3S'", "exec 3>&1"]
    for stage in stages:
        command = shlex.join(stage.command)
        # The group's stderr is where bash reports; the command's own goes on to the container's log.
        lines.append(f"{{ time {command} >&3 2>&3; }} 2>>{TIMES}")
    return "\n".join(lines) + "\n"


def by_phase(stages: Sequence[Stage], times: str) -> dict[str, Spent]:
    """Read what the script noted, added up by phase, in the order of the stages.

    Raises:
        FarmError: if there is not a line for each stage.
    """
    spent: dict[str, Spent] = {}
    lines = times.splitlines()
    if len(lines) != len(stages):
        raise FarmError(f"{len(stages)} stages were timed, but there are {len(lines)} times")
    for stage, line in zip(stages, lines, strict=True):
        wall, user, system = map(float, line.split())
        spent[stage.phase] = spent.get(stage.phase, Spent(0, 0, 0)) + Spent(wall, user, system)
    return spent


def total(spent: Mapping[str, Spent]) -> Spent:
    """Add up what counts as a build."""
    return sum((spent[phase] for phase in PHASES if phase in spent), Spent(0, 0, 0))
