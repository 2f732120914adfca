"""`make platforms`: the platform table for people."""

from python_builds.facts.platforms import PLATFORMS

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
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (HEAD, *rows)
    )


if __name__ == "__main__":
    print(table())
