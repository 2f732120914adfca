"""What CPython's own source brings of others: by its Misc/sbom.spdx.json, its headers, and the wheels of ensurepip.

Series before 3.12 have no such file; what is compiled in is then told by the headers alone. Where both tell of a
library, the header is what is compiled.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from python_builds.core.building.contents import Bundled

SBOM = "Misc/sbom.spdx.json"
EXPAT = "Modules/expat/expat.h"
MPDECIMAL = "Modules/_decimal/libmpdec/mpdecimal.h"
WHEELS = "Lib/ensurepip/_bundled/"

CPES = {"expat": "libexpat_project:libexpat", "mpdecimal": "bytereef:mpdecimal"}
"""By which advisories name them."""

_HEADERS = {
    "expat": (EXPAT, tuple(rf"^#\s*define\s+XML_{part}_VERSION\s+([0-9]+)" for part in ("MAJOR", "MINOR", "MICRO"))),
    "mpdecimal": (MPDECIMAL, (r'^#define\s+MPD_VERSION\s+"([0-9.]+)"',)),
}
_DIGEST = re.compile("[0-9a-f]{64}")


def cpe(product: str, version: str) -> str:
    """Name a version as advisories do; `product` is vendor and product, with a colon between them."""
    return f"cpe:2.3:a:{product}:{version}:*:*:*:*:*:*:*"


def is_wanted(path: str) -> bool:
    """Say whether a file of the source, below its top folder, tells of something bundled."""
    return path in (SBOM, EXPAT, MPDECIMAL) or (path.startswith(WHEELS) and path.endswith(".whl"))


def bundled(files: Mapping[str, bytes], digests: Mapping[str, str]) -> tuple[Bundled, ...]:
    """Tell of what is bundled, from the files that are wanted and their SHA-256.

    What upstream's file says in a form that is not known is left out: it is a list for readers, and not what builds.
    """
    found = {one.name: one for one in _listed(files.get(SBOM, b""))}
    for name, (path, patterns) in _HEADERS.items():
        version = _defined(files.get(path, b""), patterns)
        if version and (name not in found or found[name].version != version):
            found[name] = Bundled(name=name, version=version, cpe=cpe(CPES[name], version))
    wheels = [_wheel(path.removeprefix(WHEELS), digests[path]) for path in sorted(files) if path.startswith(WHEELS)]
    there = {wheel.name: wheel for wheel in wheels if wheel}
    # Upstream lists pip too, whose wheel says more.
    return (*(found[name] for name in sorted({*found} - {*there})), *there.values())


def _listed(content: bytes) -> Iterable[Bundled]:
    try:
        packages = json.loads(content)["packages"] if content else []
        return [_package(package) for package in packages]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _package(package: Mapping[str, Any]) -> Bundled:
    references = {str(one["referenceType"]): str(one["referenceLocator"]) for one in package.get("externalRefs", [])}
    digests = [str(c["checksumValue"]) for c in package.get("checksums", []) if c["algorithm"] == "SHA256"]
    return Bundled(
        name=package["name"],
        version=package["versionInfo"],
        sha256=next((digest for digest in digests if _DIGEST.fullmatch(digest)), ""),
        url=str(package.get("downloadLocation", "")),
        cpe=references.get("cpe23Type", ""),
        purl=references.get("purl", ""),
    )


def _defined(header: bytes, patterns: Iterable[str]) -> str:
    text = header.decode(errors="replace")
    found = [re.search(pattern, text, re.MULTILINE) for pattern in patterns]
    return ".".join(match[1] for match in found if match) if all(found) else ""


def _wheel(file: str, sha256: str) -> Bundled | None:
    try:
        name, version, _, _ = parse_wheel_filename(file)
    except InvalidWheelFilename:
        return None
    return Bundled(name=name, version=str(version), file=file, sha256=sha256, purl=f"pkg:pypi/{name}@{version}")
