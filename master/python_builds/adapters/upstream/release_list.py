"""The file that the poller leaves in the state folder for all who plan or report."""

from pathlib import Path

from pydantic import ValidationError

from python_builds.adapters.upstream.api_cache import replace_file
from python_builds.core.documents import dump
from python_builds.core.upstream.release_list import ReleaseList


def release_list_path(state_dir: Path) -> Path:
    """Say where it lies."""
    return state_dir / "releases.json"


def read(path: Path) -> ReleaseList | None:
    """Read the list; None if there is none, or none of this format: the next poll writes it again."""
    try:
        return ReleaseList.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write(path: Path, releases: ReleaseList) -> None:
    """Replace the list in one step."""
    replace_file(path, dump(releases))
