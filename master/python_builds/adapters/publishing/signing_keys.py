"""What gpg says of keys, and whether they sign: not those that have expired, were revoked or lack their secret part."""

import datetime
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A primary key or a subkey."""

    signs: bool
    made: datetime.datetime
    expires: datetime.datetime
    is_revoked: bool
    is_secret: bool


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key as people name it, by the fingerprint of its primary part."""

    fingerprint: str
    parts: tuple[Part, ...]
    """The primary part first."""

    @property
    def is_secret(self) -> bool:
        """Say whether there is a secret part that signs."""
        return any(part.signs and part.is_secret for part in self.parts)

    @property
    def expires(self) -> datetime.datetime:
        """Say how long it can sign, whether or not that is over."""
        return min(self.parts[0].expires, max((part.expires for part in self._sound), default=NEVER))

    def made_for(self, now: datetime.datetime) -> datetime.datetime:
        """Say when the part of it was made that signs."""
        return max(part.made for part in self._sound if part.expires > now)

    def problem(self, now: datetime.datetime) -> str:
        """Say why it cannot sign at a moment; empty if it can."""
        if self.parts[0].is_revoked or not self._sound:
            return f"{self.fingerprint} is revoked"
        return f"{self.fingerprint} expired on {self.expires:%Y-%m-%d %H:%M} UTC" if self.expires <= now else ""

    @property
    def _sound(self) -> list[Part]:
        return [part for part in self.parts if part.signs and part.is_secret and not part.is_revoked]


def with_remote_parts(key: Key) -> Key:
    """Take a key without any secret part for one whose parts an agent elsewhere has.

    An agent that is reached by its extra socket says nothing of its keys, and signs: gpg lists them as if they were not
    there. Whether one signs is seen when it is to.
    """
    if any(part.is_secret for part in key.parts):
        return key
    return replace(key, parts=tuple(replace(part, is_secret=True) for part in key.parts))


def list_keys(options: Sequence[str], wanted: Sequence[str], *, secret: bool) -> dict[str, Key]:
    """List keys by fingerprint; see gpg's doc/DETAILS for the fields."""
    how = "--list-secret-keys" if secret else "--list-keys"
    listed = subprocess.run(["gpg", *options, "--with-colons", how, *wanted], capture_output=True)
    return {key.fingerprint: key for key in _keys(listed.stdout.decode(errors="replace").splitlines())}


def _keys(lines: Iterable[str]) -> list[Key]:
    found: list[tuple[str, list[Part]]] = []
    for line in lines:
        fields = line.split(":")
        if fields[0] in ("sec", "pub"):
            found.append(("", [_part(fields)]))
        elif fields[0] in ("ssb", "sub"):
            found[-1][1].append(_part(fields))
        elif fields[0] == "fpr" and not found[-1][0]:
            found[-1] = (fields[9], found[-1][1])
    return [Key(fingerprint=fingerprint, parts=tuple(parts)) for fingerprint, parts in found]


def _part(fields: Sequence[str]) -> Part:
    expires = datetime.datetime.fromtimestamp(int(fields[6]), datetime.UTC) if fields[6] else NEVER
    return Part(
        signs="s" in fields[11],
        made=datetime.datetime.fromtimestamp(int(fields[5]), datetime.UTC),
        expires=expires,
        is_revoked=fields[1] == "r",
        is_secret=fields[14] not in ("", "#"),
    )
