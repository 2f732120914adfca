"""What stands beside the indexes for people, and what all of them are made by beside records."""

import json
from collections.abc import Mapping
from typing import Any

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.signing import Signer
from python_builds.adapters.store.store import Store
from python_builds.core.advisories.advice import Advice, Advised, advise, with_advisories
from python_builds.core.advisories.files import advisory_files
from python_builds.core.indexes import manifest
from python_builds.core.indexes.addresses import of_profile
from python_builds.core.indexes.download_page import TEMPLATE, download_page
from python_builds.core.indexes.index_files import NEVER, IndexFile, sha256_of, signed
from python_builds.core.indexes.installer import published_installer
from python_builds.core.publishing.artifacts import ATTESTATION_KEYS, INDEX_HTML, INSTALL_SH, KEYS_ASC, profile_prefix
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.upstream.tags import Tag

INSTALLER = "install.sh"
SCRIPT = CHECKOUT / "installer" / INSTALLER

FORMAT = 5
"""Of the indexes; another one has them all written anew."""


def basis(
    store: Store,
    profile: str,
    signer: Signer | None,
    advice: Advice | None = None,
    *,
    attestation_keys: bytes,
    unchecked: bool,
) -> IndexFile:
    """Say what all indexes are made by, beside records: where it changes, they change."""
    found = {
        "format": FORMAT,
        "base": store.url("python"),
        "signed_by": signer.fingerprints if signer else (),
        "keys": signer.published if signer else (),
        "attestation_keys": sha256_of(attestation_keys),
        # A subkey that follows another has no name of its own here.
        "newest_key": signer.newest_key.isoformat() if signer else "",
        "unchecked": unchecked,
        **({"advice": advice.digest} if advice else {}),
        "for_people": [file_sha256(path) for path in (SCRIPT, TEMPLATE)],
    }
    return IndexFile(key=f"{profile_prefix(profile)}python/indexes.json", content=json.dumps(found).encode() + b"\n")


def for_all(
    store: Store,
    profile: str,
    signer: Signer | None,
    attestation_keys: bytes,
    advice: Advice | None,
    index: Mapping[str, Any],
) -> list[IndexFile]:
    """Make the indexes of all platforms, and what stands beside them, in the order in which they are to be written."""
    advised = advise(advice, index) if advice else None
    files = advisory_files(advice, advised or {}, profile)
    people = _for_people(store, profile, signer, attestation_keys, index, advised)
    told = with_advisories(advice, index) if advice else index
    return [*manifest.global_indexes(told, profile), *files, *people]


def _for_people(
    store: Store,
    profile: str,
    signer: Signer | None,
    attestation_keys: bytes,
    index: Mapping[str, Any],
    advised: Mapping[Tag, Advised] | None,
) -> list[IndexFile]:
    """Make what people begin with."""
    prefix = profile_prefix(profile)
    url = of_profile(store.url, prefix)
    script = published_installer(SCRIPT.read_text(), url(f"{prefix}python").removesuffix("/python"))
    page = download_page(index, profile, url, signed=signer is not None, advised=advised)
    keys = [IndexFile(key=prefix + KEYS_ASC, content=signer.public_keys())] if signer else []
    if attestation_keys:
        keys += signed(prefix + ATTESTATION_KEYS, attestation_keys, NEVER)
    return [
        *keys,
        *signed(prefix + INSTALL_SH, script, NEVER),
        IndexFile(key=prefix + INDEX_HTML, content=page),
    ]
