"""What indexes named and would name no more, for the guard that refuses to lose anything unseen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What indexes named and would name no more."""

    products: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = []
        for what, names in (("products", self.products), ("versions", self.versions)):
            if names:
                more = f" and {len(names) - 5} more" if len(names) > 5 else ""
                parts.append(f"{len(names)} {what}: {', '.join(names[:5])}{more}")
        return "; ".join(parts)

    def __bool__(self) -> bool:
        return bool(self.products or self.versions)


def removed(
    old: Mapping[str, int], new: Mapping[str, int], versions: Iterable[str], new_versions: Iterable[str]
) -> Removed:
    """Compare products with the revision named of each, and versions: nothing may go, and no revision go back."""
    kept = {*new_versions}
    return Removed(
        products=tuple(sorted(name for name, revision in old.items() if new.get(name, 0) < revision)),
        versions=tuple(version for version in versions if version not in kept),
    )
