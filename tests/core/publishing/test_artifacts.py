"""The names of what is left behind: users have typed them into their scripts, so they are spelled out here."""

import pytest
from packaging.version import Version

from python_builds.core.errors import InvalidKey
from python_builds.core.publishing.artifacts import (
    INDEX_JSON,
    VERSIONS_JSON,
    artifact_keys,
    artifact_kind,
    check_key,
    source_key,
    source_record_key,
)
from python_builds.core.publishing.record_keys import record_key, records_prefix, reservation_key, revision_of_key


@pytest.mark.parametrize(
    "product, revision, package, metapackage, tarball",
    [
        (
            ("3.13.5", "debian-12", "amd64"),
            1,
            "python/debian-12/pkgs/python-3.13.5_1_amd64.deb",
            "python-3.13_3.13.5-1_amd64.deb",
            "python/debian-12/python-3.13.5-debian-12.tar.gz",
        ),
        (
            ("3.13.5", "ubuntu-2204", "arm64"),
            2,
            "python/ubuntu-2204/pkgs/python-3.13.5_2_arm64.deb",
            "python-3.13_3.13.5-2_arm64.deb",
            "python/ubuntu-2204/python-3.13.5-ubuntu-2204-arm64-r2.tar.gz",
        ),
        (
            ("3.11.9", "centos-8", "amd64"),
            1,
            "python/centos-8/pkgs/python-3.11.9-1-1.x86_64.rpm",
            "python-3.11-3.11.9-1.x86_64.rpm",
            "python/centos-8/python-3.11.9-centos-8.tar.gz",
        ),
        (
            ("3.11.9", "rhel-9", "amd64"),
            2,
            "python/rhel-9/pkgs/python-3.11.9-1-2.x86_64.rpm",
            "python-3.11-3.11.9-2.x86_64.rpm",
            "python/rhel-9/python-3.11.9-rhel-9-r2.tar.gz",
        ),
        (
            ("3.14.0rc2", "opensuse-155", "arm64"),
            1,
            "python/opensuse-155/pkgs/python-3.14.0rc2-1-1.aarch64.rpm",
            "",
            "python/opensuse-155/python-3.14.0rc2-opensuse-155-arm64.tar.gz",
        ),
        (
            ("3.14.0", "debian-12", "amd64", "optimized", "t"),
            10,
            "python/debian-12/pkgs/python-3.14.0t_10_amd64.deb",
            "python-3.14t_3.14.0-10_amd64.deb",
            "python/debian-12/python-3.14.0t-debian-12-r10.tar.gz",
        ),
        (
            ("3.13.5", "debian-12", "amd64", "quick"),
            1,
            "quick/python/debian-12/pkgs/python-3.13.5_1_amd64.deb",
            "python-3.13_3.13.5-1_amd64.deb",
            "quick/python/debian-12/python-3.13.5-debian-12.tar.gz",
        ),
    ],
)
def test_a_build_s_files_have_the_names_that_users_know(make_product, product, revision, package, metapackage, tarball):
    keys = artifact_keys(make_product(*product), revision)

    tarballs = [tarball.replace(".tar.gz", f"{part}.tar.gz") for part in ("", "-uv", "-test", "-debug")]
    packages = [package, *([f"{package.rpartition('/')[0]}/{metapackage}"] if metapackage else [])]
    assert list(keys.values()) == [name + ending for name in (*packages, *tarballs) for ending in ("", ".sha256")]
    assert [key.rpartition("/")[2] for key in keys.values()] == list(keys)
    assert [check_key(key) for key in keys.values()] == list(keys.values())


def test_the_indexes_are_where_clients_look():
    assert VERSIONS_JSON == "python/versions.json"
    assert INDEX_JSON == "python/index.json"


def test_records_lie_below_their_platform(make_product):
    product = make_product("3.14.0", variant="t", architecture="arm64")

    assert record_key(product, 3) == "python/debian-12/records/3.14.0t-arm64-r3.json"
    assert record_key(product, 3).startswith(records_prefix("optimized", product.platform))
    assert reservation_key(product, 3) == "python/debian-12/reservations/3.14.0t-arm64-r3.json"


def test_quick_builds_keep_their_records_apart(make_product):
    product = make_product(profile="quick")

    assert record_key(product, 1) == "quick/python/debian-12/records/3.13.5-amd64-r1.json"
    assert records_prefix("quick", product.platform) == "quick/python/debian-12/records/"


def test_a_release_s_source_is_kept_by_version():
    assert source_key(Version("3.14.0rc2"), "Python-3.14.0rc2.tgz") == "sources/3.14.0rc2/Python-3.14.0rc2.tgz"
    assert source_record_key(Version("3.13.5")) == "sources/3.13.5/source.json"


def test_a_product_says_where_it_is_installed_and_who_makes_it(make_product):
    product = make_product("3.14.0", "rhel-9", "arm64", "quick", "t")

    assert product.prefix == "/opt/python/3.14.0t"
    assert product.package == "python-3.14.0t"
    assert product.builder == "rhel-9-arm64"
    assert str(product) == "python-3.14.0t for rhel-9-arm64 (quick)"


@pytest.mark.parametrize(
    "name, kind",
    [
        ("a.deb", "deb"),
        ("a.rpm", "rpm"),
        ("a.tar.gz", "tarball"),
        ("a-uv.tar.gz", "uv"),
        ("a.tar.zst", "tarball-zst"),
        ("a-uv.tar.zst", "uv-zst"),
        ("a-uv.tar.zst.sha256", "sha256"),
        ("a.deb.sha256", "sha256"),
        ("a.rpm.sha256", "sha256"),
    ],
)
def test_a_file_s_kind_is_told_by_its_ending(name, kind):
    assert artifact_kind(name) == kind


def test_a_file_that_no_build_leaves_has_no_kind():
    with pytest.raises(InvalidKey, match=r"'core' is no file that a build leaves behind"):
        artifact_kind("core")


NEIGHBOURS = [
    ("3.1.1", "debian-12", "amd64"),
    ("3.1.10", "debian-12", "amd64"),
    ("3.11.1", "debian-12", "amd64"),
    ("3.1.1", "debian-12", "arm64"),
    ("3.1.1", "debian-12", "amd64", "optimized", "t"),
    ("3.1.1rc1", "debian-12", "amd64"),
]


@pytest.mark.parametrize("key_of", [record_key, reservation_key])
@pytest.mark.parametrize("revision", [1, 2, 10, 123])
@pytest.mark.parametrize("arguments", NEIGHBOURS)
def test_a_revision_is_read_from_its_own_product_s_key_and_no_neighbour_s(make_product, arguments, revision, key_of):
    key = key_of(make_product(*arguments), revision)

    found = {other: revision_of_key(make_product(*other), key) for other in NEIGHBOURS}

    assert found == {other: revision if other == arguments else None for other in NEIGHBOURS}


@pytest.mark.parametrize(
    "ending", ["r1.json.bak", "r.json", "r-1.json", "rx.json", "r1", "r1.5.json", "r\xb22.json", "r\u0663.json"]
)
def test_a_key_that_only_resembles_a_record_has_no_revision(make_product, ending):
    assert revision_of_key(make_product(), f"python/debian-12/records/3.13.5-amd64-{ending}") is None


@pytest.mark.parametrize("key", ["a", "python/versions.json", "a/b-1_2~rc+3.tar.gz", "0/1", "A.B/C"])
def test_a_plain_key_is_returned_as_it_is(key):
    assert check_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "..",
        "../a",
        "a/../b",
        "a/..",
        "a/./b",
        "a//b",
        "a/",
        ".hidden",
        "a/.hidden",
        "a b",
        "a\n",
        "a\nb",
        "a\\b",
        "a\0b",
        "-rf",
        "a/-rf",
        "a;b",
        "a$b",
        "a%2e",
        "\xe4",
        "a/\u0663",
    ],
)
def test_a_key_that_needs_care_anywhere_is_refused(key):
    with pytest.raises(InvalidKey) as refused:
        check_key(key)

    assert repr(key) in str(refused.value)
