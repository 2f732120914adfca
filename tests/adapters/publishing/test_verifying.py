"""Whether a published file is what its farm says: asked of a folder and of a web server, with what lies beside it."""

import hashlib
import re

import pytest

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.attesting import load_public
from python_builds.adapters.publishing.places import Place
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.publishing.stated import Trusted
from python_builds.adapters.publishing.verifying import findings
from python_builds.core.errors import SourceError
from python_builds.core.publishing.artifacts import SIGNATURE_ENDINGS
from python_builds.core.publishing.dsse import ENDING
from python_builds.core.publishing.findings import Finding, State, is_verified
from python_builds.core.publishing.records import Source
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.trust import Trust
from tests.attested import make_key, publish_attested
from tests.web import cdn

TARBALL = "Python-3.13.5.tgz"
SOURCE = b"the source of CPython"


@pytest.fixture
def attests(tmp_path):
    return make_key(tmp_path / "key.pem")


@pytest.fixture
def published(store, make_product, attests, people, tmp_path, verification, key_file):
    """A product whose source a release manager has signed, with signed lists; gives its tarball's key, and whom to trust."""
    fingerprint = people.join("Manager of 3.13")
    people.publish("Manager of 3.13", tmp_path / "keys")
    mirrored = store.root / "sources/3.13.5" / TARBALL
    mirrored.parent.mkdir(parents=True)
    mirrored.write_bytes(SOURCE)
    people.sign("Manager of 3.13", mirrored, at="20250101T000000")
    source = Source(
        name=TARBALL,
        sha256=hashlib.sha256(SOURCE).hexdigest(),
        size=len(SOURCE),
        origin="https://www.python.org/ftp/python/3.13.5/Python-3.13.5.tgz",
        trust=Trust.OPENPGP,
        verified=("SHA-256 of a list", f"OpenPGP {fingerprint} Manager\x1b[31m"),
    )
    record = publish_attested(store, make_product(), attests, source=source)
    with signer(Settings(_env_file=None, signing_key_file=key_file)) as signs:
        Indexing(store=store, profile="optimized", signer=signs, attestation_keys=attests.public_keys()).run()
    (key,) = [a.key for a in record.artifacts if a.kind == "tarball"]
    return Published(store, key, attests, verification(_3_13={"name": "Manager", "fingerprint": fingerprint}), tmp_path)


class Published:
    def __init__(self, store, key, attests, verification, scratch):
        self.store, self.key, self.verification, self.scratch = store, key, verification, scratch
        self.openpgp = scratch / "farm.asc"
        self.openpgp.write_bytes(store.read("python/python-builds.asc"))
        self.trusted = Trusted(keys=load_public("key", attests.public_keys()), openpgp=self.openpgp)

    def ask(self, address=None, trusted=None):
        address = address or str(self.store.root / self.key)
        folder = self.scratch / "fetched"
        folder.mkdir(exist_ok=True)
        found = list(findings(Place(address=address, scratch=folder), trusted or self.trusted, self.verification))
        return {one.question: one for one in found}

    def path(self, ending=""):
        return self.store.root / f"{self.key}{ending}"


def states(found):
    return {question: one.state for question, one in found.items()}


ALL = {
    **dict.fromkeys(("digest", "signed list", "provenance", "built", "source"), State.HOLDS),
    "rebuilt": State.OPEN,
}


def test_of_a_file_in_a_mirror_of_the_store_everything_holds_without_a_network(published):
    found = published.ask()

    assert states(found) == ALL, found
    assert is_verified(found.values())
    assert "CPython 3.13.5 debian-12 amd64 optimized by https://farm.example.org" in found["built"].words
    assert re.fullmatch(r"Python-3\.13\.5\.tgz: OpenPGP [0-9A-F]{40} Manager, made 2025-01-01", found["source"].words)


def test_of_a_url_the_same_holds(published):
    with cdn() as web:
        web.store = published.store
        found = published.ask(f"{web.url}/{published.key}")

    assert states(found) == ALL, found


def test_a_package_is_looked_for_in_the_list_of_its_platform(published):
    published.key = "python/debian-12/pkgs/python-3.13.5_1_amd64.deb"

    assert states(published.ask()) == ALL


def test_a_file_that_was_changed_fails_wherever_it_is_named(published):
    published.path().write_bytes(b"something else")
    found = published.ask()

    assert states(found) == {"digest": State.FAILS, "signed list": State.OPEN, "provenance": State.FAILS}
    assert not is_verified(found.values())


def test_a_file_that_was_changed_with_its_digest_still_fails(published):
    published.path().write_bytes(b"something else")
    digest = hashlib.sha256(b"something else").hexdigest()
    published.path(".sha256").write_text(f"{digest}  {published.path().name}\n")
    sums = published.path().with_name("SHA256SUMS")
    sums.write_text(f"{digest}  {published.path().name}\n")
    found = published.ask()

    assert states(found) == {"digest": State.HOLDS, "signed list": State.FAILS, "provenance": State.FAILS}


def test_a_statement_of_another_file_vouches_for_nothing(published):
    other = published.path().with_name(f"python-3.13.5-debian-12-uv.tar.gz{ENDING}")
    published.path(ENDING).write_bytes(other.read_bytes())
    found = published.ask()

    assert found["provenance"].state == State.FAILS and "not of this file" in found["provenance"].words


def test_a_statement_by_a_key_that_nobody_named_vouches_for_nothing(published, tmp_path):
    other = make_key(tmp_path / "other.pem")
    found = published.ask(trusted=Trusted(keys=load_public("key", other.public_keys())))

    assert states(found) == {"digest": State.HOLDS, "signed list": State.OPEN, "provenance": State.FAILS}


def test_without_a_key_that_somebody_named_nothing_is_verified(published):
    found = published.ask(trusted=Trusted(keys={}))

    assert found["provenance"].state == State.OPEN and "name the farm's key by --key" in found["provenance"].words
    assert not is_verified(found.values())


def test_a_file_alone_is_not_verified_and_the_table_says_what_lacks(published, tmp_path):
    alone = tmp_path / "alone" / published.path().name
    alone.parent.mkdir()
    alone.write_bytes(published.path().read_bytes())
    found = published.ask(str(alone))

    assert {*states(found).values()} == {State.OPEN}
    assert not is_verified(found.values())


def test_with_its_statement_beside_it_a_file_is_verified_and_its_source_can_be_named(published, tmp_path):
    alone = tmp_path / "alone" / published.path().name
    alone.parent.mkdir()
    for ending in ("", ENDING):
        (alone.parent / f"{alone.name}{ending}").write_bytes(published.path(ending).read_bytes())
    found = published.ask(str(alone))

    assert found["source"].state == State.OPEN and "name the tarball by --source" in found["source"].words
    by = r"vouched for by openpgp when it was built \(SHA-256 of a list; OpenPGP [0-9A-F]{40} Manager\)"
    assert re.search(by, found["source"].words), found["source"].words
    assert is_verified(found.values()), "what upstream has signed was checked when it was built"
    mirrored = published.store.root / "sources/3.13.5" / TARBALL
    named = Trusted(keys=published.trusted.keys, source=mirrored)
    assert published.ask(str(alone), named)["source"].state == State.HOLDS


def changed(signature):
    """Change a letter of its armor."""
    return signature[:80] + (b"B" if signature[80:81] == b"A" else b"A") + signature[81:]


@pytest.mark.parametrize("ending, complaint", [("", "is another file"), (".asc", "does not vouch for")])
def test_a_source_that_is_not_what_upstream_signed_fails(published, ending, complaint):
    path = published.store.root / "sources/3.13.5" / (TARBALL + ending)
    text = path.read_bytes()
    path.write_bytes(text.replace(b"source", b"SOURCE") if not ending else changed(text))
    found = published.ask()

    assert found["source"].state == State.FAILS and complaint in found["source"].words
    assert not is_verified(found.values())


@pytest.mark.parametrize("identity, state", [(None, State.HOLDS), ("hugo@python.org", State.FAILS)])
def test_a_source_s_sigstore_bundle_is_looked_at_again_without_a_network(
    store, make_product, attests, real_bundle, verification, tmp_path, identity, state
):
    name, content = "Python-3.14.0.tgz", real_bundle.file.read_bytes()
    mirrored = store.root / "sources/3.14.0" / name
    mirrored.parent.mkdir(parents=True)
    mirrored.write_bytes(content)
    mirrored.with_name(f"{name}{SIGNATURE_ENDINGS[Trust.SIGSTORE]}").write_bytes(real_bundle.bundle.read_bytes())
    source = Source(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        origin=f"https://www.python.org/ftp/python/3.14.0/{name}",
        trust=Trust.SIGSTORE,
    )
    record = publish_attested(store, make_product("3.14.0"), attests, source=source)
    (key,) = [a.key for a in record.artifacts if a.kind == "tarball"]
    managers = verification(_3_14={"identity": identity or real_bundle.identity, "issuer": real_bundle.issuer})
    trusted = Trusted(keys=load_public("key", attests.public_keys()))
    found = {
        one.question: one for one in findings(Place(address=str(store.root / key), scratch=tmp_path), trusted, managers)
    }

    assert found["source"].state == state, found
    assert is_verified(found.values()) == (state == State.HOLDS)


def test_a_file_that_is_not_there_is_told(published):
    with pytest.raises(SourceError, match="there is no none.tar.gz at"):
        published.ask(str(published.store.root / "none.tar.gz"))


def test_the_public_keys_are_published_for_who_has_another_way_to_trust_them(published, attests):
    assert published.store.read("python/python-builds.pub") == attests.public_keys()
    assert published.store.read("python/python-builds.pub.asc").startswith(b"-----BEGIN PGP SIGNATURE-----")


def test_what_fails_is_never_verified():
    open_, fails, holds = (
        Finding(question="x", state=state, words="") for state in (State.OPEN, State.FAILS, State.HOLDS)
    )

    assert is_verified([holds, open_]) and not is_verified([holds, fails])
    assert not is_verified([Finding(question="x", state=State.OPEN, words="", required=True)])
