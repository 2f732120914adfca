"""What a spare master notes while it waits for the database."""

from pathlib import Path

from python_builds.core.settings.settings import Settings


def waiting_path(settings: Settings) -> Path:
    """Say where a spare notes what it waits for."""
    return settings.state_dir / "master" / "waiting"


def waits_for(settings: Settings) -> str:
    """Say what the spare of these settings waits for; nothing if it is none, or is the master by now."""
    try:
        return waiting_path(settings).read_text()
    except FileNotFoundError:
        return ""
