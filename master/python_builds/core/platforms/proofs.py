"""Proofs: what `make prove` found of a platform on the real system, one JSON file each, and what they are worth today.

A proof that is older than a setting says, or of another recipe than today's, is shown as old: it says what was.
"""

import datetime
from collections.abc import Mapping
from enum import StrEnum

from pydantic import AwareDatetime, Field

from python_builds.core.documents import Document
from python_builds.core.platforms.platforms import PLATFORMS

FOLDER = "proofs"
"""In the checkout; `proofs/debian-12-amd64.json` is one."""

SCHEMA_VERSION = 1


class Verdict(StrEnum):
    """What came of a check. What was not run is never `ok`."""

    OK = "ok"
    FAILED = "failed"
    NOT_RUN = "not run"


CHECKS: Mapping[str, str] = {
    "os-release": "the base image calls itself what the row says",
    "glibc": "its glibc is the row's",
    "end of support": "the row's end of support is the one in its os-release",
    "worker image": "the worker image was built, with every package of the row",
    "worker's Python": "the Python of the row runs buildbot-worker",
    "oldest minor": "the oldest CPython was built and tried on the untouched system",
    "newest minor": "the newest CPython was built and tried on the untouched system",
    "free-threaded": "a free-threaded CPython was built and tried on the untouched system",
    "repository": "the system's own client installs each from the signed repository and removes it without a trace",
    "installer": "install.sh installs it",
    "uv": "uv installs it, makes an environment, and extensions are built with it",
    "upgrade": "revision 2 replaces revision 1",
    "elsewhere": "other systems of the package's kind refuse it, or it works there",
}
"""What a proof must hold, in the order in which it is found out."""

MAY_BE_LEFT_OUT = ("end of support", "elsewhere")
"""For want of what it is compared with: an os-release without a date, no other system's image on the engine."""


class Check(Document):
    """What came of one check."""

    name: str
    verdict: Verdict
    detail: str = Field(default="", description="what was found, or why it was not run")
    advice: str = Field(default="", description="which fact of the row is wrong, and what to write")


class ProvenImage(Document):
    """An image that was used."""

    name: str
    id: str = Field(description="as the Docker engine tells images apart")
    digest: str = Field(default="", description="under which a registry has it; empty where none was asked")
    made_at: AwareDatetime


class ProvenBuild(Document):
    """A CPython that was built and tried."""

    version: str = Field(description="with its variant, as in 3.14.7t")
    profile: str
    revision: int = Field(ge=1)
    compiler: str
    libc: str
    libraries: dict[str, str] = Field(description="shared libraries of the system, each with its package's version")
    tests: int = Field(description="test files of CPython's own that passed")


class Proof(Document):
    """What was found of a platform on one architecture."""

    schema_version: int = SCHEMA_VERSION
    platform: str
    architecture: str
    emulated: bool = Field(description="whether another architecture's kernel ran it, by qemu-user")
    profile: str = Field(description="of the builds: quick or optimized")
    proven_at: AwareDatetime
    commit: str = Field(description="of the checkout; ends in + where files were changed")
    recipe: str = Field(description="digest of the scripts, the platform's row and its image's name")
    base_image: ProvenImage | None
    worker_image: ProvenImage | None
    builds: tuple[ProvenBuild, ...]
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """What failed."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAILED)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Name the checks without which it proves nothing, and that were not run."""
        good = {check.name for check in self.checks if check.verdict is not Verdict.NOT_RUN}
        return tuple(name for name in CHECKS if name not in good and name not in MAY_BE_LEFT_OUT)

    @property
    def standing(self) -> str:
        """What it says: proven, emulated (which is proven, by qemu-user), failed, or in part."""
        if self.failed:
            return "failed"
        if self.lacking:
            return "in part"
        return "emulated" if self.emulated else "proven"


Proofs = Mapping[tuple[str, str], Proof]
"""By platform and architecture."""


def file_name(platform: str, architecture: str) -> str:
    """Name the file of a proof."""
    return f"{platform}-{architecture}.json"


def in_order(proofs: Proofs) -> list[Proof]:
    """Give the proofs in the order of the table of platforms."""
    rows = ((platform.name, architecture) for platform in PLATFORMS for architecture in platform.architectures)
    return [proofs[row] for row in rows if row in proofs]


def proven_on(proofs: Proofs, platform: str) -> list[str]:
    """Say of each architecture that has a proof what it says, and of when."""
    return [_cell(proof) for proof in in_order(proofs) if proof.platform == platform]


def why_old(proof: Proof, recipe: str, today: datetime.date, days: int) -> str:
    """Say why a proof is old; empty if it is not."""
    if proof.recipe != recipe:
        return "of another recipe"
    made = proof.base_image.made_at.date() if proof.base_image else proof.proven_at.date()
    if today - made > datetime.timedelta(days=days):
        return f"of an image of {made}"
    return ""


def _cell(proof: Proof) -> str:
    profile = "" if proof.profile == "optimized" else f", {proof.profile} builds"
    return f"{proof.architecture} {proof.standing} {proof.proven_at.date()}{profile}"
