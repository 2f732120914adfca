"""OpenPGP signatures of what is published, by gpg on the master, with keys from a file or from the operator's key ring.

Several keys sign side by side while one replaces another. The same content gets the same signature each time: it is
dated like the newest record, or like the newest key where that is younger.
"""

import contextlib
import datetime
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.publishing.signing_keys import list_keys, with_remote_parts
from python_builds.core.errors import SigningError
from python_builds.core.settings.settings import Settings, variable

_SEE = f"see {variable('signing_key_file')} and {variable('signing_keys')} in `make settings`"
_MEND = (
    "Clients would refuse what it signs: give it a later date (gpg --quick-set-expire FINGERPRINT 2y) and have them "
    f"fetch it again, or put a new key beside it, as docs/bucket.md says; {_SEE}"
)
_LOCKED = (
    "No passphrase given",
    "Bad passphrase",
    "No pinentry",
    "Inappropriate ioctl for device",
    "Operation cancelled",
)
"""What gpg says last of a secret key whose passphrase it has not."""


@dataclass(frozen=True, kw_only=True)
class Signer:
    """What signs: gpg with a home folder, and the fingerprints of the keys."""

    options: tuple[str, ...]
    fingerprints: tuple[str, ...]
    """Of the keys that sign."""
    published: tuple[str, ...]
    """Of these, and of former keys whose signatures are still about."""
    newest_key: datetime.datetime
    expires: datetime.datetime
    """When the last of the keys that sign does."""
    expiries: tuple[tuple[str, datetime.datetime], ...] = ()
    """Of each key that signs, by fingerprint."""
    problems: tuple[str, ...] = ()
    """Why others sign no more, as sentences."""

    def try_out(self, until: datetime.datetime) -> None:
        """See that something can be signed now, and until then.

        Raises:
            SigningError: saying why not, and what to do.
        """
        if self.expires <= until:
            names = " ".join(self.fingerprints)
            raise SigningError(f"{names} can sign until {self.expires:%Y-%m-%d %H:%M} UTC only. {_MEND}")
        self.sign(b"", datetime.datetime.now(datetime.UTC), clear=False)

    def sign(self, content: bytes, at: datetime.datetime, *, clear: bool) -> bytes:
        """Return the signed text, or the detached signature, in armor."""
        moment = int(max(at, self.newest_key).timestamp())
        # The first key's signature stands last: zypper looks at that alone, and rpm packages have that key's, too.
        keys = [f"--local-user={fingerprint}" for fingerprint in reversed(self.fingerprints)]
        how = "--clear-sign" if clear else "--detach-sign"
        # "!" stands for ever: gpg's clock does not go on from there.
        options = [f"--faked-system-time={moment}!", "--digest-algo=SHA512", "--no-emit-version", "--armor"]
        return self._gpg(*options, *keys, how, given=content)

    def public_keys(self) -> bytes:
        """Give the keys as clients need them."""
        return self._gpg("--armor", "--export-options=export-minimal", "--export", *self.published)

    def sign_rpm(self, path: Path) -> None:
        """Sign a package in its place, with the first key: rpm knows one signature of a package."""
        if shutil.which("rpmsign") is None:
            raise SigningError("rpm packages are signed by rpmsign, which this machine lacks: apt-get install rpm")
        home = next((o.partition("=")[2] for o in self.options if o.startswith("--homedir=")), "")
        extra = " ".join(o for o in self.options if not o.startswith("--homedir="))
        macros = {
            "__gpg": str(shutil.which("gpg")),  # rpm's own idea of it may be called gpg2
            "_gpg_name": self.fingerprints[0],
            "_gpg_digest_algo": "sha512",
            "_gpg_sign_cmd_extra_args": extra,
            **({"_gpg_path": home} if home else {}),
        }
        command = ["rpmsign", *(f"--define={name} {value}" for name, value in macros.items()), "--addsign", str(path)]
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise SigningError(f"rpmsign could not sign {path.name}: {_said(done)}")

    def _gpg(self, *arguments: str, given: bytes = b"") -> bytes:
        done = subprocess.run(["gpg", *self.options, *arguments], input=given, capture_output=True)
        if done.returncode:
            said = _said(done)
            locked = (
                f"its secret key is locked: see {variable('signing_passphrase_file')}" if _is_locked(said) else _SEE
            )
            raise SigningError(f"gpg could not sign: {said}; {locked}")
        return done.stdout


@contextlib.contextmanager
def signer(settings: Settings) -> Iterator[Signer | None]:
    """Give what signs, by the settings; None where nothing is to be signed.

    Keys of a file are in a key ring of their own, in a folder of the user's alone, for as long as this lasts.

    Raises:
        SigningError: if there is no gpg, or no such key.
    """
    if not settings.signs:
        yield None
        return
    if shutil.which("gpg") is None:
        raise SigningError("signatures are made by gpg, which this machine lacks: apt-get install gpg gpg-agent")
    options = ["--batch", "--no-tty", "--quiet"]
    if settings.signing_passphrase_file:
        options += ["--pinentry-mode=loopback", f"--passphrase-file={settings.signing_passphrase_file}"]
    if not settings.signing_key_file:
        yield _with_keys(options, settings.signing_keys.split(), by_agent=True)
        return
    with tempfile.TemporaryDirectory(prefix="python-builds-keys-") as home:
        try:
            options.append(f"--homedir={home}")
            imported = subprocess.run(["gpg", *options, "--import", settings.signing_key_file], capture_output=True)
            if imported.returncode:
                raise SigningError(f"{settings.signing_key_file} holds no OpenPGP secret keys: {_said(imported)}")
            yield _with_keys(options, settings.signing_keys.split())
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True)


def _with_keys(options: list[str], wanted: list[str], *, by_agent: bool = False) -> Signer:
    """Find the keys: those with a secret part sign, the others are of former days and published all the same.

    So are those that have expired or were revoked, as clients would refuse what they sign.
    """
    public, secret = (list_keys(options, wanted, secret=secret) for secret in (False, True))
    if by_agent:
        secret = {fingerprint: with_remote_parts(key) for fingerprint, key in secret.items()}
    secret = {fingerprint: key for fingerprint, key in secret.items() if key.is_secret}
    missing = [fingerprint for fingerprint in wanted if fingerprint not in public]
    if missing or not secret:
        raise SigningError(f"gpg has no secret key {' '.join(missing or wanted)}; {_SEE}")
    now = datetime.datetime.now(datetime.UTC)
    problems = tuple(problem for key in secret.values() if (problem := key.problem(now)))
    usable = {fingerprint: key for fingerprint, key in secret.items() if not key.problem(now)}
    if not usable:
        raise SigningError(f"no key can sign: {'; '.join(problems)}. {_MEND}")
    return Signer(
        options=tuple(options),
        fingerprints=tuple(fingerprint for fingerprint in wanted or usable if fingerprint in usable),
        published=tuple(wanted or public),
        newest_key=max(key.made_for(now) for key in usable.values()),
        expires=max(key.expires for key in usable.values()),
        expiries=tuple((fingerprint, key.expires) for fingerprint, key in usable.items()),
        problems=problems,
    )


def _is_locked(said: str) -> bool:
    return any(words in said for words in _LOCKED)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"
