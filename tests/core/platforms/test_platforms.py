"""The platform table: guards of its rows, and which system finds which row."""

import datetime

import pytest
from packaging.version import Version

from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.build_packages import BUILD_PACKAGES
from python_builds.core.platforms.platforms import PLATFORMS, platform_for_system, platform_named

DESIGN = [
    "ubuntu-2004",
    "ubuntu-2204",
    "ubuntu-2404",
    "ubuntu-2604",
    "debian-11",
    "debian-12",
    "debian-13",
    "centos-8",
    "rhel-9",
    "rhel-10",
    "amazon-2023",
    "fedora-43",
    "opensuse-155",
    "opensuse-156",
    "opensuse-160",
]

every_row = pytest.mark.parametrize("row", PLATFORMS, ids=lambda row: row.name)


def test_every_platform_of_the_design_has_its_row():
    missing = [name for name in DESIGN if name not in {row.name for row in PLATFORMS}]

    assert not missing, (
        f"PLATFORMS in core/platforms/platforms.py needs a row for {missing}; what was published stays served"
    )


def test_no_two_rows_share_a_name():
    names = [row.name for row in PLATFORMS]
    twice = sorted({name for name in names if names.count(name) > 1})

    assert not twice, (
        f"{twice}: give each row of PLATFORMS in core/platforms/platforms.py a name of its own; it becomes a URL"
    )


def test_no_two_rows_serve_the_same_system():
    pairs = [pair for row in PLATFORMS for pair in row.serves]
    twice = sorted({pair for pair in pairs if pairs.count(pair) > 1})

    assert not twice, (
        f"{twice}: leave it in one `serves` of core/platforms/platforms.py, or the first row silently wins"
    )


@every_row
def test_a_row_s_package_manager_has_build_packages(row):
    assert row.package_manager in BUILD_PACKAGES, (
        f"{row.name}: add {row.package_manager!r} to BUILD_PACKAGES in core/platforms/platforms.py, or correct the row"
    )


@every_row
def test_apt_rows_and_only_they_name_their_suite(row):
    assert bool(row.suite) == (row.package_manager == "apt"), (
        f"{row.name}: debootstrap needs `suite` for an apt platform, and nothing else does; edit core/platforms/platforms.py"
    )


@every_row
def test_architectures_are_spelled_as_debian_does(row):
    assert row.architectures, f"{row.name}: name an architecture in core/platforms/platforms.py"
    assert set(row.architectures) <= {"amd64", "arm64"}, (
        f"{row.name}: {row.architectures} in core/platforms/platforms.py; a new one needs its rpm name in core/publishing/artifacts.py"
    )


@every_row
def test_what_a_row_leaves_out_is_in_its_family_s_list(row):
    unknown = {*row.without_build_packages} - {*BUILD_PACKAGES[row.package_manager]}

    assert not unknown, f"{row.name}: {unknown} is in without_build_packages but not in BUILD_PACKAGES"


@every_row
def test_a_row_s_own_base_image_is_served_by_it(row):
    version = row.base_image.rpartition(":")[2]

    assert any(served == version for _, served in row.serves), (
        f"{row.name}: packages built on {row.base_image} are not served to it; edit `serves` in core/platforms/platforms.py"
    )


@pytest.mark.parametrize("manager", BUILD_PACKAGES)
def test_build_packages_are_in_alphabetical_order_each_once(manager):
    packages = BUILD_PACKAGES[manager]

    assert list(packages) == sorted(set(packages)), f"sort BUILD_PACKAGES[{manager!r}] in core/platforms/platforms.py"


@every_row
def test_a_row_s_build_packages_are_its_family_s_with_its_own_differences(row):
    expected = {*BUILD_PACKAGES[row.package_manager], *row.extra_build_packages} - {*row.without_build_packages}

    assert row.build_packages == tuple(sorted(expected))


@pytest.mark.parametrize(
    "os_id, version_id, name",
    [
        ("ubuntu", "20.04", "ubuntu-2004"),
        ("ubuntu", "22.04", "ubuntu-2204"),
        ("ubuntu", "24.04", "ubuntu-2404"),
        ("ubuntu", "26.04", "ubuntu-2604"),
        ("debian", "11", "debian-11"),
        ("debian", "12", "debian-12"),
        ("debian", "13", "debian-13"),
        ("rocky", "8.10", "centos-8"),
        ("rocky", "9.6", "rhel-9"),
        ("almalinux", "8.10", "centos-8"),
        ("almalinux", "10.0", "rhel-10"),
        ("ol", "8.10", "centos-8"),
        ("ol", "9.5", "rhel-9"),
        ("rhel", "8.9", "centos-8"),
        ("rhel", "9.4", "rhel-9"),
        ("rhel", "10.1", "rhel-10"),
        ("centos", "8", "centos-8"),
        ("centos", "9", "rhel-9"),
        ("centos", "10", "rhel-10"),
        ("sles", "15.5", "opensuse-155"),
        ("sles", "15.6", "opensuse-156"),
        ("sles", "15.7", "opensuse-156"),
        ("sles", "16.0", "opensuse-160"),
        ("sled", "15.5", "opensuse-155"),
        ("opensuse-leap", "15.5", "opensuse-155"),
        ("opensuse-leap", "15.6", "opensuse-156"),
        ("opensuse-leap", "16.0", "opensuse-160"),
        ("linuxmint", "20.3", "ubuntu-2004"),
        ("linuxmint", "21.3", "ubuntu-2204"),
        ("linuxmint", "22", "ubuntu-2404"),
        ("linuxmint", "22.1", "ubuntu-2404"),
        ("linuxmint", "6", "debian-12"),
        ("pop", "22.04", "ubuntu-2204"),
    ],
)
def test_a_system_finds_the_platform_whose_packages_fit(os_id, version_id, name):
    found = platform_for_system({"ID": os_id, "VERSION_ID": version_id, "PRETTY_NAME": "whatever"})

    assert found is platform_named(name)


@pytest.mark.parametrize(
    "os_release",
    [
        {"ID": "debian", "VERSION_ID": "1"},
        {"ID": "debian", "VERSION_ID": "120"},
        {"ID": "debian", "VERSION_ID": ""},
        {"ID": "debian"},  # testing and unstable have no VERSION_ID
        {"ID": "ubuntu", "VERSION_ID": "22.10"},
        {"ID": "rhel", "VERSION_ID": "1"},
        {"ID": "rhel", "VERSION_ID": "80"},
        {"ID": "rhel", "VERSION_ID": "7.9"},
        {"ID": "opensuse-leap", "VERSION_ID": "15.4"},
        {"ID": "opensuse-leap", "VERSION_ID": "15"},
        {"ID": "alpine", "VERSION_ID": "3.22.1"},
        {"ID": "arch"},
        {},
    ],
)
def test_a_system_that_no_platform_serves_finds_none(os_release):
    assert platform_for_system(os_release) is None


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(InvalidRequest) as refused:
        platform_named("debian-10")

    assert "'debian-10'" in str(refused.value)
    assert all(row.name in str(refused.value) for row in PLATFORMS)


@pytest.mark.parametrize("name, expected", [("debian-12", "deb"), ("rhel-9", "rpm"), ("opensuse-156", "rpm")])
def test_the_package_format_is_the_package_manager_s(name, expected):
    assert platform_named(name).package_format == expected


@pytest.mark.parametrize(
    "text, supported",
    [("3.8.20", False), ("3.9.0", True), ("3.9.0rc1", True), ("3.10.0", True), ("2.7.18", False), ("4.0.0", True)],
)
def test_the_oldest_series_is_compared_as_a_version(text, supported):
    assert platform_named("debian-12").supports(Version(text)) is supported


def test_support_ends_with_the_last_day_of_the_vendor_s():
    row = platform_named("debian-12")
    last = datetime.date(2028, 6, 30)

    assert row.is_supported_on(last)
    assert not row.is_supported_on(last + datetime.timedelta(days=1))
