"""What is in a build, as SPDX 2.3: the document beside the artifacts in other words, a function of its bytes alone."""

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

VERSION = "SPDX-2.3"
NAMESPACE = "https://spdx.org/spdxdocs"
DOCUMENT, BUILD = "SPDXRef-DOCUMENT", "SPDXRef-build"
NOT_SAID = "NOASSERTION"

_LINKED, _TOOL = "system:", "tool:"
"""How references begin of what the build is linked to, and of what built it; all else is a part of it."""


def spdx_of(document: bytes) -> bytes:
    """Write a CycloneDX document of ours, which names the time when it was built, as SPDX."""
    told = json.loads(document)
    main, parts = told["metadata"]["component"], _numbered(told["components"])
    artifacts = {
        f"SPDXRef-artifact-{number}": one
        for number, one in enumerate(main["externalReferences"], 1)
        if one["type"] == "distribution"
    }
    made = datetime.datetime.fromisoformat(told["metadata"]["timestamp"]).astimezone(datetime.UTC)
    written = {
        "spdxVersion": VERSION,
        "SPDXID": DOCUMENT,
        "dataLicense": "CC0-1.0",
        "name": main["name"],
        "documentNamespace": f"{NAMESPACE}/{main['name']}-{told['serialNumber'].rpartition(':')[2]}",
        "creationInfo": {"created": made.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: python-builds"]},
        "packages": [
            {"SPDXID": BUILD, "name": main["name"], "versionInfo": main["version"], **_unsaid()},
            *(_package(name, one) for name, one in parts.items()),
            *(_artifact(name, one) for name, one in artifacts.items()),
        ],
        "relationships": [
            _relation(DOCUMENT, "DESCRIBES", BUILD),
            *(_relation_of(name, str(one["bom-ref"])) for name, one in parts.items()),
            *(_relation(name, "CONTAINS", BUILD) for name in artifacts),
        ],
    }
    return json.dumps(written, indent=1, sort_keys=True).encode() + b"\n"


def _numbered(components: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give each a name of SPDX's letters; the number tells those apart that differ in others."""
    return {
        f"SPDXRef-{number}-{re.sub('[^A-Za-z0-9.-]', '-', one['bom-ref'])}": one
        for number, one in enumerate(components, 1)
    }


def _package(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    sources = [r for r in one.get("externalReferences", ()) if r["type"] == "source-distribution"]
    digests = [digest for where in (one, *sources) for digest in where.get("hashes", ())]
    url = next((source["url"] for source in sources), "")
    return {
        "SPDXID": name,
        "name": one["name"],
        "primaryPackagePurpose": str(one["type"]).upper(),
        **_unsaid(),
        **({"versionInfo": one["version"]} if "version" in one else {}),
        **({"downloadLocation": url} if url.startswith("https://") else {}),
        **({"sourceInfo": f"of {url}"} if url and not url.startswith("https://") else {}),
        **({"licenseDeclared": one["licenses"][0]["expression"]} if "licenses" in one else {}),
        **({"checksums": [_checksum(digest["content"]) for digest in digests]} if digests else {}),
        "externalRefs": [*_references(one)],
    }


def _artifact(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    digests = [_checksum(digest["content"]) for digest in one.get("hashes", ())]
    checksums = {"checksums": digests} if digests else {}
    return {
        "SPDXID": name,
        "name": one["url"].rpartition("/")[2],
        "packageFileName": one["url"],
        **_unsaid(),
        **checksums,
    }


def _unsaid() -> dict[str, Any]:
    return {"downloadLocation": NOT_SAID, "filesAnalyzed": False}


def _references(one: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for field, category, kind in (("cpe", "SECURITY", "cpe23Type"), ("purl", "PACKAGE-MANAGER", "purl")):
        if field in one:
            yield {"referenceCategory": category, "referenceType": kind, "referenceLocator": one[field]}


def _relation_of(name: str, reference: str) -> dict[str, str]:
    if reference.startswith(_TOOL):
        return _relation(name, "BUILD_TOOL_OF", BUILD)
    return _relation(BUILD, "DYNAMIC_LINK" if reference.startswith(_LINKED) else "CONTAINS", name)


def _relation(one: str, how: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": how, "relatedSpdxElement": other}


def _checksum(sha256: str) -> dict[str, str]:
    return {"algorithm": "SHA256", "checksumValue": sha256}
