"""python.org as a source: its release API's two bulk calls, which it grants 100 times a day without an account."""

import functools
import time

from python_builds.edges import http
from python_builds.edges.offers import Offer
from python_builds.facts.errors import SourceError
from python_builds.facts.releases import Release, parse_releases
from python_builds.facts.trust import Trust

ANSWERS_KEPT = 30 * 60
"""Seconds: two calls each half hour stay within the 100 a day."""


class PythonOrg:
    """Releases as python.org publishes them."""

    name = "python.org"

    def __init__(self, url: str) -> None:
        self.url = url
        self._answer: tuple[float, list[Release]] | None = None

    def releases(self) -> list[Release]:
        """List the published releases, the newest first."""
        if self._answer is None or time.monotonic() - self._answer[0] > ANSWERS_KEPT:
            api = f"{self.url}/api/v2/downloads"
            published = http.get_json(f"{api}/release/?is_published=true")
            files = http.get_json(f"{api}/release_file/")
            if not isinstance(published, list) or not isinstance(files, list):
                raise SourceError(f"{api} did not answer with lists; has its API changed?")
            try:
                releases = parse_releases(published, files)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                raise SourceError(f"{api} lists what is no release ({error!r}); has its API changed?") from error
            self._answer = (time.monotonic(), releases)
        return self._answer[1]

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
