"""What the tarballs by zstd are called, which the master adds to what a build uploads."""

from python_builds.core.publishing.artifacts import ZST_PARTS, Product, tarball_file


def zst_file(tarball: str) -> str:
    """Name what holds the same tar as a .tar.gz, by zstd."""
    return f"{tarball.removesuffix('.gz')}.zst"


def zst_keys(product: Product, revision: int) -> dict[str, str]:
    """Give the key of each file that the master adds to what a build uploads; older builds have none of them."""
    names = [zst_file(tarball_file(product, revision, part)) for part in ZST_PARTS]
    return {f"{name}{ending}": f"{product.folder}/{name}{ending}" for name in names for ending in ("", ".sha256")}
