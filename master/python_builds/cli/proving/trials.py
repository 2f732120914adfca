"""What users do with what a scratch farm has published, each in a new container: scripts/prove/trial.sh does it."""

import contextlib
import platform as machine
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.platforms.containers import run_script
from python_builds.adapters.workers.docker_command import image_architecture, name_here
from python_builds.adapters.workers.local_engine import ARCHITECTURES
from python_builds.cli.proving.scratch_farm import ScratchFarm
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import Check, Verdict
from python_builds.core.publishing.artifacts import package_file
from python_builds.core.publishing.records import Record
from python_builds.core.workers.images import worker_image

LAST_LINES = 6
WHEELS = {"amd64": "manylinux_2_17_x86_64", "arm64": "manylinux_2_17_aarch64"}
"""The tag of uv's wheel for each architecture."""


@dataclass(frozen=True, kw_only=True)
class Trials:
    """What is tried, and where it is logged. The first record is the oldest CPython, the second the newest."""

    farm: ScratchFarm
    architecture: str
    records: Sequence[Record]
    log: Path

    def repository(self) -> Check:
        """Install all from the repository."""
        return self._try("repository")

    def installer(self) -> Check:
        """Install by install.sh."""
        return self._try("installer")

    def upgrade(self) -> Check:
        """Go from revision 1 to what the repository has, which is revision 2 now."""
        product = self._newest.product
        address = f"{self._repository}/pkgs/{package_file(product, 1)}"
        return self._try("upgrade", FIRST=address)

    def uv(self) -> Check:
        """Install by uv, in the worker image, which has a compiler."""
        with uv_for(self.architecture) as program:
            return self._try("uv", image=self._here(worker_image(self.farm.platform)), mounts={program: "/usr/bin/uv"})

    def elsewhere(self) -> Check:
        """Try the package on whatever other system of its kind the engine has."""
        there = [p for p in PLATFORMS if self._is_other(p)]
        if not there:
            return Check(
                name="elsewhere",
                verdict=Verdict.NOT_RUN,
                detail=f"no other base image with {self.farm.platform.package_manager} is on the engine",
            )
        checks = {p.name: self._try("elsewhere", image=self._here(p.base_image)) for p in there}
        said = "; ".join(f"{name}: {check.detail}" for name, check in checks.items())
        failed = any(check.verdict is Verdict.FAILED for check in checks.values())
        return Check(name="elsewhere", verdict=Verdict.FAILED if failed else Verdict.OK, detail=said)

    @property
    def _newest(self) -> Record:
        return self.records[1]

    @property
    def _repository(self) -> str:
        return f"{self.farm.cdn}/python/{self.farm.platform.name}"

    def _is_other(self, platform: Platform) -> bool:
        same_kind = platform.package_manager == self.farm.platform.package_manager
        other = same_kind and platform.name != self.farm.platform.name
        return other and image_architecture(self._here(platform.base_image)) == self.architecture

    def _here(self, image: str) -> str:
        return name_here(image, self.architecture)

    def _try(self, name: str, image: str = "", mounts: dict[Path, str] | None = None, **more: str) -> Check:
        platform, product = self.farm.platform, self._newest.product
        image = image or self._here(platform.base_image)
        environment = {
            "CDN": self.farm.cdn,
            "REPOSITORY": self._repository,
            "SUITE": platform.suite,
            "NAMES": " ".join(record.product.package for record in self.records),
            "NAME": product.package,
            "VERSION": str(product.tag),
            "PREFIX": product.prefix,
            "PYTHON_BUILDS_ALLOWED_MISSING": " ".join(platform.allowed_missing),
            **more,
        }
        print(f"trying: {name} on {image}", flush=True)
        done = run_script(
            image,
            ["trial.sh", platform.package_manager, name],
            architecture=self.architecture,
            log=self.log,
            environment=environment,
            mounts=mounts,
        )
        return _verdict(name, done)


@contextlib.contextmanager
def uv_for(architecture: str) -> Iterator[Path]:
    """Give a uv that runs on an architecture: the one beside this Python, or the same one of the package index."""
    found = shutil.which("uv", path=str(Path(sys.executable).parent))
    if found and ARCHITECTURES.get(machine.machine()) == architecture:
        yield Path(found)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, f"--platform={WHEELS[architecture]}", f"--dest={folder}", "uv"], check=True)
        with zipfile.ZipFile(next(folder.glob("uv-*.whl"))) as wheel:
            member = next(item for item in wheel.namelist() if item.endswith("/scripts/uv"))
            program = Path(wheel.extract(member, folder))
        program.chmod(0o755)
        yield program


def _verdict(name: str, done: subprocess.CompletedProcess[str]) -> Check:
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    if done.returncode == 0 and last in ("WORKS", "REFUSED"):
        return Check(name=name, verdict=Verdict.OK, detail="works" if last == "WORKS" else "refused")
    return Check(name=name, verdict=Verdict.FAILED, detail=" | ".join(lines[-LAST_LINES:])[-600:])
