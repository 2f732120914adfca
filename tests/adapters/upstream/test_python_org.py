"""python.org as a source, against a server that speaks its API."""

import hashlib
import json
import time

import pytest
from packaging.version import Version

from python_builds.adapters.upstream import python_org
from python_builds.adapters.upstream.api_cache import CALLS_A_DAY, calls_beside
from python_builds.adapters.upstream.fetching import fetch
from python_builds.adapters.upstream.python_org import ANSWER_KEPT, PythonOrg
from python_builds.adapters.upstream.sources import find_offer
from python_builds.core.errors import SourceError, SourceNotFound, WrongDigest
from python_builds.core.upstream.trust import Trust

RELEASES = "/api/v2/downloads/release/?is_published=true"
FILES = "/api/v2/downloads/release_file/"


@pytest.fixture
def publish(site, tmp_path):
    """Publish releases with the tarball's bytes by version; None keeps the tarball, not its row, back."""

    def publish_all(tarballs, **changes):
        rows, files = [], []
        for number, (version, content) in enumerate(tarballs.items()):
            uri = f"{site.url}/api/v2/downloads/release/{number}/"
            path = f"/ftp/python/{version}/Python-{version}.tgz"
            rows.append({"name": f"Python {version}", "version": 3, "is_published": True, "resource_uri": uri})
            digest = hashlib.sha256(content or b"").hexdigest().upper()
            files.append({"release": uri, "url": site.url + path, "sha256_sum": digest, "filesize": 9, **changes})
            if content is not None:
                site.answer(path, content)
        site.answer(RELEASES, json.dumps(rows).encode())
        site.answer(FILES, json.dumps(files).encode())
        return PythonOrg(site.url, tmp_path / "python-org.json")

    return publish_all


def test_a_release_is_found_fetched_and_checked(publish, tmp_path):
    source = publish({"3.13.5": b"a tarball", "3.12.1": b"another"})

    offer, passed = find_offer([source], Version("3.13.5"), Trust.DIGEST)

    assert fetch(offer, tmp_path / "target").size == len(b"a tarball")
    assert (offer.name, offer.trust, passed) == ("Python-3.13.5.tgz", Trust.DIGEST, [])
    assert offer.origin == f"{source.api.url}/ftp/python/3.13.5/Python-3.13.5.tgz"


def test_a_tarball_that_is_not_the_listed_one_is_refused(publish, tmp_path):
    (offer,) = publish({"3.13.5": b"a tarball"}, sha256_sum="0" * 64).offers()

    with pytest.raises(WrongDigest, match="0" * 64):
        fetch(offer, tmp_path / "target")


def test_releases_come_newest_first(publish):
    source = publish({"3.9.25": b"", "3.10.1": b"", "3.14.0": b""})

    assert [str(r.version) for r in source.releases()] == ["3.14.0", "3.10.1", "3.9.25"]


def test_a_listed_release_whose_tarball_is_not_there_yet_is_passed_over(publish):
    source = publish({"3.14.0": None, "3.13.5": b"a tarball"})

    offer, passed = find_offer([source], None, Trust.DIGEST)

    assert str(offer.version) == "3.13.5"
    assert passed == [f"{source.api.url}/ftp/python/3.14.0/Python-3.14.0.tgz is listed but not there."]


def test_a_release_without_a_digest_is_a_release_but_not_offered(publish):
    source = publish({"3.9.2": b"a tarball"}, sha256_sum="")

    assert [str(r.version) for r in source.releases()] == ["3.9.2"]
    assert source.offers() == []


def test_an_answer_is_kept_so_that_the_day_s_calls_last(publish, site):
    source = publish({"3.13.5": b"a tarball"})

    source.releases()
    source.offers()

    assert site.asked == [f"GET {RELEASES}", f"GET {FILES}"]
    assert 2 * 24 * 3600 / ANSWER_KEPT <= 100


def test_an_answer_that_is_too_old_is_asked_for_again(publish, site, monkeypatch):
    source = publish({"3.13.5": b"a tarball"})
    monkeypatch.setattr(python_org, "ANSWER_KEPT", -1)

    source.releases()
    source.releases()

    assert len(site.asked) == 4


def test_python_org_is_asked_again_after_an_error(publish, site):
    site.answer(RELEASES, b"down for maintenance")
    source = publish({"3.13.5": b"a tarball"})

    with pytest.raises(SourceError, match="is no JSON"):
        source.releases()
    assert len(source.releases()) == 1


def test_an_outage_passes_python_org_over(site, tmp_path):
    site.answer(RELEASES, status=503)

    source = PythonOrg(site.url, tmp_path / "python-org.json")
    source.api.attempts = 1

    with pytest.raises(SourceNotFound, match=r"python\.org: .* answers 503"):
        find_offer([source], Version("3.13.5"), Trust.DIGEST)


@pytest.mark.parametrize("releases, files", [("{}", "[]"), ("[]", '{"detail": "throttled"}'), ("null", "null")])
def test_an_answer_that_is_no_list_is_an_error(site, tmp_path, releases, files):
    site.answer(RELEASES, releases.encode())
    site.answer(FILES, files.encode())

    with pytest.raises(SourceError, match="did not answer with lists; has its API changed"):
        PythonOrg(site.url, tmp_path / "python-org.json").releases()


@pytest.mark.parametrize("releases", ['["3.13.5"]', "[null]", '[{"is_published": true}]', "[]"])
def test_a_list_of_something_else_is_an_error(site, tmp_path, releases):
    site.answer(RELEASES, releases.encode())
    site.answer(FILES, b"[]")

    with pytest.raises(SourceError, match="lists no release that has a source.*; has its API changed"):
        PythonOrg(site.url, tmp_path / "python-org.json").releases()


def test_a_size_that_is_no_number_is_an_error(publish):
    with pytest.raises(SourceError, match="filesize Input should be a valid integer"):
        publish({"3.13.5": b"a tarball"}, filesize="many").releases()


def test_an_answer_that_cannot_be_read_or_is_another_server_s_is_not_used(publish, site):
    source = publish({"3.13.5": b"a tarball"})
    source.releases()
    source.api.kept.write_text(source.api.kept.read_text()[:-9])
    source.releases()
    source.api.kept.write_text(source.api.kept.read_text().replace(site.url, "http://other.example", 1))
    source.releases()

    assert len(site.asked) == 6


def test_no_more_is_asked_than_python_org_grants(publish, site):
    source = publish({"3.13.5": b"a tarball"})
    calls = calls_beside(source.api.kept)
    for _ in range(CALLS_A_DAY):
        calls.count(time.time())

    with pytest.raises(SourceError, match="grants 100 requests a day, which are used up until"):
        source.releases()
    assert site.asked == []
    assert calls.left(time.time() + 24 * 3600) == CALLS_A_DAY
