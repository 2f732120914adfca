"""The machine's apt archive as a source: the real apt-get, on signed archives in folders of this machine."""

import dataclasses
import email.utils
import hashlib
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.upstream import apt_archive
from python_builds.adapters.upstream.apt_archive import INDEX_KEPT, AptArchive, source_lines, upstream_version
from python_builds.adapters.upstream.fetching import fetch
from python_builds.adapters.upstream.sources import find_offer
from python_builds.adapters.upstream.verification import DEFAULT
from python_builds.core.errors import NotVerified, SourceError, SourceNotFound
from python_builds.core.upstream.trust import Trust

SUITES = ["stable"]
PACKAGE = "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a\nFilename: a\nSize: 0\nDescription: a\n"


@dataclasses.dataclass(frozen=True)
class Key:
    """A throw-away key that signs archives."""

    home: Path

    def gpg(self, *arguments):
        subprocess.run(["gpg", "--homedir", self.home, "--batch", "--yes", *arguments], check=True, capture_output=True)

    @property
    def ring(self):
        return self.home / "public.gpg"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Two keys: the archive's, and somebody else's."""
    assert shutil.which("gpg") and shutil.which("gpg-agent"), "these tests sign archives: apt-get install gpg gpg-agent"
    made = []
    for _ in range(2):
        key = Key(tmp_path_factory.mktemp("gpg"))
        key.home.chmod(0o700)
        key.gpg("--passphrase", "", "--quick-generate-key", "a test", "ed25519", "sign", "never")
        key.gpg("--output", str(key.ring), "--export")
        made.append(key)
    yield made
    for key in made:
        subprocess.run(["gpgconf", "--homedir", key.home, "--kill", "all"], check=True)


@dataclasses.dataclass(frozen=True)
class Archive:
    """An apt archive in a folder; `add` puts a source package into it, `sign` makes its index."""

    root: Path
    key: Key
    origin: str = "Debian"
    paragraphs: list = dataclasses.field(default_factory=list)

    def add(self, package, version, tarball, content=b"a tarball", signature=None):
        pool = self.root / "pool"
        pool.mkdir(parents=True, exist_ok=True)
        (pool / tarball).write_bytes(content)
        (pool / f"{tarball}.dsc").write_bytes(b"a description")
        files = [pool / f"{tarball}.dsc", pool / tarball]
        if signature is not None:
            files.append(pool / f"{tarball}.asc")
            files[-1].write_bytes(signature)
        listed = {
            name: "".join(f"\n {digest(f.read_bytes()).hexdigest()} {f.stat().st_size} {f.name}" for f in files)
            for name, digest in (("Files", hashlib.md5), ("Checksums-Sha256", hashlib.sha256))
        }
        self.paragraphs.append(
            f"Package: {package}\nBinary: {package}\nVersion: {version}\nArchitecture: any\nFormat: 3.0 (quilt)\n"
            f"Directory: pool\nFiles:{listed['Files']}\nChecksums-Sha256:{listed['Checksums-Sha256']}\n"
        )
        self.sign()
        return pool / tarball

    def sign(self):
        suite = self.root / "dists" / SUITES[0]
        indexes = {f"main/binary-{a}/Packages": PACKAGE for a in ("amd64", "arm64")}
        indexes["main/source/Sources"] = "\n".join(self.paragraphs)
        for name, text in indexes.items():
            (suite / name).parent.mkdir(parents=True, exist_ok=True)
            (suite / name).write_text(text)
        sums = [f" {hashlib.sha256(t.encode()).hexdigest()} {len(t)} {n}" for n, t in indexes.items()]
        (suite / "Release").write_text(
            f"Origin: {self.origin}\nSuite: stable\nCodename: stable\nDate: {email.utils.formatdate(usegmt=True)}\n"
            "Architectures: amd64 arm64\nComponents: main\nSHA256:\n" + "\n".join(sums) + "\n"
        )
        self.key.gpg("--clearsign", "--output", str(suite / "InRelease"), str(suite / "Release"))


@pytest.fixture
def archive(tmp_path, keys):
    return Archive(tmp_path / "archive", keys[0])


@pytest.fixture
def machine(tmp_path, keys, monkeypatch):
    """A machine whose apt is configured with these archives; gives its source, as the farm would make it."""
    monkeypatch.setattr(apt_archive, "KEYRING", keys[0].ring)

    def configure(*archives, verification=DEFAULT):
        home = tmp_path / "machine"
        for name in ("lists/partial", "cache/archives/partial", "state"):
            (home / name).mkdir(parents=True, exist_ok=True)
        (home / "state/status").touch()
        (home / "sources.list").write_text(
            "".join(f"deb [signed-by={a.key.ring}] copy:{a.root} {SUITES[0]} main\n" for a in archives)
        )
        (home / "apt.conf").write_text(
            f'Dir::Etc::SourceList "{home}/sources.list";\nDir::Etc::SourceParts "-";\nDir::State "{home}/state";\n'
            f'Dir::State::Lists "{home}/lists";\nDir::State::status "{home}/state/status";\nDir::Cache "{home}/cache";\n'
            'APT::Sandbox::User "root";\n'
        )
        monkeypatch.setenv("APT_CONFIG", str(home / "apt.conf"))
        subprocess.run(["apt-get", "-q", "update"], check=True, capture_output=True)
        return AptArchive(tmp_path / "private", SUITES, verification)

    return configure


def grow_old(source):
    """Let the private index be older than it may get."""
    then = time.time() - INDEX_KEPT - 1
    os.utime(source.folder / "updated", (then, then))


def test_the_archive_s_upstream_tarballs_are_offered(archive, machine):
    archive.add("python3.11", "3.11.2-6+deb12u5", "python3.11_3.11.2.orig.tar.xz", b"one")
    archive.add("python3.13", "3.13.0~rc2-1", "python3.13_3.13.0~rc2.orig.tar.gz", b"two")

    offers = sorted(machine(archive).offers(), key=lambda o: o.version)

    assert [(str(o.version), o.name) for o in offers] == [
        ("3.11.2", "Python-3.11.2.tar.xz"),
        ("3.13.0rc2", "Python-3.13.0rc2.tgz"),
    ]
    assert [o.sha256 for o in offers] == [hashlib.sha256(c).hexdigest() for c in (b"one", b"two")]
    assert {o.trust for o in offers} == {Trust.SIGNED_INDEX}
    assert offers[0].origin == "apt source archive: python3.11=3.11.2-6+deb12u5"


def test_every_version_of_a_package_is_offered(archive, machine):
    for version in ("3.11.2", "3.11.9"):
        archive.add("python3.11", f"{version}-1", f"python3.11_{version}.orig.tar.xz")

    assert {o.version for o in machine(archive).offers()} == {Version("3.11.2"), Version("3.11.9")}


def test_what_is_not_upstream_s_tarball_is_not_offered(archive, machine):
    archive.add("python3.11", "3.11.2+dfsg-1", "python3.11_3.11.2+dfsg.orig.tar.xz")
    archive.add("python3.12", "3.12.1-1", "python3.12_3.12.1.orig-docs.tar.xz")
    archive.add("python3.13", "3.13.1-1", "python3.13_3.13.1.orig.tar.bz2")
    archive.add("python-defaults", "3.11.2-1", "python-defaults_3.11.2.orig.tar.xz")

    assert machine(archive).offers() == []


def test_a_tarball_is_fetched_as_it_is_and_nothing_else_is_left(archive, machine, tmp_path):
    archive.add("python3.13", "3.13.0~rc2-1", "python3.13_3.13.0~rc2.orig.tar.xz", b"a tarball")
    (offer,) = machine(archive).offers()
    (tmp_path / "spool").mkdir()

    assert offer.is_there()
    assert fetch(offer, tmp_path / "spool" / offer.name).size == len(b"a tarball")
    assert (tmp_path / "spool" / offer.name).read_bytes() == b"a tarball"
    assert os.listdir(tmp_path / "spool") == [offer.name]


@pytest.fixture
def signed(people, verification, tmp_path):
    """A tarball that the manager of 3.13 signed, the signature, and what verifies it."""
    name = f"manager {tmp_path}"
    fingerprint = people.join(name)
    people.publish(name, tmp_path / "keys")
    (tmp_path / "signed").write_bytes(b"upstream's tarball")
    signature = people.sign(name, tmp_path / "signed", at="20250611T120000").read_bytes()
    return b"upstream's tarball", signature, verification(_3_13={"fingerprint": fingerprint}, _3_14={})


PYTHON_3_13 = ("python3.13", "3.13.5-2", "python3.13_3.13.5.orig.tar.xz")


def test_a_tarball_with_upstream_s_signature_beside_it_is_verified_by_both(archive, machine, signed, tmp_path):
    content, signature, verification = signed
    archive.add(*PYTHON_3_13, content, signature)
    (offer,) = machine(archive, verification=verification).offers()
    (tmp_path / "spool").mkdir()

    fetched = fetch(offer, tmp_path / "spool" / offer.name)

    assert offer.trust is Trust.OPENPGP
    assert offer.is_there()
    assert fetched.verified[0] == "SHA-256 of the archive's signed index"
    assert fetched.verified[1].startswith("OpenPGP ") and fetched.verified[1].endswith(", made 2025-06-11")
    assert fetched.signature.read_bytes() == signature
    assert sorted(os.listdir(tmp_path / "spool")) == ["Python-3.13.5.tar.xz", "Python-3.13.5.tar.xz.asc"]


@pytest.mark.parametrize("bad", [b"not upstream's tarball", None])
def test_a_bad_signature_in_the_archive_is_an_error_and_no_weaker_trust(archive, machine, signed, tmp_path, bad):
    content, signature, verification = signed
    archive.add(*PYTHON_3_13, bad or content, signature if bad else b"junk")
    (offer,) = machine(archive, verification=verification).offers()
    (tmp_path / "spool").mkdir()

    with pytest.raises(NotVerified, match=r"Python-3.13.5.tar.xz.asc does not vouch for Python-3.13.5.tar.xz: "):
        fetch(offer, tmp_path / "spool" / offer.name)
    assert os.listdir(tmp_path / "spool") == []


def test_a_signature_that_the_archive_has_lost_is_an_error_and_no_weaker_trust(archive, machine, signed, tmp_path):
    content, signature, verification = signed
    tarball = archive.add(*PYTHON_3_13, content, signature)
    tarball.with_name(f"{tarball.name}.asc").unlink()
    (offer,) = machine(archive, verification=verification).offers()

    with pytest.raises(SourceError, match="apt-get -q source failed"):
        fetch(offer, tmp_path / "target")


def test_a_signature_by_a_key_that_is_not_here_leaves_it_at_the_signed_index(archive, machine, signed, tmp_path):
    content, signature, verification = signed
    archive.add(*PYTHON_3_13, content, signature)
    (key,) = (tmp_path / "keys").iterdir()
    key.unlink()
    source = machine(archive, verification=verification)

    offer, _ = find_offer([source], Version("3.13.5"), Trust.SIGNED_INDEX)

    assert offer.trust is Trust.SIGNED_INDEX
    assert fetch(offer, tmp_path / "target").verified == ("SHA-256 of the archive's signed index",)
    with pytest.raises(SourceNotFound, match=f"is not here: put it into {key}"):
        find_offer([source], Version("3.13.5"), Trust.OPENPGP)


def test_a_tarball_without_upstream_s_signature_says_nothing_of_keys(archive, machine):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.gz")

    (offer,) = machine(archive).offers()

    assert (offer.trust, offer.lacking) == (Trust.SIGNED_INDEX, "")


def test_a_tarball_that_the_archive_lists_but_has_lost_is_not_there(archive, machine, tmp_path):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz").unlink()
    (offer,) = machine(archive).offers()

    assert not offer.is_there()
    with pytest.raises(SourceError, match="apt-get -q source failed"):
        offer.fetch(tmp_path / "target")


def test_a_tarball_that_was_tampered_with_is_refused_by_apt(archive, machine, tmp_path):
    tarball = archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz", b"a tarball")
    (offer,) = machine(archive).offers()
    tarball.write_bytes(b"a tarbomb")

    # What is wrong with it, each release's apt says in other words.
    with pytest.raises(SourceError, match=rf"apt-get -q source failed: .*copy:{tarball} "):
        fetch(offer, tmp_path / "target")
    assert not (tmp_path / "target").exists()
    tarball.write_bytes(b"a tarball")
    assert fetch(offer, tmp_path / "target").tarball.read_bytes() == b"a tarball"


def test_an_index_that_was_tampered_with_is_refused(archive, machine):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    source = machine(archive)
    index = archive.root / "dists/stable/main/source/Sources"
    index.write_text(index.read_text().replace("3.11.2-1", "3.11.3-1"))

    with pytest.raises(SourceError, match="apt-get -q update failed"):
        source.offers()


def test_an_index_that_somebody_else_signed_is_refused(archive, machine, keys):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    source = machine(archive)
    dataclasses.replace(archive, key=keys[1]).sign()

    with pytest.raises(SourceError, match=r"not signed|NO_PUBKEY|[Mm]issing key"):
        source.offers()


def test_the_index_is_kept_for_a_while_and_then_asked_for_again(archive, machine):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    source = machine(archive)
    source.offers()
    archive.add("python3.13", "3.13.1-1", "python3.13_3.13.1.orig.tar.xz")

    assert len(source.offers()) == 1
    grow_old(source)
    assert len(source.offers()) == 2


def test_an_index_that_could_not_be_had_is_asked_for_again(archive, machine):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    source = machine(archive)
    (archive.root / "dists").rename(archive.root / "away")
    with pytest.raises(SourceError, match="apt-get -q update failed"):
        source.offers()
    (archive.root / "away").rename(archive.root / "dists")

    assert len(source.offers()) == 1


def test_other_suites_are_asked_for_at_once(archive, machine, tmp_path):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    machine(archive).offers()

    more = AptArchive(tmp_path / "private", ["stable", "unheard-of"])

    assert len(more.offers()) == 1, "a suite that is gone must not take the others with it"
    assert "unheard-of" in " ".join(more.notes)


def test_builds_at_the_same_time_do_not_disturb_one_another(archive, machine, tmp_path):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    machine(archive)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: AptArchive(tmp_path / "private", SUITES).offers(), range(4)))

    assert [len(offers) for offers in found] == [1] * 4


def test_an_archive_of_others_beside_the_distribution_s_is_left_alone(archive, machine, tmp_path, keys):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    other = Archive(tmp_path / "a-which-sorts-first", keys[1], origin="Docker")
    other.add("python3.13", "3.13.1-1", "python3.13_3.13.1.orig.tar.xz")

    assert [str(o.version) for o in machine(other, archive).offers()] == ["3.11.2"]


def test_the_machine_s_own_configuration_is_not_changed(archive, machine, tmp_path):
    archive.add("python3.11", "3.11.2-1", "python3.11_3.11.2.orig.tar.xz")
    source = machine(archive)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "machine").rglob("*")}
    source.offers()

    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "machine").rglob("*") if "cache" not in p.parts} == {
        p: t for p, t in before.items() if "cache" not in p.parts
    }


def test_a_machine_without_an_archive_is_an_error_that_says_so(machine):
    with pytest.raises(SourceError, match=r"lists none\); run `apt-get update`$"):
        machine().offers()


def test_a_machine_without_apt_is_an_error_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SourceError, match="^this machine has no apt-get$"):
        AptArchive(tmp_path / "private", SUITES).offers()


@pytest.mark.parametrize(
    "debian, upstream",
    [
        ("3.11.2-6", "3.11.2"),
        ("3.11.2-6+deb12u5", "3.11.2"),
        ("3.14.0~rc2-1+b1", "3.14.0rc2"),
        ("1:3.14.0~rc2-1+b1", "3.14.0rc2"),
        ("2:3.13.1-1", "3.13.1"),
        ("3.13.1", "3.13.1"),
        ("3.15.0~a1-1", "3.15.0a1"),
        ("3.11.2+dfsg-1", None),
        ("3.11.2~dfsg1-1", None),
        ("3.11-1", None),
        ("3.13.1+really3.12.1-1", None),
        ("3.12.0~git20230101-1", None),
        ("", None),
    ],
)
def test_upstream_s_version_is_read_from_debian_s(debian, upstream):
    assert upstream_version(debian) == upstream


PAIRS = [
    ("http://deb.example/debian-security/", "bookworm-security"),
    ("http://deb.example/debian/", "bookworm-updates"),
    ("http://deb.example/debian/", "bookworm"),
]


def lines(pairs, suites):
    """Without the keyring, which only some machines have."""
    return [" ".join(w for w in line.split() if not w.startswith("[")) for line in source_lines(pairs, suites)]


def test_each_suite_and_its_security_suite_is_a_line():
    assert lines(PAIRS, ["bookworm", "trixie"]) == [
        "deb-src http://deb.example/debian/ bookworm main",
        "deb-src http://deb.example/debian/ trixie main",
        "deb-src http://deb.example/debian-security/ bookworm-security main",
        "deb-src http://deb.example/debian-security/ trixie-security main",
    ]


def test_sid_has_no_security_suite():
    assert [line for line in lines(PAIRS, ["sid"]) if "security" in line] == []


def test_a_machine_without_a_security_archive_does_without():
    assert lines(PAIRS[1:], ["bookworm"]) == ["deb-src http://deb.example/debian/ bookworm main"]


@pytest.mark.parametrize("pairs", [[], PAIRS[:2]])
def test_without_a_main_archive_there_are_no_lines(pairs):
    with pytest.raises(SourceError, match="no archive's index"):
        source_lines(pairs, ["bookworm"])


def test_the_lines_are_the_same_in_whatever_order_apt_names_its_archives():
    assert source_lines(PAIRS, ["bookworm"]) == source_lines([*reversed(PAIRS), *PAIRS], ["bookworm"])


def test_where_debian_s_keyring_is_nothing_else_may_sign(tmp_path, monkeypatch):
    monkeypatch.setattr(apt_archive, "KEYRING", tmp_path)

    assert source_lines(PAIRS[2:], ["sid"]) == [f"deb-src [signed-by={tmp_path}] http://deb.example/debian/ sid main"]


def test_elsewhere_apt_s_own_keys_decide(tmp_path, monkeypatch):
    monkeypatch.setattr(apt_archive, "KEYRING", tmp_path / "none")

    assert source_lines(PAIRS[2:], ["sid"]) == ["deb-src http://deb.example/debian/ sid main"]


def test_the_tarball_of_any_source_package_is_fetched_by_its_digest(archive, machine, tmp_path):
    archive.add("mpdecimal", "4.0.0-1", "mpdecimal_4.0.0.orig.tar.gz", b"older")
    archive.add("mpdecimal", "4.0.1-1", "mpdecimal_4.0.1.orig.tar.gz", b"a library")
    source = machine(archive)

    source.fetch_tarball("mpdecimal", hashlib.sha256(b"a library").hexdigest(), tmp_path / "found")

    assert (tmp_path / "found").read_bytes() == b"a library"
    with pytest.raises(SourceError, match="no source package mpdecimal has a file with SHA-256 0000"):
        source.fetch_tarball("mpdecimal", "0" * 64, tmp_path / "other")
    with pytest.raises(SourceError, match="libnothing"):
        source.fetch_tarball("libnothing", "0" * 64, tmp_path / "other")
