"""What servers say of how a file is packed: a page is unpacked by it, a file that has a digest never is."""

import gzip

import pytest

from python_builds.adapters import http
from python_builds.adapters.stop import Stop


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "unheard-of"])
def test_a_file_is_downloaded_undecoded_whatever_a_mirror_calls_it(site, tmp_path, encoding):
    """As servers do that take the ending of a .tgz for an encoding; its digest is that of the file as it lies there."""
    content = {"gzip": gzip.compress(b"x" * 1000), "x-gzip": gzip.compress(b"x")}.get(encoding, b"no such stream")
    site.answer("/a.tgz", content, headers={"Content-Encoding": encoding})

    http.download(f"{site.url}/a.tgz", tmp_path / "a", Stop())

    assert (tmp_path / "a").read_bytes() == content


def test_a_page_that_came_packed_is_unpacked(site):
    site.answer("/a", gzip.compress(b"[1]"), headers={"Content-Encoding": "gzip"})

    assert http.get(f"{site.url}/a", Stop(), max_bytes=10).body == b"[1]"
