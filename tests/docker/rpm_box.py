"""The container in which packages for rpm systems are made and tried: of Debian 12, with rpm's, dnf's and zypper's tools."""

import contextlib
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.container_limits import CAPABILITIES
from python_builds.core.workers.images import worker_image
from tests.e2e.farms import COMMAND_LINE

PLATFORM = platform_named("debian-12")
IMAGE = "python-builds-test-rpm"
VERSION = "3.11.2"
"""Of the tree that is built once for many tests."""

CAGE = ["--cap-drop=ALL", *(f"--cap-add={c}" for c in CAPABILITIES), "--security-opt=no-new-privileges"]

TOOLS = ("basename", "cat", "cp", "find", "ln", "mkdir", "readlink", "rm", "rmdir", "sh")
"""Of dash, coreutils and findutils, which every system has."""

MINI_CHECKS = {
    "check_interpreter.py": """
import challenge, subprocess, sys
subprocess.run([sys.argv[1] + "/bin/python", "/check/import_extensions.py"], check=True)
print("check_interpreter.py: all 1 checks passed,", challenge.response())
""",
    "check_development.py": """
import challenge, subprocess
subprocess.run(["gcc", "-x", "c", "-o", "/tmp/x", "-"], input="int main(void) { return 0; }", text=True, check=True)
print("check_development.py: all 1 checks passed,", challenge.response())
""",
}
"""The miniature is no Python that could run the real ones; how they are run is the same."""


class Box:
    """A container caged as the farm's are, and without a network."""

    def __init__(self) -> None:
        started = docker("run", "--detach", "--init", *CAGE, "--network=none", IMAGE, "sleep", "3600")
        assert started.returncode == 0, started.stderr
        self.name = started.stdout.strip()

    def run(self, command: str, status: int | None = 0, folder: str = "/") -> str:
        """Run a command; give what it printed, on both outputs."""
        arguments = [
            "exec",
            f"--workdir={folder}",
            self.name,
            "bash",
            "-c",
            f"set -euo pipefail; {{ {command}\n}} 2>&1",
        ]
        done = docker(*arguments)
        assert status is None or done.returncode == status, f"{command}\n{done.stdout[-6000:]}{done.stderr}"
        return done.stdout

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        self.run(f"mkdir -p {Path(path).parent}; printf %s {shlex.quote(text)} >{path}")

    def root(self, path: str) -> str:
        """Make a root folder that holds nothing but what scriptlets run."""
        self.run(
            f"rm -rf {path}; mkdir -p {path}/usr/bin {path}/usr/lib {path}/usr/lib64 {path}/tmp; cd {path};"
            "ln -s usr/bin usr/lib usr/lib64 .;"
            f"for tool in {' '.join(TOOLS)}; do file=$(readlink -f $(command -v $tool)); cp $file usr/bin/$tool;"
            "ldd $file | grep -o '/lib[^ ]*' | xargs -I{} cp --parents -L {} .; done"
        )
        return path

    def package(self, folder: str, provides: list[str], name: str, post: str = "") -> None:
        """Make a stub package without files."""
        lines = [
            *(f"Provides: {p}" for p in provides),
            "%description",
            "A stub.",
            "%install",
            *(["%post", post] if post else []),
        ]
        head = f"Name: {name}\nVersion: 1\nRelease: 1\nSummary: a stub\nLicense: none\nBuildArch: noarch\n"
        self.write(f"/tmp/stub/{name}.spec", head + "\n".join(lines) + "\n%files\n")
        self.run(f"rpmbuild -bb --define '_topdir /tmp/stub' --define '_rpmdir {folder}' /tmp/stub/{name}.spec")

    def packages(self, folder: str, provides: Mapping[str, Iterable[str]]) -> None:
        """Make stub packages without files, all by one run of rpmbuild."""
        head = "Name: stubs\nVersion: 1\nRelease: 1\nSummary: a stub\nLicense: none\nBuildArch: noarch\n%description\nA stub.\n"
        each = (
            f"%package -n {name}\nSummary: a stub\n"
            + "".join(f"Provides: {one}\n" for one in sorted(what))
            + f"%description -n {name}\nA stub.\n%files -n {name}\n"
            for name, what in provides.items()
        )
        self.write("/tmp/stubs.spec", head + "".join(each))
        self.run(f"rpmbuild -bb --define '_topdir /tmp/stubs' --define '_rpmdir {folder}' /tmp/stubs.spec")


class Built:
    """A work folder in the box, with a package of each revision that was asked for."""

    def __init__(self, box: Box, case: str, version: str, tarball: Path) -> None:
        """Build it of a source tarball; where the case is a `tree`, that is of a built one."""
        self.box, self.case, self.version = box, case, version
        self.prefix, self.package = f"/opt/python/{version}", f"python-{version}"
        variant = "t" if version.endswith("t") else ""
        self.folder = f"/var/lib/python-builds/{case}-{version}"
        self.architecture = box.run("uname -m").strip()
        box.run(f"mkdir -p {self.folder}")
        docker("cp", str(CHECKOUT / "scripts"), f"{box.name}:{self.folder}/", check=True)
        docker("cp", str(tarball), f"{box.name}:{self.folder}/{tarball.name}", check=True)
        if case == "mini":
            for name, text in MINI_CHECKS.items():
                box.write(f"{self.folder}/scripts/checks/{name}", text)
        self.sh("scripts/steps/prepare-folders.sh")
        if case == "tree":
            self.sh("date +%s >logs/source-date-epoch; mkdir -p stage/opt/python")
            self.sh(f"tar -C stage/opt/python -xzf {tarball.name}; chown -R --reference=dist stage logs")
            # What takes long to pack and to install.
            self.sh("rm -r stage/opt/python/*/lib/python3*/{idlelib,pydoc_data,tkinter}")
            self.sh("find stage -name __pycache__ -prune -exec rm -r {} +")
            return
        self.step(f"unpack-source.sh {tarball.name} $(sha256sum <{tarball.name} | cut -d ' ' -f 1)")
        for step in (
            f"configure.sh {{}} quick {variant}",
            "compile.sh quick",
            "smoke-test.sh",
            "install-to-stage.sh {} quick",
        ):
            self.step(step.format(self.prefix))

    def sh(self, command: str, status: int | None = 0) -> str:
        """Run a command in the work folder, as root."""
        return self.box.run(command, status, self.folder)

    def step(self, command: str) -> str:
        """Run a script as the build does."""
        return self.sh(f"scripts/run-as-build-user.sh scripts/steps/{command}")

    def make(self, revision: int = 1, compression: str = "gzip") -> str:
        """Package the tree; give the file."""
        file = f"{self.folder}/dist/{self.package}-1-{revision}.{self.architecture}.rpm"
        if self.sh(f"test -e {file} || echo missing"):
            self.step(f"package-rpm.sh {self.package} {revision} {self.architecture} {self.prefix} {compression}")
        return file


def docker(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, **options)


def build_image(tag: str, *options: str) -> None:
    arguments = (f"BASE_IMAGE={PLATFORM.base_image}", f"WORKER_IMAGE={worker_image(PLATFORM)}")
    dockerfile = Path(__file__).with_name("rpm.Dockerfile").read_text()
    values = [f"--build-arg={argument}" for argument in arguments]
    built = docker("build", "--force-rm", f"--tag={tag}", *options, *values, "-", input=dockerfile)
    assert built.returncode == 0, built.stdout[-5000:] + built.stderr[-5000:]


def bare_system() -> str:
    """Name the image of a system with dnf and zypper; started_box() has built what it is of."""
    build_image(f"{IMAGE}-base", "--target=base")
    return f"{IMAGE}-base"


@contextlib.contextmanager
def started_box() -> Iterator[Box]:
    """Start the container, of an image that is built where it is missing, from images that are made where they are."""
    if shutil.which("docker") is None or docker("version").returncode:
        pytest.fail("these tests need Docker: apt-get install docker.io, start dockerd, and see that it answers")
    for wanted, command in ((PLATFORM.base_image, "base-image"), (worker_image(PLATFORM), "images")):
        if docker("image", "inspect", wanted).returncode:
            subprocess.run([*COMMAND_LINE, command, f"--platform={PLATFORM.name}"], check=True)
    build_image(IMAGE)
    box = Box()
    try:
        yield box
    finally:
        docker("rm", "--force", "--volumes", box.name)
