"""A row's package on the nearest thing to its system that can be had: its package manager, and names for its libraries.

The tree is the miniature, built once on Debian 12, with a module that is linked to the sonames of the row; packages that
hold nothing have the names of the row's. dnf and zypper of Debian 12 work in an empty root, apt in a bare Debian.
--keep-stand-ins writes what came of it to proofs/stand-ins/; else what is there must say no more than this run has tried.
"""

import contextlib
import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from python_builds.adapters.building.recipe import SCRIPTS, packed
from python_builds.adapters.platforms.proof_files import read_proofs, read_stand_ins, write_stand_in
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.cli.platforms import todays_recipe
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.platforms.proofs import Check, Verdict
from python_builds.core.platforms.stand_ins import (
    TRIABLE,
    CompilerRun,
    StandIn,
    claims_too_much,
    compiler_check,
    glibc_check,
)
from python_builds.core.publishing.artifacts import TARBALL_PARTS
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from tests.docker.clients import in_container
from tests.docker.row_libraries import ROWS
from tests.docker.rpm_box import PLATFORM, VERSION, Box, Built, docker
from tests.docker.stand_ins import REVISIONS, STUBS, TARBALL, Row, copy_tarballs
from tests.docker.test_rpm_repository import (
    REFRESH,
    REPOSITORIES,
    SERVED,
    Published,
    do,
    key,
    product_of,
)

COMPILERS = CHECKOUT / "benchmarks" / "results" / "compilers.json"
NAMES = (f"python-{VERSION}", "python-3.11")
GLIBC = {"ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libutil.so.1"}
NEAREST = {"ubuntu-2404": "debian-13", "ubuntu-2604": "debian-13"}
"""Whose apt is tried where it is not Debian 12's."""

TRY_APT = f"""
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
echo 'APT::Sandbox::User "root";' >/etc/apt/apt.conf.d/root
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:/packages/stubs/$ROW ./" >/etc/apt/sources.list.d/stubs.list
echo "deb [signed-by=/packages/1/python/python-builds.asc] file:{SERVED}/python/$ROW $SUITE main" \\
    >/etc/apt/sources.list.d/python-builds.list
apt_get() {{ apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@"; }}
said() {{ echo "$1: $(dpkg-query -W -f '${{Package}}=${{Version}}\\n' 'python-3.*' | LC_ALL=C sort | xargs)"; }}
dpkg-query -W -f '${{Package}}\\n' | sort >/tmp/before
ln -s /packages/1 {SERVED}
apt_get update
apt_get install {" ".join(NAMES)}
said repository
ln -sfn /packages/2 {SERVED}
apt_get update
apt_get install --only-upgrade {" ".join(NAMES)}
said upgrade
apt_get purge {" ".join(NAMES)}
apt_get autoremove --purge
dpkg-query -W -f '${{Package}}\\n' | LC_ALL=C sort | diff /tmp/before -
test ! -e /opt/python
test -z "$(ls /usr/local/bin)"
echo removal
"""


@dataclass
class Trial:
    """What came of each check so far."""

    platform: Platform
    checks: dict[str, Check] = field(default_factory=dict)
    on: str = ""

    @contextlib.contextmanager
    def check(self, name: str) -> Iterator[None]:
        """Note whether what is within went well."""
        try:
            yield
        except BaseException as error:
            self.checks[name] = Check(name=name, verdict=Verdict.FAILED, detail=str(error)[-300:])
            raise
        self.checks[name] = Check(name=name, verdict=Verdict.OK)

    def stand_in(self) -> StandIn:
        """Say what was tried; what was not, was not run."""
        return StandIn(
            platform=self.platform.name,
            architecture="amd64",
            tried_at=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
            recipe=todays_recipe(self.platform, packed(SCRIPTS)),
            on=self.on,
            libraries={soname: one.package for soname, one in ROWS[self.platform.name].items()},
            checks=tuple(self.checks.get(name, Check(name=name, verdict=Verdict.NOT_RUN)) for name in TRIABLE),
        )


@dataclass(frozen=True)
class Rows:
    """The rows' packages, published: a copy of the store after each revision, here and in the box."""

    folder: Path
    box: Box
    rows: dict[str, Row]


@pytest.fixture(scope="module")
def rows(rpm_box: Box, rpm_tree: Built, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    folder = tmp_path_factory.mktemp("stand-ins")
    settings = Settings(_env_file=None, state_dir=folder, signing_key_file=key(folder, "farm"))
    made = {name: Row(rpm_tree, platform_named(name)) for name in ROWS}
    products = {name: product_of(VERSION, row.platform) for name, row in made.items()}
    tarballs = make_tarballs(rpm_tree, folder / "tarballs")
    for name, row in made.items():
        (folder / name).mkdir()
        row.package(products[name], folder / name)
        copy_tarballs(products[name], tarballs, folder / name)
        row.stub()
    store = DirectoryStore(folder / "store", f"file://{SERVED}")
    with signer(settings) as signs:
        published = Published(rpm_box, store, signs, signs)
        for revision in REVISIONS:
            for name, product in products.items():
                published.take(product, revision, folder / name)
            published.index([row.platform for row in made.values()])
            rpm_box.run(f"rm -rf /srv/{revision}; cp -a {SERVED} /srv/{revision}")
            docker("cp", f"{rpm_box.name}:{SERVED}", str(folder / str(revision)), check=True)
    docker("cp", f"{rpm_box.name}:{STUBS}", str(folder / "stubs"), check=True)
    return Rows(folder, rpm_box, made)


def make_tarballs(built: Built, folder: Path) -> Path:
    folder.mkdir()
    for part in TARBALL_PARTS:
        name = TARBALL.format(f"-{part}" if part else "")
        words = {"": "", "uv": "", "test": " stage-test", "debug": " stage-debug"}[part]
        script = "package-uv.sh" if part == "uv" else "package-tarball.sh"
        built.step(f"{script} {name} {built.prefix}{words}")
        for file in (name, f"{name}.sha256"):
            docker("cp", f"{built.box.name}:{built.folder}/dist/{file}", str(folder / file), check=True)
    return folder


@pytest.mark.parametrize("name", ROWS)
def test_a_row_s_package_is_installed_upgraded_and_removed_by_the_row_s_package_manager(
    name: str, rows: Rows, request: pytest.FixtureRequest
) -> None:
    trial = Trial(platform_named(name))
    try:
        asked(trial, rows.rows[name])
        if trial.platform.package_format == "deb":
            with_apt(trial, rows)
        else:
            with_an_empty_root(trial, rows)
    finally:
        tried = trial.stand_in()
        if request.config.getoption("--keep-stand-ins"):
            write_stand_in(tried)
    if kept := read_stand_ins().get((name, "amd64")):
        assert claims_too_much(kept, tried) == []


def test_every_row_that_is_no_debian_has_a_stand_in() -> None:
    assert {*ROWS} == {row.name for row in PLATFORMS if not row.name.startswith("debian-")}


def asked(trial: Trial, row: Row) -> None:
    found, glibc = row.asked()
    with trial.check("dependencies"):
        if trial.platform.package_format == "deb":
            assert found == {one.package for one in row.libraries.values()}
        else:
            assert found - GLIBC == {*row.libraries}
    trial.checks["compiler"] = compiler_check(trial.platform, compiler_runs())
    trial.checks["glibc"] = glibc_check(trial.platform, glibc, PLATFORM.name, read_proofs())


def compiler_runs() -> list[CompilerRun]:
    """Read what the benchmark of compilers has built."""
    kept = json.loads(COMPILERS.read_text())
    about = kept["about"]
    of = f"{about['source'].split('.tgz')[0]}, {about['date']}, commit {about['commit']}"
    return [CompilerRun(**build, of=of) for build in kept["raw"]["builds"]]


def with_an_empty_root(trial: Trial, rows: Rows) -> None:
    """Install by dnf or zypper into a root that holds nothing."""
    platform, box = trial.platform, rows.box
    manager = platform.package_manager
    number = re.findall(r"[0-9]+\.[0-9.]+", box.run(f"{manager} --version"))[0]
    trial.on = f"{manager} {number} and rpm {box.run('rpm --version').split()[-1]} of debian:12, in an empty root"
    root = box.root(f"/tmp/row-{platform.name}")
    repositories = f"{root}/{REPOSITORIES[manager]}"
    box.run(
        f"rm -rf {SERVED}; ln -s /srv/1 {SERVED}; mkdir -p {repositories} {root}/etc/rpm; cp /etc/rpm/macros {root}/etc/rpm/"
    )
    box.run(f"cp {SERVED}/python/{platform.name}/python-builds.repo {repositories}/")
    stubs = f"[stubs]\nname=stubs\nbaseurl=file://{STUBS}/{platform.name}\nenabled=1\ngpgcheck=0\n"
    box.write(f"{repositories}/stubs.repo", stubs)
    try:
        with trial.check("repository"):
            do(box, manager, root, f"install {' '.join(NAMES)}")
            assert installed(box, root) == [f"python-3.11-{VERSION}-1", f"python-{VERSION}-1-1"]
            libraries = {one.package for one in rows.rows[platform.name].libraries.values()}
            assert libraries <= {*box.run(f"rpm --root {root} -qa --qf '%{{NAME}}\\n'").split()}
        with trial.check("upgrade"):
            box.run(f"ln -sfn /srv/2 {SERVED}")
            do(box, manager, root, REFRESH[manager])
            do(box, manager, root, "update")
            assert installed(box, root) == [f"python-3.11-{VERSION}-2", f"python-{VERSION}-1-2"]
        with trial.check("removal"):
            do(box, manager, root, f"remove {' '.join(NAMES)}")
            assert installed(box, root) == []
            assert box.run(f"find {root}/opt {root}/usr/local ! -type d 2>/dev/null; ls {root}/opt") == ""
    finally:
        box.run(f"rm -rf {root} {SERVED}")


def installed(box: Box, root: str) -> list[str]:
    return sorted(box.run(f"rpm --root {root} -qa --qf '%{{NAME}}-%{{VERSION}}-%{{RELEASE}}\\n' 'python-3*'").split())


def with_apt(trial: Trial, rows: Rows) -> None:
    """Install by apt in a bare Debian."""
    image = platform_named(NEAREST.get(trial.platform.name, "debian-12")).base_image
    options = (f"--env=ROW={trial.platform.name}", f"--env=SUITE={trial.platform.suite}")
    known = in_container(image, "dpkg-query -W -f '${Package} ${Version}\\n' apt dpkg", rows.folder)
    assert known.returncode == 0, known.stderr
    trial.on = f"{' and '.join(known.stdout.splitlines())} of {image}"
    done = in_container(image, TRY_APT, rows.folder, *options)
    came_to = done.stdout.splitlines()
    with trial.check("repository"):
        assert f"repository: python-{VERSION}=1 python-3.11={VERSION}-1" in came_to, done.stdout + done.stderr
    with trial.check("upgrade"):
        assert f"upgrade: python-{VERSION}=2 python-3.11={VERSION}-2" in came_to, done.stdout + done.stderr
    with trial.check("removal"):
        assert came_to[-1] == "removal", done.stdout + done.stderr
