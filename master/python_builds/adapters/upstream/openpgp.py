"""OpenPGP: detached signatures of tarballs, checked by gpgv against one key.

gpgv checks the mathematics and leaves the judgement to its status lines: it ends well for a signature that was made
after its key expired, and says of a key that has expired and was revoked only that it has expired. So neither its exit
status nor "good signature" is enough; what the lines say is judged here.
Lines: https://github.com/gpg/gnupg/blob/master/doc/DETAILS
"""

import base64
import datetime
import io
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_builds.core.errors import NotVerified

MAX_SIGNATURE = 64 * 2**10
"""Bytes. A signature has about a thousand."""

_BEGIN, _END = "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----END PGP PUBLIC KEY BLOCK-----"
_SIGNATURE_PACKET = 2
_REVOCATIONS = (b"\x20", b"\x28")
"""Classes of signatures that revoke a key and a subkey."""


def verify(tarball: Path, signature: Path, key: Path, fingerprint: str) -> datetime.date:
    """Check that the key of a fingerprint signed a tarball while it was valid; return when.

    Raises:
        NotVerified: with what was found instead.
    """
    ring = read_key(key)
    try:
        return _judge(_gpgv(tarball, signature, ring), ring, fingerprint)
    except NotVerified as error:
        raise NotVerified(
            f"{signature.name} does not vouch for {tarball.name}: {error}; a signature by OpenPGP key {fingerprint} is "
            f"expected, as in {key}"
        ) from None


def read_key(path: Path) -> bytes:
    """Read a public key from its armor.

    Raises:
        NotVerified: if the file holds none.
    """
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        block = lines[lines.index(_BEGIN) + 1 : lines.index(_END)]
        text = block[block.index("") + 1 :]  # headers end with an empty line, and a line that starts with = is a CRC
        return base64.b64decode("".join(line for line in text if not line.startswith("=")), validate=True)
    except (OSError, ValueError) as error:  # binascii.Error and UnicodeError are ValueErrors
        raise NotVerified(
            f"{path} is no armored OpenPGP public key ({error}); keys/README.md says how to get it"
        ) from error


@dataclass(frozen=True)
class _Answer:
    """What gpgv said."""

    status: int
    lines: list[tuple[str, list[str]]]
    """For programs: a keyword and its arguments each."""
    words: str
    """The last for people."""

    def __contains__(self, keyword: str) -> bool:
        return any(line[0] == keyword for line in self.lines)

    def all(self, keyword: str) -> list[list[str]]:
        return [arguments for word, arguments in self.lines if word == keyword]


def _gpgv(tarball: Path, signature: Path, ring: bytes) -> _Answer:
    with tempfile.TemporaryDirectory() as home:
        keyring = Path(home) / "key.gpg"
        keyring.write_bytes(ring)
        options = ["--homedir", home, "--keyring", str(keyring), "--status-fd", "1"]
        command = ["gpgv", *options, "--", str(signature.absolute()), str(tarball.absolute())]
        environment = {**os.environ, "LC_ALL": "C"}
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=600)
        except FileNotFoundError:
            raise NotVerified("this machine has no gpgv, which checks it; install it: apt-get install gpgv") from None
        except subprocess.TimeoutExpired:
            raise NotVerified("gpgv did not end within 10 minutes") from None
    lines = [line.split() for line in done.stdout.decode(errors="replace").splitlines()]
    return _Answer(
        status=done.returncode,
        lines=[(line[1], line[2:]) for line in lines if len(line) > 1 and line[0] == "[GNUPG:]"],
        words=(done.stderr.decode(errors="replace").strip().splitlines() or ["without a word"])[-1],
    )


def _judge(answer: _Answer, ring: bytes, fingerprint: str) -> datetime.date:
    if len(answer.all("NEWSIG")) > 1:
        raise NotVerified("it holds several signatures, and one is expected")
    if "BADSIG" in answer:
        raise NotVerified("the tarball or the signature was changed after it was signed")
    if "NO_PUBKEY" in answer:
        raise NotVerified(f"it was made by another key, {(answer.all('ERRSIG') or answer.all('NO_PUBKEY'))[0][-1]}")
    try:
        ((_, _, made, _, _, _, _, _, kind, primary),) = answer.all("VALIDSIG")
        at = datetime.datetime.fromtimestamp(int(made), datetime.UTC)
    except ValueError:
        raise NotVerified(f"gpgv finds no valid signature in it ({answer.words})") from None
    if primary != fingerprint:
        raise NotVerified(f"it was made by another key, {primary}")
    if kind != "00":
        raise NotVerified(f"it is of class {kind} and does not sign the file byte by byte")
    if at.timestamp() > time.time():
        raise NotVerified(f"it says that it was made in the future, on {at.date()}")
    _check_key(answer, at, ring)
    if answer.status:
        raise NotVerified(f"gpgv ended with status {answer.status} ({answer.words})")
    return at.date()


def _check_key(answer: _Answer, at: datetime.datetime, ring: bytes) -> None:
    """Check that the key was valid when the signature was made, and was never revoked."""
    if "REVKEYSIG" in answer or ("EXPKEYSIG" in answer and _holds_revocation(ring)):
        raise NotVerified("its key has been revoked")
    if "EXPKEYSIG" in answer:
        # Lines are about subkeys too, and say not which: the earliest counts.
        expired = min((int(arguments[0]) for arguments in answer.all("KEYEXPIRED")), default=0)
        if at.timestamp() >= expired:
            day = datetime.datetime.fromtimestamp(expired, datetime.UTC).date()
            raise NotVerified(
                f"it was made on {at.date()} and its key had expired on {day} (where its owner has prolonged it, get "
                "the prolonged key)"
            )
    elif "GOODSIG" not in answer:
        raise NotVerified("the signature itself has expired" if "EXPSIG" in answer else "gpgv does not call it good")


def _holds_revocation(ring: bytes) -> bool:
    """Say whether a key comes with a revocation of itself or a subkey."""
    return any(
        tag == _SIGNATURE_PACKET and (body[2:3] if body[:1] == b"\x03" else body[1:2]) in _REVOCATIONS
        for tag, body in _packets(ring)
    )


def _packets(ring: bytes) -> Iterator[tuple[int, bytes]]:
    """Split a key into its packets, each with its tag: RFC 4880, section 4.2."""
    stream = io.BytesIO(ring)
    while header := _number(stream, 1):
        if header & 0x40:
            tag, length = header & 0x3F, _number(stream, 1)
            if 192 <= length < 224:
                length = ((length - 192) << 8) + 192 + _number(stream, 1)
            elif length == 255:
                length = _number(stream, 4)
        else:
            tag, length = (header >> 2) & 0x0F, _number(stream, 1 << (header & 3))
        yield tag, stream.read(length)


def _number(stream: io.BytesIO, width: int) -> int:
    return int.from_bytes(stream.read(width), "big")
