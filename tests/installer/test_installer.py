"""The quick installer's functions, sourced under dash and bash, and its conversation with a web server on this machine.

What it does to real systems is in tests/docker/test_real_platforms.py.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tarfile

import pytest

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.indexes.installer import installer_table, published_installer
from python_builds.core.platforms.platforms import PLATFORMS, platform_for_system
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from tests.published import publish
from tests.web import cdn

SCRIPT = CHECKOUT / "installer" / "install.sh"
FIXTURES = sorted((CHECKOUT / "tests" / "os_release").iterdir())
SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]
SERVED = {
    "debian-11": "debian-11",
    "debian-12": "debian-12",
    "debian-13": "debian-13",
    "ubuntu-20.04": "ubuntu-2004",
    "ubuntu-22.04": "ubuntu-2204",
    "ubuntu-24.04": "ubuntu-2404",
    "ubuntu-26.04": "ubuntu-2604",
    "mint-20.3": "ubuntu-2004",
    "mint-21.3": "ubuntu-2204",
    "mint-22": "ubuntu-2404",
    "lmde-6": "debian-12",
    "pop-22.04": "ubuntu-2204",
    "rhel-8.10": "centos-8",
    "rhel-9.4": "rhel-9",
    "rhel-10.0": "rhel-10",
    "rocky-8.9": "centos-8",
    "rocky-9.3": "rhel-9",
    "almalinux-9.5": "rhel-9",
    "almalinux-10.0": "rhel-10",
    "oracle-8.10": "centos-8",
    "oracle-9.4": "rhel-9",
    "centos-stream-9": "rhel-9",
    "fedora-43": "fedora-43",
    "leap-15.5": "opensuse-155",
    "leap-15.6": "opensuse-156",
    "leap-16.0": "opensuse-160",
    "sles-15.5": "opensuse-155",
    "sles-15.7": "opensuse-156",
    "sled-15.6": "opensuse-156",
}
"""Real systems with packages; all other fixtures are systems without."""

TOOLS = "sh awk cat chmod cut env grep head id mktemp mkdir rm sed sha256sum sort tail tr uname wget"
"""What the script needs beside a package manager."""

every_shell = pytest.mark.parametrize("shell", SHELLS)


def sourced(shell, text, **environment):
    """Run a text after the script was sourced."""
    command = f"INSTALL_SH_SOURCED=1; . '{SCRIPT}'; {text}"
    return subprocess.run([shell, "-c", command], capture_output=True, text=True, env={**os.environ, **environment})


def test_the_table_in_the_script_is_the_farm_s():
    assert f"<<'PLATFORMS'\n{installer_table()}PLATFORMS\n" in SCRIPT.read_text(), (
        "put what `python -c 'from python_builds.core.indexes.installer import *; print(installer_table())'` prints into "
        "the function `platforms` of installer/install.sh"
    )


def test_both_shells_are_here():
    assert SHELLS == ["dash", "bash"], "apt-get install dash bash"


@every_shell
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_a_system_gets_the_packages_that_are_for_it(shell, fixture):
    asked = 'platform_for "$(os_release ID)" "$(os_release VERSION_ID)"'
    done = sourced(shell, asked, OS_RELEASE=str(fixture))

    assert done.stdout.strip() == SERVED.get(fixture.name, "")
    values = dict(line.split("=", 1) for line in fixture.read_text().splitlines())
    found = platform_for_system({name: value.strip('"') for name, value in values.items()})
    assert done.stdout.strip() == (found.name if found else ""), "the farm's own look-up says otherwise"


def test_there_are_fixtures_of_enough_systems():
    assert len(FIXTURES) >= 25
    assert {*SERVED} <= {path.name for path in FIXTURES}


@every_shell
def test_a_system_without_the_file_is_an_unknown_one(shell):
    done = sourced(shell, "system_name; platform_for '' ''", OS_RELEASE="/nonexistent")

    assert done.stdout == "an unknown system"


@every_shell
@pytest.mark.parametrize(
    "glibc, first, last",
    [("2.28", "centos-8", "centos-8"), ("2.36", "centos-8", "debian-12"), ("2.100", "centos-8", "ubuntu-2604")],
)
def test_an_unknown_system_may_take_what_was_built_for_an_older_glibc(shell, glibc, first, last):
    found = sourced(shell, f"compatible_platforms {glibc}").stdout.split()

    assert (found[0], found[-1]) == (first, last)
    assert {*found} == {p.name for p in PLATFORMS if [*map(int, p.glibc.split("."))] <= [*map(int, glibc.split("."))]}


@every_shell
def test_a_system_that_is_older_than_all_gets_none(shell):
    assert sourced(shell, "compatible_platforms 2.17").stdout == ""


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


@every_shell
@pytest.mark.parametrize(
    "version, link", [("3.13.5", "python3.13"), ("3.14.0t", "python3.14t"), ("3.14.0rc2", "python3.14")]
)
def test_the_symlink_is_named_after_the_minor(shell, tmp_path, version, link):
    text = f"yes=1 symlink=0 prefix=/x version={version}; offer_symlink; echo $link"

    assert sourced(shell, text).stdout == f"/usr/local/bin/{link}\n"


@every_shell
@pytest.mark.parametrize(
    "version, leads_to, linked",
    [
        ("3.15.0", "/opt/python/3.15.0rc1/bin/python3", True),
        ("3.15.0rc2", "/opt/python/3.15.0rc1/bin/python3", True),
        ("3.15.0t", "/opt/python/3.15.0b1t/bin/python3", True),
        ("3.15.0rc1", "/opt/python/3.15.0rc1/bin/python3", False),
        ("3.15.0rc1", "/opt/python/3.15.0rc2/bin/python3", False),
        ("3.15.0rc1", "/opt/python/3.15.0/bin/python3", False),
        ("3.15.1", "/opt/python/3.15.0/bin/python3", False),
        ("3.15.0", "/usr/bin/python3.15", False),
        ("3.15.0", "/opt/python/../3.15.0rc1/bin/python3", False),
    ],
)
def test_a_link_to_a_pre_release_gives_way_to_what_is_newer_and_every_other_stays(
    shell, tmp_path, version, leads_to, linked
):
    (tmp_path / "link").symlink_to(leads_to)
    found = sourced(shell, f"version={version}; older_prerelease {tmp_path}/link").stdout.strip()

    assert found == (leads_to.split("/")[3] if linked else "")


@every_shell
@pytest.mark.parametrize("yes, symlink, linked", [(1, 1, True), (1, 0, False)])
def test_a_link_is_changed_only_where_that_is_asked_for(shell, yes, symlink, linked):
    text = f"""yes={yes} symlink={symlink} prefix=/opt/python/3.15.0 version=3.15.0
        older_prerelease() {{ echo 3.15.0rc1; }}
        as_root() {{ echo "$*"; }}
        offer_symlink"""
    done = sourced(shell, text)

    assert ("ln -sfn /opt/python/3.15.0/bin/python3 /usr/local/bin/python3.15" in done.stdout) == linked


@pytest.fixture
def farm(tmp_path, make_product):
    """Serve what is published for Debian 12: two versions."""
    with cdn() as web:
        web.store = DirectoryStore(tmp_path / "store", web.url)
        for version in ("3.13.5", "3.12.1"):
            publish(web.store, make_product(version))
        yield web


def index(web, **values):
    Indexing(store=web.store, profile="optimized", **values).run()


@pytest.fixture
def stranger(tmp_path):
    """Give a machine's folder with tools that note what they are asked, in the place of those that change a system."""
    folder = tmp_path / "bin"
    folder.mkdir()
    tools = {name: f'echo "{name} $*" >>"$NOTES"\nexit ${{STATUS:-0}}' for name in ("apt-get", "dnf", "zypper")}
    for name, what in {**tools, "sudo": 'exec "$@"'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{what}\n")
        (folder / name).chmod(0o755)
    return folder


def install(shell, web, stranger, *arguments, **environment):
    notes = stranger / "notes"
    values = {
        **os.environ,
        "PATH": f"{stranger}:{os.environ['PATH']}",
        "NOTES": str(notes),
        "CDN_URL": web.url,
        "OS_RELEASE": str(CHECKOUT / "tests/os_release/debian-12"),
        "TMPDIR": str(stranger.parent),
        **environment,
    }
    done = subprocess.run(
        [shell, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env=values,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    left = [path.name for path in stranger.parent.glob("tmp.*")]
    assert left == [], "a folder is left"
    return done, notes.read_text() if notes.exists() else ""


@every_shell
def test_versions_are_listed(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--list")

    assert (done.returncode, done.stdout, notes) == (0, "3.12.1\n3.13.5\n", "")


@every_shell
def test_a_free_threaded_build_and_a_pre_release_are_listed_and_chosen_by_name_alone(
    shell, farm, stranger, make_product
):
    publish(farm.store, make_product("3.14.0", variant="t"))
    publish(farm.store, make_product("3.14.1", variant="t"))
    publish(farm.store, make_product("3.15.0rc1"))
    index(farm)
    listed, _ = install(shell, farm, stranger, "--list")
    newest, _ = install(shell, farm, stranger)
    free, _ = install(shell, farm, stranger, "3.14t")
    exact, _ = install(shell, farm, stranger, " 3.15.0rc1 ")
    minor, _ = install(shell, farm, stranger, "3.15")

    assert listed.stdout.split() == ["3.12.1", "3.13.5", "3.14.0t", "3.14.1t", "3.15.0rc1"]
    assert "CPython 3.13.5 for" in newest.stderr
    assert "CPython 3.14.1t for" in free.stderr and "in /opt/python/3.14.1t" in free.stderr
    assert "CPython 3.15.0rc1 for" in exact.stderr
    assert "there are only pre-releases of 3.15 for debian-12 on amd64; name one of them exactly: 3.15.0rc1" in (
        minor.stderr
    )


@every_shell
def test_without_a_terminal_and_a_yes_nothing_happens(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger)

    assert (done.returncode, notes) == (1, "")
    assert "CPython 3.13.5 for Debian GNU/Linux 12 (bookworm): pkgs/python-3.13.5_1_amd64.deb" in done.stderr
    assert "there is no terminal to ask at: say --yes" in done.stderr


@every_shell
@pytest.mark.parametrize("answer, said", [("n", "nothing was installed"), ("", "does not run; it was removed again")])
def test_a_person_at_a_terminal_is_asked_even_where_the_script_comes_through_a_pipe(
    shell, farm, stranger, answer, said
):
    index(farm)
    typed = f"cat {SCRIPT} | {shell}"
    values = {"PATH": f"{stranger}:{os.environ['PATH']}", "NOTES": str(stranger / "notes"), "CDN_URL": farm.url}
    values["OS_RELEASE"] = str(CHECKOUT / "tests/os_release/debian-12")
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", typed, "/dev/null"],
        input=f"{answer}\n",
        capture_output=True,
        text=True,
        env=values,
    )

    assert "Install it? [Y/n]" in done.stdout
    assert said in done.stdout
    assert (stranger / "notes").exists() == (answer == "")


@every_shell
def test_wget_does_where_there_is_no_curl(shell, farm, stranger, tmp_path):
    index(farm)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (*SHELLS, *TOOLS.split()):
        (tools / name).symlink_to(shutil.which(name))
    done, _ = install(shell, farm, stranger, "--yes", PATH=f"{stranger}:{tools}")

    assert "downloading " in done.stderr
    assert "does not run; it was removed again" in done.stderr
    (tools / "wget").unlink()
    neither, _ = install(shell, farm, stranger, "--yes", PATH=f"{stranger}:{tools}")
    assert "curl or wget is needed to download: install one of them" in neither.stderr


@every_shell
def test_a_package_whose_interpreter_does_not_run_is_removed_again(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--yes", "3.12")
    first, second, third = notes.splitlines()

    assert first == "apt-get -q update"
    assert second.startswith("apt-get -q -y install ") and second.endswith("/python-3.12.1_1_amd64.deb")
    assert third == "apt-get purge -y python-3.12.1"
    assert done.returncode == 1
    assert "does not run; it was removed again" in done.stderr


@every_shell
def test_a_package_manager_that_refuses_is_a_failure(shell, farm, stranger):
    index(farm)
    done, _ = install(shell, farm, stranger, "--yes", STATUS="100")

    assert done.returncode == 1
    assert "the package manager did not install it, see above" in done.stderr


@every_shell
@pytest.mark.parametrize(
    "change, said",
    [
        ({"python/debian-12/pkgs/python-3.13.5_1_amd64.deb": b"another"}, "has SHA-256 .* and should have"),
        (
            {"python/debian-12/pkgs/python-3.13.5_1_amd64.deb": None},
            "cannot be fetched: .*404.*; nothing was installed",
        ),
        ({"python/debian-12/SHA256SUMS": None}, "Either nothing is published for debian-12, or CDN_URL is wrong"),
        ({"python/debian-12/SHA256SUMS": b"<html>"}, "nothing is published for debian-12 on amd64"),
    ],
)
def test_a_download_that_is_not_right_installs_nothing(shell, farm, stranger, change, said):
    index(farm)
    farm.changed.update(change)
    done, notes = install(shell, farm, stranger, "--yes")

    assert (done.returncode, notes) == (1, "")
    assert re.search(said, done.stderr), done.stderr


@every_shell
def test_no_network_is_said(shell, farm, stranger):
    farm.url = "http://127.0.0.1:1"
    done, _ = install(shell, farm, stranger, "--yes")

    assert done.returncode == 1
    assert "or there is no network" in done.stderr


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "signing.asc"
    script = CHECKOUT / "scripts/setup/make-signing-key.sh"
    subprocess.run([script, path, "Farm <farm@example.org>"], check=True, capture_output=True)
    return path


@every_shell
def test_signed_checksums_are_verified_and_a_changed_list_is_refused(shell, farm, stranger, key, tmp_path):
    with signer(Settings(_env_file=None, state_dir=tmp_path, signing_key_file=key)) as signs:
        index(farm, signer=signs)
    done, _ = install(shell, farm, stranger, "--yes")
    sums = "python/debian-12/SHA256SUMS"
    farm.changed[sums] = farm.store.read(sums) + b"\n"
    changed, _ = install(shell, farm, stranger, "--yes", NOTES=str(tmp_path / "none"))
    farm.changed.clear()
    pinned, _ = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT=signs.fingerprints[0])
    other, _ = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT="A" * 40)

    for right in (done, pinned):
        assert f"checksums signed by {signs.fingerprints[0]}" in right.stderr
    assert (changed.returncode, (tmp_path / "none").exists()) == (1, False)
    assert "the signature of the checksums is bad; nothing was installed" in changed.stderr
    assert f"and not by {'A' * 40}; nothing was installed" in other.stderr


@every_shell
def test_a_key_that_is_asked_for_must_have_signed(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT="A" * 40)

    assert (done.returncode, notes) == (1, "")
    assert "KEY_FINGERPRINT is set" in done.stderr


@every_shell
def test_an_unknown_system_is_told_what_there_is_and_what_may_run(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--yes", OS_RELEASE=str(CHECKOUT / "tests/os_release/arch"))

    assert (done.returncode, notes) == (1, "")
    assert "there is no package for Arch Linux. There are packages for: ubuntu-2004, " in done.stderr
    assert "name a new folder for it, as in --folder ~/python" in done.stderr


@every_shell
@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--bogus"], "there is no option --bogus, see --help"),
        (["3.13", "3.12"], "one version at a time: 3.13 or 3.12"),
        (["--folder"], "--folder wants a value"),
        (["--platform", "debian-12"], "--platform goes with --folder"),
        (["--platform", "beos", "--folder", "/tmp/x"], "beos is none of: ubuntu-2004"),
        (["3.11.9"], "there is no 3.11.9 for debian-12 on amd64. There are: 3.12.1 3.13.5"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_can(shell, farm, stranger, arguments, said):
    index(farm)
    done, notes = install(shell, farm, stranger, *arguments)

    assert (done.returncode, notes) == (1, "")
    assert said in done.stderr


@every_shell
def test_an_address_that_is_none_is_refused(shell, farm, stranger):
    done, _ = install(shell, farm, stranger, "--list", CDN_URL="cdn.example.org")

    assert "CDN_URL must be the address of a farm's store" in done.stderr


@every_shell
def test_what_the_farm_publishes_knows_its_address(shell, farm, stranger, tmp_path):
    index(farm)
    script = farm.store.read("python/install.sh")
    (tmp_path / "install.sh").write_bytes(script)
    environment = {k: v for k, v in os.environ.items() if k != "CDN_URL"}
    environment["OS_RELEASE"] = str(CHECKOUT / "tests/os_release/debian-12")
    done = subprocess.run([shell, tmp_path / "install.sh", "--list"], capture_output=True, text=True, env=environment)

    assert script == published_installer(SCRIPT.read_text(), farm.url)
    assert done.stdout == "3.12.1\n3.13.5\n"


def tree(folder, interpreter="#!/bin/sh\necho Python 3.13.5\n"):
    """Make a tarball as package-uv.sh does, around a script that stands for the interpreter."""
    (folder / "python/bin").mkdir(parents=True)
    (folder / "python/lib/python3.13").mkdir(parents=True)
    (folder / "python/bin/python3").write_text(interpreter)
    (folder / "python/bin/python3").chmod(0o755)
    (folder / "python/lib/python3.13/_sysconfigdata__linux_.py").write_text(
        "build_time_vars = {'prefix': '/install'}\n"
    )
    with tarfile.open(folder / "x.tar.gz", "w:gz") as tar:
        tar.add(folder / "python", "python")
    return (folder / "x.tar.gz").read_bytes()


def serve_tree(farm, content):
    index(farm)
    file = "python-3.13.5-debian-12-uv.tar.gz"
    sums = farm.store.read("python/debian-12/SHA256SUMS").decode().splitlines()
    digest = hashlib.sha256(content).hexdigest()
    changed = [f"{digest}  {file}" if line.endswith(file) else line for line in sums]
    farm.changed = {
        f"python/debian-12/{file}": content,
        "python/debian-12/SHA256SUMS": "\n".join(changed).encode() + b"\n",
    }


@every_shell
def test_a_tarball_is_unpacked_into_a_folder_of_one_s_own_without_root(shell, farm, stranger, tmp_path):
    serve_tree(farm, tree(tmp_path / "made"))
    folder = tmp_path / "mine" / "python"
    folder.parent.mkdir()
    done, notes = install(shell, farm, stranger, "--yes", "--folder", str(folder), "3.13")

    assert done.returncode == 0, done.stderr
    assert notes == ""
    assert f"'prefix': '{folder}'" in (folder / "lib/python3.13/_sysconfigdata__linux_.py").read_text()
    assert f"remove it: rm -r {folder}" in done.stderr
    again, _ = install(shell, farm, stranger, "--yes", "--folder", str(folder), "3.13")
    assert f"{folder} exists: name a new folder" in again.stderr


@every_shell
@pytest.mark.parametrize(
    "content, said",
    [
        (lambda folder: tree(folder, "#!/bin/sh\nexit 1\n"), "it does not run on this system; it was removed again"),
        (lambda folder: b"no tarball", "it could not be unpacked; nothing is left of it"),
    ],
)
def test_a_tarball_that_is_of_no_use_leaves_nothing(shell, farm, stranger, tmp_path, content, said):
    serve_tree(farm, content(tmp_path / "made"))
    (tmp_path / "mine").mkdir()
    done, _ = install(shell, farm, stranger, "--yes", "--folder", str(tmp_path / "mine/python"), "3.13")

    assert done.returncode == 1
    assert said in done.stderr
    assert [*(tmp_path / "mine").iterdir()] == []


@every_shell
@pytest.mark.parametrize("folder", ["/nonexistent/x", "/tmp/a b", "/proc/python"])
def test_a_folder_that_cannot_be_is_refused_before_anything_is_fetched(shell, farm, stranger, folder):
    serve_tree(farm, b"x")
    done, _ = install(shell, farm, stranger, "--yes", "--folder", folder, "3.13")

    assert done.returncode == 1
    assert not [key for key in farm.asked if key.endswith("-uv.tar.gz")]
