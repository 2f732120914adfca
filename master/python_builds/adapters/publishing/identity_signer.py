"""Signs statements by an identity: sigstore's certificate of ten minutes instead of a key, and the log that saw it.

In a process of its own, as sigstore's client waits for its servers without end. Beside each statement in a folder it
writes its bundle; without any it asks for the certificate alone, which shows that the identity is known.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from sigstore.dsse import Statement
from sigstore.oidc import IdentityToken
from sigstore.sign import Signer, SigningContext
from sigstore.verify import Verifier

from python_builds.adapters.publishing.identity import UNSIGNED
from python_builds.adapters.upstream.sigstore_bundle import own_verifier, signer_of, trust_config, verify_statement
from python_builds.core.errors import PythonBuildsError
from python_builds.core.publishing.dsse import BUNDLE_ENDING

WRITERS = 4
"""Statements that are signed at the same time: the log answers when it has taken one in."""

MAX_BODY = 300
"""Characters that are shown of a server's words."""


def main(arguments: Sequence[str]) -> None:
    """Take the token's file, the trust configuration's or nothing, and the folder; print as JSON who has signed."""
    token, trust, folder = Path(arguments[0]), Path(arguments[1]) if arguments[1] else None, Path(arguments[2])
    context = SigningContext.from_trust_config(trust_config(trust))
    verifier = own_verifier(trust)
    with context.signer(IdentityToken(token.read_text().strip())) as signer, ThreadPoolExecutor(WRITERS) as pool:
        found = list(pool.map(lambda path: _sign(signer, path, verifier), folder.glob(f"*{UNSIGNED}")))
    print(json.dumps(found[:1]))


def _sign(signer: Signer, path: Path, verifier: Verifier) -> tuple[str, str]:
    """Sign one, and verify it as everybody will."""
    bundle = signer.sign_dsse(Statement(path.read_bytes()))
    content = bundle.to_json().encode()
    identity, issuer = signer_of(bundle.signing_certificate)
    verify_statement(path.name, content, identity, issuer, verifier)
    path.with_name(f"{path.name}{BUNDLE_ENDING}").write_bytes(content)
    return identity, issuer


def _tell(_: type[BaseException], error: BaseException, __: object) -> None:
    """End with one line of what was wrong, by whoever reads this process's errors."""
    print("; ".join(_words(error)), file=sys.stderr)


def _words(error: BaseException | None) -> Iterator[str]:
    """Say what was wrong, also where sigstore's client says so in what was behind its error alone."""
    if isinstance(error, PythonBuildsError):
        yield str(error)
        return
    while error:
        said = " ".join(f"{type(error).__name__} {error}".split())
        answer = getattr(error, "response", None)
        if isinstance(answer, requests.Response):
            said += f" ({' '.join(answer.text.split())[:MAX_BODY]})"
        yield said
        error = error.__cause__


if __name__ == "__main__":
    sys.excepthook = _tell
    main(sys.argv[1:])
