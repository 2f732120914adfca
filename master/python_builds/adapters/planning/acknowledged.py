"""Who has acknowledged which alert: a file in the state folder that the command line writes and the planner tidies."""

import datetime
from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import RootModel, ValidationError

from python_builds.adapters.stop import Stop, alone
from python_builds.adapters.upstream.api_cache import replace_file
from python_builds.core.documents import dump
from python_builds.core.planning.alert_ends import Acknowledged


class _File(RootModel[dict[str, Acknowledged]]):
    """Acknowledgements by the alerts' keys."""


def read_acknowledged(state_dir: Path) -> dict[str, Acknowledged]:
    """Read them; none where there is no such file, or none of this format: they are given again as easily."""
    try:
        return _File.model_validate_json(_path(state_dir).read_bytes()).root
    except (FileNotFoundError, ValidationError):
        return {}


def acknowledge(state_dir: Path, key: str, by: str, now: datetime.datetime) -> None:
    """Note that somebody knows of an alert."""
    with _alone(state_dir):
        replace_file(_path(state_dir), dump(_File({**read_acknowledged(state_dir), key: Acknowledged(by=by, at=now)})))


def forget_ended(state_dir: Path, alerts: Collection[str]) -> None:
    """Forget those of alerts that are over: when such a one begins again, nobody knows of it yet."""
    if read_acknowledged(state_dir).keys() <= {*alerts}:
        return
    with _alone(state_dir):
        kept = {key: value for key, value in read_acknowledged(state_dir).items() if key in alerts}
        replace_file(_path(state_dir), dump(_File(kept)))


def _path(state_dir: Path) -> Path:
    return state_dir / "acknowledged.json"


def _alone(state_dir: Path) -> AbstractContextManager[None]:
    return alone(state_dir / "locks" / "acknowledged", Stop())
