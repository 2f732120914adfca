"""The commands of docs/review.md, word for word, on a mirror of what a farm has published, without a network."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.adapters.upstream.api_cache import Answer, CachedDocument
from python_builds.core.settings.setting_types import CHECKOUT
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, write
from tests.e2e.test_attested import public_part
from tests.e2e.upstream import CYCLE, cycle_entry
from tests.preconditions import needs_mounts

VERSION = "3.13.15"
PAGE = (CHECKOUT / "docs/review.md").read_text()
MIRRORED = re.findall("`([a-z]+)/`", PAGE.partition("\n## ")[0])
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
APART = "mount --bind {opt} /opt && cd {mirror} && {block}"
"""In a network and with mounts of its own, where what was unpacked lies at /opt."""


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmUnderTest]:
    """Make a farm that signs and states, and reads advisories, statements, and when minors end."""
    keys = {name: tmp_path / name for name in ("signing", "attestation")}
    for name, path in keys.items():
        script = CHECKOUT / f"scripts/setup/make-{name}-key.sh"
        subprocess.run([script, path, *(["Farm <farm@example.org>"] if name == "signing" else [])], check=True)
    advise(tmp_path / "advisories", "PSF-2024-1", "CVE-2024-7592", VERSION)
    advise(tmp_path / "advisories", "PSF-2024-2", "CVE-2024-0002", VERSION)
    (tmp_path / "vex.json").write_text(json.dumps(openvex("CVE-2024-0002")))
    with make_farm(
        signing_key_file=keys["signing"],
        attestation_key_file=keys["attestation"],
        builder_id="https://farm.example.org",
        advisories=str(tmp_path / "advisories"),
        vex_file=tmp_path / "vex.json",
    ) as made:
        # What links to OpenSSL, as a CPython does.
        linked = "sed -i 's/-lz /-lz -Wl,--no-as-needed -lssl /' Makefile.in"
        mini_tarball(made.tarballs, VERSION, {"configure": linked})
        body = {"3.13": cycle_entry("bugfix"), "3.8": {**cycle_entry("end-of-life"), "end_of_life": "2024-10-07"}}
        answer = Answer(url=made.settings.peps_url, asked_at=1, documents={CYCLE: CachedDocument(body=body)})
        write(made.settings.state_dir / "release-cycle.json", answer.model_dump_json())
        yield made


def advise(folder: Path, name: str, alias: str, version: str) -> None:
    package = {"purl": "pkg:generic/python"}
    one = {"id": name, "aliases": [alias], "modified": "2026-01-02T03:04:05Z"}
    write(folder / f"{name}.json", json.dumps({**one, "affected": [{"package": package, "versions": [version]}]}))


def openvex(name: str) -> dict[str, object]:
    statement = {
        "vulnerability": {"name": name},
        "products": [{"@id": f"pkg:generic/python@{VERSION}"}],
        "status": "not_affected",
        "justification": "component_not_present",
    }
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        "author": "Us",
        "timestamp": "2026-01-02T03:04:05Z",
        "version": 1,
        "statements": [statement],
    }


class Reviewer:
    """Somebody with a mirror, the keys and the package's tree, no network, and a checkout without scripts of builds."""

    def __init__(self, farm: FarmUnderTest, folder: Path) -> None:
        self.mirror, self.opt, self.folder = folder / "mirror", folder / "opt", folder
        for name in MIRRORED:
            shutil.copytree(farm.settings.store / name, self.mirror / name)
        for ending in ("pub", "asc"):
            shutil.copy(self.mirror / f"python/python-builds.{ending}", self.mirror / f"farm.{ending}")
        (package,) = self.mirror.glob(f"python/*/pkgs/python-{VERSION}_1_*.deb")
        subprocess.run(["dpkg-deb", "--extract", package, folder / "tree"], check=True)
        (folder / "tree/opt").rename(self.opt)
        for name in ("master/python_builds", "scripts/setup"):
            shutil.copytree(CHECKOUT / name, folder / "checkout" / name)
        program = f"#!/bin/sh\nPYTHONPATH='{folder}/checkout/master' exec '{sys.executable}' -m python_builds \"$@\"\n"
        write(folder / "bin/python-builds", program)
        (folder / "bin/python-builds").chmod(0o755)
        (folder / "home").mkdir()
        self.public = folder / "own.pub"
        subprocess.run([CHECKOUT / "scripts/setup/make-attestation-key.sh", folder / "own.pem"], check=True)
        public_part(folder / "own.pem", self.public)

    def stated_of(self, tarball: Path) -> str:
        """Name the statement that `reproduce` left in the reviewer's own store."""
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        (found,) = self.folder.glob(f"store/rebuilds/{digest}/*.intoto.jsonl")
        return str(found)

    def answer(self, block: str) -> str:
        """Run a block of the page; give what it printed, on both outputs."""
        block = block.replace("debian-13", platform_builder().rpartition("-")[0])
        script = APART.format(opt=self.opt, mirror=self.mirror, block=block)
        environment = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "PYTHON_BUILDS_ENV_FILE": os.devnull,
            "PYTHON_BUILDS_STATE_DIR": str(self.folder / "state"),
            "PYTHON_BUILDS_STORE": str(self.folder / "store"),
            "PYTHON_BUILDS_ATTESTATION_KEY_FILE": str(self.folder / "own.pem"),
            "PYTHON_BUILDS_BUILDER_ID": "https://reviewer.example.org",
        }
        done = subprocess.run(
            ["unshare", "--mount", "--net", "bash", "-euo", "pipefail", "-c", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        return done.stdout


TABLE = (
    r"digest +holds .*\nsigned list +holds .*\nprovenance +holds .*\nbuilt +holds .*\n"
    rf"rebuilt +not checked +by nobody .*\nsource +not checked +Python-{re.escape(VERSION)}\.tgz, SHA-256 [0-9a-f]{{64}}, "
    r"vouched for by digest when it was built.*\nverified\n"
)
SAID = (
    ("python-builds verify", TABLE),
    ("install.sh", "provenance signed by the key in farm.pub"),
    ("base64 -d | python3 -m json.tool", '"buildType": "urn:python-builds:build:1"'),
    ("xargs -n 1 tar tf", r"scripts/steps/unpack-source[.]sh"),
    ("python-builds reproduce", "reproduced: every file is the same"),
    ("reproduced_by", r"^\[\]"),
    (".cdx.json", '"purl": "pkg:generic/python@3.13.15"'),
    ("libssl", "^pkg:deb/[a-z]+/libssl"),
    ("sha256sum", r"^inputs/[0-9a-f]{64}/cpython.cdx.json\n"),
    ("gpgv", "Good signature from"),
    ("CVE-2024-7592", r"^affected \['PSF-2024-1'\]\nunknown \[\]\nnot_affected \[\]\n$"),
    ("for folder in", r'^  "3.13.15": \{"affected": \["PSF-2024-1"\]'),
    ("end-of-life", r'^"3.8": \{"status": "end-of-life", "end_of_life": "2024-10-07"\}\n$'),
    ("openvex.json", r"(?s)pkg:generic/python@3.13.15.*'PSF-2024-2': \{'justification': 'component_not_present'\}"),
)
"""What tells each block of the page, in its order, and what it has to answer."""


def test_every_command_of_the_page_answers_its_question(farm: FarmUnderTest, tmp_path: Path) -> None:
    needs_mounts()
    done = farm.build(VERSION, PROFILE="optimized")
    assert done.returncode == 0, done.stdout
    assert farm.run("stop").returncode == 0
    reviewer = Reviewer(farm, tmp_path / "reviewer")

    assert len(BLOCKS) == len(SAID)
    for block, (part, expected) in zip(BLOCKS, SAID, strict=True):
        assert part in block
        assert re.search(expected, reviewer.answer(block)), (block, reviewer.answer(block))
    unheard = next(block for block in BLOCKS if "CVE-2024-7592" in block).replace("CVE-2024-7592", "CVE-2024-9")
    with pytest.raises(AssertionError, match="CVE-2024-9: this farm was not told of it"):
        reviewer.answer(unheard)
    (tarball,) = (p for p in reviewer.mirror.glob(f"python/*/python-{VERSION}-*.tar.gz") if p.name.count("-") == 3)
    taken = farm.run("accept", FILE=reviewer.stated_of(tarball), KEY=str(reviewer.public))
    assert taken.returncode == 0, taken.stdout
    shutil.copytree(farm.settings.store / "python", reviewer.mirror / "python", dirs_exist_ok=True)
    with (reviewer.mirror / "farm.pub").open("ab") as keys:
        keys.write(reviewer.public.read_bytes())
    who = next(block for block in BLOCKS if "reproduced_by" in block)
    assert "['https://reviewer.example.org']" in reviewer.answer(who)
    assert re.search(r"rebuilt +holds +reproduced by 1: https://reviewer\.example\.org\n", reviewer.answer(BLOCKS[0]))
    tarball.write_bytes(b"something else")
    with pytest.raises(AssertionError, match="NOT verified"):
        reviewer.answer(BLOCKS[0])
