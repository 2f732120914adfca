"""What the web UI asks for when a page of it is opened, asked as a browser does: six things at a time."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.machine import say
from benchmarks.scale_masters import Master

TIMES = 3
CONNECTIONS = 6
"""Of a browser to one server."""

LISTED = 50
"""Requests on the page of those that wait. It asks for each one's builder, and for properties where there are none."""

SHOWN = "property=owners&property=workername&property=branch&property=revision"

Waves = Sequence[Sequence[str]]
"""What is asked for at once, and then what is asked for when that is there."""


def pages(builder: int, waiting: Sequence[int]) -> Mapping[str, Waves]:
    """Say what each page asks for; of a builder for which these requests wait, the newest first."""
    one = f"builders/{builder}"
    each = [(f"buildrequests/{number}/properties", one) for number in waiting[:LISTED]]
    return {
        "home": [
            ["builds?order=-buildid&complete=true&limit=20", "builds?order=-started_at&complete=false", "builders"]
        ],
        "a builder": [
            [one],
            [
                f"builds?builderid={builder}&{SHOWN}&limit=200&order=-number",
                f"buildrequests?builderid={builder}&claimed=false",
                f"{one}/forceschedulers?order=name",
                f"{one}/workers?order=name",
            ],
        ],
        "pending build requests": [
            [f"buildrequests?limit={LISTED}&order=-priority&order=-submitted_at&claimed=false"],
            [path for paths in each for path in paths],
        ],
        "builders": [["builders", "workers", "masters"], ["builds?limit=200&order=-buildid"]],
        "waterfall": [["masters", "builders?order=name", "builds?limit=40&order=-started_at"]],
        "workers": [["masters", "builders", "workers?order=name", f"builds?{SHOWN}&limit=50&order=-buildid"]],
    }


def open_pages(master: Master, name: str) -> dict[str, list[dict[str, float]]]:
    """Open each page some times, on which a builder with many waiting requests is shown; name the slowest, too."""
    builder = master.client.builder_id(name)
    waiting = sorted(master.client.unfinished(), reverse=True)
    found = {}
    for page, waves in pages(builder, waiting).items():
        say(f"page {page}")
        found[f"page: {page}"] = [{"wall": _opened(master, waves)} for _ in range(TIMES)]
    slowest = max(found.values(), key=lambda times: sorted(one["wall"] for one in times)[TIMES // 2])
    return {**found, "the slowest page": slowest}


def _opened(master: Master, waves: Waves) -> float:
    began = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as browser:
        for paths in waves:
            list(browser.map(lambda path: _get(f"{master.settings.public_url}api/v2/{path}"), paths))
    return time.monotonic() - began


def _get(url: str) -> None:
    answer = requests.get(url, timeout=60)
    if not (answer.status_code == requests.codes.not_found and url.endswith("/properties")):
        answer.raise_for_status()
