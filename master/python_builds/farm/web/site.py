"""Buildbot's own pages as this farm's: a title, icons, and versions where Buildbot shows numbers alone.

Buildbot has settings for none of these. What is laid over its pages is in `pages/`; where a later Buildbot looks
otherwise, its own pages are left, and a test says so.
"""

from pathlib import Path
from typing import Any

from twisted.web.static import Data, File

PAGES = Path(__file__).with_name("pages")

HEAD = '<link rel="stylesheet" href="pages/pages.css"><script defer src="pages/pages.js"></script></head>'


def dress(site: Any, title: str) -> None:
    """Lay ours over Buildbot's site; what is done already is not done twice."""
    root = site.resource
    root.putChild(b"pages", File(str(PAGES)))
    for name in ("icon.svg", "icon.png"):
        root.putChild(name.encode(), File(str(PAGES / name)))
    # Buildbot would ask nobody for a picture, as `avatar_methods` is empty, and answer with an error.
    root.putChild(b"avatar", Data((PAGES / "person.svg").read_bytes(), "image/svg+xml"))
    index = root.children[b""]
    index.index_template = page(index.index_template, title)


def page(template: str, title: str) -> str:
    """Give Buildbot's page our title, style sheet and script."""
    if HEAD in template:
        return template
    named = template.replace("<title>Buildbot</title>", f"<title>{title}</title>")
    named = named.replace('content="Buildbot Web UI"', f'content="{title}"').replace(
        'title="Buildbot"', f'title="{title}"'
    )
    return named.replace("</head>", HEAD)
