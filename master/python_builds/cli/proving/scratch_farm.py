"""A farm for one proof: it builds in containers of this machine's engine, and publishes into a folder, signed."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
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

    def build(self, version: str, *, again: bool = False) -> Record:
        """Build a version for the platform; `again` is as a new revision.

        Raises:
            FarmError: if it did not succeed.
        """
        before = self.products()
        words = ["build", f"--platform={self.platform.name}", f"--profile={self.profile}"]
        words += [f"--version={version}"] if version else []
        self.run(*words, *(["--force"] if again else []))
        made = [product for product in self.products() if again and str(product.tag) == version] or [
            product for product in self.products() if product not in before
        ]
        record = newest_record(self.store, made[0]) if len(made) == 1 else None
        if record is None:
            raise FarmError(f"the build of {version or 'the newest'} published nothing that could be found")
        return record

    def products(self) -> set[Product]:
        """List what was built."""
        return published_products(self.store, self.profile, self.platform)

    def run(self, *words: str) -> None:
        """Run a command of ours for this farm.

        Raises:
            FarmError: if it fails.
        """
        command = [sys.executable, "-m", "python_builds", *words]
        if subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL).returncode:
            raise FarmError(f"`python-builds {' '.join(words)}` failed, see above")


@contextlib.contextmanager
def scratch_farm(
    settings: Settings, engine: DockerHost, platform: Platform, profile: str, folder: Path
) -> Iterator[ScratchFarm]:
    """Start a farm in a folder, with one worker on the engine; it stops with the block."""
    store = folder / "store"
    store.mkdir()
    key = folder / "signing-key.asc"
    subprocess.run([MAKE_KEY, key, OWNER], check=True, stdin=subprocess.DEVNULL)
    with served(store) as web:
        values = {
            "env_file": os.devnull,
            "state_dir": str(folder / "state"),
            "store": str(store),
            "signing_key_file": str(key),
            "cdn_url": web,
            "web_port": str(listen("web", "127.0.0.1", 0)),
            "docker_hosts": json.dumps([engine.model_dump(mode="json")]),
            "worker_host": engine.master,
            "local_worker": "false",
            "automatic_builds": "false",
        }
        environment = {**_inherited(settings), **{variable(name): value for name, value in values.items()}}
        farm = ScratchFarm(
            environment=environment, store=DirectoryStore(store, web), web=web, profile=profile, platform=platform
        )
        farm.run("run")
        try:
            yield farm
        finally:
            farm.run("stop")


def _inherited(settings: Settings) -> dict[str, str]:
    """Give the environment, with those settings that hold for every farm of this machine's."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) and name != "BY_MAKE"}
    kept = settings.model_dump(mode="json", include={*KEPT} & settings.model_fields_set)
    return {**others, **{variable(n): v if isinstance(v, str) else json.dumps(v) for n, v in kept.items()}}
