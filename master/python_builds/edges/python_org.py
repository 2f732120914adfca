"""python.org as a source: its release API's two bulk calls, which it grants 100 times a day without an account."""

import functools
import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from python_builds.edges import http
from python_builds.edges.offers import Offer
from python_builds.facts.errors import SourceError
from python_builds.facts.releases import Release, parse_releases
from python_builds.facts.trust import Trust

ANSWER_KEPT = 30 * 60
"""Seconds: two calls each half hour, whoever asks, stay within the 100 a day."""


class PythonOrg:
    """Releases as python.org publishes them."""

    name = "python.org"
    notes: Sequence[str] = ()

    def __init__(self, url: str, kept: Path) -> None:
        """Take python.org's URL, and the file in which its answer is kept for all who ask on this machine."""
        self.url = url
        self.kept = kept

    def releases(self) -> list[Release]:
        """List the published releases, the newest first."""
        api = f"{self.url}/api/v2/downloads"
        answer = self._kept_answer() or [
            http.get_json(f"{api}/release/?is_published=true"),
            http.get_json(f"{api}/release_file/"),
        ]
        published, files = answer
        if not isinstance(published, list) or not isinstance(files, list):
            raise SourceError(f"{api} did not answer with lists; has its API changed?")
        try:
            releases = parse_releases(published, files)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise SourceError(f"{api} lists what is no release ({error!r}); has its API changed?") from error
        self._keep(answer)
        return releases

    def _kept_answer(self) -> list[object] | None:
        try:
            if time.time() - self.kept.stat().st_mtime > ANSWER_KEPT:
                return None
            url, *answer = json.loads(self.kept.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return answer if url == self.url and len(answer) == 2 else None

    def _keep(self, answer: list[object]) -> None:
        if self._kept_answer() is None:
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            partial = self.kept.with_name(f"{self.kept.name}.{os.getpid()}-{threading.get_ident()}")
            partial.write_text(json.dumps([self.url, *answer]))
            partial.replace(self.kept)

    def offers(self) -> list[Offer]:
        """List the releases for which python.org gives a SHA-256."""
        return [_offer(release, release.sha256) for release in self.releases() if release.sha256]


def _offer(release: Release, sha256: str) -> Offer:
    return Offer(
        version=release.version,
        name=release.url.rpartition("/")[2],
        origin=release.url,
        trust=Trust.DIGEST,
        sha256=sha256.lower(),
        is_there=functools.partial(http.exists, release.url),
        fetch=functools.partial(http.download, release.url),
    )
