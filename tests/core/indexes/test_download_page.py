"""The download page: whole HTML with nothing from elsewhere, the newest first, and true links."""

import re
from html.parser import HTMLParser

import pytest

from python_builds.core.indexes.download_page import SYSTEMS, download_page, newest_of_each_minor, releases
from python_builds.core.indexes.manifest import current, joined, platform_index
from python_builds.core.platforms.platforms import PLATFORMS

VOID = {"meta", "input", "link", "br", "img"}


class Page(HTMLParser):
    """What a page is made of; complains where a tag is not closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids, self.tags, self.attributes, self.text = [], [], [], [], [], ""
        self.feed(text)
        assert self.open == [], "a tag is not closed"

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        self.attributes.append((tag, values))
        if tag not in VOID:
            self.open.append(tag)
        if "href" in values:
            self.links.append(values["href"])
        if "id" in values:
            self.ids.append(values["id"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def url(key):
    return f"https://cdn.example.org/{key}"


@pytest.fixture
def make_page(make_record):
    def make(*products, signed=True):
        records = current(
            [make_record(*product, **options) for product, options in products], "optimized", unchecked=True
        )
        names = dict.fromkeys(record.platform for record in records)
        parts = [platform_index([r for r in records if r.platform == name], f"python/{name}") for name in names]
        index = joined(parts)
        return index, Page(download_page(index, "optimized", url, signed=signed).decode())

    return make


def links_to_versions(page):
    """List those above the list of all versions, of which the table at the end has more."""
    return [link for link in page.links[: page.links.index("#where")] if link.startswith("#")]


SOME = [
    (("3.13.5",), {}),
    (("3.13.10",), {}),
    (("3.13.10", "debian-12", "arm64"), {}),
    (("3.9.25", "rhel-9"), {}),
    (("3.14.0",), {"variant": "t"}),
    (("3.15.0rc1", "opensuse-160"), {}),
]


def test_finals_come_first_the_newest_on_top_then_pre_releases(make_page):
    index, page = make_page(*SOME)
    finals, others = releases(index)

    assert [one.name for one in finals] == ["3.14.0t", "3.13.10", "3.13.5", "3.9.25"]
    assert [one.name for one in others] == ["3.15.0rc1"]
    assert [one.name for one in newest_of_each_minor(finals, "")] == ["3.13.10", "3.9.25"]
    assert [one.name for one in newest_of_each_minor(finals, "t")] == ["3.14.0t"]
    shown = [name for name in page.ids if re.match("3[.]", name)]
    assert shown == ["3.14.0t", "3.13.10", "3.13.5", "3.9.25", "3.15.0rc1"]


def test_every_link_leads_to_what_is_published_or_a_place_on_the_page(make_page):
    index, page = make_page(*SOME)
    files = {build["url"] for build in index["builds"]}
    platforms = {build["platform"] for build in index["builds"]}
    beside = {f"{p}/{name}" for p in platforms for name in ("SHA256SUMS", "SHA256SUMS.asc", "index.json")}
    known = {*files, *(f"{file}.sha256" for file in files), *beside, "index.json", "index.schema.json", "versions.json"}

    assert files <= {*page.links}
    for link in page.links:
        assert (
            link in known or (link.startswith("#") and link[1:] in page.ids) or link == url("python/python-builds.asc")
        )


def test_nothing_is_fetched_from_anywhere_to_show_it(make_page):
    _, page = make_page(*SOME)

    assert not {"link", "img", "iframe"} & {*page.tags}
    assert not [values for _, values in page.attributes if "src" in values or "style" in values]


def test_a_system_s_three_lines_install_what_its_platform_has(make_page):
    _, page = make_page(*SOME)

    assert "sudo apt-get install python-3.13.10" in page.text, "the free-threaded build is for those who ask for it"
    assert "https://cdn.example.org/python/debian-12 bookworm main" in page.text
    assert "sudo dnf install python-3.9.25" in page.text
    assert "sudo zypper install python-3.15.0rc1" in page.text, "it has nothing final"
    assert "ubuntu-2204" not in page.text, "nothing is published for it"


FREE = [
    (("3.14.0",), {}),
    (("3.14.0",), {"variant": "t"}),
    (("3.14.1",), {"variant": "t"}),
    (("3.15.0rc1",), {"variant": "t"}),
    (("3.15.0rc1",), {}),
    (("3.15.0rc1", "rhel-9"), {}),
    (("3.13.1", "rhel-9"), {"variant": "t"}),
    (("3.15.0rc1", "opensuse-160"), {}),
    (("3.14.0rc1", "opensuse-160"), {"variant": "t"}),
]


def test_a_free_threaded_build_has_a_row_of_its_own_that_says_so(make_page):
    _, page = make_page(*FREE)
    rows = [name for name in page.ids if name.startswith("3.")]

    assert rows == ["3.14.1t", "3.14.0", "3.14.0t", "3.13.1t", "3.15.0rc1", "3.15.0rc1t", "3.14.0rc1t"]
    for row in rows:
        assert (f"{row} free-threaded " in page.text) == row.endswith("t")
    words = {v["id"]: v["data-find"] for t, v in page.attributes if t == "details" and "id" in v}
    assert words["3.14.0t"] == "3.14.0t free-threaded"
    assert words["3.14.0"] == "3.14.0"
    assert "Free-threaded builds, without the global interpreter lock" in page.text
    newest = links_to_versions(page)
    assert newest.count("#3.14.1t") == newest.count("#3.13.1t") == 1
    assert "#3.14.0t" not in newest


def test_what_is_newest_is_final_and_ordinary_wherever_there_is_such(make_page):
    _, page = make_page(*FREE)

    opened = [v["id"] for t, v in page.attributes if t == "details" and "open" in v]
    assert opened == ["3.14.0"]
    assert links_to_versions(page) == ["#3.14.0", "#3.14.1t", "#3.13.1t"]
    assert re.search(r"apt-get install python-3[.]14[.]0\n", page.text)
    assert "sudo dnf install python-3.13.1t" in page.text, "a final release before a pre-release"
    assert "sudo zypper install python-3.15.0rc1" in page.text, "it has nothing final"


def test_a_release_takes_the_place_of_its_pre_release(make_page):
    before, page = make_page((("3.15.0rc1",), {}))
    assert (releases(before)[0], "Newest" in page.text) == ([], False)
    after, page = make_page((("3.15.0rc1",), {}), (("3.15.0",), {}))

    assert links_to_versions(page) == ["#3.15.0"]
    assert [one.name for one in releases(after)[1]] == ["3.15.0rc1"]
    assert re.search(r"apt-get install python-3[.]15[.]0\n", page.text)


def test_a_page_of_free_threaded_builds_alone_is_one_too(make_page):
    _, page = make_page((("3.14.0",), {"variant": "t"}))

    assert [v["id"] for t, v in page.attributes if t == "details" and "open" in v] == ["3.14.0t"]
    assert "apt-get install python-3.14.0t" in page.text


def test_without_a_key_it_says_so_and_how_it_works_all_the_same(make_page):
    _, page = make_page(*SOME, signed=False)

    assert "Unsigned" in page.text
    assert "[trusted=yes]" in page.text
    assert not [link for link in page.links if link.endswith(".asc")]


def test_it_can_be_used_without_javascript_and_by_keyboard(make_page):
    _, page = make_page(*SOME)
    values = dict(page.attributes)
    search = next(attributes for tag, attributes in page.attributes if attributes.get("id") == "search")

    assert "hidden" in search, "the script shows it"
    assert values["html"]["lang"] == "en"
    assert "label" in page.tags and values["label"]["for"] == values["input"]["id"]
    assert not [attributes for _, attributes in page.attributes if any(name.startswith("on") for name in attributes)]


def test_a_farm_without_anything_has_a_page_too(make_page):
    _, page = make_page()

    assert "Nothing is published yet." in page.text


def test_a_page_stays_one_that_a_browser_shows(make_page, monkeypatch):
    monkeypatch.setattr("python_builds.core.indexes.download_page.LISTED", 2)
    _, page = make_page(*SOME)

    assert [name for name in page.ids if name.startswith("3.")] == ["3.14.0t", "3.13.10", "3.15.0rc1"]
    assert "2 older versions are in index.json and in each platform's SHA256SUMS." in page.text
    assert "sudo dnf install python-3.9.25" in page.text, "its platform's newest is still named"


def test_what_nobody_tried_says_so(make_page):
    _, page = make_page((("3.13.5",), {"checked": False}))

    assert "not tried on a bare system" in page.text


def test_what_the_predecessor_published_has_no_digest_file_to_link_to(make_page):
    index, _ = make_page(*SOME)
    for build in index["builds"]:
        build["adopted"] = True

    assert not [
        link for link in Page(download_page(index, "optimized", url, signed=False).decode()).links if "sha256" in link
    ]


def test_text_never_becomes_markup(make_page):
    index, _ = make_page(*SOME)
    index["builds"][0]["url"] = '"><script>alert(1)</script>'

    assert b"<script>alert" not in download_page(index, "optimized", url, signed=False)


def test_every_system_of_the_table_has_a_name():
    assert {os_id for platform in PLATFORMS for os_id, _ in platform.serves} <= {*SYSTEMS}, "add it to SYSTEMS"


def test_a_table_says_what_is_where_and_since_when_and_nothing_of_the_farm(make_page):
    _, page = make_page(*SOME, (("3.13.5", "debian-13"), {"revision": 2}))
    cells = [values["data-find"] for tag, values in page.attributes if tag == "span" and "data-find" in values]
    rows = [values["data-find"] for tag, values in page.attributes if tag == "tr" and "data-find" in values]

    assert rows == ["3.14.0t free-threaded", "3.13.10", "3.13.5", "3.9.25", "3.15.0rc1"]
    assert len(cells) == len(SOME) + 1 and "debian-12 arm64" in cells
    assert "r2" in page.text and "r1" not in page.text.split("What is where")[-1]
    assert not re.search("failed|queued|no worker|overdue", page.text)
