"""Building again what is published, and cancelling that.

It lists first, as the web UI's form does with its "list only" box, and asks before it breaks much glass. What it asked
for goes on without it.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from python_builds.cli.advisories.affected import versions_affected_by
from python_builds.cli.building.progress import SUCCESS, Progress
from python_builds.cli.exit_status import INTERRUPTED
from python_builds.cli.master.client import Client
from python_builds.cli.output import table
from python_builds.cli.planning.batch import Batch, batch_numbered, last_batch
from python_builds.cli.planning.cancelling import cancel_all
from python_builds.cli.planning.operating import client_of
from python_builds.core.building.requests import parse_rebuild_request
from python_builds.core.errors import FarmError, InvalidRequest
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.upstream.tags import parse_tag_or_newest
from python_builds.farm.planning.rebuild_steps import REBUILD

SECONDS = 2
"""Between two looks at a batch."""


def request(
    versions: Sequence[str], platforms: Sequence[str], architectures: Sequence[str], profile: str
) -> dict[str, Any]:
    """Turn what a person typed into the form's fields, checked.

    Raises:
        InvalidRequest: with all that is wrong.
    """
    fields = {
        "versions": " ".join(versions),
        "platforms": [*platforms],
        "architectures": [*architectures],
        "profile": profile,
    }
    if not fields["versions"]:
        raise InvalidRequest('name versions, as in VERSIONS="3.10.1 3.11.9", or VERSIONS=all for all that is published')
    parse_rebuild_request(fields)
    return fields


def named(settings: Settings, versions: Sequence[str], affected: str, profile: str) -> Sequence[str]:
    """List what a person named: versions, or what an advisory affects.

    Raises:
        InvalidRequest: if both are named, or the advisory affects nothing.
    """
    if not affected:
        return versions
    if versions:
        raise InvalidRequest("name versions, or with AFFECTED an advisory whose versions are meant, not both")
    return versions_affected_by(settings, affected, profile)


def rebuild(settings: Settings, fields: Mapping[str, Any], *, dry_run: bool, yes: bool) -> int:
    """List, confirm, ask and follow."""
    client = client_of(settings)
    listed = _force(client, fields, list_only=True)[1]
    if listed["listed"]:
        print(table(("PACKAGE", "BUILDER", "PROFILE"), listed["listed"]))
    for sentence in listed["left_out"]:
        print(f"not built: {sentence}")
    count = len(listed["listed"])
    print(f"{count} build{'s' if count != 1 else ''}, each a new revision", flush=True)
    if dry_run:
        print("nothing was asked for (DRY_RUN)")
        return 0
    if count > settings.confirm_above and not yes:
        confirm(count, settings)
    number, _ = _force(client, {**fields, "many": True}, list_only=False)
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
        state = batch.state()
        if str(state) != shown:
            shown = str(state)
            progress.line(f"  {shown}")
        for sentence in batch.news():
            progress.line(f"  {sentence}")
        if state.over:
            return 0 if state.good else 1
        time.sleep(SECONDS)


def cancel(settings: Settings, batch: str, version: str, platform: str) -> None:
    """Cancel what is not finished of a release, a platform or a batch; by default of the last batch.

    Raises:
        InvalidRequest: if there is no such batch, or both a batch and something else are named.
    """
    if version or platform:
        if batch:
            raise InvalidRequest("name a batch, or a version and a platform: a batch is cancelled as a whole")
        tag = parse_tag_or_newest(version) if version else None
        count = cancel_all(client_of(settings), tag, platform_named(platform) if platform else None)
        what = " on ".join(filter(None, (f"CPython {tag}" if tag else "", platform)))
        print(f"{what}: {count} requests cancelled" if count else f"{what}: nothing is unfinished")
        return
    client = client_of(settings)
    number = batch_numbered(client, batch) if batch else last_batch(client)
    cancelled = Batch(client, number).cancel()
    print(f"batch {number}: {cancelled} requests cancelled" if cancelled else f"batch {number} was over already")


def _force(client: Client, fields: Mapping[str, Any], *, list_only: bool) -> tuple[int, dict[str, Any]]:
    """Fill in the form, wait for its build; return the request's id and the build's properties."""
    number = client.force(REBUILD, form=REBUILD, reason="make rebuild", username="make", list_only=list_only, **fields)
    while not client.is_complete(number):
        time.sleep(0.3)
    builds = client.builds(number)
    if not builds or builds[-1]["results"] != SUCCESS:
        raise FarmError(builds[-1]["state_string"] if builds else "it was cancelled before it began")
    return number, client.properties(builds[-1]["buildid"])
