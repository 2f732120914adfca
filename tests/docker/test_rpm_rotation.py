"""A new key takes over from an old one, drilled with the real dnf and zypper."""

import contextlib
import dataclasses
import itertools
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.settings.settings import Settings
from tests.docker.rpm_box import VERSION, Box, Built
from tests.docker.test_rpm_repository import (
    COMMANDS,
    REFRESH,
    SERVED,
    Published,
    do,
    every_manager,
    key,
    make_root,
    make_stubs,
)


@pytest.fixture(scope="module")
def box(rpm_box: Box) -> Box:
    return rpm_box


@pytest.fixture(scope="module")
def built(box: Box, rpm_tree: Built) -> Built:
    make_stubs(box, rpm_tree)
    return rpm_tree


@dataclasses.dataclass
class Keys:
    """Files as docs/bucket.md has an operator make them."""

    folder: Path

    def __post_init__(self) -> None:
        self.secret = {name: key(self.folder, name).read_bytes() for name in ("old", "new")}
        with signer(self.settings(self.secret["old"])) as signs:
            self.public_old = signs.public_keys()

    def settings(self, *keys: bytes) -> Settings:
        path = self.folder / "signing.asc"
        path.write_bytes(b"".join(keys))
        path.chmod(0o600)
        return Settings(_env_file=None, state_dir=self.folder, signing_key_file=path)


@every_manager
def test_a_new_key_takes_over_and_nobody_is_left_out(box: Box, built: Built, manager: str, tmp_path: Path) -> None:
    keys, store = Keys(tmp_path), DirectoryStore(tmp_path / "store", f"file://{SERVED}")
    old, new, public = keys.secret["old"], keys.secret["new"], keys.public_old

    def publish(revision: int, *files: bytes) -> None:
        """Publish a revision, or with 0 the indexes alone, as the farm does that has these keys."""
        with signer(keys.settings(*files)) as signs:
            published = Published(box, store, signs, signs)
            if revision:
                (tmp_path / str(revision)).mkdir()
                published.publish(built, manager, revision, tmp_path / str(revision))
            published.index()

    publish(1, old)
    early = make_root(box, manager, "early")
    do(box, manager, early, f"install python-{VERSION}")
    publish(0, old, new)
    assert not refuses(box, manager, early), "who has the old key alone reads what both have signed"
    newcomer = make_root(box, manager, "newcomer")
    do(box, manager, newcomer, f"install python-{VERSION}")

    publish(0, public, new)
    assert refuses(box, manager, early), "it takes no key unasked"
    late = make_root(box, manager, "late")
    do(box, manager, late, f"install python-{VERSION}")  # an index of the new key names what the old one has signed
    publish(2, public, new)
    for root in (early, newcomer, late):
        assert update(box, manager, root) == f"python-{VERSION}-1-2.x86_64"

    publish(3, new)
    for root in (early, newcomer, late):
        assert not refuses(box, manager, root)
        assert update(box, manager, root) == f"python-{VERSION}-1-3.x86_64"


@contextlib.contextmanager
def gpg_home(name: str) -> Iterator[Callable[..., bytes]]:
    """Give gpg with an empty home, whose paths are short enough for its sockets."""
    with tempfile.TemporaryDirectory(prefix=name) as home:
        quiet = ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        yield lambda *arguments: subprocess.check_output(["gpg", *quiet, *arguments])
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)


def refuses(box: Box, manager: str, root: str) -> bool:
    """Say whether somebody who takes no key that he has not got is refused the repository; what dnf ends with is not it."""
    command = COMMANDS[manager].format(root=root)
    for old, new in (("--assumeyes", "--assumeno"), (" --gpg-auto-import-keys", "")):
        command = command.replace(old, new)
    words = {"dnf": "clean expire-cache; {0} makecache", "zypper": "refresh --force python-builds"}[manager]
    said = box.run(f"{command} {words.format(command)}", None)
    return bool(re.search("GPG|[Ss]ignature", said))


def update(box: Box, manager: str, root: str) -> str:
    """Update what is installed, taking what keys there are; give its version."""
    do(box, manager, root, REFRESH[manager])
    do(box, manager, root, f"update python-{VERSION}")
    return box.run(f"rpm --root {root} -q python-{VERSION}").strip()


@every_manager
def test_subkeys_sign_while_the_primary_key_is_elsewhere(box: Box, built: Built, manager: str, tmp_path: Path) -> None:
    keys, store = Keys(tmp_path), DirectoryStore(tmp_path / "store", f"file://{SERVED}")
    with gpg_home("offline") as gpg:
        gpg("--quick-generate-key", "Offline <offline@example.org>", "rsa4096", "cert", "never")
        listed = gpg("--with-colons", "--list-keys").decode().splitlines()
        primary = next(line.split(":")[9] for line in listed if line.startswith("fpr:"))
        for years in (1, 2):  # the heir as well: rpm takes no new subkey of a key that it has
            gpg("--quick-add-key", primary, "rsa4096", "sign", f"{years}y")
        public, fingerprints = gpg("--armor", "--export"), subkeys(gpg)
        for revision, subkey in enumerate(fingerprints, 1):
            secret = gpg("--armor", "--export-secret-subkeys", f"{subkey}!")
            with signer(keys.settings(public, secret)) as signs:
                published = Published(box, store, signs, signs)
                (tmp_path / str(revision)).mkdir()
                published.publish(built, manager, revision, tmp_path / str(revision))
                published.index()
            if revision == 1:
                root = make_root(box, manager, "offline")
                do(box, manager, root, f"install python-{VERSION}")
            else:
                assert update(box, manager, root) == f"python-{VERSION}-1-2.x86_64"


def subkeys(gpg: Callable[..., bytes]) -> list[str]:
    """Give the fingerprints of all subkeys, in the order in which they were made."""
    lines = [line.split(":") for line in gpg("--with-colons", "--list-keys").decode().splitlines()]
    return [after[9] for line, after in itertools.pairwise(lines) if line[0] == "sub"]
