"""Which system this is: os-release read as data, platform, architecture, and what else may run there."""

import struct

import pytest

from python_builds.core.indexes.installer import installer_table
from python_builds.core.platforms.platforms import PLATFORMS, platform_for_system
from python_builds.core.settings.setting_types import CHECKOUT
from tests.installer.installs import SCRIPT, SHELLS, every_shell, sourced

FIXTURES = sorted((CHECKOUT / "tests" / "os_release").iterdir())


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
    "amazon-2023": "amazon-2023",
    "fedora-43": "fedora-43",
    "leap-15.5": "opensuse-155",
    "leap-15.6": "opensuse-156",
    "leap-16.0": "opensuse-160",
    "sles-15.5": "opensuse-155",
    "sles-15.7": "opensuse-156",
    "sled-15.6": "opensuse-156",
}


"""Real systems with packages."""

DERIVED = {
    "neon-6.3": "ubuntu-2404",
    "zorin-17": "ubuntu-2204",
    "elementary-8": "ubuntu-2404",
    "raspbian-12": "debian-12",
    "cloudlinux-9.4": "rhel-9",
    "sles-sap-15.6": "opensuse-156",
    "asahi-43": "fedora-43",
}
"""What was made of them, of the same release; all other fixtures are systems without packages."""


def test_the_table_in_the_script_is_the_farm_s():
    assert f"<<'PLATFORMS'\n{installer_table()}PLATFORMS\n" in SCRIPT.read_text(), (
        "put what `python -c 'from python_builds.core.indexes.installer import *; print(installer_table())'` prints into "
        "the function `platforms` of installer/install.sh"
    )


def test_all_shells_are_here():
    assert SHELLS == ["dash", "bash", "busybox ash"], "apt-get install dash bash busybox"


@every_shell
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_a_system_gets_the_packages_that_are_for_it(shell, fixture):
    done = sourced(shell, "system_glibc() { echo 2.99; }; this_platform", OS_RELEASE=str(fixture))
    itself = sourced(shell, 'platform_for "$(os_release ID)" "$(os_release VERSION_ID)"', OS_RELEASE=str(fixture))

    assert done.stdout.strip() == {**SERVED, **DERIVED}.get(fixture.name, "")
    assert itself.stdout.strip() == SERVED.get(fixture.name, "")
    values = dict(line.split("=", 1) for line in fixture.read_text().splitlines())
    found = platform_for_system({name: value.strip('"') for name, value in values.items()})
    assert itself.stdout.strip() == (found.name if found else ""), "the farm's own look-up says otherwise"


def test_there_are_fixtures_of_enough_systems():
    assert len(FIXTURES) >= 25
    assert {*SERVED, *DERIVED} <= {path.name for path in FIXTURES}


@every_shell
def test_a_system_without_the_file_is_an_unknown_one(shell):
    done = sourced(shell, "system_name; this_platform", OS_RELEASE="/nonexistent")

    assert (done.stdout.strip(), done.returncode) == ("an unknown system", 0)


@every_shell
@pytest.mark.parametrize(
    "glibc, first, last",
    [("2.28", "centos-8", "centos-8"), ("2.36", "debian-12", "centos-8"), ("2.100", "ubuntu-2604", "centos-8")],
)
def test_an_unknown_system_may_take_what_was_built_for_an_older_glibc(shell, glibc, first, last):
    found = sourced(shell, f"compatible_platforms {glibc} ''").stdout.split()

    assert (found[0], found[-1]) == (first, last)
    assert {*found} == {p.name for p in PLATFORMS if [*map(int, p.glibc.split("."))] <= [*map(int, glibc.split("."))]}


@every_shell
def test_a_system_that_is_older_than_all_gets_none(shell):
    assert sourced(shell, "compatible_platforms 2.17 ''").stdout == ""


BOOKWORM = "Debian GNU/Linux 12 (bookworm)"


@every_shell
@pytest.mark.parametrize(
    "text",
    [
        f"PRETTY_NAME={BOOKWORM}\nID=debian\nVERSION_ID=12\n",
        f'PRETTY_NAME="{BOOKWORM}"\r\nID=debian\r\nVERSION_ID="12"\r\n',
        f"PRETTY_NAME='{BOOKWORM}'\nID='debian'\nVERSION_ID='12'",
        f'\ufeffID=debian\n  PRETTY_NAME="{BOOKWORM}"  \nexport VERSION_ID=12 # of June\n',
        f'ID=x\n# ID=y\nMY_ID=z\nID=Debian\nPRETTY_NAME="{BOOKWORM}" # ours\nVERSION_ID="12 (bookworm)"\n',
        f'PRETTY_NAME="{BOOKWORM}\nID="debian"\nVERSION_ID="12\n',
        'ID=debian\nPRETTY_NAME="Debian GNU\\/Linux 12 \\(bookworm)"\nVERSION_CODENAME=bookworm\n',
    ],
)
def test_the_file_is_understood_as_people_and_image_builders_write_it(shell, tmp_path, text):
    (tmp_path / "os-release").write_bytes(text.encode())
    done = sourced(shell, "system_name; echo; this_platform", OS_RELEASE=str(tmp_path / "os-release"))

    assert (done.stdout, done.stderr) == (f"{BOOKWORM}\ndebian-12\n", "")


@every_shell
def test_the_file_is_never_executed(shell, tmp_path):
    lines = [
        'PRETTY_NAME="Debian $NOBODY_SET_THIS $(touch executed) `touch executed`"',
        "touch executed",
        "exit 3",
        "ID=debian; touch executed",
        "ID_LIKE='* $(touch executed) \\'",
        "VERSION_ID=12",
    ]
    (tmp_path / "os-release").write_text("\n".join(lines) + "\n")
    done = sourced(shell, f"cd {tmp_path}; system_name; this_platform", OS_RELEASE=str(tmp_path / "os-release"))

    assert done.stdout.startswith("Debian $NOBODY_SET_THIS $(touch executed) `touch executed`")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "executed").exists()


@every_shell
@pytest.mark.parametrize(
    "lines, glibc, platform",
    [
        ("ID=xenenterprise; ID_LIKE='centos rhel fedora'; VERSION_ID=8.3.0", "2.17", ""),
        ("ID=anolis; ID_LIKE='rhel fedora centos'; VERSION_ID=8.9", "2.28", "centos-8"),
        ("ID=anolis; ID_LIKE='rhel fedora centos'; VERSION_ID=23", "2.38", ""),
        ("ID=linux12; ID_LIKE=debian; VERSION_ID=12", "2.36", ""),
        ("ID=sles_sap; ID_LIKE='sles suse'; VERSION_ID=15-SP6", "2.38", "opensuse-156"),
        ("ID=debian; VERSION_CODENAME=trixie", "2.41", "debian-13"),
    ],
)
def test_what_is_like_another_system_is_taken_for_it_only_where_it_is_the_same_release(
    shell, tmp_path, lines, glibc, platform
):
    (tmp_path / "os-release").write_text(lines.replace("; ", "\n"))
    done = sourced(shell, f"system_glibc() {{ echo {glibc}; }}; this_platform", OS_RELEASE=str(tmp_path / "os-release"))

    assert done.stdout.strip() == platform


@every_shell
@pytest.mark.parametrize(
    "fixture, glibc, first",
    [
        ("kali-2026.3", "2.42", "debian-13"),
        ("debian-sid", "2.42", "debian-13"),
        ("ubuntu-25.10", "2.42", "ubuntu-2404"),
        ("amazon-2", "2.34", "amazon-2023"),
        ("tumbleweed", "2.42", "opensuse-160"),
        ("fedora-41", "2.40", "opensuse-160"),
        ("arch", "2.42", "fedora-43"),
    ],
)
def test_what_is_nearest_to_a_system_and_fits_comes_first(shell, fixture, glibc, first):
    path = CHECKOUT / "tests/os_release" / fixture
    done = sourced(shell, f'compatible_platforms {glibc} "$(system_ids)"', OS_RELEASE=str(path))

    assert done.stdout.split()[0] == first


def elf(bits, machine):
    """Write how a program for a machine begins: elf(5)."""
    return b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9) + struct.pack("<HH", 3, machine)


@every_shell
@pytest.mark.parametrize(
    "program, printed, said",
    [
        (elf(64, 62), "amd64\n", ""),
        (elf(64, 183), "arm64\n", ""),
        (elf(32, 3), "", "this is a 32-bit system on a kernel for "),
        (elf(32, 40), "", "this is a 32-bit system on a kernel for "),
        (elf(32, 62), "", "this is a 32-bit system on a kernel for "),
        (elf(64, 243), "", "there is nothing for the processor "),
        (b"", "", "there is nothing for the processor "),
    ],
)
def test_the_programs_of_a_system_say_its_architecture_and_not_its_kernel(shell, tmp_path, program, printed, said):
    (tmp_path / "sh").write_bytes(program)
    done = sourced(shell, f"architecture {tmp_path}/sh")

    assert (done.stdout, done.returncode) == (printed, 0 if printed else 1)
    assert said in done.stderr


@every_shell
def test_this_system_s_own_shell_says_what_dpkg_says(shell):
    ours, dpkg_s = sourced(shell, "architecture /bin/sh; dpkg --print-architecture").stdout.split()

    assert ours == dpkg_s
