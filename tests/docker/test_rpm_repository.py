"""What dnf and zypper make of a platform's signed repository: they install by name, and refuse what was tampered with.

The packages are of trees that are built here, on Debian 12, as in test_rpm.py; stub packages stand for the libraries.
"""

import dataclasses
import gzip
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.packages import package_metadata
from python_builds.adapters.publishing.publishing import sign_package, upload_artifacts, write_record
from python_builds.adapters.publishing.signing import Signer, signer
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import (
    PACKAGES_FOLDER,
    Product,
    artifact_keys,
    metapackage_file,
    package_file,
)
from python_builds.core.publishing.records import Record
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from tests.docker.rpm_box import VERSION, Box, Built, docker
from tests.e2e.farms import mini_tarball
from tests.published import Crawler, from_store

OTHER, NEWER, FREE_THREADED = "3.11.7", "3.11.9", "3.14.2t"
SERVED = "/srv/published"
PLATFORMS = {"dnf": platform_named("rhel-9"), "zypper": platform_named("opensuse-156")}
REPOSITORIES = {"dnf": "etc/yum.repos.d", "zypper": "etc/zypp/repos.d"}
COMMANDS = {
    "dnf": "dnf --assumeyes --installroot={root} --releasever=9 --setopt=reposdir={root}/etc/yum.repos.d "
    "--setopt=cachedir={root}/var/cache/dnf",
    "zypper": "zypper --root {root} --non-interactive --gpg-auto-import-keys",
}
REFRESH = {"dnf": "clean expire-cache", "zypper": "refresh --force"}
every_manager = pytest.mark.parametrize("manager", COMMANDS)


@dataclasses.dataclass
class Published:
    """A store on this machine whose copy is in the box, and what signed it."""

    box: Box
    store: DirectoryStore
    signs: Signer
    other: Signer

    def sync(self) -> None:
        """Bring the copy up to date."""
        self.box.run(f"rm -rf {SERVED}")
        docker("cp", str(self.store.root), f"{self.box.name}:{SERVED}", check=True)

    def publish(self, built: Built, manager: str, revision: int, folder: Path) -> None:
        """Publish what was built, as a farm does."""
        product = product_of(built.version, PLATFORMS[manager])
        built.make(revision)
        names = [name for name in artifact_keys(product, revision) if not name.endswith(".sha256")]
        for name in names:
            if name == metapackage_file(product, revision):
                version = f"{product.version}-{revision}"
                built.step(f"metapackage-rpm.sh {product.metapackage} {version} x86_64 {built.prefix}")
            if name.endswith(".tar.gz"):
                script = "package-uv.sh" if name.endswith("-uv.tar.gz") else "package-tarball.sh"
                built.step(f"{script} {name} {built.prefix}")
            for file in (name, f"{name}.sha256"):
                docker("cp", f"{self.box.name}:{built.folder}/dist/{file}", str(folder / file), check=True)
        self.take(product, revision, folder)

    def take(self, product: Product, revision: int, folder: Path) -> None:
        """Publish a folder with all artifacts of a product, after signing the packages that are signed themselves."""
        package = folder / package_file(product, revision)
        metapackage = folder / metapackage_file(product, revision)
        if product.platform.package_format == "rpm":
            for path in (package, metapackage):
                sign_package(self.signs, path)
        write_record(
            self.store,
            Record.model_validate(
                {
                    "python_version": str(product.version),
                    "variant": product.variant,
                    "platform": product.platform.name,
                    "architecture": "amd64",
                    "revision": revision,
                    "profile": "optimized",
                    "checked": True,
                    "built_at": f"2026-01-0{revision}T00:00:00Z",
                    "source": None,
                    "package": package_metadata(package, f"{PACKAGES_FOLDER}/{package.name}"),
                    "metapackage": package_metadata(metapackage, f"{PACKAGES_FOLDER}/{metapackage.name}"),
                    "artifacts": upload_artifacts(self.store, product, revision, folder),
                }
            ),
        )

    def index(self, platforms: Sequence[Platform] = (*PLATFORMS.values(),)) -> None:
        Indexing(store=self.store, profile="optimized", signer=self.signs, platforms=platforms).run()
        self.sync()


def product_of(version: str, platform: Platform) -> Product:
    """Name what a platform gets of a version, with its variant."""
    plain = version.rstrip("t")
    variant = version.removeprefix(plain)
    return Product(
        version=Version(plain), variant=variant, platform=platform, architecture="amd64", profile="optimized"
    )


def key(folder: Path, name: str) -> Path:
    script = CHECKOUT / "scripts/setup/make-signing-key.sh"
    subprocess.run([script, folder / name, f"{name} <{name}@example.org>"], check=True)
    return folder / name


@pytest.fixture(scope="module")
def box(rpm_box: Box) -> Box:
    return rpm_box


@pytest.fixture(scope="module")
def built(rpm_tree: Built) -> Built:
    return rpm_tree


@pytest.fixture(scope="module")
def newer(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(box, "mini", NEWER, mini_tarball(tmp_path_factory.mktemp("newer"), NEWER))


@pytest.fixture(scope="module")
def free_threaded(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Built:
    source = mini_tarball(tmp_path_factory.mktemp("free-threaded"), FREE_THREADED.rstrip("t"))
    return Built(box, "mini", FREE_THREADED, source)


@pytest.fixture(scope="module")
def published(box: Box, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Publish two versions for each platform, with stub packages for their libraries beside."""
    folder = tmp_path_factory.mktemp("published")
    other = Built(box, "mini", OTHER, mini_tarball(folder, OTHER))
    mine, somebody_s = (
        Settings(_env_file=None, state_dir=folder, signing_key_file=key(folder, name)) for name in ("farm", "stranger")
    )
    store = DirectoryStore(folder / "store", f"file://{SERVED}")
    make_stubs(box, built)
    with signer(mine) as signs, signer(somebody_s) as stranger:
        made = Published(box, store, signs, stranger)
        for manager in COMMANDS:
            for number, one in enumerate((built, other)):
                (work := folder / f"{manager}-{number}").mkdir()
                made.publish(one, manager, 1, work)
        made.index()
        yield made


@pytest.fixture
def root(box: Box, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give an empty system that has the platform's repository file and the stubs'."""
    root = make_root(box, request.node.callspec.params["manager"])
    yield root
    box.run(f"rm -rf {root}")


def make_stubs(box: Box, built: Built) -> None:
    """Make a repository of a package that stands for the libraries."""
    required = {line for line in built.sh(f"rpm -qp --requires {built.make()}").splitlines() if "rpmlib" not in line}
    box.package("/srv/stubs", [*required, "/bin/sh"], "libraries")
    box.run("createrepo_c --quiet /srv/stubs")


def make_root(box: Box, manager: str, name: str = "root") -> str:
    """Make an empty system that has the platform's repository file and the stubs'."""
    root = box.root(f"/tmp/{name}-{manager}")
    folder = f"{root}/{REPOSITORIES[manager]}"
    served = f"{SERVED}/python/{PLATFORMS[manager].name}"
    box.run(f"mkdir -p {folder} {root}/etc/rpm; cp /etc/rpm/macros {root}/etc/rpm/")
    box.run(f"cp {served}/python-builds.repo {folder}/")
    box.write(f"{folder}/stubs.repo", "[stubs]\nname=stubs\nbaseurl=file:///srv/stubs\nenabled=1\ngpgcheck=0\n")
    return root


def do(box: Box, manager: str, root: str, words: str, status: int | None = 0) -> str:
    return box.run(f"{COMMANDS[manager].format(root=root)} {words}", status)


def test_every_index_of_the_repository_is_true(published: Published, tmp_path: Path) -> None:
    keys = tmp_path / "keys.asc"
    keys.write_bytes(published.signs.public_keys())

    assert Crawler(from_store(published.store), keys=keys).crawl(PLATFORMS.values())["primary"] == 8


@every_manager
def test_a_package_is_installed_by_name_with_both_signatures_checked(
    published: Published, box: Box, root: str, manager: str
) -> None:
    said = do(box, manager, root, f"install python-{VERSION} python-{OTHER}")

    assert box.run(f"{root}/opt/python/{VERSION}/bin/python --version")
    assert box.run(f"ls {root}/opt/python").split() == [VERSION, OTHER]
    imported = box.run(f"rpm --root {root} -qa 'gpg-pubkey*'")
    assert published.signs.fingerprints[0][-8:].lower() in imported, said
    signature = box.run(f"rpm --root {root} -q --qf '%{{RSAHEADER:pgpsig}}%{{SIGPGP:pgpsig}}' python-{VERSION}")
    assert published.signs.fingerprints[0][-16:].lower() in signature.lower()
    do(box, manager, root, f"remove python-{VERSION} python-{OTHER}")
    assert box.run(f"ls {root}/opt 2>/dev/null || true") == ""


@every_manager
def test_the_package_of_a_minor_follows_its_patches(
    published: Published, newer: Built, box: Box, root: str, manager: str, tmp_path: Path
) -> None:
    minor = f"{root}/usr/local/bin/python3.11"
    do(box, manager, root, "install python-3.11")
    assert box.run(f"ls {root}/opt/python; readlink {root}/opt/python/3.11").split() == ["3.11", OTHER, OTHER]
    assert box.run(f"readlink {minor}").strip() == "/opt/python/3.11/bin/python3.11"
    assert box.run(f"chroot {root} /usr/local/bin/python3.11 --version || true")

    published.publish(newer, manager, 1, tmp_path)
    published.index()
    do(box, manager, root, REFRESH[manager])
    do(box, manager, root, "update")
    assert box.run(f"rpm --root {root} -q python-3.11").startswith(f"python-3.11-{NEWER}-1.")
    assert box.run(f"readlink {root}/opt/python/3.11").strip() == NEWER
    assert box.run(f"ls {root}/opt/python").split() == ["3.11", OTHER, NEWER]
    if manager == "dnf":  # zypper has no command that removes what nobody needs any more
        do(box, manager, root, "autoremove")
        assert box.run(f"ls {root}/opt/python").split() == ["3.11", NEWER]
    do(box, manager, root, f"remove $(rpm --root {root} -qa --queryformat '%{{NAME}} ' 'python-3.11*')")
    assert box.run(f"find {root}/opt {root}/usr/local/bin {root}/usr/local/share/man ! -type d") == ""


@every_manager
def test_the_package_of_a_free_threaded_minor_has_links_of_its_own(
    published: Published, free_threaded: Built, box: Box, root: str, manager: str, tmp_path: Path
) -> None:
    published.publish(free_threaded, manager, 1, tmp_path)
    published.index()
    do(box, manager, root, REFRESH[manager])
    do(box, manager, root, "install python-3.14t python-3.11")

    local = f"{root}/usr/local"
    assert box.run(f"readlink {root}/opt/python/3.14t {local}/bin/python3.14t").split() == [
        FREE_THREADED,
        "/opt/python/3.14t/bin/python3.14t",
    ]
    assert box.run(f"readlink {local}/share/man/man1/*").split() == [
        "/opt/python/3.11/share/man/man1/python3.11.1",
        "/opt/python/3.14t/share/man/man1/python3.14.1",
    ]
    do(box, manager, root, f"remove python-3.14t python-{FREE_THREADED}")
    assert box.run(f"ls {local}/bin {local}/share/man/man1 | grep 3.14 || true") == ""


@every_manager
def test_what_pip_has_put_there_survives_a_reinstallation_and_the_package(
    published: Published, box: Box, root: str, manager: str
) -> None:
    """What a newer pip leaves in place of the one that came with the version."""
    do(box, manager, root, f"install python-{VERSION}")
    prefix = f"/opt/python/{VERSION}"
    site = f"{root}{prefix}/lib/python3.11/site-packages"
    assert box.run(f"ls {site}").split() == ["pip", "pip-1.0.dist-info"]
    assert box.run(f"rpm --root {root} --verify python-{VERSION}") == ""
    box.run(
        f"cd {site}; rm -r pip pip-1.0.dist-info; mkdir pip pip-2.0.dist-info; touch pip/__init__.py pip-2.0.dist-info/RECORD six.py"
    )
    do(box, manager, root, {"dnf": "reinstall", "zypper": "install --force"}[manager] + f" python-{VERSION}")

    assert box.run(f"ls {site}").split() == ["pip", "pip-2.0.dist-info", "six.py"]
    said = do(box, manager, root, f"remove python-{VERSION}")
    assert f"python-{VERSION}: {prefix} keeps what was put there" in said
    assert box.run(f"cd {root}{prefix}; find . -type f | sort").split() == [
        "./bin/pip3",
        "./lib/python3.11/site-packages/pip-2.0.dist-info/RECORD",
        "./lib/python3.11/site-packages/pip/__init__.py",
        "./lib/python3.11/site-packages/six.py",
    ]
    do(box, manager, root, f"install python-{VERSION}")
    assert box.run(f"ls {site}").split() == ["pip", "pip-2.0.dist-info", "six.py"]


@every_manager
def test_an_administrator_s_link_and_program_stay(published: Published, box: Box, root: str, manager: str) -> None:
    program = f"{root}/usr/local/bin/python3.11"
    box.run(f"mkdir -p {root}/srv/pythons {root}/opt {root}/usr/local/bin; ln -s ../srv/pythons {root}/opt/python")
    box.write(program, "mine")
    said = do(box, manager, root, "install python-3.11")
    assert "/usr/local/bin/python3.11 is not this package's and stays as it is" in said
    installed = box.run(f"rpm --root {root} -qa --queryformat '%{{NAME}} ' 'python-3.11*'")
    do(box, manager, root, f"remove {installed}")

    assert box.run(f"readlink {root}/opt/python; ls {root}/srv/pythons; cat {program}") == "../srv/pythons\nmine"


@every_manager
def test_a_rebuild_is_an_upgrade(
    published: Published, built: Built, box: Box, root: str, manager: str, tmp_path: Path
) -> None:
    do(box, manager, root, f"install python-{VERSION}")
    published.publish(built, manager, 2, tmp_path)
    published.index()
    do(box, manager, root, REFRESH[manager])
    do(box, manager, root, f"update python-{VERSION}")

    assert box.run(f"rpm --root {root} -q python-{VERSION}").strip() == f"python-{VERSION}-1-2.x86_64"


@every_manager
def test_the_quick_installer_uses_what_the_system_has(published: Published, box: Box, root: str, manager: str) -> None:
    """The installer's own commands, on a root where this box is no rpm system."""
    box.run("mkdir -p /tmp/tools /opt; rm -f /tmp/tools/*; ln -sfn /usr/bin/false /tmp/tools/yum")
    for name in COMMANDS:
        command = COMMANDS[manager].format(root=root) if name == manager else "exit 1;"
        box.write(f"/tmp/tools/{name}", f'#!/bin/sh\nexec {command.replace(manager, f"/usr/bin/{manager}", 1)} "$@"\n')
    box.run(f"chmod +x /tmp/tools/*; ln -sfn {root}/opt/python /opt/python")
    if manager == "zypper":  # a SUSE system has neither of the others
        box.run("rm /tmp/tools/dnf /tmp/tools/yum; mv /usr/bin/dnf /usr/bin/dnf.away")
    docker("cp", str(CHECKOUT / "tests/os_release"), f"{box.name}:/tmp/", check=True)
    system = {"dnf": "rocky-9.3", "zypper": "leap-15.6"}[manager]
    try:
        run = (
            f"OS_RELEASE=/tmp/os_release/{system} PATH=/tmp/tools:$PATH bash {SERVED}/python/install.sh --yes {VERSION}"
        )
        said = box.run(run)
    finally:
        box.run("test ! -e /usr/bin/dnf.away || mv /usr/bin/dnf.away /usr/bin/dnf; rm /opt/python")

    assert f"checksums signed by {published.signs.fingerprints[0]}" in said
    assert box.run(f"rpm --root {root} -q python-{VERSION}").startswith(f"python-{VERSION}-1-")
    assert f"remove it: {'dnf -y' if manager == 'dnf' else 'zypper --non-interactive'} remove python-{VERSION}" in said


def tampered_package(published: Published, folder: str, _box: Box) -> None:
    published.box.run(
        f"for f in {folder}/pkgs/*.rpm; do printf X | dd of=$f bs=1 seek=20000 conv=notrunc status=none; done"
    )


def tampered_primary(published: Published, folder: str, _box: Box) -> None:
    """Somebody changes what the index says of the packages, and has no key for the one that names its digest."""
    published.box.run(f"for f in {folder}/repodata/*-primary.xml.gz; do echo '<metadata/>' | gzip >$f; done")


def tampered_repomd(published: Published, folder: str, _box: Box) -> None:
    published.box.run(f"sed -i 's/<revision>/<revision>9/' {folder}/repodata/repomd.xml")


def signed_by_somebody_else(published: Published, folder: str, _box: Box) -> None:
    for path in (f"{folder}/repodata/repomd.xml",):
        content = published.box.run(f"cat {path}").encode()
        published.box.write(
            f"{path}.asc", published.other.sign(content, published.other.newest_key, clear=False).decode()
        )


def without_signature(published: Published, folder: str, _box: Box) -> None:
    published.box.run(f"rm {folder}/repodata/repomd.xml.asc")


@every_manager
@pytest.mark.parametrize(
    "tamper", [tampered_package, tampered_primary, tampered_repomd, signed_by_somebody_else, without_signature]
)
def test_what_was_tampered_with_is_refused(published: Published, box: Box, root: str, manager: str, tamper) -> None:
    tamper(published, f"{SERVED}/python/{PLATFORMS[manager].name}", box)
    try:
        said = do(box, manager, root, f"install python-{VERSION}", status=None)
        assert re.search("GPG|[Ss]ignature|[Cc]hecksum|[Dd]igest", said), said
        assert box.run(f"test -e {root}/opt/python && echo installed || true") == "", said
    finally:
        published.sync()


@every_manager
def test_a_package_that_somebody_else_signed_is_refused_though_its_digest_is_listed(
    published: Published, box: Box, root: str, manager: str, tmp_path: Path
) -> None:
    """Somebody has the bucket and not the key: the repository's signature is left as it is, or made by another key."""
    folder = f"{SERVED}/python/{PLATFORMS[manager].name}"
    (name,) = box.run(f"cd {folder}/pkgs; ls python-{VERSION}-1-*.rpm | tail -n 1").split()
    docker("cp", f"{box.name}:{folder}/pkgs/{name}", str(tmp_path / name), check=True)
    published.other.sign_rpm(tmp_path / name)
    docker("cp", str(tmp_path / name), f"{box.name}:{folder}/pkgs/{name}", check=True)
    try:
        box.run(f"rm -r {folder}/repodata; createrepo_c --quiet {folder}")
        # Even an operator who does not check the index is safe.
        box.run(f"sed -i s/repo_gpgcheck=1/repo_gpgcheck=0/ {root}/{REPOSITORIES[manager]}/python-builds.repo")
        said = do(box, manager, root, f"install python-{VERSION}", status=None)

        assert re.search("GPG|[Ss]ignature", said), said
        assert box.run(f"test -e {root}/opt/python && echo installed || true") == "", said
    finally:
        published.sync()


def test_the_repository_s_own_files_are_small(published: Published) -> None:
    files = published.store.keys("python/rhel-9/repodata/")
    primary = [key for key in files if key.endswith("-primary.xml.gz")][-1]

    assert b"/opt/python/3.11.2/bin/python3" in gzip.decompress(published.store.read(primary)), "dnf provides finds it"
    assert not [key for key in files if "filelists" in key]
    assert file_sha256(published.store.root / primary) in primary
