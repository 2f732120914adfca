"""The versions that an advisory affects, as the published advisories.json says."""

import json

from python_builds.adapters.store.store import make_store
from python_builds.core.advisories.advice import WHY_NOT_KNOWN, affected_versions
from python_builds.core.advisories.affected import UNKNOWN
from python_builds.core.errors import DamagedObject, InvalidRequest
from python_builds.core.publishing.artifacts import ADVISORIES_JSON, profile_prefix
from python_builds.core.settings.settings import Settings, variable


def versions_affected_by(settings: Settings, name: str, profile: str) -> list[str]:
    """List them; by `all` those that any advisory affects.

    Raises:
        InvalidRequest: if there is none, or nothing is known of advisories.
    """
    store, key = make_store(settings), f"{profile_prefix(profile)}{ADVISORIES_JSON}"
    if not store.exists(key):
        raise InvalidRequest(f"{key} is not published: set {variable('advisories')}, then `make reindex`")
    try:
        document = json.loads(store.read(key))
        found, doubts = affected_versions(document, name), affected_versions(document, name, UNKNOWN)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedObject(f"{key} of {store} is damaged: {error!r}; `make reindex` writes it anew") from None
    if not found and doubts:
        raise InvalidRequest(
            f"{name!r} is not known to affect anything that is published, and may affect {', '.join(doubts)}. "
            f"{WHY_NOT_KNOWN}; or name the versions"
        )
    if not found:
        raise InvalidRequest(
            f"{name!r} affects nothing that is published, by {key}: give an id or an alias in it, or all"
        )
    return found
