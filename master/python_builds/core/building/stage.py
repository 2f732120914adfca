"""One stage of a build: what it runs or moves, who does it, when, and what it leaves; stages.py has them all.

A stage's words are made of what is known of a build: the properties that `farm/building/platform_work.py` sets, by
their names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Known = Mapping[str, Any]


class By(StrEnum):
    """Who does it."""

    MASTER = "the master"
    SENT = "sent to the worker"
    WORKER = "the worker itself, which runs nothing of the tarball"
    BUILD_USER = "the build user"
    PACKAGING_USER = "the packaging user"
    TAKEN = "taken from the worker"


DROPS_TO = {
    By.WORKER: (),
    By.BUILD_USER: ("scripts/run-as-build-user.sh",),
    By.PACKAGING_USER: ("scripts/run-as-packaging-user.sh",),
}
"""Who runs commands, each with what makes the worker become them."""


def always(_known: Known) -> bool:
    """Say that every build has a stage."""
    return True


def is_quick(known: Known) -> bool:
    """Say whether a build is for trying things."""
    return bool(known["profile"] == "quick")


def is_optimized(known: Known) -> bool:
    """Say whether a build is trained, or takes what an earlier one was trained with."""
    return bool(known["profile"] == "optimized")


def is_stored(known: Known) -> bool:
    """Say whether a build takes stored training data."""
    return bool(known.get("training_sha256"))


def is_trained(known: Known) -> bool:
    """Say whether a build is trained by itself."""
    return is_optimized(known) and not is_stored(known)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage; `words` are a command, or the name of the file that is moved."""

    name: str
    by: By
    words: Callable[[Known], Sequence[object]] = lambda _: ()
    when: Callable[[Known], bool] = always
    leaves: str = ""
    """Where a reader finds what it made."""
    keeps: str = ""
    """The property that keeps what it prints."""
    quiet: bool = False
    """Whether it is shown only where something is wrong with it."""
    on_failure: bool = False
    """Whether it runs only after a failure."""

    @property
    def is_conditional(self) -> bool:
        """Whether some builds go without it."""
        return self.when is not always


def command(stage: Stage, known: Known) -> list[str]:
    """Give the command of a stage, as the worker starts it."""
    return [*DROPS_TO[stage.by], *map(str, stage.words(known))]
