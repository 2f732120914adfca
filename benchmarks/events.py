"""When things happen in a farm, to the millisecond: its REST API knows whole seconds, its event stream is live."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator

import requests

from python_builds.cli.master.client import Client
from python_builds.core.errors import FarmError

TOPICS = ("steps", "buildrequests")


class Events:
    """Listens to a farm until the farm ends, and notes when each event came."""

    def __init__(self, client: Client) -> None:
        self._came: dict[tuple[str, ...], float] = {}
        for topic in TOPICS:
            stream = client.session.get(f"{client.url}sse/listen/{topic}/*/*", stream=True, timeout=(30, None))
            data = _data(stream)
            next(data)  # says that the farm has begun to send
            threading.Thread(target=self._note, args=(data,), daemon=True).start()

    def at(self, topic: str, number: int, event: str) -> float:
        """Say when something happened to a step or a request, on the clock of time.monotonic()."""
        deadline = time.monotonic() + 10  # the REST API may know a little earlier
        while (found := self._came.get((topic, str(number), event))) is None:
            if time.monotonic() > deadline:
                raise FarmError(f"the farm told of no event {event!r} of {topic} {number}")
            time.sleep(0.05)
        return found

    def _note(self, data: Iterator[bytes]) -> None:
        with contextlib.suppress(requests.RequestException):  # as the stream of a farm that stops ends
            for content in data:
                self._came.setdefault(tuple(json.loads(content)["key"]), time.monotonic())


def _data(stream: requests.Response) -> Iterator[bytes]:
    for line in stream.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            yield line.removeprefix(b"data: ")
