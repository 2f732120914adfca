"""What a platform's real images say: the facts of its row, and its worker image, which is built here."""

from pathlib import Path

from python_builds.adapters.platforms.containers import run_script
from python_builds.adapters.workers.docker_command import name_here, output
from python_builds.cli.workers.images import build_image
from python_builds.core.errors import PythonBuildsError
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.proofs import Check, Verdict
from python_builds.core.platforms.row_facts import (
    end_of_support_check,
    glibc_check,
    os_release_check,
    read_os_release,
    worker_image_failure,
    worker_python_check,
)
from python_builds.core.workers.images import worker_image


def base_facts(platform: Platform, architecture: str, log: Path) -> list[Check]:
    """Compare the row with what the base image says."""
    image = name_here(platform.base_image, architecture)
    done = run_script(image, ["facts.sh"], architecture=architecture, log=log)
    about, _, libc = done.stdout.rpartition("---\n")
    os_release = read_os_release(about)
    return [
        os_release_check(platform, os_release),
        glibc_check(platform, libc),
        end_of_support_check(platform, os_release),
    ]


def worker_facts(platform: Platform, architecture: str, log: Path) -> list[Check]:
    """Build the worker image; say why not, by the names that its system does not know."""
    try:
        build_image(platform, architecture)
    except PythonBuildsError as error:
        return [_why_not(platform, architecture, log, str(error))]
    image = name_here(worker_image(platform), architecture)
    size = output("image", "inspect", "--format", "{{.Size}}", image)
    command = [f"--platform=linux/{architecture}", image, platform.worker_python[0], "--version"]
    return [
        Check(name="worker image", verdict=Verdict.OK, detail=f"{image}, {int(size) // 1_000_000} MB"),
        worker_python_check(platform, output("run", "--rm", "--network=none", *command)),
    ]


def _why_not(platform: Platform, architecture: str, log: Path, error: str) -> Check:
    """Ask the base image for every name of the row."""
    names = [*platform.image_packages, *filter(None, [platform.ccache_repository])]
    done = run_script(
        name_here(platform.base_image, architecture),
        ["known-names.sh", platform.package_manager, *names],
        architecture=architecture,
        log=log,
        environment={"REPOSITORIES": ",".join(platform.repositories)},
    )
    if done.returncode:
        error = f"{error}; its packages' names could not be asked for: {done.stdout[-200:].strip()}"
    lines = [line.split() for line in done.stdout.splitlines()]
    unknown = {kind: [words[1] for words in lines if len(words) == 2 and words[0] == kind] for kind in KINDS}
    return worker_image_failure(platform, unknown["package"], unknown["repository"], error)


KINDS = ("package", "repository")
"""Of names, as known-names.sh tells them."""
