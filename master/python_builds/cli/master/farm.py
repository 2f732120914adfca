"""The farm on this machine, in the background: start it, stop it, say what it does."""

from python_builds.adapters.planning.plan_files import read_report
from python_builds.cli.master.client import Client
from python_builds.cli.master.master_process import running, start, stop
from python_builds.cli.workers.worker_choice import for_farm
from python_builds.core.planning.agenda import FAILED
from python_builds.core.planning.plan_report import PlanReport, summary, text
from python_builds.core.settings.settings import Settings


def run(settings: Settings) -> None:
    """Start the farm, unless it runs."""
    chosen = for_farm(settings) if running(settings) is None else None
    farm, started = start(settings, keep=True, engine=chosen.engine if chosen else None)
    if started and chosen:
        print(chosen)
    print(f"{'started' if started else 'running'}: {farm.url} (process {farm.pid}); `make stop` stops it")
    print(f"log in as {settings.web_user} with the password in {settings.password_file}: {settings.web_password()}")
    if not farm.automatic:
        print("`make build` started it, so it builds nothing by itself until `make stop` and `make run`")


def end(settings: Settings) -> None:
    """Stop the farm, if it runs."""
    stopped = stop(settings)
    print(f"stopped process {stopped.pid}" if stopped else "nothing was running")


def plan(settings: Settings) -> None:
    """Say what is wanted, missing and failed."""
    seen = read_report(settings.state_dir)
    print(text(seen) if seen else "no plan yet: the farm makes one soon after `make run`")


def status(settings: Settings) -> str:
    """Say in a few lines what the farm does."""
    farm = running(settings)
    if farm is None:
        return "not running (`make run` starts it)"
    client = Client(farm.url, settings, patience=0)
    lines = [f"running: {farm.url} (process {farm.pid})"]
    names = {b["builderid"]: b["name"] for b in client.get("builders")["builders"]}
    for build in client.get("builds", complete=False)["builds"]:
        lines.append(f"  building  {names[build['builderid']]} #{build['number']}: {build['state_string']}")
    for waiting in client.get("buildrequests", complete=False, claimed=False)["buildrequests"]:
        lines.append(f"  waiting   {names[waiting['builderid']]} (request {waiting['buildrequestid']})")
    if len(lines) == 1:
        lines.append("  idle")
    seen = read_report(settings.state_dir)
    return "\n".join(lines if seen is None else [*lines, *plan_lines(seen)])


def plan_lines(seen: PlanReport) -> list[str]:
    """Say in a few lines what the planner sees."""
    failed = [one for one in seen.lines if one.state == FAILED]
    return [
        f"  plan      {summary(seen)}; `make plan` has all of it",
        *(f"  failed    CPython {one.version} on {one.platform}-{one.architecture}: {one.reason}" for one in failed),
        *(f"  problem   {problem}" for problem in seen.problems),
        *(f"  alert     {key}" for key in seen.alerts),
    ]
