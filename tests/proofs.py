"""A proof and a stand-in for tests, in which all went well."""

import datetime
from typing import Any

from python_builds.core.platforms.proofs import CHECKS, Check, Proof, ProvenBuild, ProvenImage, Verdict
from python_builds.core.platforms.stand_ins import TRIABLE, StandIn

DAY = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)


def make_proof(failed: tuple[str, ...] = (), not_run: tuple[str, ...] = (), **values: Any) -> Proof:
    """Make a proof whose checks went well, but for those that are named."""
    verdicts = dict.fromkeys(CHECKS, Verdict.OK)
    verdicts |= dict.fromkeys(failed, Verdict.FAILED) | dict.fromkeys(not_run, Verdict.NOT_RUN)
    image = ProvenImage(name="debian:12", id=f"sha256:{'1' * 64}", made_at=DAY)
    build = ProvenBuild(
        version="3.14.7t", profile="optimized", revision=1, compiler="gcc 12", libc="glibc 2.36", libraries={}, tests=9
    )
    known = {
        "platform": "debian-12",
        "architecture": "amd64",
        "emulated": False,
        "profile": "optimized",
        "proven_at": DAY,
        "commit": "c" * 40,
        "recipe": "d" * 16,
        "base_image": image,
        "worker_image": None,
        "builds": (build,),
        "checks": tuple(Check(name=name, verdict=verdict) for name, verdict in verdicts.items()),
    }
    return Proof(**{**known, **values})


def make_stand_in(failed: tuple[str, ...] = (), not_run: tuple[str, ...] = (), **values: Any) -> StandIn:
    """Make a stand-in whose checks went well, but for those that are named."""
    verdicts = dict.fromkeys(TRIABLE, Verdict.OK)
    verdicts |= dict.fromkeys(failed, Verdict.FAILED) | dict.fromkeys(not_run, Verdict.NOT_RUN)
    known = {
        "platform": "rhel-9",
        "architecture": "amd64",
        "tried_at": DAY,
        "recipe": "d" * 16,
        "on": "dnf 4.14.0 of debian:12",
        "libraries": {"libz.so.1": "zlib"},
        "checks": tuple(Check(name=name, verdict=verdict) for name, verdict in verdicts.items()),
    }
    return StandIn(**{**known, **values})
