"""What the farm on this machine does and plans, said on one screen; this imports little, so that it comes at once."""

from python_builds.adapters.database.waiting_note import waits_for
from python_builds.adapters.planning.report_file import read_report
from python_builds.cli.master.client import Client
from python_builds.cli.master.running_farm import running
from python_builds.core.planning.overview_text import plan_lines
from python_builds.core.settings.settings import Settings


def plan(settings: Settings, *, everything: bool = False) -> None:
    """Say what is wanted, missing and failed."""
    seen = read_report(settings.state_dir)
    if seen is None:
        print("no plan yet: the farm makes one soon after `make run`")
    else:
        print("\n".join(plan_lines(seen, everything=everything)))


def status(settings: Settings) -> str:
    """Say on one screen what the farm does."""
    farm = running(settings)
    if farm is None:
        return "not running (`make run` starts it)"
    if waiting := waits_for(settings):
        return f"running (process {farm.pid}): {waiting}"
    client = Client(farm.url, settings, patience=0)
    running_line = f"running: {farm.url} (process {farm.pid}); all of it: {farm.url}plugins/overview/"
    return "\n".join([running_line, client.overview().rstrip("\n")])
