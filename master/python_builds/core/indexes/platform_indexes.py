"""The indexes of one platform, for each kind of client: apt or yum, uv, and people with sha256sum."""

import json
from collections.abc import Mapping, Sequence

from packaging.version import Version

from python_builds.core.indexes.addresses import Url, from_folder, of_profile
from python_builds.core.indexes.apt_repository import apt_indexes
from python_builds.core.indexes.checksums import checksums
from python_builds.core.indexes.index_files import IndexFile, newest, signed
from python_builds.core.indexes.manifest import NOBODY, index_json, platform_index
from python_builds.core.indexes.yum_repository import repo_file, yum_indexes
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import (
    KEYS_ASC,
    RPM_ARCHITECTURES,
    TARBALL_PARTS,
    ZST_PARTS,
    platform_folder,
    profile_prefix,
)
from python_builds.core.publishing.records import Record


def platform_indexes(
    platform: Platform,
    profile: str,
    records: Sequence[Record],
    url: Url,
    *,
    with_key: bool,
    rebuilt: Mapping[str, Sequence[str]] = NOBODY,
) -> list[IndexFile]:
    """Make a platform's indexes of its newest records, in the order in which they are to be written.

    `url` says where clients fetch a key; `with_key` whether what is published is signed; `rebuilt`
    is as in `platform_index`.
    """
    folder = platform_folder(profile, platform)
    url = of_profile(url, profile_prefix(profile))
    if platform.package_format == "deb":
        packages = apt_indexes(platform, profile, records)
    else:
        repo = repo_file(platform, url(folder), url(profile_prefix(profile) + KEYS_ASC) if with_key else "")
        packages = [
            *yum_indexes(platform, profile, records),
            IndexFile(key=f"{folder}/python-builds.repo", content=repo),
        ]
    return [
        *packages,
        *signed(f"{folder}/uv.json", uv_json(records, url), newest(records)),
        *signed(f"{folder}/index.json", index_json(platform_index(records, folder, rebuilt)), newest(records)),
        *checksums(records, folder),
    ]


def uv_json(records: Sequence[Record], url: Url) -> bytes:
    """Write what uv reads as `python-downloads-json-url`: every top-level value must be a download.

    uv knows no distributions, so there is one file for each; its families are the kernel's names of architectures.
    Where nobody knows the store's address, URLs are relative to the file. uv lists those, and installs none of them.
    """
    found = {}
    for record in records:
        version = Version(record.python_version)
        family = RPM_ARCHITECTURES[record.architecture]
        for kind in (TARBALL_PARTS["uv"], ZST_PARTS["uv"]):  # the last one wins, which is the smaller
            for artifact in (one for one in record.artifacts if one.kind == kind):
                name = f"cpython-{version}{'+freethreaded' if record.variant else ''}-linux-{family}-gnu"
                found[name] = {
                    "name": "cpython",
                    "arch": {"family": family, "variant": None},
                    "os": "linux",
                    "libc": "gnu",
                    "major": version.major,
                    "minor": version.minor,
                    "patch": version.micro,
                    "prerelease": "".join(map(str, version.pre or ())),
                    "url": from_folder(url, artifact.key, record.product.folder),
                    "sha256": artifact.sha256,
                    "variant": "freethreaded" if record.variant else None,
                    "build": str(record.revision),
                }
    return json.dumps(found, indent=1).encode() + b"\n"
