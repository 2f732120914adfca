"""CPython 3.13.5 from the machine's real apt archive, with upstream's own signature, whose key has since expired.

Takes seconds and fetches 23 MB.
"""

import subprocess
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.upstream import openpgp
from python_builds.adapters.upstream.apt_archive import AptArchive
from python_builds.adapters.upstream.fetching import Fetched, fetch
from python_builds.adapters.upstream.mirror import mirror
from python_builds.adapters.upstream.sources import find_offer
from python_builds.adapters.upstream.verification import KEYS
from python_builds.core.errors import NotVerified
from python_builds.core.upstream.trust import Trust

VERSION = "3.13.5"
FINGERPRINT = "7169605F62C751356D054A26A821E680E5FA6305"
# Upstream's own digest of Python-3.13.5.tar.xz, as in https://www.python.org/ftp/python/3.13.5/
SHA256 = "93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640"
VERIFIED = ("SHA-256 of the archive's signed index", f"OpenPGP {FINGERPRINT} Thomas Wouters, made 2025-06-11")


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fetched, DirectoryStore]:
    """Fetch, verify and mirror it."""
    folder = tmp_path_factory.mktemp("real-signature")
    offer, _ = find_offer([AptArchive(folder / "apt", ["trixie"])], Version(VERSION), Trust.OPENPGP)
    taken = fetch(offer, folder / offer.name)
    store = DirectoryStore(folder / "store")
    assert mirror(store, offer, taken).verified == VERIFIED
    return taken, store


def test_upstream_s_tarball_is_verified_by_its_manager_s_signature(fetched: tuple[Fetched, DirectoryStore]) -> None:
    taken, store = fetched

    assert taken.verified == VERIFIED
    assert taken.sha256 == SHA256
    assert store.keys("sources/") == [
        f"sources/{VERSION}/Python-{VERSION}.tar.xz",
        f"sources/{VERSION}/Python-{VERSION}.tar.xz.asc",
        f"sources/{VERSION}/source.json",
    ]


def test_its_key_has_expired_which_is_why_the_time_of_the_signature_counts(tmp_path: Path) -> None:
    shown = subprocess.run(
        ["gpg", "--homedir", tmp_path, "--show-keys", "--with-colons", KEYS / f"{FINGERPRINT}.asc"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert shown.stdout.startswith("pub:e:"), "the key was prolonged: find another one for this trap"


def test_one_byte_more_or_less_is_refused(fetched: tuple[Fetched, DirectoryStore], tmp_path: Path) -> None:
    taken, _ = fetched
    content = bytearray(taken.tarball.read_bytes())
    content[len(content) // 2] ^= 1
    tampered = tmp_path / taken.tarball.name
    tampered.write_bytes(content)

    with pytest.raises(NotVerified, match="the tarball or the signature was changed after it was signed"):
        openpgp.verify(tampered, taken.signature, KEYS / f"{FINGERPRINT}.asc", FINGERPRINT)
