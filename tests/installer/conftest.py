"""A farm that serves two versions, a machine with stand-ins for its package managers, and a key."""

import subprocess

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.settings.setting_types import CHECKOUT
from tests.published import publish
from tests.web import cdn


@pytest.fixture
def farm(tmp_path, make_product):
    """Serve what is published for Debian 12: two versions."""
    with cdn() as web:
        web.store = DirectoryStore(tmp_path / "store", web.url)
        for version in ("3.13.5", "3.12.1"):
            publish(web.store, make_product(version))
        yield web


@pytest.fixture
def stranger(tmp_path):
    """Give a machine's folder with tools that note what they are asked, in the place of those that change a system."""
    folder = tmp_path / "bin"
    folder.mkdir()
    ends = f"exit $(cat '{folder}/status' 2>/dev/null || echo 0)"
    tools = {name: f"echo {name} $* >>'{folder}/notes'\n{ends}" for name in ("apt-get", "dnf", "zypper")}
    for name, what in {**tools, "sudo": 'exec "$@"'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{what}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "signing.asc"
    script = CHECKOUT / "scripts/setup/make-signing-key.sh"
    subprocess.run([script, path, "Farm <farm@example.org>"], check=True, capture_output=True)
    return path
