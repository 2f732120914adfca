"""CPython releases: their numbers, their order, and what python.org's API says of them."""

import itertools
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from python_builds.core.errors import InvalidVersion
from python_builds.core.publishing.artifacts import check_key, source_key, source_record_key
from python_builds.core.upstream.releases import (
    Listing,
    directory_url,
    minor,
    newest_first,
    parse_releases,
    parse_version,
    tarball_name,
    version_of_tarball,
)

API = "https://www.python.org/api/v2/downloads"
FTP = "https://www.python.org/ftp/python"


@pytest.mark.parametrize("text", ["3.13.5", "3.9.0", "2.7.18", "3.10.0", "3.15.0a6", "3.14.0b2", "3.13.0rc3"])
def test_a_version_is_read_and_written_alike(text):
    assert str(parse_version(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3.13",
        "3",
        "v3.13.1",
        "3.13.1\n",
        " 3.13.1",
        "03.13.1",
        "3.013.1",
        "3.13.01",
        "3.13.0rc0",
        "3.13.0rc03",
        "3.13.0.1",
        "3.13.0-rc1",
        "3.13.0c1",
        "3.13.0.post1",
        "3.13.0.dev1",
        "3.13.0+local",
        "1!3.13.0",
        "3.13.\u0665",  # ARABIC-INDIC DIGIT FIVE
        "3.13.\uff15",  # FULLWIDTH DIGIT FIVE
        "3.13.1; reboot",
        "$(reboot)",
        "../3.13.1",
        "newest",
        "3.13.5t",
        "3.13.1234",
    ],
)
def test_what_cpython_never_called_a_release_is_refused(text):
    with pytest.raises(InvalidVersion) as refused:
        parse_version(text)

    assert repr(text) in str(refused.value)
    assert "3.13.5 or 3.14.0rc2" in str(refused.value)


@pytest.mark.parametrize("value", [None, 3.13, 313, ["3.13.5"], b"3.13.5"])
def test_what_is_no_text_is_no_version(value):
    with pytest.raises(InvalidVersion, match="is not a CPython version"):
        parse_version(value)


def test_versions_are_ordered_as_they_were_released():
    texts = ["2.7.18", "3.9.25", "3.10.0a1", "3.10.0b1", "3.10.0rc1", "3.10.0rc2", "3.10.0", "3.10.2", "3.10.10"]

    assert [parse_version(a) < parse_version(b) for a, b in itertools.pairwise(texts)] == [True] * 8


def test_the_newest_comes_first_and_once():
    versions = map(parse_version, ["3.9.1", "3.10.0", "3.10.0rc1", "3.9.1", "3.9.25"])

    assert list(map(str, newest_first(versions))) == ["3.10.0", "3.10.0rc1", "3.9.25", "3.9.1"]


@pytest.mark.parametrize("text, series", [("3.13.5", "3.13"), ("3.10.0rc1", "3.10"), ("3.1.10", "3.1")])
def test_a_version_belongs_to_its_minor(text, series):
    assert minor(Version(text)) == series


@pytest.mark.parametrize(
    "text, folder", [("3.13.0rc3", "3.13.0"), ("3.14.5rc1", "3.14.5"), ("3.15.0a1", "3.15.0"), ("3.13.5", "3.13.5")]
)
@pytest.mark.parametrize("root", [FTP, f"{FTP}/"])
def test_prereleases_live_in_the_directory_of_the_final_release(root, text, folder):
    assert directory_url(root, Version(text)) == f"{FTP}/{folder}/"


@pytest.mark.parametrize("ending", [".tgz", ".tar.xz"])
@pytest.mark.parametrize("text", ["3.13.5", "3.14.0rc2", "3.10.0"])
def test_a_tarball_s_name_tells_its_version_and_the_other_way_round(text, ending):
    name = tarball_name(Version(text), ending)

    assert name == f"Python-{text}{ending}"
    assert version_of_tarball(name) == Version(text)


@pytest.mark.parametrize(
    "name",
    [
        "Python-3.13.5.tar.bz2",
        "Python-3.13.5.tgz.asc",
        "Python-3.13.5.tgz\n",
        "Python-3.13.5",
        "Python-3.13.tgz",
        "python-3.13.5.tgz",
        "xPython-3.13.5.tgz",
        "python-3.13.5-amd64.exe",
        "python-manager-25.0.msix",
        "",
    ],
)
def test_what_is_no_source_tarball_stands_for_no_release(name):
    assert version_of_tarball(name) is None


def release_row(number, name, **changes):
    return {
        "name": name,
        "slug": name.lower().replace(" ", "-").replace(".", ""),
        "version": 3,
        "is_published": True,
        "is_latest": False,
        "release_date": "2026-01-02T03:04:05Z",
        "pre_release": "rc" in name,
        "release_page": None,
        "release_notes_url": "",
        "show_on_download_page": True,
        "resource_uri": f"{API}/release/{number}/",
        **changes,
    }


def file_row(number, url, **changes):
    return {
        "name": "XZ compressed source tarball" if url.endswith("xz") else "Gzipped source tarball",
        "os": f"{API}/os/3/",
        "release": f"{API}/release/{number}/",
        "is_source": True,
        "url": url,
        "gpg_signature_file": "",
        "md5_sum": "0123456789abcdef0123456789abcdef",
        "sha256_sum": "c" * 64,
        "filesize": 22_000_000,
        "resource_uri": f"{API}/release_file/{number}/",
        "sigstore_signature_file": "",
        "sigstore_cert_file": "",
        "sigstore_bundle_file": f"{url}.sigstore",
        "sbom_spdx2_file": f"{url}.spdx.json",
        **changes,
    }


def test_a_published_release_is_joined_with_its_tarball():
    url = f"{FTP}/3.14.0/Python-3.14.0rc2.tar.xz"

    (release,) = parse_releases([release_row(1, "Python 3.14.0rc2")], [file_row(1, url)]).releases

    assert release.version == Version("3.14.0rc2")
    assert release.is_prerelease
    assert (release.url, release.sha256, release.size) == (url, "c" * 64, 22_000_000)
    assert release.sigstore_url == f"{url}.sigstore"


def test_releases_come_newest_first():
    numbers = {1: "3.9.25", 2: "3.10.19", 3: "3.14.0rc2", 4: "3.14.0"}
    rows = [release_row(n, f"Python {v}") for n, v in numbers.items()]
    files = [file_row(n, f"{FTP}/{Version(v).base_version}/Python-{v}.tgz") for n, v in numbers.items()]

    assert [str(r.version) for r in parse_releases(rows, files).releases] == [
        "3.14.0",
        "3.14.0rc2",
        "3.10.19",
        "3.9.25",
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_tarballs_the_smaller_kind_is_taken_whichever_comes_first(order):
    files = [file_row(1, f"{FTP}/3.13.5/Python-3.13.5{ending}") for ending in (".tgz", ".tar.xz")][::order]

    (release,) = parse_releases([release_row(1, "Python 3.13.5")], files).releases

    assert release.url.endswith("/Python-3.13.5.tar.xz")


def test_a_release_whose_files_are_not_there_yet_is_not_there_yet():
    installer = file_row(1, f"{FTP}/3.13.5/python-3.13.5-macos11.pkg", is_source=False)

    assert parse_releases([release_row(1, "Python 3.13.5")], [installer]).releases == ()
    assert parse_releases([release_row(1, "Python 3.13.5")], []).releases == ()


@pytest.mark.parametrize("rows", [[], [release_row(1, "Python 3.13.5", is_published=False)]])
def test_a_tarball_of_an_unpublished_release_does_not_count(rows):
    assert parse_releases(rows, [file_row(1, f"{FTP}/3.13.5/Python-3.13.5.tgz")]).releases == ()


def test_the_install_manager_is_no_release():
    row = release_row(1, "Python install manager 25.0", version=100)
    files = [
        file_row(1, f"https://www.python.org/ftp/python/pymanager/python-manager-25.0.{e}") for e in ("msix", "msi")
    ]

    assert parse_releases([row], files) == Listing(releases=(), published={})


def test_what_the_api_leaves_empty_is_unknown():
    row = file_row(1, f"{FTP}/3.9.2/Python-3.9.2.tgz", sha256_sum="", sigstore_bundle_file="", filesize=0)

    (release,) = parse_releases([release_row(1, "Python 3.9.2")], [row]).releases

    assert (release.sha256, release.sigstore_url, release.size) == (None, None, None)


def test_what_is_published_is_known_with_its_date_even_without_files():
    listing = parse_releases([release_row(1, "Python 3.13.5"), release_row(2, "Python 3.2", version=3)], [])

    assert {str(v): date.isoformat() for v, date in listing.published.items()} == {
        "3.13.5": "2026-01-02T03:04:05+00:00"
    }


@pytest.mark.parametrize(
    "url",
    [
        f"{FTP}/3.13.6/Python-3.13.5.tgz",
        f"{FTP}/3.13.5/../../../Python-3.13.5.tgz",
        f"{FTP}/3.13.5/Python-3.13.5.tgz?x=/Python-3.13.5.tgz",
        "http://www.python.org/ftp/python/3.13.5/Python-3.13.5.tgz",
        "https://www.python.org.evil.example/ftp/python/3.13.5/Python-3.13.5.tgz",
        "https://www.python.org@evil.example/ftp/python/3.13.5/Python-3.13.5.tgz",
        "https://evil.example/Python-3.13.5.tgz",
        "file:///etc/Python-3.13.5.tgz",
        "--output=/etc/Python-3.13.5.tgz",
        "Python-3.13.5.tgz",
    ],
)
def test_a_tarball_that_is_not_where_python_org_keeps_it_is_left_out_and_named(url):
    listing = parse_releases([release_row(1, "Python 3.13.5")], [file_row(1, url)])

    assert listing.releases == ()
    assert f"{url!r} is left out: it must be {FTP}/3.13.5/Python-3.13.5.t" in listing.left_out[0]


def test_a_mirror_may_have_its_own_urls_and_upstream_s():
    rows = [release_row(1, "Python 3.13.5"), release_row(2, "Python 3.13.6"), release_row(3, "Python 3.13.7")]
    files = [
        file_row(1, "https://mirror.example/p/ftp/python/3.13.5/Python-3.13.5.tgz"),
        file_row(2, f"{FTP}/3.13.6/Python-3.13.6.tgz"),
        file_row(3, "https://other.example/p/ftp/python/3.13.7/Python-3.13.7.tgz"),
    ]

    listing = parse_releases(rows, files, "https://mirror.example/p")
    assert [str(r.version) for r in listing.releases] == ["3.13.6", "3.13.5"]


@pytest.mark.parametrize("field", ["sigstore_bundle_file", "gpg_signature_file"])
@pytest.mark.parametrize(
    "found", ["https://evil.example/x.sigstore", f"{FTP}/3.13.5/Python-3.13.4.tgz.asc", "../x", "-o"]
)
def test_a_signature_that_is_not_beside_its_tarball_is_left_out_and_named(field, found):
    row = file_row(1, f"{FTP}/3.13.5/Python-3.13.5.tgz", **{"sigstore_bundle_file": "", field: found})

    listing = parse_releases([release_row(1, "Python 3.13.5")], [row])

    assert (listing.releases[0].sigstore_url, listing.releases[0].openpgp_url) == (None, None)
    assert repr(found) in listing.left_out[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256_sum": "abc"},
        {"sha256_sum": "c" * 64 + "\n"},
        {"filesize": "many"},
        {"filesize": -1},
        {"release": None},
        {"sigstore_bundle_file": ["x"]},
    ],
)
def test_a_malformed_row_is_left_out_and_named_and_costs_no_other_its_place(changes):
    rows = [release_row(1, "Python 3.13.5"), release_row(2, "Python 3.13.6")]
    files = [
        file_row(1, f"{FTP}/3.13.5/Python-3.13.5.tgz", **changes),
        file_row(2, f"{FTP}/3.13.6/Python-3.13.6.tgz"),
    ]

    listing = parse_releases(rows, files)
    assert [str(r.version) for r in listing.releases] == ["3.13.6"]
    assert f"{API}/release_file/1/" in listing.left_out[0] and next(iter(changes)) in listing.left_out[0]


def test_a_tarball_of_another_release_than_its_row_names_is_left_out():
    listing = parse_releases([release_row(1, "Python 3.13.5")], [file_row(1, f"{FTP}/3.13.6/Python-3.13.6.tgz")])

    assert (listing.releases, len(listing.left_out)) == ((), 1)


def test_rows_that_come_twice_count_once_and_complete_each_other():
    url = f"{FTP}/3.14.1/Python-3.14.1.tgz"
    files = [file_row(1, url, sigstore_bundle_file=""), file_row(1, url, sha256_sum=""), file_row(1, url)]

    (release,) = parse_releases([release_row(1, "Python 3.14.1")] * 2, files).releases
    assert (release.sha256, release.sigstore_url) == ("c" * 64, f"{url}.sigstore")


def test_rows_that_contradict_each_other_are_left_out():
    url = f"{FTP}/3.14.1/Python-3.14.1.tgz"
    listing = parse_releases(
        [release_row(1, "Python 3.14.1")], [file_row(1, url), file_row(1, url, sha256_sum="d" * 64)]
    )

    assert listing.releases == ()
    assert listing.left_out == (f"{url} is left out: its rows contradict each other",)


def test_fields_that_nobody_knows_change_nothing():
    url = f"{FTP}/3.14.1/Python-3.14.1.tgz"

    listing = parse_releases([release_row(1, "Python 3.14.1", x={})], [file_row(1, url, y=[])])
    assert listing == parse_releases([release_row(1, "Python 3.14.1")], [file_row(1, url)])


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Of a busy machine."""
HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(["../../etc/passwd", "-rf", "--help", "3.13.5\n", "$(reboot)", "a b", "\0", "3.13.5/../..", ""]),
    st.from_regex(r"Python-\d+\.\d+\.\d+(a|b|rc)?\d*(\.tgz|\.tar\.xz)"),
    st.builds(
        "{}/{}/Python-{}{}".format,
        st.just(FTP),
        st.text(max_size=8),
        st.text(max_size=8),
        st.sampled_from([".tgz", "\n"]),
    ),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=6,
)
URI = st.sampled_from(["/r/1/", "/r/2/"])
RELEASE_ROWS = st.lists(
    ANYTHING
    | st.fixed_dictionaries(
        {"resource_uri": URI | ANYTHING, "is_published": st.just(True)},
        optional={"name": HOSTILE, "version": ANYTHING, "release_date": ANYTHING},
    ),
    max_size=3,
)
FILE_ROWS = st.lists(
    ANYTHING
    | st.fixed_dictionaries(
        {"release": URI | ANYTHING, "url": HOSTILE | st.just(f"{FTP}/3.13.5/Python-3.13.5.tgz")},
        optional={
            "sha256_sum": HOSTILE,
            "filesize": ANYTHING,
            "sigstore_bundle_file": HOSTILE,
            "gpg_signature_file": HOSTILE,
        },
    ),
    max_size=3,
)
SAFE = re.compile(r"[A-Za-z0-9:/._-]+", re.ASCII)


@PATIENT
@given(RELEASE_ROWS, FILE_ROWS)
def test_whatever_the_api_says_only_python_org_s_own_names_come_of_it(rows, files):
    listing = parse_releases(rows, files)

    for version in listing.published:
        assert parse_version(str(version)) == version
        check_key(source_record_key(version))
    for release in listing.releases:
        name = release.url.rpartition("/")[2]
        assert version_of_tarball(name) == release.version
        check_key(source_key(release.version, name))
        for url in filter(None, (release.url, release.sigstore_url, release.openpgp_url)):
            assert url.startswith(directory_url(FTP, release.version)) and SAFE.fullmatch(url) and ".." not in url
        assert release.sha256 is None or re.fullmatch("[0-9a-f]{64}", release.sha256)
    assert all("\n" not in sentence and len(sentence) < 600 for sentence in listing.left_out)


@PATIENT
@given(HOSTILE)
def test_whatever_is_taken_for_a_version_may_become_a_key_a_path_and_an_argument(text):
    try:
        version = str(parse_version(text))
    except InvalidVersion:
        return
    assert version == text
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+(?:(?:a|b|rc)[0-9]+)?", version, re.ASCII)
    check_key(source_key(Version(version), tarball_name(Version(version), ".tgz")))


@PATIENT
@given(HOSTILE)
def test_whatever_is_taken_for_a_tarball_may_become_a_key(name):
    if version := version_of_tarball(name):
        check_key(source_key(version, name))
