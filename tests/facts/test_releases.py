"""CPython releases: their numbers, their order, and what python.org's API says of them."""

import itertools

import pytest
from packaging.version import Version

from python_builds.facts.errors import InvalidVersion
from python_builds.facts.releases import (
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

    (release,) = parse_releases([release_row(1, "Python 3.14.0rc2")], [file_row(1, url)])

    assert release.version == Version("3.14.0rc2")
    assert release.is_prerelease
    assert (release.url, release.sha256, release.size) == (url, "c" * 64, 22_000_000)
    assert release.sigstore_url == f"{url}.sigstore"


def test_releases_come_newest_first():
    numbers = {1: "3.9.25", 2: "3.10.19", 3: "3.14.0rc2", 4: "3.14.0"}
    rows = [release_row(n, f"Python {v}") for n, v in numbers.items()]
    files = [file_row(n, f"{FTP}/{Version(v).base_version}/Python-{v}.tgz") for n, v in numbers.items()]

    assert [str(r.version) for r in parse_releases(rows, files)] == ["3.14.0", "3.14.0rc2", "3.10.19", "3.9.25"]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_tarballs_the_smaller_kind_is_taken_whichever_comes_first(order):
    files = [file_row(1, f"{FTP}/3.13.5/Python-3.13.5{ending}") for ending in (".tgz", ".tar.xz")][::order]

    (release,) = parse_releases([release_row(1, "Python 3.13.5")], files)

    assert release.url.endswith("/Python-3.13.5.tar.xz")


def test_a_release_whose_files_are_not_there_yet_is_not_there_yet():
    installer = file_row(1, f"{FTP}/3.13.5/python-3.13.5-macos11.pkg", is_source=False)

    assert parse_releases([release_row(1, "Python 3.13.5")], [installer]) == []
    assert parse_releases([release_row(1, "Python 3.13.5")], []) == []


@pytest.mark.parametrize("rows", [[], [release_row(1, "Python 3.13.5", is_published=False)]])
def test_a_tarball_of_an_unpublished_release_does_not_count(rows):
    assert parse_releases(rows, [file_row(1, f"{FTP}/3.13.5/Python-3.13.5.tgz")]) == []


def test_the_install_manager_is_no_release():
    row = release_row(1, "Python install manager 25.0", version=100)
    files = [
        file_row(1, f"https://www.python.org/ftp/python/pymanager/python-manager-25.0.{e}") for e in ("msix", "msi")
    ]

    assert parse_releases([row], files) == []


def test_what_the_api_leaves_empty_is_unknown():
    row = file_row(1, f"{FTP}/3.9.2/Python-3.9.2.tgz", sha256_sum="", sigstore_bundle_file="", filesize=0)

    (release,) = parse_releases([release_row(1, "Python 3.9.2")], [row])

    assert (release.sha256, release.sigstore_url, release.size) == (None, None, None)
