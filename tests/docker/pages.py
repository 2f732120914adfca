"""What pages of docs/ have an operator type, for tests that do so."""

import re
from pathlib import Path

from python_builds.core.settings.setting_types import CHECKOUT

PRODUCTION = CHECKOUT / "docs" / "production.md"
OPERATE = CHECKOUT / "docs" / "operate.md"
HOST = "farm.example.org"
"""What the pages call a farm's own machine."""


def typed(page: Path, heading: str) -> list[str]:
    """List the lines for a shell in the section of a heading, whole, and without what is said behind them."""
    section = page.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    assert blocks, f"{page.name} has nothing to type below `{heading}`"
    lines = re.sub(r"\\\n\s*", "", "".join(blocks)).splitlines()
    return [re.sub(r"\s+# .*", "", line) for line in lines]
