"""Where a release's tarball can be had, tried in the order of the settings; the first that is trusted enough serves.

mirror       what this farm has fetched and verified before, in its own store
python.org   upstream
apt          the machine's apt source archive
/a/folder    tarballs put there by hand, each with its digest in NAME.sha256 or SHA256SUMS
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from python_builds.edges.apt_archive import AptArchive
from python_builds.edges.digests import file_sha256
from python_builds.edges.folder import Folder
from python_builds.edges.offers import Offer, Source
from python_builds.edges.python_org import PythonOrg
from python_builds.edges.store import Store
from python_builds.edges.verification import make_verification
from python_builds.facts import records
from python_builds.facts.artifacts import SIGNATURE_ENDINGS, source_key, source_record_key
from python_builds.facts.documents import dump
from python_builds.facts.errors import NotVerified, PythonBuildsError, SourceError, SourceNotFound, WrongDigest
from python_builds.facts.releases import newest_first, only_prereleases, version_of_tarball
from python_builds.facts.settings import Settings, variable
from python_builds.facts.trust import Trust


@dataclass(frozen=True)
class Mirror:
    """Tarballs that this farm has verified before."""

    store: Store
    name: str = "mirror"
    notes: Sequence[str] = ()

    def offers(self) -> list[Offer]:
        """List what is mirrored, as well vouched for as it was when it came."""
        records_of = [key for key in self.store.keys("sources/") if key.endswith("/source.json")]
        return [self._offer(records.parse_source(key, self.store.read(key))) for key in records_of]

    def _offer(self, source: records.Source) -> Offer:
        version = version_of_tarball(source.name)
        if version is None:
            raise SourceError(f"the store's mirror names {source.name!r}, which is no source tarball")
        key = source_key(version, source.name)
        return Offer(
            version=version,
            name=source.name,
            origin=source.origin,
            trust=source.trust,
            sha256=source.sha256,
            listed_in="this farm's mirror",
            proof=None,
            lacking="",
            is_there=functools.partial(self.store.exists, key),
            fetch=functools.partial(self.store.download, key),
        )


def make_python_org(settings: Settings) -> PythonOrg:
    """Make python.org of the settings; all who ask it on this machine share its answers."""
    return PythonOrg(settings.python_org_url, settings.state_dir / "python-org.json", make_verification(settings))


def make_sources(settings: Settings, store: Store) -> list[Source]:
    """Make the sources of the settings, in their order."""
    known: dict[str, Source] = {
        "mirror": Mirror(store),
        "python.org": make_python_org(settings),
        "apt": AptArchive(settings.state_dir / "apt-archive", settings.apt_suites.split(), make_verification(settings)),
    }
    return [known.get(name) or Folder(Path(name)) for name in settings.sources.split()]


def find_offer(sources: Sequence[Source], version: Version | None, minimum: Trust) -> tuple[Offer, list[str]]:
    """Find a tarball of a version, or of the newest final release if none is given, that can really be fetched.

    Returns the offer and what was passed over on the way, as sentences.

    Raises:
        SourceNotFound: saying for each source why not, and what could be had instead.
    """
    passed: list[str] = []
    seen: list[Offer] = []
    for source in sources:
        listed = _ask(source, passed)
        seen += listed
        if version is not None and (offer := _first_usable(listed, version, minimum, passed)):
            return offer, passed
    if version is None:
        for candidate in newest_first(o.version for o in seen if not o.version.is_prerelease):
            if offer := _first_usable(seen, candidate, minimum, passed):
                return offer, passed
    have = newest_first(o.version for o in seen if o.trust.satisfies(minimum))
    raise SourceNotFound(
        f"no source has CPython {version or 'releases'} ({', '.join(source.name for source in sources)} were asked). "
        + only_prereleases(version, (o.version for o in seen))
        + (f"They list {', '.join(map(str, have))}. " if have else "")
        + " ".join(passed)
    )


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A tarball that was fetched and verified."""

    tarball: Path
    sha256: str
    size: int
    """Bytes."""
    verified: tuple[str, ...]
    """By what, for the record."""
    signature: Path | None
    """The file that vouches for it."""


def fetch(offer: Offer, target: Path) -> Fetched:
    """Fetch a tarball and check it against all that its source vouches with.

    Raises:
        WrongDigest: with both digests; the file is deleted.
        NotVerified: with what is wrong with its signature; both files are deleted.
    """
    signature = offer.proof.file(target) if offer.proof else None
    try:
        offer.fetch(target)
        return _verify(offer, target, signature)
    except BaseException:
        for path in (target, signature):
            if path:
                path.unlink(missing_ok=True)
        raise


def _verify(offer: Offer, tarball: Path, signature: Path | None) -> Fetched:
    found, verified = file_sha256(tarball), []
    if offer.sha256 is not None:
        if found != offer.sha256:
            raise WrongDigest(
                f"{offer.name} from {offer.origin} has SHA-256 {found}, but its source vouches for {offer.sha256}; "
                "it was deleted and nothing was run from it"
            )
        verified.append(f"SHA-256 of {offer.listed_in}")
    if offer.proof:
        try:
            verified.append(offer.proof.verify(tarball))
        except NotVerified as error:
            raise NotVerified(
                f"{error}. {offer.name} from {offer.origin} was deleted and nothing was run from it"
            ) from error
    if not verified:
        raise NotVerified(f"nothing vouches for {offer.name} from {offer.origin}; it was deleted")
    return Fetched(
        tarball=tarball, sha256=found, size=tarball.stat().st_size, verified=tuple(verified), signature=signature
    )


def mirror(store: Store, offer: Offer, fetched: Fetched) -> records.Source:
    """Put a verified tarball into the store, then its signature and what is known; return what the store now holds.

    A release that is mirrored already stays as it is, unless the offer is vouched for better.

    Raises:
        WrongDigest: if the store holds another tarball under the same name.
    """
    kept = mirrored(store, offer.version) if store.exists(source_record_key(offer.version)) else None
    if kept is not None and kept.name == offer.name and kept.sha256 != fetched.sha256:
        raise _conflict(offer, fetched, kept.sha256, kept.origin)
    if kept is not None and kept.trust.satisfies(offer.trust):
        return kept
    key = source_key(offer.version, offer.name)
    if store.exists(key):  # of a try that ended before it wrote what follows
        store.download(key, fetched.tarball)
        if (found := file_sha256(fetched.tarball)) != fetched.sha256:
            raise _conflict(offer, fetched, found, "an earlier try")
    else:
        store.upload(fetched.tarball, key, fetched.sha256)
    if fetched.signature:
        signature_key = source_key(offer.version, offer.name + SIGNATURE_ENDINGS[offer.trust])
        store.replace(signature_key, fetched.signature.read_bytes())
    source = records.Source(
        name=offer.name,
        sha256=fetched.sha256,
        size=fetched.size,
        origin=offer.origin,
        trust=offer.trust,
        verified=fetched.verified,
    )
    store.replace(source_record_key(offer.version), dump(source))
    return source


def _conflict(offer: Offer, fetched: Fetched, found: str, origin: str) -> WrongDigest:
    return WrongDigest(
        f"the store holds {offer.name} with SHA-256 {found} from {origin}, but {offer.origin} vouches for "
        f"{fetched.sha256}; a release never changes, so find out which one is right before you delete "
        f"sources/{offer.version} in the store"
    )


def mirrored(store: Store, version: Version) -> records.Source:
    """Read what is known about a mirrored tarball."""
    key = source_record_key(version)
    return records.parse_source(key, store.read(key))


def _ask(source: Source, passed: list[str]) -> list[Offer]:
    try:
        offers = source.offers()
    except (PythonBuildsError, OSError) as error:
        passed.append(f"{source.name}: {error}.")
        return []
    passed += source.notes
    return offers


def _first_usable(offers: Iterable[Offer], version: Version, minimum: Trust, passed: list[str]) -> Offer | None:
    for offer in offers:
        if offer.version != version:
            continue
        if not offer.trust.satisfies(minimum):
            passed.append(
                f"{offer.origin} is vouched for by {offer.trust} only; {variable('minimum_trust')} asks for {minimum}."
                + (f" For a better one, {offer.lacking}." if offer.lacking else "")
            )
        elif _is_there(offer, passed):
            return offer
    return None


def _is_there(offer: Offer, passed: list[str]) -> bool:
    try:
        there = offer.is_there()
    except SourceError as error:
        passed.append(f"{offer.origin}: {error}.")
        return False
    if not there:
        passed.append(f"{offer.origin} is listed but not there.")
    return there
