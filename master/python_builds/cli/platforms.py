"""The platform table for people: what was tried of each, on the real system or a stand-in, and if it still holds."""

import datetime

from python_builds.adapters.building.recipe import SCRIPTS, packed, recipe
from python_builds.cli import output
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import Proofs, why_old
from python_builds.core.platforms.stand_ins import NOT_YET, StandIns, tried_on
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.images import worker_image

HEAD = (
    "PLATFORM",
    "BASE IMAGE",
    "PACKAGES",
    "ARCHITECTURES",
    "TRIED",
    "SUPPORTED UNTIL",
    "PYTHON",
    "WITHOUT",
    "SERVES",
)


def table(settings: Settings, proofs: Proofs, stand_ins: StandIns) -> str:
    """Draw the table, a platform a line."""
    scripts, today = packed(SCRIPTS), datetime.datetime.now(datetime.UTC).date()

    def row(platform: Platform) -> tuple[str, ...]:
        now = todays_recipe(platform, scripts)
        return (
            platform.name,
            platform.base_image,
            platform.package_format,
            ", ".join(platform.architectures),
            _tried(platform, proofs, stand_ins, now, today, settings.proof_days),
            platform.end_of_support.isoformat(),
            f">= {platform.oldest_python}",
            ", ".join(sorted(platform.allowed_missing)) or "-",
            ", ".join(f"{os_id} {version_id}" for os_id, version_id in platform.serves),
        )

    return output.table(HEAD, [row(platform) for platform in PLATFORMS])


def todays_recipe(platform: Platform, scripts: bytes) -> str:
    """Compute the recipe that a proof of this checkout is of: with the worker image's name on an engine alone."""
    return recipe(scripts, platform, worker_image(platform))


def _tried(platform: Platform, proofs: Proofs, stand_ins: StandIns, now: str, today: datetime.date, days: int) -> str:
    said = tried_on(platform, proofs, stand_ins)
    keys = [(platform.name, architecture) for architecture in platform.architectures]
    old = [_why_old(key, proofs, stand_ins, now, today, days) for key in keys]
    return ", ".join(f"{what} (old: {why})" if why else what for what, why in zip(said, old, strict=False)) or NOT_YET


def _why_old(
    key: tuple[str, str], proofs: Proofs, stand_ins: StandIns, now: str, today: datetime.date, days: int
) -> str:
    if key in proofs:
        return why_old(proofs[key], now, today, days)
    return "of another recipe" if key in stand_ins and stand_ins[key].recipe != now else ""
