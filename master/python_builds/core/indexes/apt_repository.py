"""What apt reads of a platform: Packages for each architecture, by hash too, and Release, which is signed.

Formats: deb-control(5), and https://wiki.debian.org/DebianRepository/Format. Digests are SHA-256 alone, as apt wants
them since 2016 and Debian 13's sqv accepts nothing older.
"""

import gzip
import lzma
from collections.abc import Iterable, Sequence

from python_builds.core.indexes.index_files import CLEARSIGNED, DETACHED, IndexFile, newest, sha256_of
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import platform_folder
from python_builds.core.publishing.records import Record

COMPONENT = "main"
ORIGIN = "python-builds"


def apt_indexes(platform: Platform, profile: str, records: Sequence[Record]) -> list[IndexFile]:
    """Make apt's indexes of a platform's newest records, in the order in which they are to be written.

    A client that has an older Release still finds what that names: by hash, which is never replaced.
    """
    folder = platform_folder(profile, platform)
    suite = f"{folder}/dists/{platform.suite}"
    listed: dict[str, bytes] = {}
    for architecture in platform.architectures:
        mine = [record for record in records if record.architecture == architecture]
        name = f"{COMPONENT}/binary-{architecture}/Packages"
        content = packages(mine, folder)
        listed[name] = content
        listed[f"{name}.gz"] = gzip.compress(content, mtime=0)
        listed[f"{name}.xz"] = lzma.compress(content, preset=3)
    release = release_file(platform, listed, records)
    return [
        *(
            IndexFile(key=f"{suite}/{name.rpartition('/')[0]}/by-hash/SHA256/{sha256_of(c)}", content=c, lasting=True)
            for name, c in listed.items()
        ),
        *(IndexFile(key=f"{suite}/{name}", content=content) for name, content in listed.items()),
        IndexFile(key=f"{suite}/Release", content=release),
        IndexFile(key=f"{suite}/Release.gpg", content=release, how=DETACHED, dated=newest(records)),
        IndexFile(key=f"{suite}/InRelease", content=release, how=CLEARSIGNED, dated=newest(records)),
    ]


def packages(records: Iterable[Record], folder: str) -> bytes:
    """List the packages of records: what their control files say, and where they are."""
    paragraphs = []
    for record in records:
        debs = {artifact.kind: artifact for artifact in record.artifacts}
        for kind, package in record.offered:
            if "control" in package and kind in debs:
                deb, control = debs[kind], package["control"].strip()
                filename = deb.key.removeprefix(f"{folder}/")
                paragraphs.append(f"{control}\nFilename: {filename}\nSize: {deb.size}\nSHA256: {deb.sha256}\n")
    return "\n".join(paragraphs).encode()


def release_file(platform: Platform, listed: dict[str, bytes], records: Sequence[Record]) -> bytes:
    """Name the indexes with their digests."""
    lines = [
        f"Origin: {ORIGIN}",
        f"Label: {ORIGIN}",
        f"Suite: {platform.suite}",
        f"Codename: {platform.suite}",
        f"Date: {newest(records):%a, %d %b %Y %H:%M:%S} UTC",
        f"Architectures: {' '.join(platform.architectures)}",
        f"Components: {COMPONENT}",
        f"Description: CPython side by side for {platform.name}",
        "Acquire-By-Hash: yes",
        "SHA256:",
        *(f" {sha256_of(content)} {len(content):>9} {name}" for name, content in listed.items()),
    ]
    return "\n".join(lines).encode() + b"\n"
