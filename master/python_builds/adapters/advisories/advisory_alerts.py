"""What an operator is told of advisories: by what is published, and by when their sources answered the last time.

A mirror that stands still answers as one that has nothing new, so the day of the newest record counts, too.
"""

import datetime
import json
from collections.abc import Mapping
from typing import Any

from python_builds.adapters.advisories.advisory_source import last_asked
from python_builds.adapters.store.store import Store
from python_builds.core.advisories import advice
from python_builds.core.publishing.artifacts import ADVISORIES_JSON, profile_prefix
from python_builds.core.settings.settings import Settings, variable


def advisory_alerts(settings: Settings, store: Store, profile: str, now: datetime.datetime) -> dict[str, str]:
    """Find them; none where the farm reads no advisories."""
    if not settings.advisories:
        return {}
    found: dict[str, str] = {}
    patience = datetime.timedelta(hours=settings.advisories_overdue_hours)
    for url, at in last_asked(settings).items():
        if at is None or now - at > patience:
            since = f"not since {at:%Y-%m-%d %H:%M} UTC" if at else "it never answered"
            found[f"the advisories of {url} are old"] = f"{since}; the last `manifest` build of the timer says why"
    key = f"{profile_prefix(profile)}{ADVISORIES_JSON}"
    if not store.exists(key):
        return found
    try:
        document = json.loads(store.read(key))
        found |= _of(document) | _quiet(document, settings.advisories_quiet_days, now)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        found[f"{key} is damaged"] = f"{error!r}; `make reindex` writes it anew"
    return found


def _of(document: Mapping[str, Any]) -> dict[str, str]:
    found = advice.alerts(document["versions"])
    if left_out := document["records"]["left_out"]:
        said = f"{left_out}, which the last `manifest` build names; what they say of versions is not known"
        found["records of advisories are left out"] = said
    return found


def _quiet(document: Mapping[str, Any], days: int, now: datetime.datetime) -> dict[str, str]:
    """Tell where CPython's records are old; nothing of a farm that has none of them, as one with a library's alone."""
    told = document["records"].get("modified_of_cpython")
    if not days or not told or now - datetime.datetime.fromisoformat(told) <= datetime.timedelta(days=days):
        return {}
    said = f"the newest is of {told[:10]}; perhaps {variable('advisories')} names a mirror that stands still"
    return {f"no advisory of CPython is newer than {days} days": said}
