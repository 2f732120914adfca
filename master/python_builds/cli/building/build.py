"""One build, start to finish.

It asks for the build exactly as the web UI's Force form does, of the farm that `make run` started or else of one it
starts and stops.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from python_builds.adapters.store.store import make_store
from python_builds.cli.building.alive import Alive, Sign
from python_builds.cli.building.progress import Progress, size, successful
from python_builds.cli.building.usual import UsualTimes
from python_builds.cli.master import master_process, running_farm
from python_builds.cli.master.client import Client
from python_builds.cli.workers.worker_choice import for_build, with_engine
from python_builds.core.building.requests import parse_release_request
from python_builds.core.errors import FarmError, InvalidRequest
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.publishing.artifacts import INDEX_JSON, profile_prefix
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.releases import NEWEST
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.farm.workers.workers import LOCAL_WORKER, buildable, host_platform, worker_names

CHECK_PACKAGES = ("ca-certificates", "debootstrap")
"""What the local worker needs beside the platform's build packages, to make the base system for the check."""

INSTALLERS = {
    "deb": ("apt-get install",),
    "rpm": ("dnf install", "zypper install --allow-unsigned-rpm"),
}
"""Commands that install a package's file, by its kind."""

INDEX_SECONDS = 300
INTERRUPTED = "make build was interrupted"
INSTALL_PACKAGES = CHECKOUT / "scripts" / "setup" / "install-packages.sh"


def build(settings: Settings, wanted: Mapping[str, Any]) -> None:
    """Build what a form's fields ask for, by the farm of this machine or by one for this build.

    Raises:
        FarmError: if the farm does not start, or the build does not succeed.
    """
    engine = engine_for(settings, wanted["platforms"])
    prepare(with_engine(settings, engine), wanted["platforms"])
    with master_process.in_use(settings):
        if running_farm.running(settings) is None:
            print("starting a farm for this build", flush=True)
        running, started = master_process.start(settings, keep=False, engine=engine)
        print(f"farm: {running.url} ({'for this build' if started else 'running already'})", flush=True)
        build_there(Client(running.url, settings), settings, wanted)


def request(
    version: str, platforms: Sequence[str], profile: str, *, force: bool = False, retrain: bool = False
) -> dict[str, Any]:
    """Turn what a person typed into the form's fields, checked.

    Raises:
        InvalidRequest: with all that is wrong.
    """
    host = host_platform()
    names = [*platforms] or ([host[0].name] if host else [])
    if not names:
        raise InvalidRequest("this machine is none of the platforms in `make platforms`, and no other is named")
    fields = {
        "python_version": version or NEWEST,
        "platforms": names,
        "profile": profile,
        "force": force,
        "retrain": retrain,
    }
    return {**fields, "python_version": str(parse_release_request(fields).wanted)}


def engine_for(settings: Settings, platforms: list[str]) -> DockerHost | None:
    """Find the Docker engine that no setting names: the one a running farm uses, or one that can do this build."""
    running = running_farm.running(settings)
    if running is not None:
        return running.engine
    chosen = for_build(settings, [platform_named(name) for name in platforms])
    if chosen is None:
        return None
    print(chosen, flush=True)
    return chosen.engine


def prepare(settings: Settings, platforms: list[str]) -> None:
    """Install what a build on this very machine needs, or say how.

    Raises:
        FarmError: if this machine cannot build for the platform, or packages are missing and we are not root.
    """
    able = list(dict.fromkeys(platform.name for platform, _ in buildable(PLATFORMS, settings)))
    unable = [name for name in platforms if name not in able]
    if unable:
        others = f"it builds for {', '.join(able)}" if able else "it builds for nothing; `make platforms` has the table"
        raise FarmError(f"no worker of this farm builds for {', '.join(unable)}: {others}")
    here = host_platform()
    if here is None or here[0].name not in platforms or LOCAL_WORKER not in worker_names(*here, settings):
        return  # containers bring what they need
    host = here[0]
    checking = CHECK_PACKAGES if settings.package_check and os.geteuid() == 0 else ()
    done = subprocess.run([INSTALL_PACKAGES, *host.build_packages, *checking], stdin=subprocess.DEVNULL)
    if done.returncode:
        raise FarmError("the packages that a build needs are not there; see above")


def build_there(client: Client, settings: Settings, wanted: Mapping[str, Any]) -> None:
    """Ask for the release and follow it and its parts to the end."""
    progress = Progress(client, UsualTimes(client, make_store(settings)))
    # Whoever types the platforms of a build has seen how many they are.
    number = client.force("release", reason="make build", username="make build", many=True, **wanted)
    with _cancelling(client, number):
        title = (
            f"release: CPython {wanted['python_version']} ({wanted['profile']}) for {', '.join(wanted['platforms'])}"
        )
        release = successful(client, settings, "the release build", progress.follow(title, number))
        properties = client.properties(release["buildid"])
        for sentence in properties["left_out"]:
            print(f"not built: {sentence}", flush=True)
        version = f"CPython {properties['python_version']}{properties['variant']}"
        made = [
            successful(client, settings, builder, progress.follow(f"{builder}: {version}", part))
            for builder, part in {**properties["requested"], **properties["pending"]}.items()
        ]
        _wait_for_indexes(client, settings)
    artifacts = [a for part in made for a in client.properties(part["buildid"])["artifacts"]]
    artifacts += [a for existing in properties["existing"].values() for a in existing]
    if properties["existing"]:
        print("built already; FORCE=1 builds it again, as a new revision")
    _show(settings, wanted["profile"], artifacts)


def _show(settings: Settings, profile: str, artifacts: list[dict[str, Any]]) -> None:
    for artifact in artifacts:
        print(f"\n{artifact['location']}\n  {size(artifact['size'])}, sha256 {artifact['sha256']}")
    for artifact in artifacts:
        for installer in INSTALLERS.get(artifact["kind"], ()):
            print(f"\ninstall it:\n  sudo {installer} {shlex.quote(artifact['location'])}")
    if artifacts:
        print(f"\nindex: {make_store(settings).location(profile_prefix(profile) + INDEX_JSON)}")


def _wait_for_indexes(client: Client, settings: Settings) -> None:
    """Wait until no manifest build is asked for any more, and the last one has succeeded."""
    manifest = client.builder_id("manifest")
    alive, began = Alive(sys.stdout), time.monotonic()
    while client.get(f"builders/{manifest}/buildrequests", complete=False)["buildrequests"]:
        seconds = time.monotonic() - began
        if seconds > INDEX_SECONDS:
            place = f"{client.url}#/builders/{manifest}"
            raise FarmError(f"the indexes were not written within {INDEX_SECONDS} s\n  {place}")
        alive.show("indexes", Sign(what="waiting for the indexes", seconds=seconds))
        time.sleep(0.3)
    alive.clear()
    last = client.get(f"builders/{manifest}/builds", order="-number", limit=1)["builds"]
    successful(client, settings, "the manifest build", last[0] if last else None)


@contextlib.contextmanager
def _cancelling(client: Client, release: int) -> Iterator[None]:
    """On Ctrl-C, cancel the release's request, then what it has asked for, and nothing else."""
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("\ncancelling …", file=sys.stderr, flush=True)
        client.cancel([release], INTERRUPTED)
        client.cancel(client.children(release), INTERRUPTED)
        raise
