"""The web server of a proof: it gives what is in a folder, on this machine alone, and ends by itself."""

import urllib.error
import urllib.request

import pytest

from python_builds.adapters.platforms.web_folder import served


def test_a_folder_is_served_until_the_block_ends(tmp_path):
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "index.json").write_text("{}")
    with served(tmp_path) as address:
        assert address.startswith("http://127.0.0.1:")
        assert urllib.request.urlopen(f"{address}/python/index.json").read() == b"{}"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/none")

    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/python/index.json")
