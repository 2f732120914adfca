"""The farm on this machine, in the background: start it, stop it."""

from python_builds.adapters.database.waiting_note import waits_for
from python_builds.cli.master.master_process import become, start, stop
from python_builds.cli.master.running_farm import running
from python_builds.cli.workers.worker_choice import for_farm
from python_builds.core.settings.settings import Settings


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


def run_here(settings: Settings) -> None:
    """Become the farm's master, for systemd or a container engine, and do not come back."""
    chosen = for_farm(settings)
    if chosen:
        print(chosen, flush=True)
    print(f"the master's log is {settings.state_dir / 'master' / 'twistd.log'}; the web UI is {settings.public_url}")
    print(f"log in as {settings.web_user} with the password in {settings.password_file}", flush=True)
    become(settings, chosen.engine if chosen else None)


def end(settings: Settings) -> None:
    """Stop the farm, if it runs."""
    stopped = stop(settings)
    print(f"stopped process {stopped.pid}" if stopped else "nothing was running")
