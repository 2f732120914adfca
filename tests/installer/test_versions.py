"""What is published and what is meant by a version."""

import pytest

from tests.installer.installs import every_shell, sourced

SUMS = """\
{0}  pkgs/python-3.13.5_1_amd64.deb
{0}  pkgs/python-3.13.10_2_amd64.deb
{0}  pkgs/python-3.14.0rc2_1_amd64.deb
{0}  pkgs/python-3.14.0t_1_amd64.deb
{0}  pkgs/python-3.14.2t_1_amd64.deb
{0}  pkgs/python-3.14.10rc1t_1_amd64.deb
{0}  pkgs/python-3.13.11_1_arm64.deb
{0}  pkgs/python-3.9.5-1-1.x86_64.rpm
{0}  pkgs/python-3.9.6-1-12.aarch64.rpm
{0}  python-3.13.5-debian-12.tar.gz
{0}  python-3.13.5-debian-12-uv.tar.gz
{0}  python-3.13.10-debian-12-r2-uv.tar.gz
{0}  python-3.13.11-debian-12-arm64-uv.tar.gz
{0}  pkgs/python-3.13_3.13.10-1_amd64.deb
{0}  pkgs/python-3.13-3.13.10-1.x86_64.rpm
{0}  pkgs/python-3.13-1-1.x86_64.rpm
{0}  pkgs/python-3.14t_3.14.2t-1_amd64.deb
{0}  pkgs/python-$(touch x)_1_amd64.deb
{0}  ../../etc/passwd
""".format("a" * 64)


@every_shell
@pytest.mark.parametrize(
    "kind, architecture, versions",
    [
        ("deb", "amd64", ["3.13.5", "3.13.10", "3.14.0rc2", "3.14.0t", "3.14.2t", "3.14.10rc1t"]),
        ("deb", "arm64", ["3.13.11"]),
        ("rpm", "amd64", ["3.9.5"]),
        ("rpm", "arm64", ["3.9.6"]),
        ("uv", "amd64", ["3.13.5", "3.13.10"]),
        ("uv", "arm64", ["3.13.11"]),
    ],
)
def test_what_is_published_is_read_from_the_checksums(shell, tmp_path, kind, architecture, versions):
    (tmp_path / "sums").write_text(SUMS)
    done = sourced(shell, f"published {tmp_path}/sums {kind} {architecture} debian-12")

    assert [line.split()[0] for line in done.stdout.splitlines()] == versions
    assert all(len(line.split()) == 3 for line in done.stdout.splitlines())


@every_shell
@pytest.mark.parametrize(
    "wanted, chosen",
    [
        ("", "3.13.10"),
        ("3.13", "3.13.10"),
        ("3.13.5", "3.13.5"),
        ("3.14.0rc2", "3.14.0rc2"),
        ("3.14.0t", "3.14.0t"),
        ("3.14t", "3.14.2t"),
        ("3.14.10rc1t", "3.14.10rc1t"),
        ("3.14", ""),
        ("3.14.0", ""),
        ("3.14.1t", ""),
        ("3.13t", ""),
        ("3.1t", ""),
        ("3.1", ""),
        ("3.12", ""),
        ("3.13.1", ""),
    ],
)
def test_the_newest_final_release_is_taken_unless_another_is_named(shell, tmp_path, wanted, chosen):
    (tmp_path / "sums").write_text(SUMS)
    text = (
        f"published {tmp_path}/sums deb amd64 debian-12 >{tmp_path}/found; choose '{wanted}' {tmp_path}/found || true"
    )

    assert sourced(shell, text).stdout.partition(" ")[0].strip() == chosen


ORDER = [
    "3.9.25",
    "3.13.5",
    "3.13.10",
    "3.15.0a2",
    "3.15.0a10",
    "3.15.0b1",
    "3.15.0b1t",
    "3.15.0rc1",
    "3.15.0",
    "3.15.0t",
]


@every_shell
def test_versions_are_ordered_as_cpython_s_are_pre_releases_before_their_release(shell, tmp_path):
    (tmp_path / "found").write_text("".join(f"{version} x f\n" for version in sorted(ORDER, key=str.swapcase)))

    assert sourced(shell, f"in_order <{tmp_path}/found").stdout == "".join(f"{version} x f\n" for version in ORDER)


@every_shell
@pytest.mark.parametrize(
    "there, wanted, chosen",
    [
        (["3.15.0rc1"], "3.15", ""),
        (["3.15.0rc1", "3.15.0"], "3.15", "3.15.0"),
        (["3.15.0", "3.15.1rc1"], "3.15", "3.15.0"),
        (["3.15.0", "3.15.0rc1"], "", "3.15.0"),
        (["3.14.7", "3.15.0rc1", "3.15.0t"], "", "3.14.7"),
        (["3.15.0rc1t"], "3.15t", ""),
        (["3.15.0rc1t", "3.15.0t"], "3.15t", "3.15.0t"),
        (["3.15.0rc1", "3.15.0"], "3.15.0rc1", "3.15.0rc1"),
    ],
)
def test_a_release_takes_the_place_of_its_pre_releases(shell, tmp_path, there, wanted, chosen):
    (tmp_path / "found").write_text("".join(f"{version} x f\n" for version in there))

    assert sourced(shell, f"choose '{wanted}' {tmp_path}/found").stdout.partition(" ")[0].strip() == chosen


@every_shell
@pytest.mark.parametrize(
    "wanted, said",
    [
        ("3.15", "there are only pre-releases of 3.15 for P; name one of them exactly: 3.15.0b1 3.15.0rc1"),
        ("3.15.0", "there are only pre-releases of 3.15.0 for P; name one of them exactly: 3.15.0b1 3.15.0rc1"),
        ("3.15t", "there are only pre-releases of 3.15t for P; name one of them exactly: 3.15.0b2t"),
        ("3.15.0rc7", "there is no 3.15.0rc7 for P. There are: 3.15.0b1 3.15.0b2t 3.15.0rc1"),
        ("3.1", "there is no 3.1 for P. There are: 3.15.0b1 3.15.0b2t 3.15.0rc1"),
        ("", "there is no final release for P. There are: 3.15.0b1 3.15.0b2t 3.15.0rc1"),
    ],
)
def test_where_there_are_only_pre_releases_it_says_how_to_name_one(shell, tmp_path, wanted, said):
    (tmp_path / "found").write_text("3.15.0rc1 x f\n3.15.0b1 x f\n3.15.0b2t x f\n")

    assert sourced(shell, f"nothing_of '{wanted}' {tmp_path}/found P").stdout.strip() == said


@every_shell
@pytest.mark.parametrize("version", ["3.12t", "3.12.1t", "3.9t", "3.10.4rc1t"])
def test_free_threading_before_3_13_is_refused_with_what_to_name(shell, version):
    done = sourced(shell, 'check_version "$V"', V=version)

    assert done.returncode == 1
    assert f"'{version}' is not there: CPython has a free-threaded build from 3.13 on" in done.stderr
    assert done.stderr.strip().endswith(f"; name {version[:-1]}")


@every_shell
@pytest.mark.parametrize("version", ["3.13t", "3.13.0t", "3.14.7t", "3.20t", "3.15.0rc1t", "3.12", "4.0t"])
def test_a_variant_may_be_named(shell, version):
    assert sourced(shell, 'check_version "$V"', V=version).returncode == 0


@every_shell
@pytest.mark.parametrize(
    "version",
    ["3.14.7tt", "3.14.7T", "3.13.5; id", "../3.13", "latest", "3", "-3.13", "3.13.5\n3.12", "$(id)", "3..13"],
)
def test_what_is_no_version_is_refused(shell, version):
    done = sourced(shell, 'check_version "$V"', V=version)

    assert done.returncode == 1
    assert "is no CPython version: 3.13.5 is one, and 3.13 means its newest; 3.14.0t and 3.14t are free" in done.stderr
