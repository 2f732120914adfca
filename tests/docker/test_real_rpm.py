"""A real CPython as packages for rpm, of the tree that was built for Debian 12 and on it, as in test_rpm.py."""

from pathlib import Path

import pytest

from tests.docker.clients import in_container
from tests.docker.real_farm import NEWER_PIP, RELEASES, SIX, Published, download_wheels
from tests.docker.rpm_box import PLATFORM, Built, bare_system, docker, started_box
from tests.docker.upgrades import RPM_MANAGERS, TRY_RPM_UPGRADE

VERSION = RELEASES[PLATFORM.name]

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def packages(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository with two revisions, and a package that stands for the distribution's libraries."""
    folder = tmp_path_factory.mktemp("packages")
    name, minor = f"python-{VERSION}-{PLATFORM.name}.tar.gz", VERSION.rpartition(".")[0]
    (folder / name).write_bytes(published.store.read(f"quick/python/{PLATFORM.name}/{name}"))
    with started_box() as box:
        built = Built(box, "tree", VERSION, folder / name)
        for revision in (1, 2):
            file = built.make(revision)
            version = f"{VERSION}-{revision}"
            built.step(f"metapackage-rpm.sh python-{minor} {version} {built.architecture} {built.prefix}")
        required = built.sh(f"rpm -qp --requires {file}").splitlines()
        libraries = [*(line for line in required if "rpmlib" not in line), "/bin/sh"]
        box.package(f"{built.folder}/dist", libraries, "libraries")
        built.sh("createrepo_c --quiet dist")
        docker("cp", f"{box.name}:{built.folder}/dist/.", str(folder), check=True)
    return folder


@pytest.mark.parametrize("manager", RPM_MANAGERS)
def test_what_pip_has_put_there_survives_a_revision_and_the_package_and_a_process_goes_on(
    packages: Path, manager: str, tmp_path: Path
) -> None:
    download_wheels(VERSION, tmp_path, f"pip=={NEWER_PIP}", f"six=={SIX}")
    script = TRY_RPM_UPGRADE % (VERSION, RPM_MANAGERS[manager])
    done = in_container(bare_system(), script, packages, f"--volume={tmp_path}:/wheels:ro")
    lines = done.stdout.splitlines()

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"/opt/python/{VERSION}/share/man/man1/python{VERSION.rpartition('.')[0]}.1" in lines
    assert [line for line in lines if line in ("1", "2")] == ["1", "2"]
    assert [line for line in lines if line.startswith("pip ")] == [f"pip {NEWER_PIP}"] * 2
    assert "went on" in lines
    assert [line for line in lines if line.startswith(f"python-{VERSION}: /opt/python/{VERSION} keeps what was put")]
    assert {"pip", f"pip-{NEWER_PIP}.dist-info", "six.py", f"six-{SIX}.dist-info"} <= {*lines}
    assert not {"setuptools", "README.txt"} & {*lines}
    assert lines[-1] == "GONE"
