"""Whether what a build makes could be published: found out before it, as a build takes hours."""

import datetime

from python_builds.adapters.publishing.attesting import attester
from python_builds.adapters.publishing.identity import sign_by_identity
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.stop import Stop
from python_builds.adapters.store.store import Store
from python_builds.core.publishing.artifacts import profile_prefix
from python_builds.core.publishing.served import WRITE_TEST
from python_builds.core.settings.settings import Settings

BUILD = datetime.timedelta(days=1)
"""A build takes less, with the time that it waits for a worker."""

_WRITTEN = b"The farm writes this before a build, to see that it may.\n"


def require_ready(settings: Settings, store: Store, profile: str, stop: Stop) -> None:
    """Write an object as the farm does, and sign something.

    Raises:
        StoreError: if the store cannot be written to, saying what to do.
        SigningError: if nothing can be signed, or not for as long as a build takes.
        Stopped: if somebody stopped it.
    """
    store.replace(f"{profile_prefix(profile)}python/{WRITE_TEST}", _WRITTEN)
    attester(settings)
    if settings.sigstore_token_file:
        sign_by_identity(settings, {}, stop)
    with signer(settings) as signs:
        if signs:
            signs.try_out(datetime.datetime.now(datetime.UTC) + BUILD)


def key_warnings(settings: Settings) -> list[str]:
    """Say what is to be done about the signing keys soon.

    Raises:
        SigningError: if nothing can be signed.
    """
    with signer(settings) as signs:
        if signs is None:
            return []
        now = datetime.datetime.now(datetime.UTC)
        notice = datetime.timedelta(days=settings.signing_expiry_days)
        signs.try_out(now)
        soon = f"the last signing key expires on {signs.expires:%Y-%m-%d %H:%M} UTC"
        return [f"{p}, and signs no more" for p in signs.problems] + ([soon] if signs.expires - now < notice else [])
