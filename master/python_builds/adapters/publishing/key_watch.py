"""When signing keys expire: noted where they are at hand, for whoever looks at it often.

Reading keys takes gpg a moment and a folder of its own, so the timer's build of the indexes notes what it finds.
"""

import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.upstream.api_cache import replace_file
from python_builds.core.documents import dump
from python_builds.core.settings.settings import Settings


class _Noted(BaseModel):
    expires: dict[str, AwareDatetime] = {}
    problems: tuple[str, ...] = ()


def note_keys(settings: Settings) -> None:
    """Write down when each key that signs expires, and why others sign no more.

    Raises:
        SigningError: if nothing can be signed.
    """
    with signer(settings) as signs:
        noted = _Noted(expires=dict(signs.expiries), problems=signs.problems) if signs else _Noted()
    replace_file(_path(settings), dump(noted))


def key_alerts(settings: Settings, now: datetime.datetime) -> dict[str, str]:
    """Say which keys expire soon, by what was noted, and which sign no more."""
    try:
        noted = _Noted.model_validate_json(_path(settings).read_bytes()) if settings.signs else _Noted()
    except (FileNotFoundError, ValidationError):
        return {}
    soon = now + datetime.timedelta(days=settings.signing_expiry_days)
    found = {
        f"signing key {name} expires soon": f"on {at:%Y-%m-%d %H:%M} UTC; docs/bucket.md says how a new one takes over"
        for name, at in noted.expires.items()
        if at < soon
    }
    return found | {f"signing key {one.partition(' ')[0]} signs no more": one for one in noted.problems}


def _path(settings: Settings) -> Path:
    return settings.state_dir / "signing-keys.json"
