"""Looks into the files of a build, from outside and without running any: are they what the farm meant to make?

What a stranger's code left is read by a process of its own, whose memory and time are limited: a file that harms a
parser harms no master. Whatever the indexes say of a package is then what was verified here.
"""

import json
import re
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from python_builds.adapters.apart import NoAnswer, answer_of
from python_builds.adapters.building.elf_files import read_program
from python_builds.adapters.building.package_check import Meant, package_problems
from python_builds.adapters.building.package_files import Selection, read_tarball
from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.source_tarball import DEFINED
from python_builds.core.building.hardening import hardening_problems
from python_builds.core.building.package_contents import file_problems, same_tree_problems, shown, tree_problems
from python_builds.core.building.programs import Program, glibc_problems, linked_problems, program_problems
from python_builds.core.building.requests import parse_platform_request
from python_builds.core.errors import PythonBuildsError, StoreError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import TARBALL_PARTS, TREE_SBOM, Product, tarball_file

MAX_MEMORY = 4 * 2**30
MAX_CPU_SECONDS = 600
MAX_SECONDS = 4 * MAX_CPU_SECONDS
MODULE = "python_builds.adapters.building.artifact_check"
MAX_SHOWN = 20

OTHER_FOR_UV = re.compile(r".*\.json|lib/python3\.[0-9]+t?/_sysconfigdata_[^/]*\.py")
"""What names the folder of the tree, and what uv rewrites."""

NOT_FOR_UV = re.compile(r".*/lib/python3\.[0-9]+t?/__pycache__/_sysconfigdata_[^/]*\.pyc")
"""The bytecode of what uv rewrites."""

WITH_PROGRAMS = ("", "test")
"""Tarballs whose programs and modules are looked at: that for uv has the same, and debug information is not run."""

_HEADER = re.compile(r"include/python3\.[0-9]+t?/patchlevel\.h")


def check_apart(product: Product, meant: Meant, folder: Path, stop: Stop) -> None:
    """Check the files that a build left in a folder, in a process of its own.

    Raises:
        StoreError: saying what is wrong with them.
    """
    asked = {
        "platform": product.platform.name,
        "architecture": product.architecture,
        "properties": {"python_version": str(product.tag), "profile": product.profile},
        "meant": asdict(meant),
        "max_memory": MAX_MEMORY,
    }
    try:
        problems = answer_of(MODULE, json.dumps(asked), str(folder), stop=stop, seconds=MAX_SECONDS)
    except NoAnswer as error:
        raise StoreError(f"what the build left cannot be looked at{error}") from None
    if problems:
        more = f"\nand {len(problems) - MAX_SHOWN} more" if len(problems) > MAX_SHOWN else ""
        raise StoreError("what the build left is not what was to be made:\n" + "\n".join(problems[:MAX_SHOWN]) + more)


def check(product: Product, meant: Meant, folder: Path) -> list[str]:
    """Say what is wrong with the files that a build left in a folder."""
    tag, revision = str(product.tag), meant.revision
    versions: list[str] = []
    programs: list[Program] = []

    def take(path: str, content: bytes) -> None:
        if _HEADER.fullmatch(path.removeprefix(f"{tag}/")):
            versions.extend(found.decode(errors="replace") for found in DEFINED.findall(content))
        else:
            programs.append(read_program(path, content))

    selection = Selection(
        wanted=lambda path, start: start.startswith(b"\x7fELF") or path.endswith("/patchlevel.h"), take=take
    )
    trees = {}
    for part in TARBALL_PARTS:
        wanted = selection if part in WITH_PROGRAMS else None
        trees[part] = read_tarball(folder / tarball_file(product, revision, part), wanted)
        if part == "":
            linked = [name for program in programs for name in program.needed]
    problems = [p for program in programs for p in program_problems(program, product.architecture, tag)]
    problems += [p for one in programs for p in glibc_problems(one, product.platform.glibc, product.platform.name)]
    problems += hardening_problems(programs)
    if versions != [str(product.version)]:
        problems.append(f"the headers are of CPython {shown(', '.join(versions))} and not of {product.version}")
    for part, members in trees.items():
        top = "python" if part == "uv" else tag
        problems += [f"{TARBALL_PARTS[part]}: {p}" for p in tree_problems(members, top)]
    kept = [m for m in trees[""] if not NOT_FOR_UV.fullmatch(m.path)]
    problems += same_tree_problems(trees["uv"], "python", kept, tag, OTHER_FOR_UV)
    if meant.sbom_sha256:
        problems += linked_problems(linked, trees[""], tag, meant.linked)
        for part, top in (("", tag), ("uv", "python")):
            problems += file_problems(trees[part], f"{top}/{TREE_SBOM}", meant.sbom_sha256)
    return problems + package_problems(product, meant, folder, trees[""])


def main(arguments: Sequence[str]) -> None:
    """Print the problems as JSON."""
    asked = json.loads(arguments[0])
    resource.setrlimit(resource.RLIMIT_AS, (asked["max_memory"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS,) * 2)
    platform = platform_named(asked["platform"])
    product = parse_platform_request(asked["properties"], platform, asked["architecture"]).product
    try:
        problems = check(product, Meant(**asked["meant"]), Path(arguments[1]))
    except PythonBuildsError as error:
        problems = [str(error)]
    print(json.dumps(problems))


if __name__ == "__main__":
    main(sys.argv[1:])
