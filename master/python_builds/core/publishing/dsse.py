"""Signed statements as others read them: a DSSE envelope around an in-toto statement, one line of JSON.

https://github.com/secure-systems-lab/dsse: what is signed is the payload together with its type and both lengths.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass

from python_builds.core.errors import NotVerified

PAYLOAD_TYPE = "application/vnd.in-toto+json"
ENDING = ".intoto.jsonl"
"""What is added to the name of the file that a statement is about."""

BUNDLE_ENDING = ".sigstore.json"
"""The same, where an identity has signed it: the whole is a bundle of sigstore's."""

REBUILT = ".rebuilt-"
KEY_DIGITS = 16
"""Of a key's id, in names of files."""

MAX_ENVELOPE_BYTES = 2**20
"""Bytes of one; real ones have some ten thousand."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A payload with its signatures, each with the id that it gives its key: others leave that out, or repeat it."""

    payload: bytes
    signatures: Sequence[tuple[str, bytes]]

    def dump(self) -> bytes:
        """Write it down."""
        document = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"keyid": key, "sig": base64.b64encode(signature).decode()}
                for key, signature in sorted(self.signatures)
            ],
        }
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def signed_bytes(payload: bytes) -> bytes:
    """Give what a signature is of."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def parse_envelope(name: str, content: bytes) -> Envelope:
    """Read one, whoever wrote it.

    Raises:
        NotVerified: naming what is wrong with it.
    """
    if len(content) > MAX_ENVELOPE_BYTES:
        raise NotVerified(f"{name} has more than the {MAX_ENVELOPE_BYTES} bytes that a signed statement may have")
    try:
        document = json.loads(content)
        if document["payloadType"] != PAYLOAD_TYPE:
            raise NotVerified(f"{name} is of {document['payloadType']!a}, and must be of {PAYLOAD_TYPE}")
        signatures = [(str(one.get("keyid") or ""), _bytes(one["sig"])) for one in document["signatures"]]
        return Envelope(payload=_bytes(document["payload"]), signatures=signatures)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise NotVerified(f"{name} is no signed statement: {error!r:.200}") from error


def rebuilt_name(name: str, key: str) -> str:
    """Name what another builder, of this key, has stated of a file, beside it."""
    return f"{name}{REBUILT}{key[:KEY_DIGITS]}{ENDING}"


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
