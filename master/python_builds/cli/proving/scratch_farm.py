"""A farm for one proof: it builds in containers of this machine's engine, and publishes into a folder, signed.

The folder outlives a run that is stopped, as emulated builds take hours: the next run goes on in it.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.platforms.web_folder import served
from python_builds.adapters.publishing.publishing import newest_record, published_products
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.cli.master.ports import listen
from python_builds.core.errors import FarmError
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product, profile_prefix
from python_builds.core.publishing.records import Record
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import PREFIX, Settings, variable
from python_builds.core.workers.docker_hosts import DockerHost

KEPT = (
    "sources",
    "minimum_trust",
    "release_managers",
    "python_org_url",
    "peps_url",
    "minors_added",
    "minors_excluded",
    "apt_suites",
    "build_user",
    "ccache_size",
)
"""Settings of the operator's that hold here too: where sources come from, and what that costs."""

MAKE_KEY = CHECKOUT / "scripts" / "setup" / "make-signing-key.sh"
KEY = "signing-key.asc"
COMMAND = (sys.executable, "-m", "python_builds")
OWNER = "A proof <proof@localhost>"


@dataclass(frozen=True, kw_only=True)
class ScratchFarm:
    """The farm, its store, and where users find it."""

    environment: dict[str, str]
    store: DirectoryStore
    web: str
    profile: str
    platform: Platform

    @property
    def cdn(self) -> str:
        """The address under which `python/` is: that of the profile's own store."""
        return f"{self.web}/{profile_prefix(self.profile)}".rstrip("/")

    def build(self, version: str) -> Record:
        """Build a version, or a minor's newest, for the platform, unless it is there.

        Raises:
            FarmError: if it did not succeed.
        """
        self.run(*self._build, *([f"--version={version}"] if version else []))
        made = newest_of(published_products(self.store, self.profile, self.platform), version)
        record = newest_record(self.store, made) if made else None
        if record is None:
            raise FarmError(f"the build of {version or 'the newest'} published nothing that could be found")
        return record

    def begin_revision(self, version: str) -> subprocess.Popen[bytes]:
        """Begin to build a version as its next revision; the process ends with 0 if it succeeded, or with the farm."""
        command = [*COMMAND, *self._build, f"--version={version}", "--force"]
        return subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL)

    @property
    def _build(self) -> list[str]:
        return ["build", f"--platform={self.platform.name}", f"--profile={self.profile}"]

    def run(self, *words: str) -> None:
        """Run a command of ours for this farm.

        Raises:
            FarmError: if it fails.
        """
        _run(self.environment, *words)


def newest_of(products: Collection[Product], version: str) -> Product | None:
    """Find what was asked for by a version, by a minor, or by nothing, which means the newest ordinary build."""
    fitting = [one for one in products if version in (str(one.tag), one.tag.minor) or not (version or one.variant)]
    return max(fitting, key=lambda one: one.version, default=None)


def make_folder(settings: Settings, path: Path, basis: Mapping[str, str]) -> bool:
    """Make the folder of a farm, or leave one that was made for the same; say whether it was there."""
    note = path / "basis.json"
    if path.exists():
        _run(_environment(settings, path), "stop")  # what a run that was killed has left
        if note.is_file() and json.loads(note.read_bytes()) == basis:
            return True
        shutil.rmtree(path)
    path.mkdir(parents=True)
    (path / "store").mkdir()
    subprocess.run([MAKE_KEY, path / KEY, OWNER], check=True, stdin=subprocess.DEVNULL)
    note.write_text(json.dumps(basis))  # last, so that a folder that has it is whole
    return False


@contextlib.contextmanager
def scratch_farm(
    settings: Settings, engine: DockerHost, platform: Platform, profile: str, folder: Path
) -> Iterator[ScratchFarm]:
    """Start a farm in a folder of `make_folder`, with one worker on the engine; it stops with the block."""
    store, key = folder / "store", folder / KEY
    with served(store) as web:
        values = {
            "store": str(store),
            "signing_key_file": str(key),
            "cdn_url": web,
            "web_port": str(listen("web", "127.0.0.1", 0)),
            "docker_hosts": json.dumps([engine.model_dump(mode="json")]),
            "worker_host": engine.master,
            "local_worker": "false",
            "automatic_builds": "false",
        }
        environment = {**_environment(settings, folder), **{variable(name): value for name, value in values.items()}}
        farm = ScratchFarm(
            environment=environment, store=DirectoryStore(store, web), web=web, profile=profile, platform=platform
        )
        farm.run("run")
        try:
            farm.run("reindex")  # what is there already has another address now
            yield farm
        finally:
            farm.run("stop")


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    own = {"env_file": os.devnull, "state_dir": str(folder / "state")}
    return {**_inherited(settings), **{variable(name): value for name, value in own.items()}}


def _run(environment: Mapping[str, str], *words: str) -> None:
    if subprocess.run([*COMMAND, *words], env=environment, stdin=subprocess.DEVNULL).returncode:
        raise FarmError(f"`python-builds {' '.join(words)}` failed, see above")


def _inherited(settings: Settings) -> dict[str, str]:
    """Give the environment, with those settings that hold for every farm of this machine's."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) and name != "BY_MAKE"}
    kept = settings.model_dump(mode="json", include={*KEPT} & settings.model_fields_set)
    return {**others, **{variable(n): v if isinstance(v, str) else json.dumps(v) for n, v in kept.items()}}
