"""What tests of publishing share: products that are published without being built, and a crawler of every index."""

import datetime
import gzip
import hashlib
import json
import lzma
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

import requests

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import upload_artifacts, write_record
from python_builds.core.publishing.artifacts import (
    PACKAGES_FOLDER,
    TARBALL_PARTS,
    ZST_PARTS,
    Product,
    artifact_keys,
    artifact_kind,
    metapackage_file,
    package_architecture,
    package_file,
)
from python_builds.core.publishing.records import Record, Source
from python_builds.core.publishing.zst_files import zst_keys

PACKAGES = 2
"""The package of a final release, and the metapackage of its minor."""

FILES = PACKAGES + len(TARBALL_PARTS)
"""What people can download of one build of a final release: its packages and its tarballs."""

BUILT = FILES + len(ZST_PARTS) + 2
"""The same of one that a farm has built, which adds tarballs by zstd, and what is in it, by two formats."""

XMLNS = {
    "repo": "http://linux.duke.edu/metadata/repo",
    "common": "http://linux.duke.edu/metadata/common",
    "other": "http://linux.duke.edu/metadata/other",
}


def metadata(product: Product, name: str, version: str, file: str, sha256: str) -> dict[str, str]:
    """Make what a record says of a package, of the shape that the tools give."""
    architecture = package_architecture(product.platform, product.architecture)
    if product.platform.package_format == "deb":
        fields = {"Package": name, "Version": version, "Architecture": architecture, "Maintainer": "a test"}
        return {"control": "".join(f"{name}: {value}\n" for name, value in fields.items()) + "Description: a test\n"}
    return {
        "primary": f'<package type="rpm"><name>{name}</name><arch>{architecture}</arch>'
        f'<checksum type="sha256" pkgid="YES">{sha256}</checksum>'
        f'<location href="{PACKAGES_FOLDER}/{file}"/></package>',
        "other": f'<package pkgid="{sha256}" name="{name}" arch="{architecture}"></package>',
    }


def packages_metadata(product: Product, revision: int, digests: dict[str, str]) -> dict[str, dict[str, str]]:
    """Make what a record says of both its packages, of their digests by name."""
    file, metapackage = package_file(product, revision), metapackage_file(product, revision)
    version = f"{product.version}-{revision}"
    return {
        "package": metadata(product, product.package, str(revision), file, digests[file]),
        "metapackage": metadata(product, product.metapackage, version, metapackage, digests[metapackage])
        if metapackage
        else {},
    }


def publish(
    store: Any,
    product: Product,
    revision: int = 1,
    *,
    checked: bool = True,
    day: int = 1,
    contents: Mapping[str, bytes] | None = None,
    zst: bool = False,
) -> Record:
    """Publish a product as a build does, of files of a few bytes, or with these contents, by kind; `zst`: as newer farms do."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in artifact_keys(product, revision) | (zst_keys(product, revision) if zst else {}):
            if not file.endswith(".sha256"):
                (folder / file).write_bytes((contents or {}).get(artifact_kind(file), f"the bytes of {file}".encode()))
                (folder / f"{file}.sha256").write_text(f"{file_sha256(folder / file)}  {file}\n")
        artifacts = upload_artifacts(store, product, revision, folder)
    record = Record(
        python_version=str(product.version),
        variant=product.variant,
        platform=product.platform.name,
        architecture=product.architecture,
        revision=revision,
        profile=product.profile,
        checked=checked,
        built_at=datetime.datetime(2026, 1, day, tzinfo=datetime.UTC),
        source=Source(name="Python.tgz", sha256="a" * 64, size=1, origin="a test", trust="digest"),
        artifacts=artifacts,
        **packages_metadata(product, revision, {a.key.rpartition("/")[2]: a.sha256 or "" for a in artifacts}),
    )
    write_record(store, record)
    return record


class Crawler:
    """Follows every link of every index, and compares each digest that is named; counts what it saw."""

    def __init__(self, fetch: Callable[[str], bytes | None], *, keys: str = "") -> None:
        """Take what gives the bytes of a key, or None; `keys`: where signatures are expected, the public keys' file."""
        self.fetch = fetch
        self.signed_by = keys
        self.seen: dict[str, int] = {}

    def crawl(self, platforms: Any, prefix: str = "") -> dict[str, int]:
        """Crawl what is published of these platforms; return how many artifacts each index names."""
        index = json.loads(self.get(f"{prefix}python/index.json"))
        self.signature(f"{prefix}python/index.json")
        json.loads(self.get(f"{prefix}python/versions.json"))
        for build in index["builds"]:
            content = self.get(urljoin(f"{prefix}python/index.json", build["url"]))
            assert (len(content), sha256(content)) == (build["size"], build["sha256"])
            self.count("index.json")
        for platform in platforms:
            folder = f"{prefix}python/{platform.name}"
            if self.fetch(f"{folder}/uv.json") is not None:
                self.platform(platform, folder)
        return self.seen

    def platform(self, platform: Any, folder: str) -> None:
        self.apt(platform, folder) if platform.package_format == "deb" else self.yum(folder)
        for entry in json.loads(self.get(f"{folder}/uv.json")).values():
            content = self.get(f"{folder}/{entry['url'].rpartition('/')[2]}")
            assert sha256(content) == entry["sha256"]
            self.count("uv.json")
        for line in self.get(f"{folder}/SHA256SUMS").decode().splitlines():
            digest, name = line.split("  ")
            assert sha256(self.get(f"{folder}/{name}")) == digest
            self.count("SHA256SUMS")
        for name in ("uv.json", "SHA256SUMS"):
            self.signature(f"{folder}/{name}")

    def apt(self, platform: Any, folder: str) -> None:
        suite = f"{folder}/dists/{platform.suite}"
        if self.signed_by:
            release = self.verified(self.get(f"{suite}/InRelease"))
        else:
            release = self.get(f"{suite}/Release")
            assert self.fetch(f"{suite}/InRelease") is None, "a signature of another time"
        listed = re.findall(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", release.decode(), re.MULTILINE)
        assert listed
        for digest, size, name in listed:
            content = self.get(f"{suite}/{name.rpartition('/')[0]}/by-hash/SHA256/{digest}")
            assert (sha256(content), len(content)) == (digest, int(size))
            opened = {"gz": gzip.decompress, "xz": lzma.decompress}.get(name.rpartition(".")[2], bytes)(content)
            for paragraph in filter(None, opened.decode().split("\n\n")):
                fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if not line.startswith(" "))
                package = self.get(f"{folder}/{fields['Filename']}")
                assert (sha256(package), len(package)) == (fields["SHA256"], int(fields["Size"]))
                self.count(name.rpartition("/")[2])

    def yum(self, folder: str) -> None:
        repomd = self.get(f"{folder}/repodata/repomd.xml")
        self.signature(f"{folder}/repodata/repomd.xml")
        for data in ElementTree.fromstring(repomd).findall("repo:data", XMLNS):
            packed = self.get(f"{folder}/{data.find('repo:location', XMLNS).get('href')}")
            opened = gzip.decompress(packed)
            assert sha256(packed) == data.findtext("repo:checksum", namespaces=XMLNS)
            assert sha256(opened) == data.findtext("repo:open-checksum", namespaces=XMLNS)
            root = ElementTree.fromstring(opened)
            assert int(root.get("packages")) == len(root)
            for package in root.findall("common:package", XMLNS):
                content = self.get(f"{folder}/{package.find('common:location', XMLNS).get('href')}")
                assert sha256(content) == package.findtext("common:checksum", namespaces=XMLNS)
                self.count("primary")
        self.get(f"{folder}/python-builds.repo")

    def get(self, key: str) -> bytes:
        content = self.fetch(key)
        assert content is not None, f"an index names {key}, which cannot be fetched"
        return content

    def count(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1

    def signature(self, key: str) -> None:
        if self.signed_by:
            verify(self.signed_by, self.get(f"{key}.asc"), self.get(key))

    def verified(self, text: bytes) -> bytes:
        return verify(self.signed_by, text)


def verify(keys: str, signature: bytes, content: bytes | None = None) -> bytes:
    """Verify a signature by gpgv as apt does; return the text that a clear signature is of."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "signature").write_bytes(signature)
        named = [f"{folder}/signature"]
        if content is not None:
            Path(folder, "content").write_bytes(content)
            named.append(f"{folder}/content")
        ring = f"{folder}/ring.gpg"
        subprocess.run(["gpg", "--batch", "--dearmor", "--output", ring, keys], check=True, capture_output=True)
        done = subprocess.run(["gpgv", f"--keyring={ring}", "--output=-", *named], capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def from_store(store: Any) -> Callable[[str], bytes | None]:
    """Fetch from a store."""
    return lambda key: store.read(key) if store.exists(key) else None


def from_web(base: str) -> Callable[[str], bytes | None]:
    """Fetch as clients do."""

    def fetch(key: str) -> bytes | None:
        answer = requests.get(f"{base}/{key}", timeout=30)
        return answer.content if answer.ok else None

    return fetch


def objects(store: Any) -> Iterator[tuple[str, bytes]]:
    """Give everything in a store, but for what tells of a moment."""
    for key in store.keys(""):
        if "/unindexed/" not in key:
            yield key, store.read(key)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
