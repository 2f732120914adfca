"""Where a release's tarball can be had, tried in the order of the settings; the first that is trusted enough serves.

mirror       what this farm has fetched and verified before, in its own store
python.org   upstream
apt          the machine's apt source archive
/a/folder    tarballs put there by hand, each with its digest in NAME.sha256 or SHA256SUMS

A source that does not give what it lists, or too slowly, is passed over, and so is a damaged mirror. What arrives and
is not what was vouched for ends the search: no other source answers that.
"""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from python_builds.adapters.stop import Stop
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream.apt_archive import AptArchive
from python_builds.adapters.upstream.fetching import Fetched, fetch
from python_builds.adapters.upstream.folder import Folder
from python_builds.adapters.upstream.mirror import Mirror, published_of, withdraw
from python_builds.adapters.upstream.offers import Offer, TarballSource
from python_builds.adapters.upstream.python_org import PythonOrg
from python_builds.adapters.upstream.source_tarball import check_apart
from python_builds.adapters.upstream.verification import make_verification
from python_builds.core.errors import (
    NotVerified,
    PythonBuildsError,
    SourceError,
    SourceNotFound,
    StoreError,
    WrongDigest,
)
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.upstream.releases import minor, newest_first, only_prereleases
from python_builds.core.upstream.trust import Trust

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What no other source could answer."""


def make_python_org(settings: Settings, stop: Stop) -> PythonOrg:
    """Make python.org of the settings; all who ask it on this machine share its answers."""
    return PythonOrg(settings.python_org_url, settings.state_dir / "python-org.json", make_verification(settings), stop)


def make_sources(settings: Settings, store: Store, stop: Stop) -> list[TarballSource]:
    """Make the sources of the settings, in their order, for somebody who may be stopped."""
    suites = settings.apt_suites.split()
    known: dict[str, TarballSource] = {
        "mirror": Mirror(store),
        "python.org": make_python_org(settings, stop),
        "apt": AptArchive(settings.state_dir / "apt-archive", suites, make_verification(settings), stop),
    }
    return [known.get(name) or Folder(Path(name), stop) for name in settings.sources.split()]


def find_offer(sources: Sequence[TarballSource], version: Version | None, minimum: Trust) -> tuple[Offer, list[str]]:
    """Find a tarball of a version, or of the newest final release if none is given, that can really be fetched.

    Returns the offer and what was passed over on the way, as sentences.

    Raises:
        SourceNotFound: saying for each source why not, and what could be had instead.
    """
    search = Search(sources, version, minimum)
    for offer in search.offers():
        return offer, search.passed
    raise search.not_found()


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A tarball that may be built from."""

    offer: Offer
    fetched: Fetched
    holds: str
    """What it says of itself, as a sentence."""


def take(search: "Search", store: Store, folder: Path, stop: Stop) -> Taken:
    """Fetch a tarball into a folder, from the first source that gives it; `store` is the mirror's.

    Raises:
        SourceNotFound: saying for each source why not.
        WrongDigest, NotVerified: if one gives something else than it vouches for, or nothing that may be unpacked.
    """
    for listed in search.offers():
        offer = _corrected(listed, search, store)
        search.say(f"{offer.name} from {offer.origin}, to be vouched for by {offer.trust}")
        if offer.lacking:
            search.say(f"it could be vouched for better: {offer.lacking}")
        try:
            fetched = fetch(offer, folder / offer.name)
            holds = check_apart(fetched.tarball, offer.version, stop)
        except (WrongDigest, NotVerified) as error:
            if not offer.mirrored:
                raise
            if isinstance(error, NotVerified):
                _withdraw_unfit(offer, search, store)
            search.pass_over(f"{error}.")
        except (SourceError, StoreError, OSError) as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            search.pass_over(f"{offer.origin}: {error}.")
        else:
            return Taken(offer=offer, fetched=fetched, holds=holds)
    raise search.not_found()


def _corrected(offer: Offer, search: "Search", store: Store) -> Offer:
    """Give what somebody put in the place of what is mirrored from a folder, unless something is published of that."""
    folders = [source for source in search.sources if isinstance(source, Folder)]
    for found in (o for folder in folders if offer.mirrored for o in search.ask(folder)):
        same = (found.name, found.origin) == (offer.name, offer.origin) and found.trust.satisfies(offer.trust)
        if not same or found.sha256 == offer.sha256 or not found.is_there():
            continue
        there = f"{found.origin} is another than when it was mirrored: SHA-256 {found.sha256}, and not {offer.sha256}"
        if published := published_of(store, offer.version, str(offer.sha256)):
            search.say(f"{there}; the mirrored one stays, as what is published names it: {', '.join(published)}")
            continue
        search.pass_over(f"{there}; nothing is published of the mirrored one.")
        return found
    return offer


def _withdraw_unfit(offer: Offer, search: "Search", store: Store) -> None:
    """Have the mirror hold no longer what may not be unpacked; but what is published names it, if something is."""
    if not published_of(store, offer.version, str(offer.sha256)):
        withdraw(store, offer.version, offer.name)
        search.say(f"the mirror's {offer.name} was removed")


@dataclass(frozen=True)
class Search:
    """One look through the sources for a version, or for the newest final release, of a minor if one is given."""

    sources: Sequence[TarballSource]
    version: Version | None
    minimum: Trust
    say: Callable[[str], None] = lambda _: None
    """Is told what goes on, and what is passed over."""
    passed: list[str] = field(default_factory=list)
    seen: list[Offer] = field(default_factory=list)
    series: str = ""
    """The minor that the newest is to be of, as in 3.13; where no version is given."""

    def offers(self) -> Iterator[Offer]:
        """Give the tarballs of one release that seem to be there; the sources are asked one by one, in their order."""
        for source in self.sources:
            listed = self.ask(source)
            self.seen.extend(listed)
            if self.version is not None:
                yield from self._usable(listed, self.version)
        if self.version is None:
            for candidate in newest_first(o.version for o in self._of_series() if not o.version.is_prerelease):
                found = False
                for offer in self._usable(self.seen, candidate):
                    found = True
                    yield offer
                if found:
                    return

    def _of_series(self) -> list[Offer]:
        return [offer for offer in self.seen if self.series in ("", minor(offer.version))]

    def ask(self, source: TarballSource) -> list[Offer]:
        """Ask a source for all it lists."""
        try:
            offers = source.offers()
        except (PythonBuildsError, OSError) as error:
            self.pass_over(f"{source.name}: {error}.")
            return []
        for note in source.notes:
            self.pass_over(note)
        return offers

    def pass_over(self, sentence: str) -> None:
        """Say that something does not serve."""
        self.passed.append(sentence)
        self.say(f"passed over: {sentence}")

    def not_found(self) -> SourceNotFound:
        """Say for each source why not, and what could be had instead."""
        have = newest_first(o.version for o in self.seen if o.trust.satisfies(self.minimum))
        return SourceNotFound(
            f"no source has CPython {self.version or self.series or 'releases'} "
            f"({', '.join(source.name for source in self.sources)} were asked). "
            + only_prereleases(self.version, (o.version for o in self._of_series()))
            + (f"They list {', '.join(map(str, have))}. " if have else "")
            + " ".join(self.passed)
        )

    def _usable(self, offers: Iterable[Offer], version: Version) -> Iterator[Offer]:
        for offer in offers:
            if offer.version != version:
                continue
            if not offer.trust.satisfies(self.minimum):
                self.pass_over(
                    f"{offer.origin} is vouched for by {offer.trust} only; {variable('minimum_trust')} asks for "
                    f"{self.minimum}." + (f" For a better one, {offer.lacking}." if offer.lacking else "")
                )
            elif self._is_there(offer):
                yield offer

    def _is_there(self, offer: Offer) -> bool:
        try:
            there = offer.is_there()
        except SourceError as error:
            self.pass_over(f"{offer.origin}: {error}.")
            return False
        if not there:
            self.pass_over(f"{offer.origin} is listed but not there.")
        return there
