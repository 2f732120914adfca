"""Whether a published file is what a farm has made of what upstream has signed, by what lies beside it."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.attesting import Public, verify_envelope
from python_builds.adapters.publishing.places import Place
from python_builds.adapters.publishing.stated import Trusted, stated
from python_builds.adapters.upstream.openpgp import read_key
from python_builds.adapters.upstream.verification import Verification
from python_builds.core.errors import NotVerified, SourceError
from python_builds.core.plain_text import MAX_WORDS, plain
from python_builds.core.publishing.artifacts import SIGNATURE_ENDINGS, check_key
from python_builds.core.publishing.dsse import MAX_ENVELOPE_BYTES, rebuilt_name
from python_builds.core.publishing.findings import Finding, State
from python_builds.core.publishing.provenance import REBUILD_TYPE, Provenance, Resource, parse_provenance
from python_builds.core.upstream.releases import version_of_tarball
from python_builds.core.upstream.trust import Trust

MAX_LIST_BYTES = 16 * 2**20
JUDGED = ("GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG")
"""What gpgv says first of a signature; the first of them alone is good."""


def findings(place: Place, trusted: Trusted, verification: Verification) -> Iterator[Finding]:
    """Look at a file; each line is told as soon as it is known.

    Raises:
        SourceError: if it is not there, or cannot be fetched.
    """
    path = place.require(place.name)
    digest = file_sha256(path)
    yield _digest(place, digest)
    yield _list(place, digest, trusted)
    said = None
    for provenance, finding in stated(place, digest, trusted):
        yield finding
        said = said or provenance
    if said is None:
        return
    yield _told(said)
    yield _rebuilt(place, digest, trusted)
    yield _source(place, said, trusted, verification)


def _digest(place: Place, digest: str) -> Finding:
    question = "digest"
    beside = place.get(f"{place.name}.sha256", MAX_LIST_BYTES)
    if beside is None:
        return Finding(question=question, state=State.OPEN, words=f"SHA-256 {digest}; no .sha256 lies beside it")
    told = beside.read_text(errors="replace").split()[:1]
    if told == [digest]:
        return Finding(question=question, state=State.HOLDS, words=f"SHA-256 {digest}, as the .sha256 beside it says")
    return Finding(question=question, state=State.FAILS, words=f"SHA-256 is {digest}, and the .sha256 says {told}")


def _list(place: Place, digest: str, trusted: Trusted) -> Finding:
    question = "signed list"
    for up, inside in (("", place.name), ("../", "pkgs/" + place.name)):
        found = place.get(f"{up}SHA256SUMS", MAX_LIST_BYTES)
        if found is None:
            continue
        told = [line.split() for line in found.read_text(errors="replace").splitlines()]
        if [digest, inside] not in told:
            continue  # lists have the newest revision alone
        signature = place.get(f"{up}SHA256SUMS.asc", MAX_LIST_BYTES)
        if signature is None or trusted.openpgp is None:
            missing = "it is not signed" if signature is None else "name the farm's key by --openpgp-key"
            return Finding(question=question, state=State.OPEN, words=f"{up}SHA256SUMS names it; {missing}")
        try:
            return Finding(question=question, state=State.HOLDS, words=_signers(found, signature, trusted.openpgp))
        except NotVerified as error:
            return Finding(question=question, state=State.FAILS, words=str(error))
    return Finding(question=question, state=State.OPEN, words="no SHA256SUMS beside it names it")


def _signers(content: Path, signature: Path, key: Path) -> str:
    """Say by whom a list is signed: one good signature is enough, as two keys sign while one replaces the other."""
    with tempfile.TemporaryDirectory() as home:
        ring = Path(home, "key.gpg")
        ring.write_bytes(read_key(key))
        command = ["gpgv", "--homedir", home, "--keyring", str(ring), "--status-fd", "1"]
        try:
            done = subprocess.run(
                [*command, "--", str(signature.absolute()), str(content.absolute())], capture_output=True, timeout=60
            )
        except FileNotFoundError:
            raise NotVerified("this machine has no gpgv: apt-get install gpgv") from None
    lines = [line.split()[1:] for line in done.stdout.decode(errors="replace").splitlines() if " " in line]
    good, words = False, []
    for line in lines:  # of each signature first what it is worth, then by whom
        good = line[0] == "GOODSIG" if line[0] in JUDGED else good
        if line[0] == "VALIDSIG" and good:
            words.append(line[-1])
    if not words:
        raise NotVerified(f"{signature.name} has no good signature by a key of {key}")
    return f"SHA256SUMS names it, signed by OpenPGP {' '.join(words)}"


def _told(said: Provenance) -> Finding:
    """Say what the statement says, which is as true as its signer is."""
    run, definition = said.predicate.run, said.predicate.definition
    asked = definition.external
    what = " ".join(str(asked.get(name, "")) for name in ("python_version", "platform", "architecture", "profile"))
    when = f", {run.metadata.finished:%Y-%m-%d %H:%M} UTC" if run.metadata.finished else ""
    return Finding(
        question="built",
        state=State.HOLDS,
        words=f"CPython {what} by {run.builder.id} ({run.metadata.invocation}{when}), as the provenance says",
    )


def _rebuilt(place: Place, digest: str, trusted: Trusted) -> Finding:
    """Count whom of the trusted there is a statement of that they got the same."""
    builders = []
    for key in trusted.keys:
        beside = place.get(rebuilt_name(place.name, key), MAX_ENVELOPE_BYTES)
        if beside is not None:
            try:
                builders.append(rebuilder(beside.name, beside.read_bytes(), digest, trusted.keys))
            except NotVerified as error:
                return Finding(question="rebuilt", state=State.FAILS, words=str(error))
    if not builders:
        return Finding(question="rebuilt", state=State.OPEN, words="by nobody whose key is trusted")
    words = f"reproduced by {len(builders)}: {', '.join(sorted(builders))}"
    return Finding(question="rebuilt", state=State.HOLDS, words=words)


def rebuilder(name: str, content: bytes, digest: str, keys: Mapping[str, Public]) -> str:
    """Give who has built a file of this digest again, and got the same.

    Raises:
        NotVerified: if that is not what was signed by one of the keys.
    """
    payload, _ = verify_envelope(name, content, keys)
    stated = parse_provenance(name, payload)
    if stated.predicate.definition.build_type != REBUILD_TYPE or [one.sha256 for one in stated.subject] != [digest]:
        raise NotVerified(f"{name} does not state that SHA-256 {digest} was built again")
    return stated.predicate.run.builder.id


def _source(place: Place, stated: Provenance, trusted: Trusted, verification: Verification) -> Finding:
    question = "source"
    sources = [one for one in stated.predicate.definition.dependencies if version_of_tarball(one.name)]
    if not sources:
        return Finding(question=question, state=State.OPEN, words="the provenance names none")
    source = sources[0]
    trust = str(source.annotations.get("trust", ""))
    said = f"{source.name}, SHA-256 {source.sha256}, vouched for by {trust} when it was built{_by_whom(source)}"
    tarball, signature = _beside(place, stated, source, trusted, trust)
    if tarball is None:
        return Finding(question=question, state=State.OPEN, words=f"{said}; name the tarball by --source to look at it")
    if file_sha256(tarball) != source.sha256:
        return Finding(question=question, state=State.FAILS, words=f"{said}; {tarball} is another file")
    if signature is None:
        return Finding(question=question, state=State.OPEN, words=f"{said}; there is no signature of it to look at")
    try:
        words = _upstream(tarball, signature, source.name, Trust(trust), verification)
    except NotVerified as error:
        return Finding(question=question, state=State.FAILS, words=str(error))
    return Finding(question=question, state=State.HOLDS, words=f"{source.name}: {words}")


def _by_whom(source: Resource) -> str:
    """Name what the farm checked of a source, such as the manager's signature: its word where nobody looks again."""
    verified = source.annotations.get("verified")
    told = [plain(str(one))[:MAX_WORDS] for one in verified] if isinstance(verified, list) else []
    return f" ({'; '.join(told)})" if told else ""


def _beside(
    place: Place, stated: Provenance, source: Resource, trusted: Trusted, trust: str
) -> tuple[Path | None, Path | None]:
    """Find the tarball and what upstream has signed it with."""
    ending = SIGNATURE_ENDINGS.get(Trust(trust)) if trust in [*Trust] else None
    if trusted.source is not None:
        signature = trusted.source.with_name(f"{trusted.source.name}{ending}") if ending else None
        return trusted.source, signature if signature and signature.is_file() else None
    store = place.up_to(stated.subject[0].download_location)
    if store is None or not source.download_location:
        return None, None
    check_key(source.download_location)
    tarball = store.get(source.download_location)
    return tarball, store.get(source.download_location + ending) if tarball and ending else None


def _upstream(tarball: Path, signature: Path, name: str, trust: Trust, verification: Verification) -> str:
    version = version_of_tarball(name)
    if version is None:
        raise SourceError(f"{name} is no source tarball")
    proof = verification.sigstore(version) if trust == Trust.SIGSTORE else verification.openpgp(version)
    if proof is None:
        raise NotVerified(f"{name} cannot be checked: {verification.lacking(version)}")
    return proof.check(tarball, signature)
