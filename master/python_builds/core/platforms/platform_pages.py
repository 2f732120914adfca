"""Pages of platforms: docs/platforms.md's table, the README's lines, and a page of all proofs; from plain values."""

from collections.abc import Mapping

from python_builds.core.platforms.evidence import EVIDENCE, not_compared
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import Proof, Proofs, in_order, proven_on
from python_builds.core.platforms.stand_ins import NOT_YET, TRIABLE, StandIn, StandIns, stands_in, tried_on
from python_builds.core.platforms.systems import SYSTEMS

BEGINS, ENDS = "<!-- platforms: made by `make pages` -->\n", "<!-- end of platforms -->\n"
"""Around what `make pages` writes into a page that is otherwise typed."""

PROOFS = """# Proofs

Made by `make pages` from the files in `proofs/`, which `make prove PLATFORM=NAME` writes: what was tried of a platform
on the real system, and what came of it. What was not run says so. `make platforms` says which of them are old: of
another recipe than the checkout's, or of an image older than `PYTHON_BUILDS_PROOF_DAYS`. Below that is what was tried
on stand-ins, and what public sources say of the facts in the rows, neither of which proves anything.

"""

STAND_INS = """## Stand-ins

From the files in `proofs/stand-ins/`, which `make stand-ins` writes. A miniature of CPython, built on Debian 12 and
linked to the sonames of a row, was packaged; packages that hold nothing have the names of the row's libraries, and the
row's package manager, as Debian has it, did the rest. No library or system of the row had any part in it, and for its
compiler stands Debian's gcc of the same series.

"""


def platforms_table(proofs: Proofs, stand_ins: StandIns) -> str:
    """Write the table of all platforms in Markdown."""
    head = "| name | serves | packages | supported until | tried |\n|---|---|---|---|---|\n"
    return head + "".join(_row(platform, proofs, stand_ins) for platform in PLATFORMS)


def proven_sentence(proofs: Proofs, stand_ins: StandIns) -> str:
    """Say in lines for the README what is proven where, what stood in for what, and what nobody has tried."""
    real = {row.name: proven_on(proofs, row.name) for row in PLATFORMS}
    alike = {
        row.name: [f"{one.architecture} {one.tried_at.date()}" for one in stands_in(row, proofs, stand_ins)]
        for row in PLATFORMS
    }
    tried = {*proofs, *stand_ins}
    left = {row.name: [one for one in row.architectures if (row.name, one) not in tried] for row in PLATFORMS}
    return (
        f"Of {len(PLATFORMS)} [platforms](docs/platforms.md), these were tried on the real system: {_names(real)}.\n"
        f"On a [stand-in](docs/proofs.md#stand-ins), which proves nothing of it: {_names(_together(alike))}.\n"
        f"Not yet: {_names(_together(left))}. `make prove PLATFORM=NAME` tries another.\n"
    )


def proofs_page(proofs: Proofs, stand_ins: StandIns) -> str:
    """Write the page of all proofs, of stand-ins, and of what is known of the rows beside."""
    others = [one for platform in PLATFORMS for one in stands_in(platform, proofs, stand_ins)]
    return (
        PROOFS
        + "".join(map(_proof, in_order(proofs)))
        + (STAND_INS + _legend() + "".join(map(_stand_in, others)) if others else "")
        + "## What public sources say of the rows\n"
        + "".join(_evidence(platform) for platform in PLATFORMS if platform.name in EVIDENCE)
    )


def between_marks(page: str, text: str) -> str:
    """Put a text into a page between the marks.

    Raises:
        ValueError: if it has none.
    """
    before, begins, rest = page.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not begins or not ends:
        raise ValueError(f"the page has not the lines {BEGINS.strip()} and {ENDS.strip()}")
    return f"{before}{begins}{text}{ends}{after}"


def _row(platform: Platform, proofs: Proofs, stand_ins: StandIns) -> str:
    tried = "<br>".join(tried_on(platform, proofs, stand_ins)) or NOT_YET
    end = platform.end_of_support
    return f"| {platform.name} | {_served(platform)} | {platform.package_format} | {end} | {tried} |\n"


def _served(platform: Platform) -> str:
    """Name the systems of a row, those of one version together."""
    versions: dict[str, list[str]] = {}
    for os_id, version in platform.serves:
        versions.setdefault(version, []).append(SYSTEMS[os_id])
    return "; ".join(f"{', '.join(names)} {version}" for version, names in versions.items())


def _names(said: Mapping[str, list[str]]) -> str:
    return ", ".join(f"{name} ({'; '.join(words)})" for name, words in said.items() if words) or "none"


def _together(said: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Name those together of whom the same is said."""
    names: dict[str, list[str]] = {}
    for name, words in said.items():
        names.setdefault("; ".join(words), []).append(name)
    return {", ".join(alike): [words] if words else [] for words, alike in names.items()}


def _proof(proof: Proof) -> str:
    how = "emulated by qemu-user" if proof.emulated else "not emulated"
    commit = f"`{proof.commit[:12]}`{' with changes' if proof.commit.endswith('+') else ''}"
    images = [image for image in (proof.base_image, proof.worker_image) if image]
    lines = [
        f"## {proof.platform} on {proof.architecture}: {proof.standing}\n\n",
        f"{proof.proven_at:%Y-%m-%d}, {proof.profile} builds, {how}, recipe `{proof.recipe}`, commit {commit}.\n\n",
        *(f"- `{image.name}` of {image.made_at:%Y-%m-%d}: `{image.digest or image.id}`\n" for image in images),
        *(
            f"- CPython {build.version}: {build.tests} test files, {build.compiler}, {build.libc}, "
            f"{len(build.libraries)} libraries of the system\n"
            for build in proof.builds
        ),
        "\n| check | verdict | found |\n|---|---|---|\n",
        *(
            f"| {check.name} | {check.verdict} | {_cell(f'{check.detail} {check.advice}')} |\n"
            for check in proof.checks
        ),
        "\n",
    ]
    return "".join(lines)


def _legend() -> str:
    return "".join(f"- *{name}*: {text}\n" for name, text in TRIABLE.items()) + "\n"


def _stand_in(one: StandIn) -> str:
    packages = ", ".join(sorted({*one.libraries.values()}))
    rows = (f"| {check.name} | {check.verdict} | {_cell(check.detail)} |\n" for check in one.checks)
    return (
        f"### {one.platform} on {one.architecture}: {one.standing}\n\n"
        f"{one.tried_at:%Y-%m-%d}, with {one.on}, recipe `{one.recipe}`.\n\n"
        f"- {len(one.libraries)} sonames, of packages called {packages}\n"
        f"\n| check | verdict | found |\n|---|---|---|\n{''.join(rows)}\n"
    )


def _evidence(platform: Platform) -> str:
    found = EVIDENCE[platform.name]
    rows = (f"| {_cell(one.fact)} | {_cell(one.says)} | {_cell(one.source)} |\n" for one in found)
    table = f"\n### {platform.name}\n\n| fact | what is said | by |\n|---|---|---|\n{''.join(rows)}"
    names = ", ".join(not_compared(platform))
    return f"{table}\nPackages of its worker image that none of these names: {names or 'none'}.\n"


def _cell(text: str) -> str:
    return text.strip().replace("|", "\\|").replace("\n", " ")
