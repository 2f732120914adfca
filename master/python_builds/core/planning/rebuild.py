"""Breaking the glass: which products a request to build again comes to."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from python_builds.core.building.requests import RebuildRequest
from python_builds.core.planning.plan import BuildMatrix, expand
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import Product
from python_builds.core.upstream.tags import Newest, Tag, reading_order
from python_builds.core.workers.missing_images import MissingImage


def to_rebuild(
    request: RebuildRequest,
    builders: Mapping[str, tuple[Platform, str]],
    *,
    published: Collection[Product],
    today: datetime.date,
    keep: Collection[str] = (),
    imageless: Mapping[str, MissingImage] = MappingProxyType({}),
) -> BuildMatrix:
    """List the products, newest version first.

    Everything means what is published, of all variants. A version that is named is built wherever this farm can,
    published or not; on a platform past its support only where it is published, or if the platform is named or kept. A
    minor means the newest of its releases that is published.
    """
    platforms: Sequence[Platform] = request.platforms or PLATFORMS
    known = {product.tag for product in published}
    tags, left_out = _numbers(request.tags, known) if request.tags else (known, {})
    products: list[Product] = []
    for tag in reading_order(tags):
        found = expand(tag, platforms, builders, request.profile, request.architectures, imageless)
        for reason, names in found.left_out.items() if request.tags else ():
            left_out[reason] = tuple(dict.fromkeys((*left_out.get(reason, ()), *names)))
        for product in found.products:
            alive = product.platform.is_supported_on(today) or product.platform.name in keep or request.platforms
            if product in published or (request.tags and alive):
                products.append(product)
    return BuildMatrix(products=tuple(products), left_out=left_out)


def _numbers(wanted: Iterable[Tag | Newest], known: Collection[Tag]) -> tuple[set[Tag], dict[str, tuple[str, ...]]]:
    """Say which release is the newest of each minor that is named, and of which minor nothing is published."""
    picked = {one: one if isinstance(one, Tag) else one.pick(known) for one in wanted}
    lacking = {f"no release of {one} is published": () for one, tag in picked.items() if tag is None}
    return {tag for tag in picked.values() if tag is not None}, dict(lacking)
