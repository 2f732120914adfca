"""`make build [VERSION=3.13.5] [PLATFORM=debian-12] [PROFILE=quick|optimized] [FORCE=1]`: one build, start to finish.

It asks for the build exactly as the web UI's Force form does, of the farm that `make run` started or else of one it
starts and stops. Arguments come as environment variables, so that make needs to quote nothing.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from python_builds.commands import farm
from python_builds.commands.client import Client
from python_builds.commands.progress import SKIPPED, SUCCESS, WARNINGS, Progress, size
from python_builds.facts.artifacts import INDEX_JSON, profile_prefix
from python_builds.facts.errors import FarmError, InvalidRequest, PythonBuildsError
from python_builds.facts.platforms import PLATFORMS
from python_builds.facts.releases import NEWEST
from python_builds.facts.requests import parse_release_request
from python_builds.facts.settings import CHECKOUT, ConfigurationError, Settings, load_settings
from python_builds.farm.workers import buildable, host_platform

CHECK_PACKAGES = ("ca-certificates", "debootstrap")
"""What the local worker needs beside the platform's build packages, to make the base system for the check."""

INSTALL_PACKAGES = CHECKOUT / "scripts" / "setup" / "install-packages.sh"


def main(environment: Mapping[str, str]) -> int:
    """Build, and say with the exit status whether it worked."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = load_settings()
        wanted = request(environment)
        prepare(settings, wanted["platforms"])
        with farm.in_use(settings):
            running, started = farm.start(settings, keep=False)
            print(f"farm: {running.url} ({'for this build' if started else 'running already'})", flush=True)
            return build(Client(running.url, settings), settings, wanted)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except (PythonBuildsError, ConfigurationError) as error:
        print(f"python-builds: {error}", file=sys.stderr)
        return 1


def request(environment: Mapping[str, str]) -> dict[str, Any]:
    """Turn make's variables into the form's fields, checked.

    Raises:
        InvalidRequest: with all that is wrong.
    """
    host = host_platform()
    names = environment.get("PLATFORM", "").split() or ([host[0].name] if host else [])
    if not names:
        raise InvalidRequest("this machine is none of the platforms in `make platforms`, and PLATFORM= names none")
    fields = {
        "python_version": environment.get("VERSION") or NEWEST,
        "platforms": names,
        "profile": environment.get("PROFILE") or "quick",
        "force": environment.get("FORCE", "") not in ("", "0", "no"),
    }
    parse_release_request(fields)
    return fields


def prepare(settings: Settings, platforms: list[str]) -> None:
    """Install what a build on this very machine needs, or say how.

    Raises:
        FarmError: if this machine cannot build for the platform, or packages are missing and we are not root.
    """
    here = buildable(PLATFORMS, settings)
    if platforms != [platform.name for platform, _ in here]:
        able = f"it builds for {here[0][0].name}" if here else "it builds for nothing; `make platforms` has the table"
        raise FarmError(f"no worker on this machine builds for {', '.join(platforms)}: {able}")
    ((host, _),) = here
    checking = CHECK_PACKAGES if settings.package_check and os.geteuid() == 0 else ()
    done = subprocess.run([INSTALL_PACKAGES, *host.build_packages, *checking], stdin=subprocess.DEVNULL)
    if done.returncode:
        raise FarmError("the packages that a build needs are not there; see above")


def build(client: Client, settings: Settings, wanted: Mapping[str, Any]) -> int:
    """Ask for the release and follow it and its parts to the end."""
    progress = Progress(client)
    asked: list[int] = []
    with _cancelling(client, asked):
        asked.append(client.force("release", reason="make build", username="make build", **wanted))
        title = (
            f"release: CPython {wanted['python_version']} ({wanted['profile']}) for {', '.join(wanted['platforms'])}"
        )
        release = progress.follow(title, asked[0])
        if release is None or release["results"] != SUCCESS:
            return 1
        properties = client.properties(release["buildid"])
        asked += properties["requested"].values()
        results = [
            progress.follow(f"{builder}: CPython {properties['python_version']}", number)
            for builder, number in {**properties["requested"], **properties["pending"]}.items()
        ]
        _wait_for_indexes(client)
    if not all(result is not None and result["results"] in (SUCCESS, WARNINGS, SKIPPED) for result in results):
        return 1
    made = [client.properties(result["buildid"])["artifacts"] for result in results if result]
    if properties["existing"]:
        print("built already; FORCE=1 builds it again, as a new revision")
    _show(
        settings, wanted["profile"], [a for artifacts in (*made, *properties["existing"].values()) for a in artifacts]
    )
    return 0


def _show(settings: Settings, profile: str, artifacts: list[dict[str, Any]]) -> None:
    for artifact in artifacts:
        print(f"\n{artifact['location']}\n  {size(artifact['size'])}, sha256 {artifact['sha256']}")
    for artifact in artifacts:
        if artifact["kind"] == "deb":
            print(f"\ninstall it:\n  sudo apt-get install {artifact['location']}")
    if artifacts:
        print(f"\nindex: {settings.store / (profile_prefix(profile) + INDEX_JSON)}")


def _wait_for_indexes(client: Client) -> None:
    """Wait until no manifest build is asked for any more."""
    manifest = client.builder_id("manifest")
    while client.get(f"builders/{manifest}/buildrequests", complete=False)["buildrequests"]:
        time.sleep(0.3)


@contextlib.contextmanager
def _cancelling(client: Client, asked: list[int]) -> Iterator[None]:
    """On Ctrl-C, cancel what was asked for here and nothing else."""
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("\ncancelling …", file=sys.stderr, flush=True)
        unfinished = [r for r in asked if not client.get(f"buildrequests/{r}")["buildrequests"][0]["complete"]]
        for number in unfinished:
            client.control(f"buildrequests/{number}", "cancel", reason="make build was interrupted")
        deadline = time.monotonic() + 30
        while unfinished and time.monotonic() < deadline:
            unfinished = [r for r in unfinished if not client.get(f"buildrequests/{r}")["buildrequests"][0]["complete"]]
            time.sleep(0.3)
        raise


if __name__ == "__main__":
    sys.exit(main(os.environ))
