"""What install.sh does to a system: real apt and dpkg with packages that hold a script for an interpreter.

Real CPythons are installed in test_real_platforms.py.
"""

from collections.abc import Iterator

import pytest

from tests.docker.install_sh import CDN, LINK, RUN, installer_box
from tests.docker.rpm_box import Box

VERSIONS = ("3.12.9", "3.13.4", "3.13.5", "3.14.2t", "3.15.0rc1")
BROKEN = "deb [trusted=yes] file:/nonexistent x main"
LOCK = """perl -e 'use Fcntl; open(my $f, ">>", $ARGV[0]) or die; my $lock = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0);
fcntl($f, F_SETLK, $lock) or die "no lock: $!"; sleep 8' """
"""What another package manager does to a file for a while."""

HOSTILE = "CDPATH=/srv PYTHONHOME=/nope PYTHONPATH=/tmp PERL5LIB=/nope umask=077 PATH=/usr/bin:/bin"


def deb(box: Box, version: str) -> None:
    """Make a deb whose interpreter is a script."""
    folder, file = f"/tmp/debs/{version}", f"{CDN}/python/debian-12/pkgs/python-{version}_1_amd64.deb"
    fields = {"Package": f"python-{version}", "Version": "1", "Architecture": "amd64", "Maintainer": "a test"}
    control = "".join(f"{name}: {value}\n" for name, value in fields.items()) + "Description: a test\n"
    box.write(f"{folder}/DEBIAN/control", control)
    box.write(f"{folder}/opt/python/{version}/bin/python3", f"#!/bin/sh\necho Python {version}\n")
    box.run(f"chmod +x {folder}/opt/python/*/bin/python3; mkdir -p $(dirname {file}); dpkg-deb -b {folder} {file}")


def publish(box: Box, *versions: str) -> None:
    """Publish debs of these versions alone, and one that follows patches, which is none of them."""
    box.run(f"rm -rf {CDN}; mkdir -p {CDN}/python; echo {{}} >{CDN}/python/versions.json")
    for version in versions:
        deb(box, version)
    folder = f"{CDN}/python/debian-12"
    box.run(f"echo x >{folder}/pkgs/python-3.13_3.13.9-1_amd64.deb; cd {folder}; sha256sum pkgs/* >SHA256SUMS")


@pytest.fixture(scope="module")
def module_box() -> Iterator[Box]:
    with installer_box() as box:
        box.run(f"rm -f /etc/apt/sources.list.d/*; echo '{BROKEN}' >/etc/apt/sources.list")
        yield box


@pytest.fixture
def box(module_box: Box) -> Box:
    """Give it with nothing of ours installed."""
    module_box.run("dpkg-query -W -f '${Package}\\n' 'python-[0-9]*' | xargs -r dpkg --purge; rm -rf /opt/python", None)
    module_box.run("rm -f /usr/local/bin/python3*")
    return module_box


def test_somebody_else_s_broken_repository_and_environment_do_not_stop_it(box: Box) -> None:
    publish(box, *VERSIONS)
    said = box.run(f"umask 077; export {HOSTILE}; {RUN} --yes --symlink 3.13")

    assert "some lists of packages could not be renewed, see above: going on with what is there" in said
    assert f"linked {LINK} to /opt/python/3.13.5/bin/python3\n" in said
    assert box.run("python3.13").strip() == "Python 3.13.5"
    assert box.run("stat -c %a /usr/local/bin").strip() == "755"


@pytest.mark.parametrize(
    "lock", ["lib/dpkg/lock-frontend", "lib/dpkg/lock", "lib/apt/lists/lock", "cache/apt/archives/lock"]
)
def test_another_package_manager_s_lock_is_waited_for(box: Box, lock: str) -> None:
    publish(box, "3.13.5")
    said = box.run(f"{LOCK} /var/{lock} & sleep 1; {RUN} --yes 3.13")

    assert said.count("another package manager is at work here: waiting for it, ten minutes at most") == 1
    assert box.run("/opt/python/3.13.5/bin/python3")


@pytest.mark.parametrize(
    "leads_to, arguments, now",
    [
        (None, "--symlink 3.13", "3.13.5"),
        (None, "3.13", None),
        ("/opt/python/3.13.4/bin/python3", "--symlink 3.13", "3.13.5"),
        ("/opt/python/3.13.4/bin/python3", "3.13", "3.13.4"),
        ("/opt/python/3.13.1/bin/python3", "--symlink 3.13", "3.13.5"),
        ("/opt/python/3.13.9/bin/python3", "--symlink 3.13", "3.13.5"),
        ("/opt/python/3.12.9/bin/python3", "--symlink 3.13", "3.13.5"),
        ("/opt/python/3.13.6/bin/python3", "--symlink 3.13", "3.13.6"),
        ("/opt/python/3.13.6/bin/python3", "--symlink 3.13.5", "3.13.5"),
        ("/opt/python/3.13/bin/python3.13", "--symlink 3.13", "3.13/bin/python3.13"),
    ],
)
def test_a_link_of_ours_is_made_or_mended_where_that_is_asked_for(
    box: Box, leads_to: str | None, arguments: str, now: str | None
) -> None:
    publish(box, "3.13.5")
    for version in ("3.13.4", "3.12.9", "3.13.6", "3.13"):
        box.write(f"/opt/python/{version}/bin/python3", "")
    box.run("ln -s python3 /opt/python/3.13/bin/python3.13")
    if leads_to:
        box.run(f"ln -s {leads_to} {LINK}")
    said = box.run(f"{RUN} --yes {arguments}")
    found = box.run(f"readlink {LINK} || true").strip()

    assert found == ("" if now is None else f"/opt/python/{now if '/' in now else f'{now}/bin/python3'}")
    assert (LINK in said) == ("--symlink" in arguments), said


@pytest.mark.parametrize("made", ["ln -s /usr/bin/env", "ln -s /usr/bin/gone", "touch"])
def test_what_is_not_ours_is_never_touched(box: Box, made: str) -> None:
    publish(box, "3.13.5")
    box.run(f"{made} {LINK}")
    before = box.run(f"ls -l --time-style=full-iso {LINK}")
    said = box.run(f"{RUN} --yes --symlink 3.13; {RUN} --yes --uninstall 3.13")

    assert "stays\n" in said
    assert box.run(f"ls -l --time-style=full-iso {LINK}") == before


def test_what_is_installed_is_upgraded_and_the_older_stays(box: Box) -> None:
    publish(box, "3.12.9", "3.13.4", "3.15.0rc1")
    box.run(f"{RUN} --yes --symlink 3.13; {RUN} --yes 3.12; {RUN} --yes 3.15.0rc1")
    nothing = box.run(f"{RUN} --yes --upgrade")
    publish(box, *VERSIONS)
    said = box.run(f"{RUN} --yes --upgrade")
    none = box.run(f"{RUN} --yes --upgrade 3.14t", 1)

    assert (
        "CPython 3.13.4 is installed, and no newer 3.13 is published for debian-12 on amd64: nothing to do" in nothing
    )
    assert f"linked {LINK} to /opt/python/3.13.5/bin/python3, before to /opt/python/3.13.4/bin/python3" in said
    assert "CPython 3.13.4 stays beside it; remove it: apt-get purge -y python-3.13.4" in said
    assert "no newer 3.15 is published" in said
    assert "no 3.14t is installed that could be upgraded; without --upgrade, it is installed" in none
    assert box.run("ls /opt/python").split() == ["3.12.9", "3.13.4", "3.13.5", "3.15.0rc1"]


def test_only_what_is_named_is_upgraded(box: Box) -> None:
    publish(box, "3.12.9", "3.13.4")
    box.run(f"{RUN} --yes 3.13; {RUN} --yes 3.12")
    publish(box, "3.12.10", "3.13.5")
    box.run(f"{RUN} --yes --upgrade 3.12")

    assert box.run("ls /opt/python").split() == ["3.12.10", "3.12.9", "3.13.4"]


def test_nothing_to_upgrade_is_no_failure(box: Box) -> None:
    publish(box, *VERSIONS)

    assert "no CPython of a farm is installed here: nothing to upgrade" in box.run(f"{RUN} --upgrade")


def test_a_version_is_uninstalled_with_its_links_and_no_farm_is_asked(box: Box) -> None:
    publish(box, *VERSIONS)
    box.run(
        f"{RUN} --yes 3.13.4; {RUN} --yes --symlink 3.13; ln -s /opt/python/3.13.4/bin/python3 /usr/local/bin/python3-old"
    )
    box.run(f"rm -r {CDN}")
    several = box.run(f"{RUN} --yes --uninstall 3.13", 1)
    asked = box.run(f"{RUN} --uninstall 3.13.5", 1)
    box.run("touch /opt/python/3.13.5/mine")
    said = box.run(f"{RUN} --yes --uninstall 3.13.5")

    assert "there are: 3.13.4 3.13.5. Name one, as in --uninstall 3.13.4" in several
    assert "there is no terminal to ask at" in asked
    assert f"removed the link {LINK}\nremoved CPython 3.13.5\n" in said
    assert "what was added to it is left in /opt/python/3.13.5; remove that too: rm -r /opt/python/3.13.5" in said
    assert box.run("ls /usr/local/bin").split() == ["python3-old"]
    assert "removed CPython 3.13.4" in box.run(f"{RUN} --yes --uninstall")
    assert "no package of CPython is installed" in box.run(f"{RUN} --yes --uninstall", 1)


def test_a_package_that_fails_for_another_s_sake_is_installed(box: Box) -> None:
    """Dpkg ends with an error as another package cannot be configured, while ours is there."""
    publish(box, "3.13.5")
    box.write(
        "/tmp/debs/bad/DEBIAN/control", "Package: bad\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    )
    box.write("/tmp/debs/bad/DEBIAN/postinst", "#!/bin/sh\nexit 1\n")
    box.run(
        "chmod 755 /tmp/debs/bad/DEBIAN/postinst; dpkg-deb -b /tmp/debs/bad /tmp/bad.deb; dpkg -i /tmp/bad.deb || true"
    )
    try:
        said = box.run(f"{RUN} --yes 3.13")
    finally:
        box.run("dpkg --purge --force-all bad")

    assert "the package manager has something to complain of, see above; CPython 3.13.5 is installed" in said
