"""A base system from an archive in a folder: made, and its packages tried, by the real debootstrap, apt and mounts.

The archive has this machine's own signed indexes and those packages that are needed. Takes root and some minutes.
"""

import contextlib
import lzma
import os
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.core.settings.setting_types import CHECKOUT

BASE_ROOT = CHECKOUT / "scripts" / "steps" / "make-base-root.sh"
CHECK = CHECKOUT / "scripts" / "steps" / "check-package.sh"
CONTROL = """Package: try
Version: 1
Architecture: all
Maintainer: Nobody <nobody@localhost>
Description: needs something of the archive
Depends: pkg-config
"""
TRIAL = f""". {CHECK}
try_package() {{
    install_package "$1"
    install_compiler
    ! in_root touch "$ARCHIVE/written" || die "it could be written to"
}}
main try.deb /opt/python/3.9.9 base"""


def own_archive() -> tuple[str, str]:
    """Give this machine's archive and suite."""
    code = f'. {BASE_ROOT}; suite=$(own_suite); suites_of_this_machine "$suite"'
    uri, suite, *_ = subprocess.check_output(["bash", "-c", code], text=True).splitlines()[0].split()
    return uri.rstrip("/"), suite


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Copy the signed indexes of this machine's archive, and the packages of a base system with a compiler."""
    folder = tmp_path_factory.mktemp("archive")
    uri, suite = own_archive()
    fetched = folder / "fetched"
    names = "--include=gcc,libc6-dev,pkg-config"
    subprocess.run(["debootstrap", "--variant=minbase", "--download-only", names, suite, fetched, uri], check=True)
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    index = f"main/binary-{architecture}/Packages.xz"
    for name in ("InRelease", "Release", "Release.gpg", index):
        path = folder / "debian" / "dists" / suite / name
        path.parent.mkdir(parents=True, exist_ok=True)
        urllib.request.urlretrieve(f"{uri}/dists/{suite}/{name}", path)
    for line in lzma.open(folder / "debian" / "dists" / suite / index, "rt"):
        key, _, value = line.strip().partition(": ")
        if key == "Version":
            version = urllib.parse.quote(value, safe="+~")
        if key == "Filename":
            name, _, architecture = Path(value).name.split("_")
            deb = fetched / "var/cache/apt/archives" / f"{name}_{version}_{architecture}".replace("%3A", "%3a")
            if deb.exists():
                (folder / "debian" / value).parent.mkdir(parents=True, exist_ok=True)
                deb.rename(folder / "debian" / value)
    # Not in pytest's own folder: root in a base system is not let through there.
    place = Path(tempfile.mkdtemp(prefix="python-builds-test-", dir="/srv"))
    place.chmod(0o755)
    shutil.move(folder / "debian", place / "debian")
    yield place / "debian"
    shutil.rmtree(place)


@contextlib.contextmanager
def apt_with(source: str, folder: Path, more: str = "") -> Iterator[dict[str, str]]:
    """Give an environment in which this machine's apt has one source."""
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "sources.list").write_text(source)
    (folder / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "-";\n'
        f'Dir::State::Lists "{folder}/lists";\nDir::State::cdroms "{folder}/cdroms.list";\n{more}'
    )
    folder.chmod(0o755)
    yield {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}


def contents(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.timeout(1800)
def test_a_package_is_tried_with_an_archive_that_lies_in_a_folder(archive: Path, tmp_path: Path) -> None:
    suite = next((archive / "dists").iterdir()).name
    with apt_with(f"deb copy:{archive} {suite} main\n", tmp_path / "apt") as environment:
        subprocess.run(["apt-get", "update"], env=environment, check=True)
        subprocess.run([BASE_ROOT, suite, "base"], cwd=tmp_path, env=environment, check=True)
    base = tmp_path / "base"
    assert (base / "etc/apt/sources.list").read_text() == f"deb file:{archive} {suite} main\n"
    assert (base / "srv").exists() and not list((base / "srv").iterdir())

    (tmp_path / "try" / "DEBIAN").mkdir(parents=True)
    (tmp_path / "try" / "DEBIAN" / "control").write_text(CONTROL)
    subprocess.run(["dpkg-deb", "--build", "try", "try.deb"], cwd=tmp_path, check=True)
    before = contents(archive)
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", TRIAL]
    environment = {**os.environ, "PYTHON_BUILDS_APART": "yes", "ARCHIVE": str(archive)}
    done = subprocess.run(apart, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stdout
    assert "Setting up gcc" in done.stdout
    assert contents(archive) == before
    assert not list(tmp_path.glob("check-root.*"))

    without = ["setpriv", "--bounding-set=-sys_admin", CHECK, "try.deb", "/opt/python/3.9.9", "base"]
    done = subprocess.run(without, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.count("which it reaches by a mount, and none is allowed here")) == (3, 1)

    (base / "etc/apt/sources.list").write_text(f"deb file:{archive}-gone {suite} main\n")
    done = subprocess.run([CHECK, *without[3:]], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "is gone from" in done.stderr) == (3, True), done.stderr


@pytest.mark.timeout(1800)
def test_a_base_system_comes_from_a_disc_that_nobody_signed(archive: Path, tmp_path: Path) -> None:
    """As Debian's are: mounted where apt expects it, and trusted where whoever installed from one said so."""
    suite = next((archive / "dists").iterdir()).name
    disc = tmp_path / "disc"
    shutil.copytree(archive, disc)
    for name in ("InRelease", "Release.gpg"):
        (disc / "dists" / suite / name).unlink()
    (disc / ".disk").mkdir()
    (disc / ".disk" / "info").write_text("Debian GNU/Linux - Official DVD\n")
    more = f'Acquire::cdrom::mount "{disc}/";\nAPT::Authentication::TrustCDROM "true";\n'
    with apt_with("", tmp_path / "apt", more) as environment:
        subprocess.run(["apt-cdrom", "--no-mount", "--cdrom", disc, "add"], env=environment, check=True)
        assert "cdrom:[Debian GNU/Linux" in (tmp_path / "apt" / "sources.list").read_text()
        subprocess.run([BASE_ROOT, suite, "base"], cwd=tmp_path, env=environment, check=True)
    sources = (tmp_path / "base/etc/apt/sources.list").read_text()
    assert sources == f"deb [trusted=yes] file:{disc} {suite} main\n"
    assert (tmp_path / "base/usr/bin/apt-get").exists()
