"""What a release build does on the master: finds the source, fetches and verifies it, and has the mirror keep it."""

import shutil
from collections.abc import Callable, Sequence

from python_builds.adapters.stop import Stop, alone
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream import sources
from python_builds.adapters.upstream.library_sources import mirror_library
from python_builds.adapters.upstream.mirror import mirror
from python_builds.adapters.upstream.offers import TarballSource
from python_builds.core.building.requests import TRUST, ReleaseRequest, parse_release_request
from python_builds.core.errors import InvalidRequest
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.static_libraries import libraries_needed
from python_builds.core.upstream.tags import Newest, Tag
from python_builds.farm.steps.master_step import Outcome, Work

Origins = Callable[[Stop], Sequence[TarballSource]]
"""Makes the sources for one step, which may be stopped."""


def check_request(work: Work) -> Outcome:
    """Refuse what nobody may ask for, whoever asked."""
    request = parse_release_request(work.properties)
    what = f"CPython {request.tag}"
    if request.tag is None:
        what = "the newest CPython" if request.wanted == Newest() else f"the newest CPython {request.wanted}"
    platforms = ", ".join(p.name for p in request.platforms)
    work.say(f"{what} ({request.profile}) for {platforms}" + (", even where it exists" if request.force else ""))
    return Outcome(summary=f"{what}, {request.profile}")


def find_source(origins: Origins, store: Store, settings: Settings, work: Work) -> Outcome:
    """Find the tarball, fetch it, check it against what its source vouches for, and keep it in the store."""
    request = parse_release_request(work.properties)
    version = request.tag.version if request.tag else None
    series = "" if isinstance(request.wanted, Tag) else request.wanted.minor
    search = sources.Search(origins(work.stop), version, settings.minimum_trust, work.say, series=series)
    try:
        taken = sources.take(search, store, work.spool, work.stop)
        offer, fetched = taken.offer, taken.fetched
        # One release may be fetched for two builds at once, as those of its variants are.
        with alone(settings.state_dir / "locks" / f"mirror-{offer.version}", work.stop):
            kept = mirror(store, offer, fetched)
    finally:
        shutil.rmtree(work.spool)
    for sentence in (*fetched.verified, taken.holds):
        work.say(f"verified: {sentence}")
    work.say(f"{fetched.size} bytes, SHA-256 {fetched.sha256}; the store keeps it for all platforms")
    return Outcome(
        summary=f"{kept.name}, vouched for by {kept.trust}",
        properties={
            "python_version": str(offer.version),
            "variant": request.wanted.variant,
            TRUST: str(kept.trust),
        },
    )


def find_libraries(origins: Origins, store: Store, settings: Settings, work: Work) -> Outcome:
    """Mirror what this CPython comes without and is built with, on the platforms that were asked for."""
    request = parse_release_request(work.properties)
    version = found_tag(request).version
    named = tuple(dict.fromkeys(name for platform in request.platforms for name in platform.static_libraries))
    try:
        with alone(settings.state_dir / "locks" / "mirror-libraries", work.stop):
            kept = [
                mirror_library(store, library, origins(work.stop), work.spool, work.say)
                for library in libraries_needed(named, version)
            ]
    finally:
        shutil.rmtree(work.spool)
    for library in kept:
        work.say(f"{library.tarball}, SHA-256 {library.sha256}; the store keeps it for all platforms")
    names = [library.tarball for library in kept]
    return Outcome(summary=", ".join(names) or "none needed", properties={"libraries": names})


def found_tag(request: ReleaseRequest) -> Tag:
    """Give the tag of a request whose source was found, which named the newest."""
    if request.tag is None:
        raise InvalidRequest(
            f"python_version is {str(request.wanted)!r}: finding the source says which release that is"
        )
    return request.tag
