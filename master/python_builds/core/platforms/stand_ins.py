"""Stand-ins: what was tried of a row's package on the nearest thing to the real system, one JSON file each.

Never a proof: packages that hold nothing but names and sonames stand for the row's libraries, and a miniature for
CPython. What is said of it comes from the file that a run of tests/docker/test_stand_ins.py has written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version
from pydantic import AwareDatetime, Field, field_validator

from python_builds.core.documents import Document
from python_builds.core.platforms.evidence import EVIDENCE, GCC
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import FOLDER, Check, Proofs, Verdict, proven_on

STAND_INS_FOLDER = f"{FOLDER}/stand-ins"
"""In the checkout; `proofs/stand-ins/rhel-9-amd64.json` is one."""

NOT_YET = "not yet"

TRIABLE: Mapping[str, str] = {
    "dependencies": "of libraries with the row's sonames, the package asks for the row's packages and for nothing else",
    "compiler": "Debian's gcc of the system's own series builds CPython by the optimized recipe, and its smoke tests "
    "pass, in the last run of `make bench BENCH=compilers` that was kept",
    "glibc": "nothing in it needs a newer glibc than the row's, or nothing in the CPythons of a proven system whose "
    "glibc is no newer",
    "repository": "the package manager installs it by name from the signed repository, and its minor's package",
    "upgrade": "revision 2 of both replaces revision 1",
    "removal": "nothing is left of it",
}
"""What a stand-in may say, in the order in which it is found out."""


class StandIn(Document):
    """What was tried of a platform's package without the platform."""

    schema_version: int = 1
    platform: str
    architecture: str
    tried_at: AwareDatetime
    recipe: str = Field(description="digest of the scripts, the platform's row and its image's name")
    on: str = Field(description="the package manager, its version and whose it is")
    libraries: dict[str, str] = Field(description="sonames, each with the package that stands for the one that has it")
    checks: tuple[Check, ...]

    @field_validator("checks")
    @classmethod
    def _only_what_can_be_tried(cls, checks: tuple[Check, ...]) -> tuple[Check, ...]:
        if others := [check.name for check in checks if check.name not in TRIABLE]:
            raise ValueError(f"no stand-in can try {', '.join(others)}")
        return checks

    @property
    def good(self) -> frozenset[str]:
        """Name what went well."""
        return frozenset(check.name for check in self.checks if check.verdict is Verdict.OK)

    @property
    def standing(self) -> str:
        """What it says, which is never that anything is proven."""
        if any(check.verdict is Verdict.FAILED for check in self.checks):
            return "failed on a stand-in"
        return "stand-in" if self.good == {*TRIABLE} else "stand-in in part"


@dataclass(frozen=True, kw_only=True)
class CompilerRun:
    """What was built with one series of gcc."""

    gcc: str
    """The series, as "12"."""
    version: str
    image: str
    """The platform whose worker image it was built in."""
    tests: str
    """How many files of CPython's tests passed."""
    of: str
    """Which CPython, when, of which commit."""


def gcc_series(platform: Platform) -> str:
    """Name the series of a system's own gcc, as "12"; "" if no source says."""
    return next((re.split(r"\D", one.says)[0] for one in EVIDENCE.get(platform.name, ()) if one.fact == GCC), "")


def compiler_check(platform: Platform, runs: Sequence[CompilerRun]) -> Check:
    """Find what was built with a compiler of the series that a row's system has."""
    series = gcc_series(platform)
    for run in runs:
        if run.gcc == series:
            said = f"gcc {run.version} on {run.image}, {run.of}: {run.tests}"
            return Check(name="compiler", verdict=Verdict.OK, detail=said)
    said = f"nothing was built with gcc {series}" if series else "no source says which gcc the system has"
    return Check(name="compiler", verdict=Verdict.NOT_RUN, detail=said)


def glibc_check(platform: Platform, needed: str, on: str, proofs: Proofs) -> Check:
    """Say whether what needs glibc `needed` runs on a row's; if not, find CPythons that do, of a proven older system.

    A farm refuses a build that needs a newer glibc than the row of the system it was built on has.
    """
    said = f"what {on} builds needs {needed}, and the row's is {platform.glibc}"
    if Version(needed) <= Version(platform.glibc):
        return Check(name="glibc", verdict=Verdict.OK, detail=said)
    older = [row for row in PLATFORMS if Version(row.glibc) <= Version(platform.glibc)]
    for row in sorted(older, key=lambda row: Version(row.glibc), reverse=True):
        proof = proofs.get((row.name, "amd64"))
        if proof and proof.standing == "proven":
            built = ", ".join(build.version for build in proof.builds)
            said += f"; {built} of {row.name}, proven {proof.proven_at.date()}, need no newer one than {row.glibc}"
            return Check(name="glibc", verdict=Verdict.OK, detail=said)
    return Check(name="glibc", verdict=Verdict.NOT_RUN, detail=said)


StandIns = Mapping[tuple[str, str], StandIn]
"""By platform and architecture."""


def claims_too_much(kept: StandIn, tried: StandIn) -> list[str]:
    """Say what a kept stand-in claims that a run has not tried; no sentence if nothing."""
    problems = [f"{name} went well" for name in TRIABLE if name in kept.good - tried.good]
    problems += [
        f"{package} stands for what has {soname}"
        for soname, package in sorted(kept.libraries.items())
        if tried.libraries.get(soname) != package
    ]
    if (kept.platform, kept.architecture) != (tried.platform, tried.architecture):
        problems.append(f"it is of {kept.platform} on {kept.architecture}")
    return problems


def tried_on(platform: Platform, proofs: Proofs, stand_ins: StandIns) -> list[str]:
    """Say of each architecture what its proof says, or else its stand-in, and of when; nothing if none has any."""
    said = [_said(platform.name, architecture, proofs, stand_ins) for architecture in platform.architectures]
    if not any(said):
        return []
    return [one or f"{name} {NOT_YET}" for one, name in zip(said, platform.architectures, strict=True)]


def stands_in(platform: Platform, proofs: Proofs, stand_ins: StandIns) -> Iterator[StandIn]:
    """Give the stand-ins of a platform that no proof has taken the place of."""
    for architecture in platform.architectures:
        key = (platform.name, architecture)
        if key in stand_ins and key not in proofs:
            yield stand_ins[key]


def _said(platform: str, architecture: str, proofs: Proofs, stand_ins: StandIns) -> str:
    key = (platform, architecture)
    if key in proofs:
        (proven,) = proven_on({key: proofs[key]}, platform)
        return proven
    if key in stand_ins:
        return f"{architecture} {stand_ins[key].standing} {stand_ins[key].tried_at.date()}"
    return ""
