"""The stages of a build by which its tree says what is in it."""

from collections.abc import Iterator

from python_builds.core.building.stage import By, Known, Stage
from python_builds.core.publishing.artifacts import TREE_SBOM

SBOM_FILE = TREE_SBOM.rpartition("/")[2]
"""What the master makes of what list-contents.sh tells, and add-sbom.sh puts into the tree."""


def sbom_stages() -> Iterator[Stage]:
    """List how the tree comes by the document that says what is in it, which the master makes."""
    yield Stage(
        name="list the contents",
        by=By.PACKAGING_USER,
        words=lambda k: ["scripts/steps/list-contents.sh", k["prefix"]],
        keeps="contents_listed",
    )
    yield Stage(name="make the SBOM", by=By.MASTER)
    yield Stage(name="send the SBOM", by=By.SENT, words=lambda _: [SBOM_FILE], when=_has_sbom, quiet=True)
    yield Stage(
        name="add the SBOM",
        by=By.PACKAGING_USER,
        words=lambda k: ["scripts/steps/add-sbom.sh", k["prefix"], SBOM_FILE],
        when=_has_sbom,
        leaves=TREE_SBOM,
    )


def _has_sbom(known: Known) -> bool:
    return bool(known.get("sbom_sha256"))
