"""The farm on this machine, in the background: start it, stop it, say what it does."""

from python_builds.adapters.planning.plan_files import read_report
from python_builds.cli.master.client import Client
from python_builds.cli.master.master_process import running, start, stop
from python_builds.cli.workers.worker_choice import for_farm
from python_builds.core.planning.overview_text import plan_lines
from python_builds.core.settings.settings import Settings
from python_builds.farm.database.master_lock import waits_for


def run(settings: Settings) -> None:
    """Start the farm, unless it runs."""
    chosen = for_farm(settings) if running(settings) is None else None
    farm, started = start(settings, keep=True, engine=chosen.engine if chosen else None)
    if started and chosen:
        print(chosen)
    if waiting := waits_for(settings):
        print(f"{'started' if started else 'running'} (process {farm.pid}); it {waiting}; `make stop` stops it")
        return
    print(f"{'started' if started else 'running'}: {farm.url} (process {farm.pid}); `make stop` stops it")
    print(f"log in as {settings.web_user} with the password in {settings.password_file}: {settings.web_password()}")
    if not farm.automatic:
        print("`make build` started it, so it builds nothing by itself until `make stop` and `make run`")


def end(settings: Settings) -> None:
    """Stop the farm, if it runs."""
    stopped = stop(settings)
    print(f"stopped process {stopped.pid}" if stopped else "nothing was running")


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
