"""What the real uv makes of a platform's uv.json: what it lists, and what it takes for what is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from python_builds.core.indexes.platform_indexes import uv_json
from python_builds.core.upstream.tags import parse_tag

UV = Path(sys.executable).parent / "uv"
"""One of requirements-dev.txt."""

TAGS = ("3.13.15", "3.13.15t", "3.14.6", "3.14.7", "3.14.7t", "3.15.0rc1", "3.15.0rc1t")


@pytest.fixture
def listed(make_record, tmp_path):
    """Have uv list what it would download of a file with these tags."""

    def run(tags, *request):
        made = [make_record(str(tag.version), variant=tag.variant) for tag in map(parse_tag, tags)]
        (tmp_path / "uv.json").write_bytes(uv_json(made, lambda key: f"https://cdn.example.org/{key}"))
        done = subprocess.run(
            [UV, "python", "list", "--no-config", "--offline", "--only-downloads", "--show-urls", *request],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "UV_PYTHON_DOWNLOADS_JSON_URL": str(tmp_path / "uv.json"),
                "UV_PYTHON_INSTALL_DIR": str(tmp_path / "installed"),
                "UV_CACHE_DIR": str(tmp_path / "cache"),
            },
        )
        assert done.returncode == 0, done.stderr
        return dict(line.split() for line in done.stdout.splitlines())

    return run


def test_every_build_is_a_download_under_uv_s_own_name_for_it(listed):
    found = listed(TAGS, "--all-versions")

    assert found == {
        f"cpython-{tag.removesuffix('t')}{'+freethreaded' if tag.endswith('t') else ''}-linux-x86_64-gnu": (
            f"https://cdn.example.org/python/debian-12/python-{tag}-debian-12-uv.tar.gz"
        )
        for tag in TAGS
    }


@pytest.mark.parametrize(
    "tags, request_, taken",
    [
        (TAGS, "3.14", "3.14.7"),
        (TAGS, "3.14t", "3.14.7+freethreaded"),
        (TAGS, "3.14.7t", "3.14.7+freethreaded"),
        ((*TAGS, "3.15.0b2"), "3.15", "3.15.0rc1"),
        (TAGS, "3.15t", "3.15.0rc1+freethreaded"),
        ((*TAGS, "3.15.0"), "3.15", "3.15.0"),
        ((*TAGS, "3.15.0t"), "3.15t", "3.15.0+freethreaded"),
    ],
)
def test_what_is_asked_for_is_taken_of_its_own_variant_and_a_release_before_its_pre_releases(
    listed, tags, request_, taken
):
    assert next(iter(listed(tags, request_))) == f"cpython-{taken}-linux-x86_64-gnu"
