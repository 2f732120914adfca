"""Statements signed by an identity, which needs no key that somebody would have to keep: see identity_signer.py."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from python_builds.adapters.apart import NoAnswer, answer_of
from python_builds.adapters.stop import Stop
from python_builds.core.errors import SigningError
from python_builds.core.publishing.dsse import BUNDLE_ENDING
from python_builds.core.settings.settings import Settings, variable

MODULE = "python_builds.adapters.publishing.identity_signer"

UNSIGNED = ".statement"
"""What the names of statements end in."""

MAX_SECONDS = 300
"""In which all statements of a build are signed; a log takes seconds for one."""

TRIES = 3
PAUSE_SECONDS = 10
"""Between two of them."""

ENVIRONMENT = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "REQUESTS_CA_BUNDLE")
"""By which requests finds its way."""


def sign_by_identity(settings: Settings, statements: Mapping[str, bytes], stop: Stop) -> tuple[dict[str, bytes], str]:
    """Give the bundle of each statement by its name, and whose they are; without statements, ask whether it could be.

    Raises:
        SigningError: saying what sigstore's servers, or the token, lack.
        Stopped: if somebody stopped it.
    """
    with tempfile.TemporaryDirectory(prefix="python-builds-identity-") as scratch:
        paths = {name: Path(scratch, f"{number}{UNSIGNED}") for number, name in enumerate(statements)}
        for name, path in paths.items():
            path.write_bytes(statements[name])
        signers = _answer(settings, scratch, stop)
        bundles = {name: path.with_name(f"{path.name}{BUNDLE_ENDING}").read_bytes() for name, path in paths.items()}
    return bundles, ", ".join(f"{identity} of {issuer}" for identity, issuer in signers)


def _answer(settings: Settings, folder: str, stop: Stop) -> list[list[str]]:
    """Ask again where that may help; whoever renews the token may just be at it, too."""
    words = ""
    for number in range(TRIES):
        if number:
            stop.wait(PAUSE_SECONDS)
        try:
            trust = str(settings.sigstore_trust_config or "")
            asked = (str(settings.sigstore_token_file), trust, folder)
            found: list[list[str]] = answer_of(MODULE, *asked, stop=stop, seconds=MAX_SECONDS, keep=ENVIRONMENT)
        except NoAnswer as error:
            words = str(error)
        else:
            return found
    raise SigningError(
        f"sigstore gave no signature by the identity of {variable('sigstore_token_file')}{words} ({TRIES} tries)"
    )
