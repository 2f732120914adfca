"""The mirror: what is damaged is told and fetched anew, what may not be unpacked is not kept, what is corrected is taken."""

import dataclasses
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.upstream.folder import Folder
from python_builds.adapters.upstream.library_sources import mirror_library
from python_builds.adapters.upstream.mirror import Mirror, mirrored
from python_builds.adapters.upstream.offers import Offer
from python_builds.core.building.requests import parse_platform_request
from python_builds.core.errors import NotVerified, SourceError, SourceNotFound, StoreError, WrongDigest
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Record, Source
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.static_libraries import LIBRARIES
from python_builds.core.upstream.trust import Trust
from python_builds.farm.building.platform_work import take_source
from python_builds.farm.building.source_work import find_source
from python_builds.farm.steps.master_step import Outcome, Work
from tests.e2e.farms import mini_tarball

KEY = "sources/3.13.5/Python-3.13.5.tgz"
RECORD = "sources/3.13.5/source.json"
VERSION = Version("3.13.5")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Farm:
    """The release builder's own step, with a mirror and a folder as sources."""

    def __init__(self, folder: Path, store: DirectoryStore) -> None:
        self.folder = folder
        self.store = store
        self.tarballs = folder / "tarballs"
        self.tarballs.mkdir()
        self.said: list[str] = []
        self.more: list[object] = []
        self.number = 0

    def put(self, **options: object) -> str:
        """Put a tarball into the folder; give its digest."""
        return sha256(mini_tarball(self.tarballs, "3.13.5", **options).read_bytes())

    def find(self, version: str = "3.13.5", spool: str = "spool", minimum: str = "digest") -> Outcome:
        """Do what a release build does."""
        (self.folder / spool).mkdir()
        self.said.clear()
        work = Work(
            properties={"python_version": version, "platforms": ["debian-12"], "profile": "quick", "force": False},
            build="release/1",
            spool=self.folder / spool,
            steps={},
            say=self.said.append,
        )
        settings = Settings(_env_file=None, state_dir=self.folder / "state", minimum_trust=minimum)
        sources = [Mirror(self.store), Folder(self.tarballs), *self.more]
        return find_source(lambda _: sources, self.store, settings, work)

    def told(self, words: str) -> bool:
        return any(words in line for line in self.said)

    def holds(self) -> str:
        return sha256(self.store.read(KEY))


@pytest.fixture
def farm(tmp_path: Path, store: DirectoryStore) -> Farm:
    return Farm(tmp_path, store)


@pytest.fixture
def published(farm: Farm, make_record: Callable[..., Record]) -> Callable[[str], str]:
    """Publish something that was built from a tarball of a digest; give the record's key."""

    def publish(digest: str) -> str:
        made = make_record(version="3.13.5", profile="quick")
        source = Source(name="Python-3.13.5.tgz", sha256=digest, size=1, origin="x", trust=Trust.DIGEST)
        made = made.model_copy(update={"source": source})
        write_record(farm.store, made)
        return record_key(made.product, made.revision)

    return publish


def test_a_damaged_mirror_is_told_and_fetched_anew_from_the_next_source(farm: Farm) -> None:
    digest = farm.put()
    farm.find()
    farm.store.replace(KEY, b"damaged")

    farm.find()

    assert farm.told(
        f"passed over: this farm's mirror of Python-3.13.5.tgz is damaged: it was verified as SHA-256 {digest}, from "
        f"{farm.tarballs}/Python-3.13.5.tgz, and is {sha256(b'damaged')} now."
    ), farm.said
    assert farm.holds() == digest


def test_a_mirror_whose_tarball_is_gone_has_it_again(farm: Farm) -> None:
    digest = farm.put()
    farm.find()
    farm.store.delete(KEY)

    farm.find()

    assert farm.told("is listed but not there")
    assert farm.holds() == digest


def test_a_damaged_mirror_stays_as_well_vouched_for_as_it_was(farm: Farm) -> None:
    farm.put()
    farm.find()
    before = mirrored(farm.store, VERSION).model_copy(update={"trust": Trust.SIGSTORE, "origin": "upstream"})
    farm.store.replace(RECORD, before.model_dump_json().encode())
    farm.store.replace(KEY, b"damaged")

    farm.find()

    assert mirrored(farm.store, VERSION) == before


def test_what_is_mirrored_and_not_vouched_for_well_enough_is_refused(farm: Farm) -> None:
    farm.put()
    farm.find()
    tarball = farm.tarballs / "Python-3.13.5.tgz"
    tarball.unlink()

    with pytest.raises(SourceNotFound) as refused:
        farm.find(minimum="openpgp")
    assert f"{tarball} is vouched for by digest only; PYTHON_BUILDS_MINIMUM_TRUST asks for openpgp." in str(
        refused.value
    )
    assert farm.find().summary == "Python-3.13.5.tgz, vouched for by digest"


def test_a_damaged_mirror_that_nobody_can_replace_is_an_error_that_says_so(farm: Farm) -> None:
    farm.put()
    farm.find()
    farm.store.replace(KEY, b"damaged")
    (farm.tarballs / "Python-3.13.5.tgz").unlink()

    with pytest.raises(SourceNotFound, match="this farm's mirror of Python-3.13.5.tgz is damaged: it was verified as"):
        farm.find()


def test_a_damaged_mirror_is_not_replaced_by_another_tarball_of_elsewhere(farm: Farm) -> None:
    farm.put()
    farm.find()
    before = mirrored(farm.store, VERSION).model_copy(update={"origin": "upstream"})
    farm.store.replace(RECORD, before.model_dump_json().encode())
    farm.store.replace(KEY, b"damaged")
    other = farm.put(PADDING=1)

    with pytest.raises(WrongDigest, match=f"with SHA-256 {before.sha256} from upstream, but .* vouches for {other}"):
        farm.find()
    assert mirrored(farm.store, VERSION) == before


def test_what_describes_a_mirrored_tarball_takes_out_that_alone_when_it_is_damaged(farm: Farm) -> None:
    digest = farm.put()
    farm.find()
    farm.store.replace("sources/3.13.4/source.json", b"<html>")
    farm.store.replace("sources/3.13.4/Python-3.13.4.tgz", b"<html>")

    farm.find()
    assert farm.told("passed over: mirror: sources/3.13.4/source.json does not describe a source")
    assert farm.holds() == digest

    farm.store.replace(RECORD, b"<html>")
    farm.find()
    assert (mirrored(farm.store, VERSION).sha256, farm.holds()) == (digest, digest)


def test_a_tarball_that_may_not_be_unpacked_is_not_mirrored_and_a_corrected_one_is(farm: Farm) -> None:
    path = mini_tarball(farm.tarballs, "3.13.5")
    good = path.read_bytes()
    path.write_bytes(good[:-20])
    path.with_name(f"{path.name}.sha256").write_text(sha256(good[:-20]))

    with pytest.raises(NotVerified, match="Python-3.13.5.tgz cannot be read as a tarball: .* it is not kept"):
        farm.find()
    assert farm.store.keys("") == []
    assert not (farm.folder / "spool").exists()

    path.write_bytes(good)
    path.with_name(f"{path.name}.sha256").write_text(sha256(good))
    farm.find()
    assert farm.holds() == sha256(good)


def mirror_unfit(farm: Farm) -> str:
    """Have the mirror hold, as verified, what nobody can unpack; give its digest."""
    farm.put()
    farm.find()
    digest = sha256(b"no tarball")
    known = mirrored(farm.store, VERSION).model_copy(update={"sha256": digest})
    farm.store.replace(RECORD, known.model_dump_json().encode())
    farm.store.replace(KEY, b"no tarball")
    (farm.tarballs / "Python-3.13.5.tgz.sha256").unlink()
    return digest


def test_what_was_mirrored_and_cannot_be_unpacked_stays_no_longer(farm: Farm) -> None:
    mirror_unfit(farm)

    with pytest.raises(SourceNotFound, match="is compressed neither by gzip nor by xz"):
        farm.find()
    assert farm.told("the mirror's Python-3.13.5.tgz was removed")
    assert farm.store.keys("") == []

    digest = farm.put()
    farm.find()
    assert farm.holds() == digest


def test_what_is_published_keeps_its_source_whatever_that_is(farm: Farm, published: Callable[[str], str]) -> None:
    published(mirror_unfit(farm))

    with pytest.raises(SourceNotFound):
        farm.find()
    assert farm.store.exists(KEY)


def test_a_corrected_tarball_of_a_folder_replaces_the_mirrored_one(farm: Farm) -> None:
    first = farm.put()
    farm.find()
    farm.store.replace(f"{KEY}.asc", b"of the first")
    second = farm.put(PADDING=1)

    farm.find()

    assert farm.told(f"is another than when it was mirrored: SHA-256 {second}, and not {first}; nothing is published")
    assert (farm.holds(), mirrored(farm.store, VERSION).sha256) == (second, second)
    assert not farm.store.exists(f"{KEY}.asc")


def test_a_tarball_of_which_something_is_published_stays_though_its_folder_has_another(
    farm: Farm, published: Callable[[str], str]
) -> None:
    first = farm.put()
    farm.find()
    key = published(first)
    farm.put(PADDING=1)

    farm.find()

    assert farm.told(f"the mirrored one stays, as what is published names it: {key}")
    assert farm.holds() == first


def test_a_correction_that_is_not_what_its_digest_says_replaces_nothing(farm: Farm) -> None:
    first = farm.put()
    farm.find()
    farm.put(PADDING=1)
    (farm.tarballs / "Python-3.13.5.tgz").write_bytes(b"half a copy")

    with pytest.raises(WrongDigest, match="its source vouches for"):
        farm.find()
    assert farm.holds() == first


def test_another_folder_s_tarball_does_not_count_as_a_correction(farm: Farm) -> None:
    first = farm.put()
    farm.find()
    other = farm.folder / "others"
    farm.tarballs.rename(other)
    farm.tarballs.mkdir()
    mini_tarball(other, "3.13.5", PADDING=1)
    farm.more = [Folder(other)]

    farm.find()

    assert farm.holds() == first


@dataclasses.dataclass
class Breaking:
    """A source whose tarballs break off."""

    offer: Offer
    error: Exception
    name: str = "breaking"
    notes: tuple[str, ...] = ()

    def offers(self) -> list[Offer]:
        def fetch(target: Path) -> None:
            target.write_bytes(b"half")
            raise self.error

        return [dataclasses.replace(self.offer, origin="far away", fetch=fetch)]


def test_a_source_that_does_not_give_what_it_lists_is_passed_over_for_the_next(farm: Farm, tmp_path: Path) -> None:
    digest = farm.put()
    (offer,) = Folder(farm.tarballs).offers()
    farm.more = [Folder(farm.tarballs)]
    farm.tarballs = tmp_path / "none"
    farm.more.insert(0, Breaking(offer, SourceError("gave 5 bytes in 60 s")))

    farm.find()

    assert farm.told("passed over: far away: gave 5 bytes in 60 s.")
    assert farm.holds() == digest


def test_a_full_disk_is_no_source_s_fault(farm: Farm, tmp_path: Path) -> None:
    farm.put()
    (offer,) = Folder(farm.tarballs).offers()
    farm.more = [Breaking(offer, OSError(28, "No space left on device")), Folder(farm.tarballs)]
    farm.tarballs = tmp_path / "none"

    with pytest.raises(OSError, match="No space left on device"):
        farm.find()


def test_one_release_can_be_fetched_several_times_at_once(farm: Farm) -> None:
    digest = farm.put()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: farm.find(spool=f"spool-{number}"), range(4)))

    assert {outcome.summary for outcome in found} == {"Python-3.13.5.tgz, vouched for by digest"}
    assert farm.holds() == digest


def test_a_damaged_library_is_told_and_mirrored_anew(store: DirectoryStore, tmp_path: Path) -> None:
    library = dataclasses.replace(LIBRARIES[0], sha256=sha256(b"a library"))
    key = f"sources/libraries/{library.tarball}"
    store.replace(key, b"damaged")
    (tmp_path / library.tarball).write_bytes(b"a library")
    said: list[str] = []

    mirror_library(store, library, [Folder(tmp_path)], tmp_path / "spool", said.append)

    assert store.read(key) == b"a library"
    assert said == [
        f"this farm's mirror of {library.tarball} is damaged: it is {sha256(b'damaged')} and was {library.sha256}"
    ]


def test_a_build_does_not_send_its_worker_a_damaged_source(farm: Farm, tmp_path: Path) -> None:
    digest = farm.put()
    farm.find()
    farm.store.replace(KEY, b"damaged")
    asked = {"python_version": "3.13.5", "profile": "quick"}
    request = parse_platform_request(asked, platform_named("debian-12"), "amd64")
    work = Work(
        properties={"source_name": "Python-3.13.5.tgz", "source_sha256": digest, "libraries": []},
        build="debian-12-amd64/1",
        spool=tmp_path,
        steps={},
        say=print,
    )

    with pytest.raises(
        StoreError, match=f"mirror of Python-3.13.5.tgz is damaged: it was verified as SHA-256 {digest}"
    ):
        take_source(farm.store, request, work)
