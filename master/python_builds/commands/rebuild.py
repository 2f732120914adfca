"""`make rebuild VERSIONS="3.10.1 3.11.9" [PLATFORMS=…] [ARCHITECTURES=…] [DRY_RUN=1] [YES=1]`, `make cancel`.

It lists first, as the web UI's form does with its "list only" box, and asks before it breaks much glass. What it asked
for goes on without it: python -m python_builds.commands.rebuild rebuild|cancel
"""

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from python_builds.commands.batch import Batch, last_batch
from python_builds.commands.client import Client
from python_builds.commands.master_process import running
from python_builds.commands.progress import SUCCESS, Progress
from python_builds.commands.told import INTERRUPTED, told
from python_builds.facts.errors import FarmError, InvalidRequest
from python_builds.facts.requests import DEFAULT_PROFILE, parse_rebuild_request
from python_builds.facts.settings import Settings, load_settings, variable
from python_builds.farm.rebuild_steps import REBUILD

SECONDS = 2
"""Between two looks at a batch."""


def main(argv: list[str], environment: Mapping[str, str]) -> int:
    """Do what the one argument says, and say with the exit status whether it worked."""

    def do() -> int:
        settings = load_settings()
        if argv == ["rebuild"]:
            return rebuild(_client(settings), settings, request(environment), environment)
        return cancel(_client(settings), environment.get("BATCH", ""))

    if argv not in (["rebuild"], ["cancel"]):
        print(__doc__, file=sys.stderr)
        return 2
    return told(do, interrupted="stopped; nothing was asked for")


def request(environment: Mapping[str, str]) -> dict[str, Any]:
    """Turn make's variables into the form's fields, checked.

    Raises:
        InvalidRequest: with all that is wrong.
    """
    fields = {
        "versions": " ".join(environment.get("VERSIONS", "").split()),
        "platforms": environment.get("PLATFORMS", "").split(),
        "architectures": environment.get("ARCHITECTURES", "").split(),
        "profile": environment.get("PROFILE") or DEFAULT_PROFILE,
    }
    if not fields["versions"]:
        raise InvalidRequest('name versions, as in VERSIONS="3.10.1 3.11.9", or VERSIONS=all for all that is published')
    parse_rebuild_request(fields)
    return fields


def rebuild(client: Client, settings: Settings, fields: Mapping[str, Any], environment: Mapping[str, str]) -> int:
    """List, confirm, ask and follow."""
    listed = _force(client, fields, list_only=True)[1]
    for product in listed["listed"]:
        print(f"  {product}")
    for sentence in listed["left_out"]:
        print(f"not built: {sentence}")
    count = len(listed["listed"])
    print(f"{count} builds, each a new revision", flush=True)
    if says_yes(environment, "DRY_RUN"):
        print("nothing was asked for (DRY_RUN)")
        return 0
    if count > settings.confirm_above and not says_yes(environment, "YES"):
        confirm(count, settings)
    number, _ = _force(client, fields, list_only=False)
    print(f"batch {number}; `make cancel BATCH={number}` cancels what is not finished", flush=True)
    try:
        return follow(Batch(client, number))
    except KeyboardInterrupt:
        print(f"\nbatch {number} goes on; `make cancel BATCH={number}` cancels what is not finished", file=sys.stderr)
        return INTERRUPTED


def confirm(count: int, settings: Settings) -> None:
    """Have a person say yes.

    Raises:
        FarmError: if they do not, or nobody is there.
    """
    limit = f"{count} builds are more than {variable('confirm_above')}={settings.confirm_above}"
    if not sys.stdin.isatty():
        raise FarmError(f"{limit}, and there is no terminal to ask at: say YES=1; nothing was asked for")
    if input(f"{limit}. Build them all? [y/N] ").strip().lower() not in ("y", "yes"):
        raise FarmError("nothing was asked for")


def follow(batch: Batch) -> int:
    """Show how far a batch is until it is over."""
    progress = Progress(batch.client)
    shown = ""
    while True:
        state = batch.look()
        if str(state) != shown:
            shown = str(state)
            progress.line(f"  {shown}")
        for sentence in batch.news():
            progress.line(f"  {sentence}")
        if state.over:
            return 0 if state.good else 1
        time.sleep(SECONDS)


def cancel(client: Client, name: str) -> int:
    """Cancel what is not finished of a batch, or of the last one.

    Raises:
        InvalidRequest: if there is no such batch.
    """
    if name and not name.isdecimal():
        raise InvalidRequest(f"BATCH is {name!r}: it must be the number that `make rebuild` has printed")
    number = int(name) if name else last_batch(client)
    cancelled = Batch(client, number).cancel()
    print(f"batch {number}: {cancelled} requests cancelled" if cancelled else f"batch {number} was over already")
    return 0


def _force(client: Client, fields: Mapping[str, Any], *, list_only: bool) -> tuple[int, dict[str, Any]]:
    """Fill in the form, wait for its build; return the request's id and the build's properties."""
    number = client.force(REBUILD, form=REBUILD, reason="make rebuild", username="make", list_only=list_only, **fields)
    while not client.is_complete(number):
        time.sleep(0.3)
    builds = client.builds(number)
    if not builds or builds[-1]["results"] != SUCCESS:
        raise FarmError(builds[-1]["state_string"] if builds else "it was cancelled before it began")
    return number, client.properties(builds[-1]["buildid"])


def _client(settings: Settings) -> Client:
    farm = running(settings)
    if farm is None:
        raise FarmError("the farm is not running (`make run` starts it)")
    return Client(farm.url, settings)


def says_yes(environment: Mapping[str, str], name: str) -> bool:
    """Say whether a variable of make's is set to something that means yes."""
    return environment.get(name, "") not in ("", "0", "no")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
