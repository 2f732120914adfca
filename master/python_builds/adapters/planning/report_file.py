"""The planner's report, which it leaves in the state folder for whoever asks."""

from pathlib import Path

from pydantic import ValidationError

from python_builds.adapters.planning.acknowledged import read_acknowledged
from python_builds.adapters.upstream.api_cache import replace_file
from python_builds.core.documents import dump
from python_builds.core.planning.alert_ends import with_acknowledged
from python_builds.core.planning.plan_report import PlanReport


def plan_path(state_dir: Path) -> Path:
    """Say where the planner's report lies."""
    return state_dir / "plan.json"


def write_report(state_dir: Path, found: PlanReport) -> None:
    """Write the report in one step."""
    replace_file(plan_path(state_dir), dump(found))


def read_report(state_dir: Path) -> PlanReport | None:
    """Read the report, with who knows of its alerts by now; None if there is none, or of another time's format."""
    try:
        found = PlanReport.model_validate_json(plan_path(state_dir).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    known = {key: one for key, one in read_acknowledged(state_dir).items() if key in found.alerts}
    return found.model_copy(update={"acknowledged": known, "alerts": with_acknowledged(found.alerts, known)})
