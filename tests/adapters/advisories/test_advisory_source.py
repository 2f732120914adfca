"""Sources of advisories: folders, files and URLs; conditional, bounded, and harmless whatever is in them."""

import contextlib
import datetime
import io
import json
import random
import subprocess
import tarfile
import zipfile

import jsonschema
import pytest
from packaging.version import Version

from python_builds.adapters.advisories import records as reading
from python_builds.adapters.advisories.advisory_alerts import advisory_alerts
from python_builds.adapters.advisories.advisory_source import fetch, is_fetched, last_asked, read_advice
from python_builds.adapters.advisories.commit_history import read_history
from python_builds.adapters.advisories.records import records_of_content, records_of_folder
from python_builds.adapters.indexes.indexing import write_indexes
from python_builds.adapters.stop import Stop
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.cli.advisories.affected import versions_affected_by
from python_builds.core.errors import InvalidRequest, SourceError
from python_builds.core.settings.settings import Settings
from tests.published import publish

NOW = datetime.datetime.now(datetime.UTC)


def osv(name="PSF-2026-1", version="3.13.5", **rest):
    affected = [{"package": {"purl": "pkg:generic/python"}, "versions": [version]}]
    return {"id": name, "modified": "2026-01-02T03:04:05Z", "affected": affected, **rest}


def packed(*records, name="{}.json"):
    """Make a .tar.gz as a repository's archive is."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for one in records:
            content = json.dumps(one).encode()
            member = tarfile.TarInfo("advisory-database-main/advisories/python/" + name.format(one["id"]))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def farm(tmp_path):
    def make(sources, **values):
        given = {"state_dir": tmp_path / "state", "store": tmp_path / "store", "advisories": str(sources)}
        return Settings(_env_file=None, **{**given, "advisories_quiet_days": 0, **values})

    return make


def ids(settings):
    return [one.id for one in read_advice(settings, Stop()).advisories.records]


def test_a_folder_is_read_with_what_is_below_it_and_what_is_no_record_is_named(farm, tmp_path):
    folder = tmp_path / "advisories"
    (folder / "python").mkdir(parents=True)
    (folder / "python" / "PSF-2026-1.json").write_text(json.dumps(osv()))
    (folder / "PSF-2026-2.json").write_text("{")
    (folder / "PSF-2026-3.json").write_text("[" * 100_000)
    (folder / "PSF-2026-4.json").write_bytes(b" " * (2**20 + 1))
    (folder / "package.json").write_text("{}")
    (folder / "PSF-2026-5.json").symlink_to("/etc/passwd")
    advice = read_advice(farm(folder), Stop())

    assert [one.id for one in advice.advisories.records] == ["PSF-2026-1"]
    assert [problem.partition(" ")[0] for problem in advice.advisories.problems] == [
        "PSF-2026-2.json",
        "PSF-2026-3.json",
        "PSF-2026-4.json",
    ]


@pytest.mark.parametrize("kind", ["json", "list", "tar.gz", "zip"])
def test_a_file_may_be_a_record_a_list_or_an_archive(farm, tmp_path, kind):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("PSF-2026-1.json", json.dumps(osv()))
        archive.writestr("../../../PSF-2026-2.json", json.dumps(osv("PSF-2026-2")))
    given = {
        "json": json.dumps(osv()).encode(),
        "list": json.dumps([osv(), osv("PSF-2026-2")]).encode(),
        "tar.gz": packed(osv(), osv("PSF-2026-2")),
        "zip": zipped.getvalue(),
    }
    (tmp_path / "file").write_bytes(given[kind])

    assert ids(farm(tmp_path / "file")) == ["PSF-2026-1", *([] if kind == "json" else ["PSF-2026-2"])]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"], "nothing is unpacked anywhere"


def test_an_archive_that_unpacks_without_end_ends_early(monkeypatch):
    monkeypatch.setattr(reading, "MAX_UNPACKED", 2**20)
    big = io.BytesIO()
    with tarfile.open(fileobj=big, mode="w:gz") as archive:
        member = tarfile.TarInfo("passed-over.bin")
        member.size = 2**24
        archive.addfile(member, io.BytesIO(b"\0" * 2**24))

    with pytest.raises(SourceError, match="unpacks to more than 1048576 bytes"):
        records_of_content("here", big.getvalue(), Stop())


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"\x1f\x8bnonsense", b"PK\x03\x04nonsense", packed(osv())[:60]],
    ids=["nothing", "a page", "no gzip", "no zip", "half an archive"],
)
def test_what_is_neither_json_nor_an_archive_is_told(content):
    with pytest.raises(SourceError, match="here is "):
        records_of_content("here", content, Stop())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_is_unpacked_by_nothing_that_takes_any_amount_of_memory(method):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", method) as archive:
        archive.writestr("PSF-2026-1.json", json.dumps(osv()))

    with pytest.raises(SourceError, match=f"is packed by method {method}; deflate is allowed"):
        records_of_content("here", zipped.getvalue(), Stop())


@pytest.mark.parametrize("place, value", [(6, 99), (8, 0x20), (8, 0x40)], ids=["version", "patch", "encryption"])
def test_a_zip_of_a_kind_that_cannot_be_read_is_told(place, value):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("PSF-2026-1.json", json.dumps(osv()))
    content = bytearray(zipped.getvalue())
    content[content.index(b"PK\x01\x02") + place] = value

    with pytest.raises(SourceError, match="here is an archive that cannot be read"):
        records_of_content("here", bytes(content), Stop())


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_archive_is_read_or_told(seed):
    dice = random.Random(seed)
    zipped = io.BytesIO()
    with zipfile.ZipFile(
        zipped, "w", dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
    ) as archive:
        archive.writestr("PSF-2026-1.json", json.dumps(osv()) * 9)
    whole = dice.choice([zipped.getvalue(), packed(osv())])
    for _ in range(100):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(4, len(content))] = dice.randrange(256)
        with contextlib.suppress(SourceError):
            records_of_content("here", bytes(content), Stop())


def test_more_records_than_anybody_has_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "MAX_RECORDS", 2)
    for number in range(3):
        (tmp_path / f"PSF-2026-{number}.json").write_text("{}")

    with pytest.raises(SourceError, match="more than 2 records"):
        records_of_folder(tmp_path, Stop())
    with pytest.raises(SourceError, match="has 3 records: 2 are allowed"):
        records_of_content("here", b"[1, 2, 3]", Stop())


def test_a_url_is_asked_by_conditions_and_what_it_said_holds_while_it_is_away(farm, site):
    settings = farm(f"{site.url}/psf.tar.gz")
    site.answer("/psf.tar.gz", packed(osv()), headers={"ETag": '"1"'})
    site.answer("/psf.tar.gz", status=304)
    site.answer("/psf.tar.gz", b"<html>", headers={"ETag": '"2"'})
    site.answer("/psf.tar.gz", b"[]")
    site.answer("/psf.tar.gz", status=503)

    assert not is_fetched(settings)
    assert fetch(settings, Stop()) == []
    first = last_asked(settings)[f"{site.url}/psf.tar.gz"]
    assert fetch(settings, Stop()) == []
    assert site.conditions == ["", '"1"']
    assert last_asked(settings)[f"{site.url}/psf.tar.gz"] > first, "unchanged is an answer, too"
    for said in ("neither JSON", "without any OSV record", "answers 503"):
        (problem,) = fetch(settings, Stop())
        assert said in problem
        assert ids(settings) == ["PSF-2026-1"]
    (settings.state_dir / "advisories").joinpath(
        next(p.name for p in (settings.state_dir / "advisories").iterdir() if not p.suffix)
    ).write_bytes(b"half")
    assert not is_fetched(settings), "what a crash left behind counts as not there"


def test_an_answer_without_end_is_not_read_to_its_end(farm, site, monkeypatch):
    monkeypatch.setattr("python_builds.adapters.advisories.advisory_source.MAX_SOURCE", 1000)
    site.answer("/big.json", b" " * 5000)

    (problem,) = fetch(farm(f"{site.url}/big.json"), Stop())
    assert "larger than the 1000 bytes" in problem


def test_the_indexes_say_what_is_known_and_are_written_again_only_where_that_changes(farm, make_product, tmp_path):
    folder = tmp_path / "advisories"
    folder.mkdir()
    settings = farm(folder)
    store = DirectoryStore(settings.store)
    for version in ("3.13.5", "3.13.4"):
        publish(store, make_product(version, profile="optimized"))
    write_indexes(settings, store)
    assert json.loads(store.read("python/advisories.json"))["versions"]["3.13.5"]["affected"] == []
    (folder / "PSF-2026-1.json").write_text(json.dumps(osv(summary="<script>alert(1)</script>")))

    written = write_indexes(settings, store).written
    assert {"python/advisories.json", "python/index.html", "python/index.json"} <= {*written}
    schema = json.loads(store.read("python/index.schema.json"))
    index = json.loads(store.read("python/index.json"))
    jsonschema.Draft202012Validator(schema).validate(index)
    counted = {build["python_version"]: build["advisories"]["affected"] for build in index["builds"]}
    assert counted == {"3.13.5": 1, "3.13.4": 0}
    assert not [key for key in written if key.startswith("python/debian-12/")], "no platform has anything new"
    assert "1 known vulnerability: PSF-2026-1" in store.read("python/index.html").decode()
    assert write_indexes(settings, store).written == []
    assert versions_affected_by(settings, "PSF-2026-1", "optimized") == ["3.13.5"]
    with pytest.raises(InvalidRequest, match="affects nothing that is published"):
        versions_affected_by(settings, "PSF-2026-2", "optimized")
    events = [{"introduced": "0"}, {"fixed": "f" * 40}]
    ranges = [{"type": "GIT", "repo": "https://github.com/python/cpython", "events": events}]
    later = osv(id="PSF-2026-3", affected=[{"package": {"purl": "pkg:generic/python"}, "ranges": ranges}])
    (folder / "PSF-2026-3.json").write_text(json.dumps(later))
    write_indexes(settings, store)
    with pytest.raises(InvalidRequest, match=r"may affect 3\.13\.5, 3\.13\.4\. .* `make security-commits"):
        versions_affected_by(settings, "PSF-2026-3", "optimized")
    (folder / "PSF-2026-3.json").unlink()
    write_indexes(settings, store)
    assert advisory_alerts(settings, store, "optimized", NOW) == {"PSF-2026-1 affects what is newest": "CPython 3.13.5"}

    write_indexes(farm(""), store)
    assert not store.exists("python/advisories.json"), "a farm that reads none any more says nothing"
    assert not [one for one in json.loads(store.read("python/index.json"))["builds"] if "advisories" in one]
    with pytest.raises(InvalidRequest, match="is not published: set PYTHON_BUILDS_ADVISORIES"):
        versions_affected_by(settings, "all", "optimized")


def test_statements_that_cannot_be_read_hide_nothing(farm, make_product, tmp_path):
    (tmp_path / "PSF-2026-1.json").write_text(json.dumps(osv()))
    (tmp_path / "vex").write_text("{}")
    settings = farm(tmp_path / "PSF-2026-1.json", vex_file=tmp_path / "vex")
    store = DirectoryStore(settings.store)
    publish(store, make_product("3.13.5", profile="optimized"))
    found = write_indexes(settings, store)

    assert any("holds no OpenVEX statements" in line for line in found.left)
    assert json.loads(store.read("python/advisories.json"))["versions"]["3.13.5"]["affected"] == ["PSF-2026-1"]
    told = advisory_alerts(settings, store, "optimized", NOW)
    assert "records of advisories are left out" in told


def test_an_operator_hears_of_a_source_that_has_not_answered_for_long(farm, site, store):
    settings = farm(f"{site.url}/psf.json", advisories_overdue_hours=1)
    name = f"the advisories of {site.url}/psf.json are old"
    assert advisory_alerts(settings, store, "optimized", NOW)[name].startswith("it never answered")
    site.answer("/psf.json", json.dumps(osv()).encode())
    fetch(settings, Stop())
    hours = datetime.timedelta(hours=2)

    assert advisory_alerts(settings, store, "optimized", NOW) == {}
    assert name in advisory_alerts(settings, store, "optimized", NOW + hours)


def test_an_operator_hears_of_a_mirror_that_answers_and_stands_still(farm, site, make_product):
    def days_after(count):
        return datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC) + datetime.timedelta(days=count)

    url = f"{site.url}/psf.json"
    settings = farm(url, advisories_overdue_hours=10**6, advisories_quiet_days=180)
    store = DirectoryStore(settings.store)
    publish(store, make_product("3.12.4", profile="optimized"))
    first = osv(modified="2024-01-02T03:04:05Z")
    library = osv("DEBIAN-1", modified="2024-09-01T00:00:00Z", affected=[{"package": {"purl": "pkg:deb/debian/zlib"}}])
    future = osv("PSF-2026-2", version="3.12.0", modified="2999-01-01T00:00:00Z")
    site.answer("/psf.json", json.dumps([first, library, future]).encode(), headers={"ETag": '"1"'})
    site.answer("/psf.json", status=304)
    for _ in range(2):
        assert fetch(settings, Stop()) == []
    write_indexes(settings, store)
    name = "no advisory of CPython is newer than 180 days"

    assert name not in advisory_alerts(settings, store, "optimized", days_after(180))
    told = advisory_alerts(settings, store, "optimized", days_after(181))
    assert told[name].startswith("the newest is of 2024-01-02; perhaps PYTHON_BUILDS_ADVISORIES names a mirror")
    assert name not in advisory_alerts(farm(url, advisories_quiet_days=0), store, "optimized", days_after(9999))
    renewed = osv("PSF-2026-3", version="3.12.0", modified="2024-06-30T00:00:00Z")
    site.answer("/psf.json", json.dumps([first, library, future, renewed]).encode())
    for _ in range(2):
        assert fetch(settings, Stop()) == []
    write_indexes(settings, store)
    assert name not in advisory_alerts(settings, store, "optimized", days_after(181))


def test_the_table_of_commits_is_made_of_a_clone_s_tags(tmp_path):
    def git(*arguments):
        command = ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(text):
        git("commit", "--allow-empty", "-m", text)
        return git("rev-parse", "HEAD")

    git("init", "-b", "main")
    bug = commit("bug")
    git("tag", "v3.12.0a1")
    git("checkout", "-b", "3.12")
    git("tag", "-a", "v3.12.0", "-m", "annotated")
    backport = commit("backport")
    git("tag", "v3.12.1rc1")
    git("tag", "unrelated")
    git("checkout", "main")
    fix = commit("fix")
    git("tag", "v3.13.0a1")
    unreleased = commit("unreleased")
    table = read_history(tmp_path, [bug, backport, fix, unreleased, "0" * 40])

    assert table.newest == {"3.12": Version("3.12.1rc1"), "3.13": Version("3.13.0a1")}
    assert table.commits == {
        bug: {"3.12": Version("3.12.0a1"), "3.13": Version("3.13.0a1")},
        backport: {"3.12": Version("3.12.1rc1")},
        fix: {"3.13": Version("3.13.0a1")},
        unreleased: {},
    }
    assert table.contains(Version("3.13.0a1"), unreleased) is False
    assert table.contains(Version("3.13.0"), unreleased) is None
    with pytest.raises(SourceError, match="must be a clone of CPython"):
        git("tag", "-d", "v3.12.0a1", "v3.12.0", "v3.12.1rc1", "v3.13.0a1")
        read_history(tmp_path, [bug])
