"""Options that several commands have, each with its help and what a shell completes it with."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from python_builds.core.building.requests import ARCHITECTURES
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import PROFILES

_NAMES = [platform.name for platform in PLATFORMS]


def _option(help_text: str, completions: Iterable[str] = ()) -> Any:
    found = list(completions)
    return typer.Option(help=help_text, autocompletion=(lambda: found) if found else None)


Version = Annotated[str, _option("a certain version, as in 3.13.5, 3.14.0t or 3.15.0rc1, or a minor for its newest")]
Platforms = Annotated[list[str] | None, _option("a platform, as in debian-12; may be given again", _NAMES)]
OnePlatform = Annotated[str, _option("a platform, as in debian-12", _NAMES)]
Profile = Annotated[str, _option(" or ".join(PROFILES), PROFILES)]
Architecture = Annotated[str, _option("an architecture of the platform, if not the engine's", ARCHITECTURES)]
Architectures = Annotated[list[str] | None, _option("an architecture; may be given again", ARCHITECTURES)]
Batch = Annotated[str, _option("of rebuilds: its number, if not the last one's")]
Key = Annotated[str, _option("file with the public key of the farm, in PEM, which may hold several")]
Identity = Annotated[str, _option("who signs the farm's provenances by sigstore")]
Issuer = Annotated[str, _option("URL of the OpenID Connect issuer that knows the identity")]
Part = Annotated[str, typer.Argument(help="planner, a Docker host, a builder or a worker")]
Reason = Annotated[str, _option("why, for whoever reads the status")]
Rows = Annotated[int, typer.Option(min=1, max=100_000, help="rows that are shown")]
AcceptLoss = Annotated[bool, typer.Option("--accept-loss", help="write indexes without what is gone")]
Digests = Annotated[bool, typer.Option("--digests", help="read every file too")]
Yes = Annotated[bool, typer.Option("--yes", help="do it; without, only list")]


def words(values: list[str] | None) -> list[str]:
    """Give the values of an option that may be given again; one of them may hold several, as a make variable does."""
    return [word for value in values or () for word in value.split()]
