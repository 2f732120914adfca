"""The real CPythons of these tests: the oldest series, which has setup.py, and a newer one without."""

RELEASES = {
    "3.9.2": "3c2034c54f811448f516668dce09d24008a0716c3a794dd8639b5388cbde247d",
    "3.13.15": "1e66a7945a48390ee4c2a4268a0e4185884059a13c4aab6d148aa208deea4a76",
}
"""Upstream's own digests, as in https://www.python.org/ftp/python/; tests/docker builds another, in a container."""

BUNDLED = {
    "3.9.2": {"expat": "2.2.8", "mpdecimal": "2.5.0", "pip": "20.2.3", "setuptools": "49.2.1"},
    "3.13.15": {
        "expat": "2.8.2",
        "hacl-star": "bb3d0dc8d9d15a5cd51094d5b69e70aa09005ff0",
        "libb2": "0.98.1",
        "macholib": "1.0",
        "mpdecimal": "2.5.1",
        "pip": "26.2.1",
    },
}
"""What their tarballs bring of others: by headers and wheels alone, and by Misc/sbom.spdx.json, too."""
