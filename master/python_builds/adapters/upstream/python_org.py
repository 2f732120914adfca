"""python.org as a source: its release API's two bulk calls, which it grants 100 times a day without an account."""

import functools
import time
from collections.abc import Sequence
from pathlib import Path

from python_builds.adapters import http
from python_builds.adapters.stop import Stop, alone
from python_builds.adapters.upstream.api_cache import Answer
from python_builds.adapters.upstream.offers import Offer
from python_builds.adapters.upstream.release_api import KeptApi
from python_builds.adapters.upstream.verification import DEFAULT, Proof, Verification
from python_builds.core.errors import SourceError
from python_builds.core.upstream.releases import PYTHON_ORG, Listing, Release, parse_releases
from python_builds.core.upstream.trust import Trust

_API = "/api/v2/downloads"
API_PATHS = (f"{_API}/release/?is_published=true", f"{_API}/release_file/")
"""The release API's two bulk calls; releases come first, so that none is seen with files that are older than it."""

ANSWER_KEPT = 29 * 60
"""Seconds: two calls each half hour, whoever asks, stay within the 100 a day."""


class PythonOrg:
    """Releases as python.org publishes them."""

    name = "python.org"
    notes: Sequence[str] = ()

    def __init__(self, url: str, kept: Path, verification: Verification = DEFAULT, stop: Stop | None = None) -> None:
        """Take python.org's URL, and the file in which its answer is kept for all who ask on this machine."""
        self.api = KeptApi(url, kept, counted=True, attempts=3)
        self.stop = stop or Stop()
        self.verification = verification
        # Where files may come from, redirects included: what the API answers may be anything.
        self.within = (*self.api.within, f"{PYTHON_ORG}/")

    def releases(self) -> list[Release]:
        """List the published releases, the newest first."""
        # Whoever comes while another one asks takes his answer: requests are counted.
        with alone(self.api.kept.with_suffix(".lock"), self.stop):
            now, answer = time.time(), self.api.read()
            if answer is None or not answer.is_fresh(now, ANSWER_KEPT):
                answer = self.api.ask(API_PATHS, answer, now, self.stop)
                understand(answer)  # or it is not kept
                self.api.keep(answer)
            return list(understand(answer).releases)

    def offers(self) -> list[Offer]:
        """List the releases that a signature or at least python.org's SHA-256 vouches for."""
        return [offer for release in self.releases() if (offer := self._offer(release))]

    def _offer(self, release: Release) -> Offer | None:
        proof, url = self._proof(release)
        if proof is None and release.sha256 is None:
            return None
        return Offer(
            version=release.version,
            name=release.url.rpartition("/")[2],
            origin=release.url,
            trust=proof.trust if proof else Trust.DIGEST,
            sha256=release.sha256.lower() if release.sha256 else None,
            listed_in="python.org's API",
            proof=proof,
            lacking="" if proof else self.verification.lacking(release.version),
            is_there=functools.partial(self._is_there, release.url, url),
            fetch=functools.partial(self._fetch, release.url, proof, url),
            by_hand=False,
            mirrored=False,
        )

    def _proof(self, release: Release) -> tuple[Proof | None, str]:
        """Choose the best proof that python.org has the file for, with the file's URL."""
        for proof_of, url in (
            (self.verification.sigstore, release.sigstore_url),
            (self.verification.openpgp, release.openpgp_url),
        ):
            if url and (proof := proof_of(release.version)):
                return proof, url
        return None, ""

    def _is_there(self, tarball_url: str, signature_url: str) -> bool:
        """A release counts when its signature is there too: python.org signs some after it shows the tarball."""
        if not http.exists(tarball_url, self.stop, self.within):
            return False
        if signature_url and not http.exists(signature_url, self.stop, self.within):
            raise SourceError(f"its signature is not there, or not yet: {signature_url}")
        return True

    def _fetch(self, tarball_url: str, proof: Proof | None, signature_url: str, target: Path) -> None:
        if proof:
            http.download(signature_url, proof.file(target), self.stop, proof.max_bytes, self.within)
        http.download(tarball_url, target, self.stop, within=self.within)


def understand(answer: Answer) -> Listing:
    """Read the release API's answer.

    Raises:
        SourceError: if it holds no release at all: rather than that all were withdrawn, the API has changed.
    """
    bodies = {path: answer.documents[path].body for path in API_PATHS if path in answer.documents}
    releases, files = (bodies.get(path) for path in API_PATHS)
    if not isinstance(releases, list) or not isinstance(files, list):
        raise SourceError(f"{answer.url}{_API} did not answer with lists; has its API changed?")
    listing = parse_releases(releases, files, answer.url)
    if not listing.releases:
        why = f" ({listing.left_out[0]})" if listing.left_out else ""
        raise SourceError(f"{answer.url}{_API} lists no release that has a source{why}; has its API changed?")
    return listing
