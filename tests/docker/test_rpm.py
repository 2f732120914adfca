"""Packages for rpm systems, of a tree that is built here, on Debian 12: neither EL nor SUSE is reached from everywhere.

The miniature CPython by default, and a real one too with ALL=1, which takes minutes. Stub packages stand for the
libraries of a distribution; rpm, dnf, zypper and the scripts are the real ones.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.stop import Stop
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.upstream.fetching import fetch
from python_builds.adapters.upstream.sources import find_offer, make_sources
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.trust import Trust
from tests.docker.rpm_box import Box, Built, docker, started_box
from tests.e2e.farms import mini_tarball

CASES = ["mini", "real"] if os.environ.get("ALL") == "1" else ["mini"]
VERSION, OTHER = "3.11.2", "3.11.7"
BASE = "/opt/rpm-base"

MANAGERS = {
    "dnf": "dnf --assumeyes --installroot={root} --releasever=9 --nogpgcheck --setopt=reposdir=/nonexistent "
    "--setopt=cachedir={root}/var/cache/dnf --repofrompath=stubs,file://{repository} --repo=stubs",
    "zypper": "zypper --root {root} --non-interactive --no-gpg-checks --plus-repo file://{repository}",
}
FOR_SCRIPTLETS = {"/bin/sh", "coreutils", "findutils"}
ALLOW = {"dnf": "", "zypper": "--allow-unsigned-rpm"}
every_manager = pytest.mark.parametrize("manager", MANAGERS)

pytestmark = pytest.mark.timeout(3600 if "real" in CASES else 240)

VENDOR_MACROS = """
%__os_install_post false
%__spec_install_post false
%__find_requires false
%_binary_payload w1.gzdio
%_buildhost vendor
%dist .el9
"""
"""What a distribution's macros may do to a package, only worse."""


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with started_box() as box:
        yield box


@pytest.fixture(scope="module", params=CASES)
def built(request: pytest.FixtureRequest, box: Box, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the tree by the scripts that a farm runs."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "mini":
        return Built(box, "mini", VERSION, mini_tarball(folder, VERSION))
    settings = Settings(_env_file=None, state_dir=folder, store=folder / "store", sources="apt")
    offer, _ = find_offer(
        make_sources(settings, DirectoryStore(folder / "store"), Stop()), Version(VERSION), Trust.SIGNED_INDEX
    )
    fetch(offer, folder / offer.name)
    return Built(box, "real", VERSION, folder / offer.name)


@pytest.fixture(scope="module")
def other(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build another version."""
    return Built(box, "mini", OTHER, mini_tarball(tmp_path_factory.mktemp("other"), OTHER))


@pytest.fixture(scope="module")
def repositories(box: Box, built: Built) -> str:
    """Make folders of stub packages: `whole`, `without-zlib`, and two whose compiler harms the package under test."""
    required = [line for line in requires(built) if not line.startswith("rpmlib(")]
    zlib = [line for line in required if line.startswith("libz.so")]
    folder = f"/repositories/{built.case}"
    compilers = {
        "whole": "",
        "without-zlib": "",
        "leaving": f"touch {built.prefix}/lib/left",
        "changing": f"echo '# harmed' >>{built.prefix}/lib/python3.11/os.py",
    }
    for name, post in compilers.items():
        box.package(f"{folder}/{name}", [*(set(required) - set(zlib)), "/bin/sh"], "libraries")
        box.package(f"{folder}/{name}", [], "glibc-devel")
        box.package(f"{folder}/{name}", ["pkg-config"], "pkgconf-pkg-config")
        box.package(f"{folder}/{name}", [], "gcc", post)
        if name != "without-zlib":
            box.package(f"{folder}/{name}", zlib, "zlib")
        box.run(f"createrepo_c --quiet {folder}/{name}")
    return folder


def requires(built: Built) -> list[str]:
    return built.sh(f"rpm --query --package --requires {built.make()}").splitlines()


def needed_by_binaries(built: Built, tree: str) -> set[str]:
    """Read with another tool what the binaries of a tree ask the system for, in rpm's words."""
    found: set[str] = set()
    for path in built.sh(f". scripts/lib/build-environment.sh; elf_files {tree} | xargs -0 -n 1 echo").splitlines():
        dump = built.sh(f"objdump -p '{path}'")
        found |= {f"{name}()(64bit)" for name in re.findall(r"^ +NEEDED +(\S+)$", dump, re.MULTILINE)}
        for library, versions in re.findall(r"required from (\S+):\n((?: +0x.*\n)+)", dump):
            found |= {f"{library}({line.split()[-1]})(64bit)" for line in versions.splitlines()}
    return {line for line in found if not line.startswith("libpython3")}


def manager_command(manager: str, root: str, repository: str, words: str) -> str:
    return f"{MANAGERS[manager].format(root=root, repository=repository)} {words}"


# The package


def test_a_package_is_named_as_the_predecessor_s_with_its_digest_and_nothing_else_beside_it(built: Built) -> None:
    file = built.make()

    name = f"{built.package}-1-1.{built.architecture}.rpm"
    assert Path(file).name == name
    assert {name, f"{name}.sha256"} <= {*built.sh("ls -A dist").split()}
    assert not [left for left in built.sh("ls -A dist").split() if left.startswith(".")]
    built.sh(f"cd dist; sha256sum --check {name}.sha256")
    assert built.sh(f"rpm --checksig {file}").rstrip().endswith(": digests OK")


def test_a_package_requires_exactly_what_its_binaries_need_with_symbol_versions(built: Built) -> None:
    found = {line for line in requires(built) if not line.startswith("rpmlib(")}

    assert found - {"rtld(GNU_HASH)", *FOR_SCRIPTLETS} == needed_by_binaries(built, "stage")
    assert found >= FOR_SCRIPTLETS
    assert "libz.so.1()(64bit)" in found
    assert any(re.fullmatch(r"libc\.so\.6\(GLIBC_2\.\d+\)\(64bit\)", line) for line in found)
    assert not [line for line in found - FOR_SCRIPTLETS if "python" in line or line.startswith("/")]


def test_a_package_requires_nothing_of_rpm_that_rpm_4_14_does_not_have(built: Built) -> None:
    features = {line.split("(")[1].split(")")[0] for line in requires(built) if line.startswith("rpmlib(")}

    assert features <= {"CompressedFileNames", "FileDigests", "PayloadFilesHavePrefix"}


@pytest.mark.parametrize("built", ["mini"], indirect=True)  # a real one would take minutes to compress
@pytest.mark.parametrize("compression, feature", [("xz", "PayloadIsXz"), ("zstd", "PayloadIsZstd")])
def test_compressions_ask_for_the_rpm_that_knows_them(built: Built, compression: str, feature: str) -> None:
    file = built.make({"xz": 11, "zstd": 12}[compression], compression)

    assert f"rpmlib({feature})" in built.sh(f"rpm --query --package --requires {file}")
    assert "digests OK" in built.sh(f"rpm --checksig {file}")


def test_a_package_provides_its_own_name_and_nothing_of_what_is_in_it(built: Built) -> None:
    provided = built.sh(f"rpm --query --package --provides {built.make()}").splitlines()

    assert provided == [f"{built.package} = 1-1", f"{built.package}{built.sh('rpm --eval %_isa').strip()} = 1-1"]


def test_a_package_owns_every_path_in_its_prefix_as_root_and_no_folder_above(built: Built) -> None:
    query = "[%{FILENAMES}\\t%{FILEUSERNAME}:%{FILEGROUPNAME}\\t%{FILEMODES:perms}\\n]"
    rows = [r.split("\t") for r in built.sh(f"rpm -qp --queryformat '{query}' {built.make()}").splitlines()]
    tree = {f"/{path}" for path in built.sh(f"cd stage; find .{built.prefix} -printf '%P\\n'").splitlines()}
    held = {path.removeprefix(built.prefix) or "/" for path, _, _ in rows}

    assert {path.startswith(built.prefix) for path, _, _ in rows} == {True}
    assert {re.sub("^/lib/ensurepip/[a-z]+(/|$)", "/", path) for path in held} - {"/lib/ensurepip"} == tree
    assert {owner for _, owner, _ in rows} == {"root:root"}
    assert {mode for _, _, mode in rows if mode.startswith("d")} == {"drwxr-xr-x"}
    assert not [path for path, _, mode in rows if not mode.startswith("l") and ("w" in mode[4:] or "s" in mode)]


def test_a_package_says_who_made_it_and_what_it_is(built: Built) -> None:
    query = "%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{LICENSE} %{URL}|%{PACKAGER}"
    built.make()
    built.sh("mv dist kept; install -d -o nobody dist")
    try:
        built.sh(
            f"export PYTHON_BUILDS_MAINTAINER='100% Us <us@example.org>'; scripts/run-as-build-user.sh scripts/steps/package-rpm.sh {built.package} 1 {built.architecture} {built.prefix} gzip"
        )
        shown = built.sh(f"rpm -qp --queryformat '{query}' {built.make()}")
    finally:
        built.sh("rm -r dist; mv kept dist")

    start = f"{built.package} 1 1 {built.architecture} Python-2.0 https://www.python.org/|"
    assert shown == f"{start}100% Us <us@example.org>"


def test_the_same_tree_gives_the_same_bytes_later_elsewhere_and_whatever_the_distribution_s_macros_do(
    box: Box, built: Built
) -> None:
    first = built.make()
    elsewhere = "/srv/a/deeper/folder"
    box.run(f"mkdir -p /srv/a/deeper; cp -a {built.folder} {elsewhere}; rm -r {elsewhere}/dist")
    box.run(f"install -d -o nobody {elsewhere}/dist; find {elsewhere}/stage -exec touch -h -d 2031-01-01 {{}} +")
    box.package("/tmp/harmed", [], "harmed")
    box.write("/etc/rpm/macros.vendor", VENDOR_MACROS)
    try:
        box.run("rpmbuild -bb /tmp/stub/harmed.spec", status=1)
        arguments = f"{built.package} 1 {built.architecture} {built.prefix} gzip"
        box.run(f"scripts/run-as-build-user.sh scripts/steps/package-rpm.sh {arguments}", folder=elsewhere)
    finally:
        box.run("rm /etc/rpm/macros.vendor")

    box.run(f"cmp {first} {elsewhere}/dist/{Path(first).name}; rm -r /srv/a")


def test_a_library_counts_that_is_not_executable(box: Box, other: Built) -> None:
    copy = f"{other.folder}-copy"
    box.run(f"cp -a {other.folder} {copy}; rm -rf {copy}/dist; install -d -o nobody {copy}/dist")
    library = f"stage{other.prefix}/lib/plain.so"
    box.run(
        f"echo 'int x;' | gcc -x c -shared -o {library} - -Wl,--no-as-needed -lbz2; chmod 644 {library}", folder=copy
    )
    arguments = f"{other.package} 1 {other.architecture} {other.prefix} gzip"
    said = box.run(f"scripts/run-as-build-user.sh scripts/steps/package-rpm.sh {arguments}; rm -r {copy}", folder=copy)

    assert "libbz2.so.1.0()(64bit)" in said


def test_rpmlint_says_nothing_of_a_package_that_is_not_explained(box: Box, built: Built) -> None:
    docker("cp", str(CHECKOUT / "tests/docker/rpmlintrc"), f"{box.name}:/tmp/", check=True)
    minor = built.version.rpartition(".")[0]
    file = f"python-{minor}-{built.version}-1.{built.architecture}.rpm"
    built.step(f"metapackage-rpm.sh python-{minor} {built.version}-1 {built.architecture} {built.prefix}")
    said = built.sh(f"rpmlint --ignore-unused-rpmlintrc -r /tmp/rpmlintrc {built.make()} dist/{file}")
    built.sh(f"rm dist/{file} dist/{file}.sha256")

    assert "2 packages and 0 specfiles checked; 0 errors, 0 warnings" in said, said


# rpm alone


def test_rpm_installs_verifies_finds_a_change_and_removes_without_a_trace(box: Box, built: Built) -> None:
    root = box.root(f"/roots/rpm-{built.case}")
    rpm = f"rpm --root {root}"
    box.run(f"{rpm} --initdb; {rpm} --install --nodeps {built.make()}")

    assert box.run(f"{rpm} --verify --nodeps {built.package}") == ""
    box.run(f"echo harmed >>{root}{built.prefix}/lib/python3.11/os.py")
    assert re.match(r"S.5.* .*/os\.py$", box.run(f"{rpm} --verify --nodeps {built.package}", status=1))
    box.run(f"{rpm} --erase {built.package}")
    assert box.run(f"ls -A {root}/opt") == ""


# dnf and zypper


@every_manager
def test_a_package_whose_library_nobody_has_is_refused_with_the_library_s_name(
    box: Box, built: Built, repositories: str, manager: str
) -> None:
    root = box.root(f"/roots/missing-{manager}-{built.case}")
    words = f"install {ALLOW[manager]} {built.make()}"
    said = box.run(manager_command(manager, root, f"{repositories}/without-zlib", words), status=None)

    assert re.search(rf"nothing provides '?libz\.so\.1.*needed by .*{re.escape(built.package)}", said), said
    assert box.run(f"rpm --root {root} --query --all") == ""


@every_manager
def test_a_package_installs_with_its_libraries_beside_another_version_upgrades_and_goes(
    box: Box, built: Built, other: Built, repositories: str, manager: str
) -> None:
    root = box.root(f"/roots/{manager}-{built.case}")

    def do(words: str) -> str:
        box.run(manager_command(manager, root, f"{repositories}/whole", words))
        return box.run(f"rpm --root {root} --query --all | grep python- | sort || true")

    isa = built.architecture
    one, two, three = (
        f"{name}-1-{n}.{isa}" for name, n in ((built.package, 1), (built.package, 2), (other.package, 1))
    )
    assert do(f"install {ALLOW[manager]} {built.make()}").split() == [one]
    assert "zlib-1-1" in box.run(f"rpm --root {root} --query --all")
    assert do(f"install {ALLOW[manager]} {other.make()}").split() == [one, three]
    assert do(f"install {ALLOW[manager]} {built.make(2)}").split() == [two, three]
    assert box.run(f"rpm --root {root} --verify {built.package} {other.package}") == ""
    assert do(f"remove {built.package}").split() == [three]
    assert box.run(f"rpm --root {root} --verify {other.package}; ls {root}/opt/python") == f"{OTHER}\n"
    assert do(f"remove {other.package}") == ""
    assert box.run(f"ls -A {root}/opt") == ""


# check-package.sh


def check_package(built: Built, repositories: str, manager: str, repository: str, status: int) -> str:
    """Try the package on a base system that has the manager alone, with one of the repositories."""
    configured = "[stubs]\nname=stubs\nbaseurl=file:///repository\nenabled=1\ngpgcheck=0\n"
    folder = {"dnf": "etc/yum.repos.d", "zypper": "etc/zypp/repos.d"}[manager]
    built.box.run(
        f"cd {BASE}; for name in dnf zypper; do test ! -e usr/bin/$name.away || mv usr/bin/$name.away usr/bin/$name; done;"
        f"rm -rf repository etc/yum.repos.d/* etc/zypp/repos.d/*; cp -r {repositories}/{repository} repository;"
        f"mv usr/bin/{'zypper' if manager == 'dnf' else 'dnf'}{{,.away}}"
    )
    built.box.write(f"{BASE}/{folder}/stubs.repo", configured)
    return built.sh(f"scripts/steps/check-package.sh {built.make()} {built.prefix} {BASE}", status)


@every_manager
def test_a_good_package_passes_the_trial_on_an_untouched_system(built: Built, repositories: str, manager: str) -> None:
    said = check_package(built, repositories, manager, "whole", 0)

    assert said.splitlines()[-1] == f"check-package.sh: {built.package}-1-1.{built.architecture}.rpm is good"
    assert "check_development.py: all " in said
    assert built.sh("ls -d check-root.* || true").startswith("ls: ")


@every_manager
def test_rpm_that_demands_signatures_tries_the_unsigned_package_all_the_same(
    built: Built, repositories: str, manager: str
) -> None:
    """As rpm 6 does by default."""
    strict = f"{BASE}/usr/lib/rpm/macros.d/macros.strict"
    built.box.run(f"mkdir -p $(dirname {strict})")
    built.box.write(strict, "%_pkgverify_level all\n")
    try:
        said = check_package(built, repositories, manager, "whole", 0)
    finally:
        built.box.run(f"rm {strict}")

    assert said.splitlines()[-1].endswith(".rpm is good")


@every_manager
def test_the_trial_fails_where_a_library_is_missing(built: Built, repositories: str, manager: str) -> None:
    said = check_package(built, repositories, manager, "without-zlib", 1)

    assert "libz.so.1" in said
    assert "trying the interpreter" not in said


@every_manager
def test_the_trial_fails_where_a_file_is_left_behind(built: Built, repositories: str, manager: str) -> None:
    said = check_package(built, repositories, manager, "leaving", 1)

    assert f"{built.prefix}/lib/left\n" in said
    assert said.splitlines()[-1] == f"check-package.sh: removing the package left {built.prefix} behind"


def test_the_trial_fails_where_a_file_of_the_package_changed(built: Built, repositories: str) -> None:
    said = check_package(built, repositories, "dnf", "changing", 1)

    assert re.search(r"^S.5.* .*/os\.py$", said, re.MULTILINE)
    assert said.splitlines()[-1].startswith("check-package.sh: files of the package changed while it was used")


def test_a_base_system_without_dnf_and_zypper_is_an_error_and_not_an_unchecked_package(built: Built) -> None:
    said = built.sh(f"scripts/steps/check-package.sh {built.make()} {built.prefix} /opt/pristine", 1)

    assert "/opt/pristine has neither dnf nor zypper" in said
