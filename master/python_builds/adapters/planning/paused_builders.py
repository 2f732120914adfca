"""Builders that an operator has paused: a file in the state folder, which outlives the master.

Buildbot pauses workers and switches schedulers off, and keeps both in its database; it has nothing of the kind for a
builder.
"""

import datetime
import fcntl
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from python_builds.adapters.upstream.api_cache import replace_file
from python_builds.core.documents import dump
from python_builds.core.errors import FarmError
from python_builds.core.planning.pauses import Pause


class Paused(BaseModel):
    """All that are paused, by builder."""

    model_config = ConfigDict(frozen=True)

    builders: dict[str, Pause] = {}


def paused_path(state_dir: Path) -> Path:
    """Say where the file lies."""
    return state_dir / "paused.json"


def read_paused(state_dir: Path) -> dict[str, Pause]:
    """Read who is paused.

    Raises:
        FarmError: if the file is none of ours: nobody knows then what is to be left alone.
    """
    path = paused_path(state_dir)
    try:
        return Paused.model_validate_json(path.read_bytes()).builders
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        raise FarmError(f"{path} cannot be read, remove it to resume every builder: {error}") from None


def pause_builder(state_dir: Path, name: str, reason: str) -> None:
    """Pause a builder; one that is paused keeps since when, and has another reason."""
    now = datetime.datetime.now(datetime.UTC)

    def change(paused: dict[str, Pause]) -> None:
        paused[name] = Pause(since=paused[name].since if name in paused else now, reason=reason)

    _change(state_dir, change)


def resume_builder(state_dir: Path, name: str) -> None:
    """Let a builder go on."""
    _change(state_dir, lambda paused: paused.pop(name, None))


def _change(state_dir: Path, change: Callable[[dict[str, Pause]], object]) -> None:
    with (state_dir / "paused.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        paused = read_paused(state_dir)
        change(paused)
        replace_file(paused_path(state_dir), dump(Paused(builders=paused)))
