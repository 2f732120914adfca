"""Where a tarball can be had: in which order, how well vouched for, and what is passed over with which words."""

import dataclasses
import hashlib

import pytest
from packaging.version import Version

from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.apt_archive import AptArchive
from python_builds.adapters.upstream.fetching import fetch
from python_builds.adapters.upstream.folder import Folder
from python_builds.adapters.upstream.mirror import Mirror, mirror, mirrored
from python_builds.adapters.upstream.python_org import PythonOrg
from python_builds.adapters.upstream.sources import Search, find_offer, make_sources
from python_builds.core.errors import NotVerified, SourceError, SourceNotFound, WrongDigest
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.trust import Trust


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def folder(tmp_path):
    """A folder with tarballs; `put` adds one with its digest beside it."""
    path = tmp_path / "tarballs"
    path.mkdir()
    return Folder(path)


def put(folder, name, content=b"a tarball", digest=None):
    (folder.path / name).write_bytes(content)
    (folder.path / f"{name}.sha256").write_text(f"{digest or sha256(content)}  {name}\n")


@dataclasses.dataclass
class Listed:
    """A source that lists given offers."""

    name: str
    listed: list
    notes: tuple = ()

    def offers(self):
        return self.listed


def keep(store, offer):
    """Fetch what a folder offers, and mirror it."""
    return mirror(store, offer, fetch(offer, store.root.parent / "fetched"))


def names(offers):
    return [offer.name for offer in offers]


@pytest.mark.parametrize(
    "text",
    [
        "{digest}  Python-3.13.5.tgz\n",
        "{digest} *Python-3.13.5.tgz\n",
        "{digest}\n",
        "{digest}",
        "\n{digest}  Python-3.13.5.tgz\n\n",
    ],
)
def test_a_folder_offers_a_tarball_with_its_digest_beside_it(folder, text):
    (folder.path / "Python-3.13.5.tgz").write_bytes(b"a tarball")
    (folder.path / "Python-3.13.5.tgz.sha256").write_text(text.format(digest=sha256(b"a tarball").upper()))

    (offer,) = folder.offers()

    assert (offer.version, offer.name, offer.trust) == (Version("3.13.5"), "Python-3.13.5.tgz", Trust.DIGEST)
    assert offer.sha256 == sha256(b"a tarball")
    assert offer.origin == str(folder.path / "Python-3.13.5.tgz")
    assert offer.is_there()


def test_a_folder_s_sha256sums_vouches_for_many(folder):
    for name in ("Python-3.13.5.tgz", "Python-3.14.0rc2.tar.xz", "Python-3.12.1.tgz"):
        (folder.path / name).write_text(name)
    (folder.path / "SHA256SUMS").write_text(
        f"{sha256(b'Python-3.13.5.tgz')}  Python-3.13.5.tgz\n{sha256(b'Python-3.14.0rc2.tar.xz')} *Python-3.14.0rc2.tar.xz\n"
    )

    assert {o.name: o.sha256 for o in folder.offers()} == {
        "Python-3.13.5.tgz": sha256(b"Python-3.13.5.tgz"),
        "Python-3.14.0rc2.tar.xz": sha256(b"Python-3.14.0rc2.tar.xz"),
    }


def test_a_tarball_without_a_digest_and_other_files_are_not_offered(folder):
    put(folder, "notes-3.13.5.tgz")
    (folder.path / "Python-3.13.5.tgz").write_bytes(b"a tarball")
    (folder.path / "Python-3.12.1.tgz.sha256").write_text(f"{sha256(b'')}  Python-3.12.1.tgz\n")

    assert folder.offers() == []
    (note,) = folder.notes
    assert note.startswith(f"{folder.path}: no SHA-256 vouches for Python-3.13.5.tgz: write it to SHA256SUMS, ")
    assert note.endswith("it counts where PYTHON_BUILDS_MINIMUM_TRUST is digest.")


def test_a_line_of_digests_that_is_not_understood_is_said(folder):
    put(folder, "Python-3.13.5.tgz")
    (folder.path / "SHA256SUMS").write_text(f"Python-3.13.5.tgz: {sha256(b'')}\n")
    for _ in range(2):  # each time anew
        search = Search([folder], Version("3.13.5"), Trust.DIGEST)

        assert names(search.offers()) == ["Python-3.13.5.tgz"]
        assert search.passed == [
            f"{folder.path}/SHA256SUMS: line 1 is no SHA-256 with a file's name: 'Python-3.13.5.tgz: {sha256(b'')[:61]}'."
        ]


def test_a_folder_that_is_none_is_an_error(tmp_path):
    with pytest.raises(SourceError, match=r"/none is no folder$"):
        Folder(tmp_path / "none").offers()


def test_a_tarball_is_fetched_and_checked(folder, tmp_path):
    put(folder, "Python-3.13.5.tgz")

    assert fetch(folder.offers()[0], tmp_path / "target").size == len(b"a tarball")
    assert (tmp_path / "target").read_bytes() == b"a tarball"


def test_a_tarball_of_another_digest_is_deleted_and_both_digests_named(folder, tmp_path):
    put(folder, "Python-3.13.5.tgz", b"tampered with", digest=sha256(b"a tarball"))

    with pytest.raises(WrongDigest) as refused:
        fetch(folder.offers()[0], tmp_path / "target")

    assert sha256(b"tampered with") in str(refused.value)
    assert sha256(b"a tarball") in str(refused.value)
    assert not (tmp_path / "target").exists()


def test_a_fetch_that_breaks_off_leaves_nothing(folder, tmp_path):
    put(folder, "Python-3.13.5.tgz")

    def break_off(target):
        target.write_bytes(b"half")
        raise OSError("the cable was pulled")

    with pytest.raises(OSError, match="the cable"):
        fetch(dataclasses.replace(folder.offers()[0], fetch=break_off), tmp_path / "target")

    assert not (tmp_path / "target").exists()


def test_what_was_mirrored_is_offered_as_well_vouched_for_as_it_came(store, folder, tmp_path):
    put(folder, "Python-3.13.5.tgz")
    offer = dataclasses.replace(folder.offers()[0], trust=Trust.SIGSTORE)

    kept = keep(store, offer)

    assert kept == mirrored(store, Version("3.13.5"))
    (again,) = Mirror(store).offers()
    assert (again.version, again.name, again.sha256) == (offer.version, offer.name, offer.sha256)
    assert (again.trust, again.origin) == (Trust.SIGSTORE, offer.origin)
    assert again.is_there()
    assert fetch(again, tmp_path / "copy").size == kept.size == len(b"a tarball")


def test_mirroring_again_changes_nothing(store, folder):
    put(folder, "Python-3.13.5.tgz")
    (offer,) = folder.offers()
    first = keep(store, offer)

    assert keep(store, dataclasses.replace(offer, origin="elsewhere")) == first


def test_a_mirrored_release_that_is_another_elsewhere_stops_with_both(store, folder):
    put(folder, "Python-3.13.5.tgz", b"one")
    (first,) = folder.offers()
    keep(store, first)
    put(folder, "Python-3.13.5.tgz", b"two")
    second = dataclasses.replace(folder.offers()[0], origin="elsewhere")

    with pytest.raises(WrongDigest) as refused:
        keep(store, second)

    assert sha256(b"one") in str(refused.value)
    assert sha256(b"two") in str(refused.value)
    assert store.read("sources/3.13.5/Python-3.13.5.tgz") == b"one"


def test_a_mirrored_tarball_that_nobody_has_vouched_for_yet_is_not_offered(store):
    store.create("sources/3.13.5/Python-3.13.5.tgz", b"a tarball")

    assert Mirror(store).offers() == []


def test_the_first_source_that_has_a_version_serves_and_the_others_are_not_asked(store, folder, tmp_path):
    put(folder, "Python-3.13.5.tgz")
    (offer,) = folder.offers()
    keep(store, dataclasses.replace(offer, origin="upstream"))
    not_there = Folder(tmp_path / "none")

    found, passed = find_offer([Mirror(store), folder, not_there], Version("3.13.5"), Trust.DIGEST)

    assert found.origin == "upstream"
    assert passed == []


def test_a_source_that_cannot_be_asked_is_passed_over_and_said(folder, tmp_path):
    put(folder, "Python-3.13.5.tgz")

    found, passed = find_offer([Folder(tmp_path / "none"), folder], Version("3.13.5"), Trust.DIGEST)

    assert found.origin == str(folder.path / "Python-3.13.5.tgz")
    assert passed == [f"{tmp_path}/none: {tmp_path}/none is no folder."]


def test_a_source_that_the_system_refuses_is_passed_over_too(folder, tmp_path):
    put(folder, "Python-3.13.5.tgz")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "SHA256SUMS").mkdir()

    found, passed = find_offer([Folder(tmp_path / "odd"), folder], Version("3.13.5"), Trust.DIGEST)

    assert found.name == "Python-3.13.5.tgz"
    assert "Is a directory" in passed[0]


def test_what_is_listed_but_not_there_is_passed_over_and_said(folder):
    put(folder, "Python-3.13.5.tgz")
    (offer,) = folder.offers()
    gone = dataclasses.replace(offer, origin="mirror X", is_there=lambda: False)

    found, passed = find_offer([Listed("x", [gone]), folder], Version("3.13.5"), Trust.DIGEST)

    assert found.origin == offer.origin
    assert passed == ["mirror X is listed but not there."]


def test_what_cannot_be_asked_for_is_passed_over_and_said(folder):
    def fails():
        raise SourceError("cannot ask")

    put(folder, "Python-3.13.5.tgz")
    (offer,) = folder.offers()
    silent = dataclasses.replace(offer, origin="mirror X", is_there=fails)

    found, passed = find_offer([Listed("x", [silent]), folder], Version("3.13.5"), Trust.DIGEST)

    assert found.origin == offer.origin
    assert passed == ["mirror X: cannot ask."]


def test_what_is_not_trusted_enough_is_passed_over_with_the_setting_s_name(folder):
    put(folder, "Python-3.13.5.tgz")
    (offer,) = folder.offers()
    signed = dataclasses.replace(offer, origin="signed", trust=Trust.OPENPGP)

    found, passed = find_offer([folder, Listed("x", [signed])], Version("3.13.5"), Trust.SIGNED_INDEX)

    assert found.origin == "signed"
    assert passed == [
        f"{offer.origin} is vouched for by digest only; PYTHON_BUILDS_MINIMUM_TRUST asks for signed-index."
    ]


def test_the_newest_is_the_newest_final_release_that_is_there_in_any_source(folder):
    for version in ("3.9.25", "3.10.1", "3.14.0rc2"):
        put(folder, f"Python-{version}.tgz")
    gone = [
        dataclasses.replace(folder.offers()[0], version=Version("3.13.5"), origin="gone", is_there=lambda: False),
        dataclasses.replace(folder.offers()[0], version=Version("3.9.26")),
    ]

    found, passed = find_offer([Listed("x", gone), folder], None, Trust.DIGEST)

    assert str(found.version) == "3.10.1"
    assert passed == ["gone is listed but not there."]


def test_the_first_source_serves_the_newest_where_several_have_it(folder):
    put(folder, "Python-3.13.5.tgz")
    first = dataclasses.replace(folder.offers()[0], origin="first")

    assert find_offer([Listed("x", [first]), folder], None, Trust.DIGEST)[0].origin == "first"


def test_the_newest_of_a_minor_is_its_newest_final_release(folder):
    for version in ("3.13.4", "3.13.10", "3.14.2", "3.14.3rc1"):
        put(folder, f"Python-{version}.tgz")

    found = [Search([folder], None, Trust.DIGEST, series=series) for series in ("3.13", "3.14", "3.12")]

    assert [[offer.name for offer in search.offers()] for search in found] == [
        ["Python-3.13.10.tgz"],
        ["Python-3.14.2.tgz"],
        [],
    ]
    assert str(found[-1].not_found()).startswith("no source has CPython 3.12 (")


def test_a_pre_release_is_found_by_its_number_alone(folder):
    put(folder, "Python-3.14.0rc2.tgz")

    assert find_offer([folder], Version("3.14.0rc2"), Trust.DIGEST)[0].name == "Python-3.14.0rc2.tgz"
    with pytest.raises(
        SourceNotFound, match="no source has CPython releases .* There are only pre-releases, 3.14.0rc2: "
    ):
        find_offer([folder], None, Trust.DIGEST)


def test_a_version_that_nobody_has_is_answered_with_what_they_have(folder, tmp_path):
    put(folder, "Python-3.9.25.tgz")
    put(folder, "Python-3.10.1.tgz")

    with pytest.raises(SourceNotFound) as refused:
        find_offer([folder, Folder(tmp_path / "none")], Version("3.13.5"), Trust.DIGEST)

    assert str(refused.value) == (
        f"no source has CPython 3.13.5 ({folder.path}, {tmp_path}/none were asked). They list 3.10.1, 3.9.25. "
        f"{tmp_path}/none: {tmp_path}/none is no folder."
    )


@pytest.mark.parametrize("wanted", ["3.16.0", "3.16.0a3"])
def test_a_version_that_has_only_pre_releases_is_answered_with_them(folder, wanted):
    for version in ("3.16.0a2", "3.16.0a10", "3.15.0"):
        put(folder, f"Python-{version}.tgz")

    with pytest.raises(SourceNotFound) as refused:
        find_offer([folder], Version(wanted), Trust.DIGEST)

    assert f"no source has CPython {wanted} " in str(refused.value)
    assert (
        "There are only pre-releases of 3.16.0, 3.16.0a10, 3.16.0a2: name one of them exactly. They list 3.16.0a10, "
        in str(refused.value)
    )


def test_a_pre_release_beside_its_release_is_no_reason_to_speak_of_pre_releases(folder):
    put(folder, "Python-3.15.0rc1.tgz")
    put(folder, "Python-3.15.0.tgz")

    with pytest.raises(SourceNotFound) as refused:
        find_offer([folder], Version("3.15.0rc2"), Trust.DIGEST)

    assert "only pre-releases" not in str(refused.value)
    assert find_offer([folder], None, Trust.DIGEST)[0].name == "Python-3.15.0.tgz"


def test_what_is_not_trusted_enough_is_not_proposed(folder):
    put(folder, "Python-3.13.5.tgz")

    with pytest.raises(SourceNotFound) as refused:
        find_offer([folder], Version("3.13.5"), Trust.SIGSTORE)

    assert "They list" not in str(refused.value)
    assert "PYTHON_BUILDS_MINIMUM_TRUST asks for sigstore" in str(refused.value)


def test_sources_are_made_in_the_order_of_the_settings(store, tmp_path):
    settings = Settings(
        sources="apt /srv/tarballs mirror python.org",
        apt_suites="sid trixie",
        state_dir=tmp_path,
        python_org_url="http://mirror.example/",
    )

    made = make_sources(settings, store, Stop())

    assert [type(source) for source in made] == [AptArchive, Folder, Mirror, PythonOrg]
    assert [source.name for source in made] == settings.sources.split()
    assert (made[0].folder, made[0].suites) == (tmp_path / "apt-archive", ("sid", "trixie"))
    assert made[3].api.url == "http://mirror.example"


@pytest.fixture
def signed(folder, people, verification):
    """An offer of a tarball that the manager of 3.13 signed, and the tarball in its folder."""
    tarball = folder.path / "Python-3.13.5.tgz"
    put(folder, tarball.name)
    fingerprint = people.join(f"manager {folder.path}")
    people.sign(f"manager {folder.path}", tarball, at="20250611T120000")
    people.publish(f"manager {folder.path}", folder.path.parent / "keys")
    proof = verification(_3_13={"name": "Jo", "fingerprint": fingerprint}).openpgp(Version("3.13.5"))

    def fetch_both(target):
        target.write_bytes(tarball.read_bytes())
        proof.file(target).write_bytes(proof.file(tarball).read_bytes())

    (offer,) = folder.offers()
    upstream = {"origin": "upstream", "by_hand": False, "trust": Trust.OPENPGP}
    return dataclasses.replace(offer, **upstream, proof=proof, fetch=fetch_both), tarball


def test_what_was_verified_is_in_the_record_and_the_signature_in_the_store(store, signed):
    offer, tarball = signed
    (key,) = (tarball.parent.parent / "keys").iterdir()

    kept = keep(store, offer)

    assert kept.verified == (
        "SHA-256 of a file beside it",
        f"OpenPGP {key.stem} Jo, made 2025-06-11",
    )
    assert mirrored(store, offer.version) == kept
    assert store.keys("sources/") == [
        "sources/3.13.5/Python-3.13.5.tgz",
        "sources/3.13.5/Python-3.13.5.tgz.asc",
        "sources/3.13.5/source.json",
    ]
    assert store.read("sources/3.13.5/Python-3.13.5.tgz.asc") == offer.proof.file(tarball).read_bytes()


def test_a_signature_vouches_where_no_digest_is_listed(store, signed):
    offer, tarball = signed

    kept = keep(store, dataclasses.replace(offer, sha256=None))

    assert kept.sha256 == sha256(tarball.read_bytes())
    assert [sentence.split()[0] for sentence in kept.verified] == ["OpenPGP"]


def test_a_tarball_whose_signature_is_bad_is_deleted_with_it_and_never_mirrored(store, signed, tmp_path):
    offer, tarball = signed
    tarball.write_bytes(b"a tarbomb")
    target = tmp_path / "spool" / offer.name
    target.parent.mkdir()

    with pytest.raises(NotVerified, match=r"changed after it was signed.* from upstream was deleted"):
        fetch(dataclasses.replace(offer, sha256=None), target)

    assert list(target.parent.iterdir()) == []
    assert store.keys("") == []


def test_the_digest_counts_though_the_signature_is_good(signed, tmp_path):
    offer, _ = signed

    with pytest.raises(WrongDigest):
        fetch(dataclasses.replace(offer, sha256="0" * 64), tmp_path / "target")


def test_what_nothing_vouches_for_is_refused(signed, tmp_path):
    offer, _ = signed

    with pytest.raises(NotVerified, match="^nothing vouches for Python-3.13.5.tgz from upstream"):
        fetch(dataclasses.replace(offer, sha256=None, proof=None), tmp_path / "target")


def test_a_mirrored_release_that_turns_out_to_be_signed_is_vouched_for_better_from_then_on(store, folder, signed):
    offer, _ = signed
    first = keep(store, dataclasses.replace(offer, trust=Trust.SIGNED_INDEX, proof=None))

    second = keep(store, offer)

    assert (first.trust, second.trust) == (Trust.SIGNED_INDEX, Trust.OPENPGP)
    assert second.sha256 == first.sha256
    assert len(second.verified) == 2
    assert mirrored(store, offer.version) == second
    assert store.exists("sources/3.13.5/Python-3.13.5.tgz.asc")


def test_another_tarball_with_a_signature_does_not_replace_the_mirrored_one(store, signed):
    offer, tarball = signed
    kept = keep(store, dataclasses.replace(offer, trust=Trust.SIGNED_INDEX, proof=None))
    tarball.write_bytes(b"another")

    with pytest.raises(WrongDigest, match="a release never changes"):
        keep(store, dataclasses.replace(offer, sha256=sha256(b"another"), proof=None))
    assert mirrored(store, offer.version) == kept


def test_why_nothing_better_vouches_is_said_where_it_is_passed_over(folder):
    put(folder, "Python-3.13.5.tgz")
    weak = dataclasses.replace(folder.offers()[0], origin="upstream", lacking="get the key")

    with pytest.raises(SourceNotFound, match=r"asks for sigstore\. For a better one, get the key\.$"):
        find_offer([Listed("x", [weak])], Version("3.13.5"), Trust.SIGSTORE)
