"""The settings as lines for a terminal, and as docs/settings.md."""

from pathlib import Path

from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import describe

PAGE = CHECKOUT / "docs" / "settings.md"
HEAD = """# Settings

Made by `make settings PAGE=1`. Each is an environment variable, or a line of `.env` in the checkout; the environment
wins. [Operate a farm](operate.md), [bucket](bucket.md) and [Docker hosts](docker-hosts.md) explain them by subject.

| setting, and its default | what it is |
| --- | --- |
"""


def lines() -> str:
    """Give a line for each."""
    return "\n".join(f"{name} (default: {default or 'none'}): {text}" for name, default, text in describe())


def page() -> str:
    """Give the page."""
    rows = (f"| `{name}`{f'<br>`{default}`' if default else ''} | {text} |" for name, default, text in describe())
    return HEAD + "\n".join(rows) + "\n"


def write(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page())
    print(path)
