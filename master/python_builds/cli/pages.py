"""Pages that are made from the code: the settings, what a build does, and from the files of proofs, the platforms."""

from collections.abc import Callable, Mapping
from pathlib import Path

from packaging.version import Version

from python_builds.adapters.platforms.proof_files import read_proofs, read_stand_ins
from python_builds.core.building.stage import DROPS_TO, Known, Stage
from python_builds.core.building.stages import stages
from python_builds.core.platforms.platform_pages import (
    between_marks,
    platforms_table,
    proofs_page,
    proven_sentence,
)
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.platforms.proofs import Proofs
from python_builds.core.platforms.stand_ins import StandIns
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.records import Source
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import describe
from python_builds.core.upstream.trust import Trust
from python_builds.farm.building.platform_work import build_properties

SETTINGS = """# Settings

Made by `make pages`. Each is an environment variable, or a line of `.env` in the checkout; the environment wins.
[Operate a farm](operate.md), [bucket](bucket.md) and [Docker hosts](docker-hosts.md) explain them by subject.

| setting, and its default | what it is |
| --- | --- |
"""

BUILD = """# A build

Made by `make pages` from the [table of stages](../master/python_builds/core/building/stages.py): what a platform build
does, here one of CPython 3.16.0 for Debian 12, in its order. Each is a step of Buildbot's; `make reproduce` and the
benchmarks run the same commands. The scripts are in `scripts/`, and run in the work folder. *When* says which builds
do it: quick ones, optimized ones that are **trained**, optimized ones that take **stored** training data.

| stage | who | what | when | leaves |
| --- | --- | --- | --- | --- |
"""
MOST = 6
"""Words of a command that are shown."""

KINDS: Mapping[str, Mapping[str, str]] = {
    "quick": {"profile": "quick", "training_sha256": ""},
    "trained": {"profile": "optimized", "training_sha256": ""},
    "stored": {"profile": "optimized", "training_sha256": "…"},
}


def settings_lines() -> str:
    """Give a line for each setting."""
    return "\n".join(f"{name} (default: {default or 'none'}): {text}" for name, default, text in describe())


def settings_page() -> str:
    """Give the page of settings."""
    rows = (f"| `{name}`{f'<br>`{default}`' if default else ''} | {text} |" for name, default, text in describe())
    return SETTINGS + "\n".join(rows) + "\n"


def build_page() -> str:
    """Give the page of a build's stages."""
    platform, version = platform_named("debian-12"), Version("3.16.0")
    product = Product(version=version, platform=platform, architecture="amd64", profile="quick", variant="")
    source = Source(name="Python-3.16.0.tgz", sha256="0" * 64, size=0, origin="", trust=Trust.SIGSTORE)
    known = build_properties(product, 1, source) | {
        "base_root": "BASE_ROOT",
        "make_base_root": True,
        "sbom_sha256": "…",
    }
    every = {name: {**known, **kind} for name, kind in KINDS.items()}
    return BUILD + "".join(f"{_row(stage, every)}\n" for stage in stages(product.platform, product.architecture))


def with_proofs(page: Path, words: Callable[[Proofs, StandIns], str]) -> str:
    """Give a typed page with what the proofs and stand-ins say between its marks."""
    return between_marks(page.read_text(), words(read_proofs(), read_stand_ins()))


DOCS = CHECKOUT / "docs"
PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "build.md": build_page,
    "platforms.md": lambda: with_proofs(DOCS / "platforms.md", platforms_table),
    "proofs.md": lambda: proofs_page(read_proofs(), read_stand_ins()),
    "../README.md": lambda: with_proofs(CHECKOUT / "README.md", proven_sentence),
}


def write(folder: Path = DOCS) -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (folder / name).write_text(page())
        print(folder / name)


def _row(stage: Stage, every: Mapping[str, Known]) -> str:
    kinds = [name for name, known in every.items() if stage.when(known)]
    said = ["…" if len(word) == 64 else word for word in map(str, stage.words(every[kinds[0]]))]
    words = " ".join([*said[:MOST], *(["…"] if said[MOST:] else [])]).strip()
    when = "after a configure that failed" if stage.on_failure else ", ".join(kinds) if len(kinds) < len(every) else ""
    who = stage.by.partition(",")[0] if stage.by in DROPS_TO else str(stage.by)
    what = f"`{words}`" if words else ""
    return f"| {stage.name} | {who} | {what} | {when} | {stage.leaves} |"
