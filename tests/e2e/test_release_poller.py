"""python.org's releases become changes, once each, against a local server that answers as python.org does."""

import functools
import http.server
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from farms import FarmUnderTest, make_farm, wait


@pytest.fixture
def python_org(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve a folder; give its URL and the folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    server.server_close()


def publish(folder: Path, *versions: str) -> None:
    """Answer the API's two calls with these releases. A file cannot have a query in its name; the server drops it."""
    api = folder / "api/v2/downloads"
    for name, rows in {
        "release": [{"resource_uri": f"/r/{v}/", "is_published": True} for v in versions],
        "release_file": [{"release": f"/r/{v}/", "url": f"http://x.invalid/{v}/Python-{v}.tgz"} for v in versions],
    }.items():
        (api / name).mkdir(parents=True, exist_ok=True)
        (api / name / "index.html").write_text(json.dumps(rows))


def changes(farm: FarmUnderTest) -> list[str]:
    return sorted(change["revision"] for change in farm.client().get("changes")["changes"])


def test_each_new_release_becomes_one_change_whenever_the_master_dies(python_org: tuple[str, Path]) -> None:
    url, folder = python_org
    publish(folder, "3.11.1", "3.11.2", "3.13.5", "3.14.0rc1")
    with make_farm(sources="python.org", python_org_url=url) as farm:
        farm.run("farm", "run")
        wait(lambda: len(changes(farm)) >= 2, "the first look")

        assert changes(farm) == ["3.11.2", "3.13.5"]
        (change,) = (c for c in farm.client().get("changes")["changes"] if c["revision"] == "3.13.5")
        assert change["properties"]["python_version"] == ["3.13.5", "Change"]
        publish(folder, "3.11.1", "3.11.2", "3.13.5", "3.13.6", "3.14.0rc1")
        (farm.settings.state_dir / "python-org.json").unlink()  # as if half an hour had gone by
        os.kill(farm.master_process(), signal.SIGKILL)
        farm.run("farm", "run")
        wait(lambda: len(changes(farm)) >= 3, "the second look")
        assert changes(farm) == ["3.11.2", "3.13.5", "3.13.6"]


def test_a_farm_starts_while_python_org_is_away() -> None:
    with make_farm(sources="python.org", python_org_url="http://127.0.0.1:9") as farm:
        assert farm.run("farm", "run").returncode == 0
        log = farm.settings.state_dir / "master" / "twistd.log"
        wait(lambda: "python.org was not polled" in log.read_text(), "the log")
        assert changes(farm) == []
