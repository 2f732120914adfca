"""What dnf, yum and zypper read of a platform: repomd.xml, and what it names.

The packages' own parts were made by createrepo_c when they were published, and are in their records. There is no
filelists.xml: it would name some thousand files of each version, and neither resolves nor installs anything here.
"""

import gzip
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from python_builds.core.indexes.addresses import UNKNOWN, is_known
from python_builds.core.indexes.index_files import IndexFile, newest, sha256_of, signed
from python_builds.core.indexes.yum_metadata import NAMESPACE, ROOTS, XML
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import platform_folder
from python_builds.core.publishing.records import Record

UNTOLD = (
    f"# The farm was not told where this is served. Put the address of the folder with python/ in it for {UNKNOWN}."
)
"""A repository's address cannot be relative: neither dnf nor zypper keeps where its file came from."""


def yum_indexes(platform: Platform, profile: str, records: Sequence[Record]) -> list[IndexFile]:
    """Make the indexes of a platform's newest records, in the order in which they are to be written.

    What repomd.xml names is named after its content, so a client that has an older repomd.xml still finds it.
    """
    folder = f"{platform_folder(profile, platform)}/repodata"
    described = [package for record in records for _, package in record.offered if {*ROOTS} <= {*package}]
    stamp = int(newest(records).timestamp())
    files, entries = [], []
    for kind, root in ROOTS.items():
        opened = (XML + root % (len(described), "".join(p[kind].rstrip() + "\n" for p in described))).encode()
        packed = gzip.compress(opened, compresslevel=6, mtime=0)
        name = f"{sha256_of(packed)}-{kind}.xml.gz"
        files.append(IndexFile(key=f"{folder}/{name}", content=packed, lasting=True))
        entries.append(_entry(kind, f"repodata/{name}", opened, packed, stamp))
    repomd = f'{XML}<repomd xmlns="{NAMESPACE}/repo" xmlns:rpm="{NAMESPACE}/rpm">\n  <revision>{stamp}</revision>\n'
    content = f"{repomd}{''.join(entries)}</repomd>\n".encode()
    return [*files, *signed(f"{folder}/repomd.xml", content, newest(records))]


def repo_file(platform: Platform, folder_url: str, key_url: str) -> bytes:
    """Write what goes into /etc/yum.repos.d or /etc/zypp/repos.d; without a key it says that nothing is checked."""
    checked = [f"gpgkey={key_url}"] if key_url else []
    lines = [
        *([] if is_known(folder_url) else [UNTOLD]),
        "[python-builds]",
        f"name=CPython side by side for {platform.name}",
        f"baseurl={folder_url}",
        "enabled=1",
        f"gpgcheck={int(bool(key_url))}",
        f"repo_gpgcheck={int(bool(key_url))}",
        *checked,
    ]
    return "\n".join(lines).encode() + b"\n"


def _entry(kind: str, href: str, opened: bytes, packed: bytes, stamp: int) -> str:
    return (
        f"  <data type={quoteattr(kind)}>\n"
        f'    <checksum type="sha256">{sha256_of(packed)}</checksum>\n'
        f'    <open-checksum type="sha256">{sha256_of(opened)}</open-checksum>\n'
        f"    <location href={quoteattr(href)}/>\n"
        f"    <timestamp>{stamp}</timestamp>\n"
        f"    <size>{len(packed)}</size>\n"
        f"    <open-size>{len(opened)}</open-size>\n"
        "  </data>\n"
    )
