"""What is laid over Buildbot's own pages, and that the pages are still as it expects."""

from pathlib import Path
from types import SimpleNamespace

import buildbot_waterfall_view
import buildbot_www
from twisted.web.resource import Resource

from python_builds.farm.web.site import HEAD, PAGES, dress, page

WWW, WATERFALL = (Path(package.__file__).parent / "static" for package in (buildbot_www, buildbot_waterfall_view))
TEMPLATE = (WWW / "index.html").read_text()


def test_a_page_has_the_farms_title_and_what_is_laid_over_it_once():
    made = page(TEMPLATE, "python-builds")

    assert "<title>python-builds</title>" in made
    assert "Buildbot</title>" not in made and 'title="Buildbot"' not in made
    assert made.count(HEAD) == 1
    assert page(made, "python-builds") == made


def test_pictures_are_the_farms_and_nobody_has_a_broken_one():
    site = SimpleNamespace(resource=Resource())
    site.resource.putChild(b"", SimpleNamespace(server=None, index_template=TEMPLATE))
    dress(site, "python-builds")

    assert site.resource.children[b"avatar"].type == "image/svg+xml"
    assert (PAGES / "icon.png").read_bytes().startswith(b"\x89PNG")
    assert "#8da6d8" in (PAGES / "icon.svg").read_text(), (
        "Buildbot colours the icon by how a build ended: it replaces this"
    )


def test_buildbots_pages_are_as_what_is_laid_over_them_expects():
    script = next((WWW / "assets").glob("index-*.js")).read_text()
    waterfall = (WATERFALL / "scripts.js").read_text()

    for part in ("#8da6d8", 'children:"Properties"', "bb-home-view", "build_link_template", 'route:"/projects"'):
        assert part in script, f"look at Buildbot's pages again: farm/web/pages/ expects {part!r}"
    assert '"class","id"' in waterfall, "look at the waterfall again: farm/web/pages/pages.js expects text.id"
