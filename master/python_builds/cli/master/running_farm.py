"""The master on this machine, found again by what was noted of it when it started."""

import contextlib
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from python_builds.cli.master.processes import works_in
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.docker_hosts import DockerHost


class Farm(BaseModel):
    """A master that runs on this machine."""

    model_config = ConfigDict(frozen=True)

    pid: int
    url: str
    keep: bool
    """Whether it was started by `make run`; one that `make build` started goes with the last build."""
    engine: DockerHost | None = None
    """This machine's Docker engine, where no setting named it."""
    automatic: bool = True
    """Whether it builds by itself what is missing, as far as its settings let it: not if `make build` started it."""


def running(settings: Settings) -> Farm | None:
    """Find the master of this state folder. A process id alone may be another process by now, so ask where it works."""
    folder = settings.state_dir / "master"
    if folder.exists() and folder.stat().st_uid != os.geteuid():
        raise FarmError(f"{settings.state_dir} belongs to another user: do this as {folder.owner()}")
    noted = None
    with contextlib.suppress(FileNotFoundError, ValueError):
        noted = Farm.model_validate_json(note_path(settings).read_bytes())
    # Ours is noted at once; twistd's own file comes seconds later, and is there too when others started it.
    for pid in (noted.pid if noted else None, _pid_of_twistd(folder)):
        if pid is not None and works_in(pid, folder):
            found = noted or Farm(pid=pid, url=settings.local_url, keep=True)
            return found.model_copy(update={"pid": pid})
    return None


def _pid_of_twistd(folder: Path) -> int | None:
    try:
        return int((folder / "twistd.pid").read_text())
    except (FileNotFoundError, ValueError):
        return None


def note_path(settings: Settings) -> Path:
    """Say where a started master is noted."""
    return settings.state_dir / "farm.json"


def write_note(settings: Settings, farm: Farm) -> None:
    """Note a master that was started."""
    note_path(settings).write_text(farm.model_dump_json())
