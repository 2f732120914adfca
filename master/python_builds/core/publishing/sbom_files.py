"""What the document is called that says what is in a build, which the master adds to what a build uploads."""

from python_builds.core.publishing.artifacts import SBOM_ENDING, Product, tarball_file


def sbom_file(product: Product, revision: int) -> str:
    """Name the document that says what is in a build, beside its tarball."""
    return tarball_file(product, revision).removesuffix(".tar.gz") + SBOM_ENDING


def sbom_keys(product: Product, revision: int) -> dict[str, str]:
    """Give its key, and that of its digest; older builds have none of them."""
    name = sbom_file(product, revision)
    return {f"{name}{ending}": f"{product.folder}/{name}{ending}" for ending in ("", ".sha256")}
