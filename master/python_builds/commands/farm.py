"""`make run`, `make stop`, `make status`: the farm on this machine, in the background.

python -m python_builds.commands.farm run|stop|status
"""

import subprocess
import sys

import requests

from python_builds.commands.client import Client
from python_builds.commands.master_process import running, start, stop
from python_builds.facts.errors import PythonBuildsError
from python_builds.facts.settings import ConfigurationError, Settings, load_settings

EXPECTED = (PythonBuildsError, ConfigurationError, OSError, subprocess.SubprocessError, requests.RequestException)
"""What may go wrong on a machine: a person gets the message, and no traceback."""


def main(argv: list[str]) -> int:
    """Do what the one argument says."""
    try:
        settings = load_settings()
        match argv:
            case ["run"]:
                farm, started = start(settings, keep=True)
                print(f"{'started' if started else 'running'}: {farm.url} (process {farm.pid}); `make stop` stops it")
            case ["stop"]:
                stopped = stop(settings)
                print(f"stopped process {stopped.pid}" if stopped else "nothing was running")
            case ["status"]:
                print(status(settings))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except EXPECTED as error:
        print(f"python-builds: {error}", file=sys.stderr)
        return 1
    return 0


def status(settings: Settings) -> str:
    """Say in a few lines what the farm does."""
    farm = running(settings)
    if farm is None:
        return "not running (`make run` starts it)"
    client = Client(farm.url, settings)
    lines = [f"running: {farm.url} (process {farm.pid})"]
    names = {b["builderid"]: b["name"] for b in client.get("builders")["builders"]}
    for build in client.get("builds", complete=False)["builds"]:
        lines.append(f"  building  {names[build['builderid']]} #{build['number']}: {build['state_string']}")
    for waiting in client.get("buildrequests", complete=False, claimed=False)["buildrequests"]:
        lines.append(f"  waiting   {names[waiting['builderid']]} (request {waiting['buildrequestid']})")
    return "\n".join(lines if len(lines) > 1 else [*lines, "  idle"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
