"""Facts of a platform's row, compared with what the real system says: which is wrong, and what to write instead."""

import datetime
import re
import shlex
from collections.abc import Iterable, Mapping

from packaging.version import Version

from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.proofs import Check, Verdict

ROWS = "core/platforms/platforms.py"
PACKAGES = "core/platforms/build_packages.py"
OLDEST_WORKER_PYTHON = Version("3.8")
"""That buildbot-worker runs on."""

SAME_END = datetime.timedelta(days=7)
"""Within which two dates of an end of support are the same: some name the last day, some the first one after it."""


def read_os_release(text: str) -> dict[str, str]:
    """Read an os-release file; lines that are none are passed over."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): " ".join(shlex.split(value)) for name, _, value in pairs}


def os_release_check(platform: Platform, found: Mapping[str, str]) -> Check:
    """Compare the row's `serves` with how the base image calls itself."""
    os_id, version = found.get("ID", ""), found.get("VERSION_ID", "")
    says = f"ID={os_id} VERSION_ID={version}"
    if platform.serves_system(os_id, version):
        return Check(name="os-release", verdict=Verdict.OK, detail=says)
    return Check(
        name="os-release",
        verdict=Verdict.FAILED,
        detail=says,
        advice=f"the row {platform.name} of {ROWS} serves {_systems(platform)}, and {platform.base_image} is none of "
        f'them: add ("{os_id}", "{version}") to `serves`, or correct `base_image`',
    )


def glibc_check(platform: Platform, found: str) -> Check:
    """Compare the row's `glibc` with what `getconf GNU_LIBC_VERSION` says."""
    version = found.strip().rpartition(" ")[2] or "nothing"
    if version == platform.glibc:
        return Check(name="glibc", verdict=Verdict.OK, detail=version)
    return Check(
        name="glibc",
        verdict=Verdict.FAILED,
        detail=version,
        advice=f'the row {platform.name} of {ROWS} says glibc="{platform.glibc}": write glibc="{version}"',
    )


def end_of_support_check(platform: Platform, found: Mapping[str, str]) -> Check:
    """Compare the row's `end_of_support` with os-release's SUPPORT_END, which some systems have."""
    said = found.get("SUPPORT_END", "")
    row = platform.end_of_support
    try:
        end = datetime.date.fromisoformat(said)
    except ValueError:
        return Check(name="end of support", verdict=Verdict.NOT_RUN, detail="its os-release has no SUPPORT_END")
    if abs(end - row) <= SAME_END:
        return Check(name="end of support", verdict=Verdict.OK, detail=said)
    return Check(
        name="end of support",
        verdict=Verdict.FAILED,
        detail=said,
        advice=f'the row {platform.name} of {ROWS} says end_of_support=_day("{row}"): write _day("{said}")',
    )


def worker_python_check(platform: Platform, found: str) -> Check:
    """Say whether the Python of the row's worker image can run buildbot-worker, by what `--version` printed."""
    match = re.fullmatch(r"Python (\d+\.\d+\.\d+)\S*", found.strip())
    if match and Version(match[1]) >= OLDEST_WORKER_PYTHON:
        return Check(name="worker's Python", verdict=Verdict.OK, detail=match[1])
    command, package = platform.worker_python
    return Check(
        name="worker's Python",
        verdict=Verdict.FAILED,
        detail=found.strip()[:200] or f"{command} prints nothing",
        advice=f'the row {platform.name} of {ROWS} says worker_python=("{command}", "{package}"): name the command and '
        f"the package of a Python from {OLDEST_WORKER_PYTHON} on that {platform.base_image} has",
    )


def worker_image_failure(platform: Platform, unknown: Iterable[str], repositories: Iterable[str], log: str) -> Check:
    """Say why a worker image could not be built: names that the system does not know, or else the end of the log."""
    problems = [_unknown_repository(platform, name) for name in repositories]
    problems += [_unknown_package(platform, name) for name in unknown]
    otherwise = f"every name of the row {platform.name} is known there: the log says what else is wrong"
    return Check(
        name="worker image", verdict=Verdict.FAILED, detail=log[-300:], advice="; ".join(problems) or otherwise
    )


def _systems(platform: Platform) -> str:
    return ", ".join(f"{os_id} {version}" for os_id, version in platform.serves)


def _unknown_repository(platform: Platform, name: str) -> str:
    return (
        f"{platform.base_image} has no repository {name!r}: correct `repositories` in the row {platform.name} of {ROWS}"
    )


def _unknown_package(platform: Platform, name: str) -> str:
    row = f"the row {platform.name} of {ROWS}"
    if name == platform.worker_python[1]:
        return f"{platform.base_image} has no package {name!r}: correct `worker_python` in {row}"
    if name == platform.ccache_repository:
        return f"{platform.base_image} has no package {name!r}: correct `ccache_repository` in {row}"
    if name in platform.extra_build_packages:
        return f"{platform.base_image} has no package {name!r}: correct `extra_build_packages` in {row}"
    return (
        f"{platform.base_image} has no package {name!r} of {PACKAGES}: name it in `without_build_packages` of {row}, "
        "and what it is called there in `extra_build_packages`"
    )
