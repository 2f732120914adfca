"""How alerts end: by what they tell of being over, by time where the farm itself wants nothing of it, and by a person.

Acknowledging tells others that somebody knows. It does not hide what the farm wants and cannot have.
"""

import datetime
from collections.abc import Collection, Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from python_builds.core.plain_text import MAX_WORDS
from python_builds.core.planning.agenda import Attempts
from python_builds.core.planning.alerts import failing
from python_builds.core.planning.back_off import CANCELLED, Attempt
from python_builds.core.publishing.artifacts import Product
from python_builds.core.upstream.tags import Tag

TOLD_FOR = datetime.timedelta(days=7)
"""That the failure of what the farm does not want is an alert: a person asked for it, or a newer release followed."""


class Acknowledged(BaseModel):
    """Who knows of an alert, and since when."""

    model_config = ConfigDict(frozen=True)

    by: str = Field(min_length=1, max_length=MAX_WORDS)
    at: AwareDatetime

    def __str__(self) -> str:
        return f"acknowledged by {self.by}, {self.at.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC"


def failing_still(
    attempts: Attempts, wanted: Collection[Product | Tag], acknowledged: Collection[str], now: datetime.datetime
) -> dict[str, str]:
    """Say which products and releases failed at their last try and did not end as alerts otherwise."""
    return {
        key: words
        for what, tries in attempts.items()
        for key, words in failing({what: tries}).items()
        if what in wanted or not _has_ended(what, tries, key in acknowledged, now)
    }


def _has_ended(what: Product | Tag, tries: Collection[Attempt], acknowledged: bool, now: datetime.datetime) -> bool:
    last = max((one for one in tries if one.result != CANCELLED), key=lambda one: (one.ended, one.request))
    if isinstance(what, Tag) and last.by_hand:
        return True  # as for a version that nobody has: whoever asked has its page, and nobody else asked
    return acknowledged or now - last.ended > TOLD_FOR


def with_acknowledged(alerts: Mapping[str, str], acknowledged: Mapping[str, Acknowledged]) -> dict[str, str]:
    """Say behind the words of each alert who knows of it."""
    return {key: f"{words} ({acknowledged[key]})" if key in acknowledged else words for key, words in alerts.items()}
