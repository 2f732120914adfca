"""The list of releases on disk."""

import datetime

from python_builds.adapters.upstream.release_list import read, release_list_path, write
from python_builds.core.upstream.release_list import ListedRelease, ReleaseList

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


def test_what_is_written_is_read_again_and_nothing_else_is_left(tmp_path):
    path = release_list_path(tmp_path / "state")
    listed = ReleaseList(
        polled_at=NOW, releases=(ListedRelease(version="3.14.0", first_seen=NOW, complete=True),), last_success=NOW
    )

    write(path, ReleaseList())
    write(path, listed)
    assert read(path) == listed
    assert [p.name for p in path.parent.iterdir()] == ["releases.json"]


def test_a_list_that_is_not_there_or_is_none_is_none(tmp_path):
    path = tmp_path / "releases.json"

    assert read(path) is None
    for content in ("", "{", "[]", '{"schema_version": 2}', '{"releases": [{"version": "x"}]}'):
        path.write_text(content)
        assert read(path) is None
