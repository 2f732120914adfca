"""The platform table for people, with what was tried of each on the real system, and whether that still holds."""

import datetime

from python_builds.adapters.building.recipe import SCRIPTS, packed, recipe
from python_builds.cli import output
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platform_pages import NOT_YET
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import Proofs, in_order, proven_on, why_old
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


def table(settings: Settings, proofs: Proofs) -> str:
    """Draw the table, a platform a line."""
    scripts, today = packed(SCRIPTS), datetime.datetime.now(datetime.UTC).date()

    def row(platform: Platform) -> tuple[str, ...]:
        now = todays_recipe(platform, scripts)
        return (
            platform.name,
            platform.base_image,
            platform.package_format,
            ", ".join(platform.architectures),
            _tried(platform, proofs, now, today, settings.proof_days),
            platform.end_of_support.isoformat(),
            f">= {platform.oldest_python}",
            ", ".join(sorted(platform.allowed_missing)) or "-",
            ", ".join(f"{os_id} {version_id}" for os_id, version_id in platform.serves),
        )

    return output.table(HEAD, [row(platform) for platform in PLATFORMS])


def todays_recipe(platform: Platform, scripts: bytes) -> str:
    """Compute the recipe that a proof of this checkout is of: with the worker image's name on an engine alone."""
    return recipe(scripts, platform, worker_image(platform))


def _tried(platform: Platform, proofs: Proofs, now: str, today: datetime.date, days: int) -> str:
    found = [proof for proof in in_order(proofs) if proof.platform == platform.name]
    old = [why_old(proof, now, today, days) for proof in found]
    said = zip(proven_on(proofs, platform.name), old, strict=True)
    return ", ".join(f"{what} (old: {why})" if why else what for what, why in said) or NOT_YET
