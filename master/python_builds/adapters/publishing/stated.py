"""What is stated of a published file, and whether those whom a person trusts have signed it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sigstore.verify import Verifier

from python_builds.adapters.publishing.attesting import Public, verify_envelope
from python_builds.adapters.publishing.places import Place
from python_builds.adapters.upstream.sigstore_bundle import verify_statement
from python_builds.core.errors import NotVerified
from python_builds.core.publishing.dsse import BUNDLE_ENDING, ENDING, MAX_ENVELOPE_BYTES
from python_builds.core.publishing.findings import Finding, State
from python_builds.core.publishing.provenance import BUILD_TYPE, Provenance, parse_provenance


@dataclass(frozen=True, kw_only=True)
class TrustedIdentity:
    """Who signs by sigstore."""

    identity: str
    issuer: str
    verifier: Verifier

    def verify(self, name: str, content: bytes) -> tuple[bytes, str]:
        """Give what it has signed of a bundle, and who it is; for errors see `verify_statement`."""
        payload = verify_statement(name, content, self.identity, self.issuer, self.verifier)
        return payload, f"{self.identity} of {self.issuer}"


@dataclass(frozen=True, kw_only=True)
class Trusted:
    """Whom a person trusts."""

    keys: Mapping[str, Public]
    """That sign provenances; none means that nobody was named."""
    identity: TrustedIdentity | None = None
    openpgp: Path | None = None
    """An armored public key whose owner signs lists of digests."""
    source: Path | None = None
    """The source tarball, where it does not lie in the same store."""


def stated(place: Place, digest: str, trusted: Trusted) -> Iterator[tuple[Provenance | None, Finding]]:
    """Look at the provenance beside a file: signed by a trusted key, and by the trusted identity where one is named."""
    keys, identity = trusted.keys, trusted.identity

    def by_key(name: str, content: bytes) -> tuple[bytes, str]:
        payload, signers = verify_envelope(name, content, keys)
        return payload, f"key {signers[0]}"

    unnamed = "" if keys else "name the farm's key by --key: what comes from the same place vouches for nothing"
    yield _signed(place, digest, "provenance", ENDING, by_key, unnamed=unnamed, required=bool(keys) or identity is None)
    if identity:
        yield _signed(place, digest, "identity", BUNDLE_ENDING, identity.verify, unnamed="", required=True)


def _signed(
    place: Place,
    digest: str,
    question: str,
    ending: str,
    verify: Callable[[str, bytes], tuple[bytes, str]],
    *,
    unnamed: str,
    required: bool,
) -> tuple[Provenance | None, Finding]:
    def found(state: State, words: str, provenance: Provenance | None = None) -> tuple[Provenance | None, Finding]:
        return provenance, Finding(question=question, state=state, words=words, required=required)

    beside = place.get(place.name + ending, MAX_ENVELOPE_BYTES)
    if beside is None:
        return found(State.OPEN, f"no {ending} lies beside it")
    if unnamed:
        return found(State.OPEN, unnamed)
    try:
        payload, signer = verify(beside.name, beside.read_bytes())
        provenance = parse_provenance(beside.name, payload)
    except NotVerified as error:
        return found(State.FAILS, str(error))
    if provenance.predicate.definition.build_type != BUILD_TYPE:
        return found(State.FAILS, f"it is of a {provenance.predicate.definition.build_type!a}, not of {BUILD_TYPE}")
    if digest not in [one.sha256 for one in provenance.subject]:
        return found(State.FAILS, f"it is of {', '.join(one.sha256 for one in provenance.subject)}, not of this file")
    return found(State.HOLDS, f"of this file, signed by {signer}", provenance)
