"""Files of SHA-256 digests, as sha256sum, shasum, openssl, the BSDs and Windows write them."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

_HEX = r"(?P<digest>[0-9a-fA-F]{64})"
_LINE = re.compile(rf"\\?{_HEX}(?:[ \t]+[*^]?(?P<name>.+))?")
_TAGGED = re.compile(rf"(?:SHA-?256|SHA2-256)[ ]?\((?P<name>.+)\)[ ]?=[ ]?{_HEX}", re.IGNORECASE)
_OF_ANOTHER_KIND = re.compile(r"[A-Za-z0-9/-]+[ ]?\(.+\)[ ]?=[ ]?[0-9a-fA-F]+|#.*|")
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True)
class Checksums:
    """What a file says, and what of it was not understood."""

    digests: Mapping[str, str]
    """Lower-case hex by file name, without folders."""
    problem: str
    """As part of a sentence; empty if all was understood."""


def read_checksums(content: bytes, of: str = "") -> Checksums:
    """Read a file of digests; `of` is the file that a digest without a name is of, if it may stand alone."""
    digests: dict[str, str] = {}
    odd = []
    for number, line in enumerate(map(str.strip, _text(content).splitlines()), 1):
        match = _LINE.fullmatch(line) or _TAGGED.fullmatch(line)
        name = re.split(r"[/\\]", match["name"] or of)[-1] if match else ""
        if match and name and digests.setdefault(name, match["digest"].lower()) != match["digest"].lower():
            odd.append(f"line {number} has another digest of {name} than a line before")
            digests[name] = ""
        elif not name and not _OF_ANOTHER_KIND.fullmatch(line):
            odd.append(f"line {number} is no SHA-256 with a file's name: {line[:80]!r}")
    more = f", and {len(odd) - 1} more" if odd[1:] else ""
    return Checksums({name: digest for name, digest in digests.items() if digest}, odd[0] + more if odd else "")


def _text(content: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding, errors="replace")
    if content[1:2] == b"\0":
        return content.decode("utf-16-le", errors="replace")
    return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-8", errors="replace")
