"""What the documents are called that say what is in a build, which the master adds to what a build uploads."""

from python_builds.core.publishing.artifacts import SBOM_ENDING, SPDX_ENDING, Product, tarball_file


def sbom_file(product: Product, revision: int, ending: str = SBOM_ENDING) -> str:
    """Name a document that says what is in a build, beside its tarball."""
    return tarball_file(product, revision).removesuffix(".tar.gz") + ending


def sbom_keys(product: Product, revision: int) -> dict[str, str]:
    """Give the keys of both, and those of their digests; older builds have none of them."""
    names = [sbom_file(product, revision, ending) for ending in (SBOM_ENDING, SPDX_ENDING)]
    return {f"{name}{ending}": f"{product.folder}/{name}{ending}" for name in names for ending in ("", ".sha256")}
