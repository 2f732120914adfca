"""python.org's signatures: which one a release is verified by, and what a server that means ill gets for it."""

import hashlib
import json

import pytest
from packaging.version import Version

from python_builds.adapters.upstream.fetching import fetch
from python_builds.adapters.upstream.openpgp import MAX_SIGNATURE
from python_builds.adapters.upstream.python_org import PythonOrg
from python_builds.adapters.upstream.sources import find_offer
from python_builds.adapters.upstream.verification import Verification
from python_builds.core.errors import NotVerified, SourceError, SourceNotFound
from python_builds.core.upstream.trust import Trust

RELEASES = "/api/v2/downloads/release/?is_published=true"
FILES = "/api/v2/downloads/release_file/"


@pytest.fixture
def publish(site, tmp_path):
    """Publish one release with the content of what lies beside it, by ending; give its offers."""

    def publish_one(version, content, verification, digest=None, **beside):
        uri = f"{site.url}/api/v2/downloads/release/1/"
        path = f"/ftp/python/{version}/Python-{version}.tgz"
        row = {"release": uri, "url": site.url + path, "sha256_sum": digest or "", "filesize": len(content)}
        for ending, field in (("sigstore", "sigstore_bundle_file"), ("asc", "gpg_signature_file")):
            row[field] = f"{site.url}{path}.{ending}" if ending in beside else ""
            if beside.get(ending) is not None:
                site.answer(f"{path}.{ending}", beside[ending])
        site.answer(path, content)
        rows = [{"name": f"Python {version}", "version": 3, "is_published": True, "resource_uri": uri}]
        site.answer(RELEASES, json.dumps(rows).encode())
        site.answer(FILES, json.dumps([row]).encode())
        return PythonOrg(site.url, tmp_path / "python-org.json", verification)

    return publish_one


@pytest.fixture
def target(tmp_path):
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool" / "Python.tgz"


@pytest.fixture
def signed(people, verification, tmp_path):
    """What a manager of 3.13 has signed, the signature, and what would verify it."""
    name = f"manager {tmp_path}"
    fingerprint = people.join(name)
    people.publish(name, tmp_path / "keys")
    (tmp_path / "signed").write_bytes(b"a tarball")
    signature = people.sign(name, tmp_path / "signed", at="20250611T120000").read_bytes()
    return b"a tarball", signature, verification(_3_13={"fingerprint": fingerprint}, _3_14={})


@pytest.fixture
def manager_of_3_14(real_bundle, verification):
    return verification(_3_14={"identity": real_bundle.identity, "issuer": real_bundle.issuer})


def test_a_release_with_a_bundle_is_verified_by_it(publish, real_bundle, manager_of_3_14, target):
    content, bundle = real_bundle.file.read_bytes(), real_bundle.bundle.read_bytes()
    source = publish("3.14.0", content, manager_of_3_14, hashlib.sha256(content).hexdigest(), sigstore=bundle)

    offer, passed = find_offer([source], Version("3.14.0"), Trust.SIGSTORE)

    fetched = fetch(offer, target)
    assert (passed, offer.trust) == ([], Trust.SIGSTORE)
    assert fetched.verified == (
        "SHA-256 of python.org's API",
        f"sigstore {real_bundle.identity}, {real_bundle.issuer}",
    )
    assert fetched.signature.name == "Python.tgz.sigstore"
    assert fetched.signature.read_bytes() == bundle


def test_a_release_with_a_bundle_of_somebody_else_is_refused(publish, real_bundle, verification, target):
    managers = verification(_3_14={"identity": "hugo@python.org", "issuer": real_bundle.issuer})
    source = publish("3.14.0", real_bundle.file.read_bytes(), managers, sigstore=real_bundle.bundle.read_bytes())
    (offer,) = source.offers()

    with pytest.raises(NotVerified, match=rf"It is by {real_bundle.identity} of .*; hugo@python.org of "):
        fetch(offer, target)

    assert list(target.parent.iterdir()) == []


def test_a_digest_that_is_right_does_not_save_a_release_whose_bundle_is_wrong(
    publish, real_bundle, manager_of_3_14, target
):
    digest = hashlib.sha256(b"tampered with").hexdigest()
    source = publish("3.14.0", b"tampered with", manager_of_3_14, digest, sigstore=real_bundle.bundle.read_bytes())

    with pytest.raises(NotVerified, match="it was made for another file"):
        fetch(source.offers()[0], target)


def test_a_release_whose_bundle_is_not_there_yet_is_passed_over_and_said(publish, verification):
    source = publish("3.14.0", b"a tarball", verification(_3_14={}), "0" * 64, sigstore=None)

    with pytest.raises(SourceNotFound, match=r"its signature is not there, or not yet: http.*\.tgz\.sigstore\."):
        find_offer([source], Version("3.14.0"), Trust.DIGEST)


def test_a_bundle_that_vanishes_in_between_is_an_error_and_leaves_nothing(publish, verification, target):
    (offer,) = publish("3.14.0", b"a tarball", verification(_3_14={}), sigstore=None).offers()

    with pytest.raises(SourceError, match=r"cannot fetch .*\.sigstore: 404"):
        fetch(offer, target)
    assert list(target.parent.iterdir()) == []


def test_a_release_without_a_bundle_is_verified_by_openpgp(publish, signed, target):
    content, signature, managers = signed

    (offer,) = publish("3.13.5", content, managers, asc=signature).offers()

    assert (offer.trust, offer.sha256) == (Trust.OPENPGP, None)
    fetched = fetch(offer, target)
    assert fetched.verified[0].endswith(" a@example.org, made 2025-06-11")
    assert fetched.sha256 == hashlib.sha256(content).hexdigest()


def test_a_release_with_both_is_verified_by_the_bundle(publish, verification, people, tmp_path):
    fingerprint = people.join(f"of both {tmp_path}")
    people.publish(f"of both {tmp_path}", tmp_path / "keys")
    managers = verification(_3_13={"fingerprint": fingerprint})

    (offer,) = publish("3.13.5", b"", managers, sigstore=b"", asc=b"").offers()

    assert offer.trust is Trust.SIGSTORE


@pytest.mark.parametrize("digest", ["a" * 64, None])
def test_openpgp_signatures_of_3_14_do_not_count(publish, signed, digest):
    content, signature, managers = signed

    offers = publish("3.14.0", content, managers, digest, asc=signature).offers()

    assert [offer.trust for offer in offers] == ([Trust.DIGEST] if digest else [])


def test_a_minor_without_a_known_manager_is_as_good_as_its_digest_and_says_which_setting_to_use(publish):
    source = publish("3.18.0", b"a tarball", Verification(managers={}), "a" * 64, sigstore=b"")

    with pytest.raises(SourceNotFound) as refused:
        find_offer([source], Version("3.18.0"), Trust.SIGNED_INDEX)

    assert "vouched for by digest only" in str(refused.value)
    assert str(refused.value).endswith(
        "For a better one, no release manager of 3.18 is known: name them in PYTHON_BUILDS_RELEASE_MANAGERS."
    )


def test_a_signature_of_endless_size_is_not_read_to_its_end(publish, signed, target):
    content, _, managers = signed
    (offer,) = publish("3.13.5", content, managers, asc=b"x" * (MAX_SIGNATURE + 1)).offers()

    with pytest.raises(SourceError, match=rf"is larger than the {MAX_SIGNATURE} bytes that it may have"):
        fetch(offer, target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("ending", ["", ".asc"])
def test_a_redirect_away_from_python_org_is_not_followed(publish, signed, site, target, ending):
    content, signature, managers = signed
    path = f"/ftp/python/3.13.5/Python-3.13.5.tgz{ending}"
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    site.answer(path, status=302, headers={"Location": f"{elsewhere}/evil"})
    (offer,) = publish("3.13.5", content, managers, asc=signature).offers()
    site.answers[path] = site.answers[path][:1]

    for attempt in (offer.is_there, lambda: fetch(offer, target)):
        with pytest.raises(
            SourceError, match=rf"^{elsewhere}/evil is not fetched: it must start with {site.url}/ or https"
        ):
            attempt()
    assert not [asked for asked in site.asked if "evil" in asked]


def test_a_redirect_within_python_org_is_followed(publish, signed, site, target):
    content, signature, managers = signed
    path = "/ftp/python/3.13.5/Python-3.13.5.tgz"
    site.answer(path, status=302, headers={"Location": "/mirror"})
    site.answer("/mirror", content)
    (offer,) = publish("3.13.5", b"", managers, asc=signature).offers()
    site.answers[path] = site.answers[path][:1]

    assert offer.is_there()
    assert fetch(offer, target).size == len(content)
