"""The platform table for people."""

from python_builds.cli import output
from python_builds.core.platforms.platforms import PLATFORMS

HEAD = (
    "PLATFORM",
    "BASE IMAGE",
    "PACKAGES",
    "ARCHITECTURES",
    "PROVEN ON",
    "SUPPORTED UNTIL",
    "PYTHON",
    "WITHOUT",
    "SERVES",
)


def table() -> str:
    """Draw the table, a platform a line."""
    rows = [
        (
            p.name,
            p.base_image,
            p.package_format,
            ", ".join(p.architectures),
            ", ".join(p.proven) or "not yet",
            p.end_of_support.isoformat(),
            f">= {p.oldest_python}",
            ", ".join(sorted(p.allowed_missing)) or "-",
            ", ".join(f"{os_id} {version_id}" for os_id, version_id in p.serves),
        )
        for p in PLATFORMS
    ]
    return output.table(HEAD, rows)
