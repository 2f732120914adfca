"""What the real uv makes of a platform's uv.json: what it lists, and what it takes for what is asked for."""

import json
import subprocess

import pytest

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.indexes.platform_indexes import uv_json
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.upstream.tags import parse_tag
from tests.published import publish
from tests.uv import Uv, uv_tree

TAGS = ("3.13.15", "3.13.15t", "3.14.6", "3.14.7", "3.14.7t", "3.15.0rc1", "3.15.0rc1t")


@pytest.fixture
def listed(make_record, tmp_path):
    """Have uv list what it would download of a file with these tags."""

    def run(tags, *request):
        made = [make_record(str(tag.version), variant=tag.variant) for tag in map(parse_tag, tags)]
        (tmp_path / "uv.json").write_bytes(uv_json(made, lambda key: f"https://cdn.example.org/{key}"))
        said = Uv(tmp_path)(tmp_path / "uv.json", "list", "--offline", "--only-downloads", "--show-urls", *request)
        return dict(line.split() for line in said.splitlines())

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


@pytest.fixture
def farm(tmp_path, make_product):
    """A farm that publishes builds; `uv` installs them, as what they say they are is read."""

    class Farm:
        uv = Uv(tmp_path)

        def __init__(self):
            self.store = DirectoryStore(tmp_path / "store", (tmp_path / "store").as_uri())

        def publish(self, *tags, revision=1, architecture="amd64"):
            for tag in map(parse_tag, tags):
                product = make_product(str(tag.version), architecture=architecture, variant=tag.variant)
                tree = uv_tree(tag, f"Python {tag} revision {revision} {architecture}")
                publish(self.store, product, revision, contents={"uv": tree})
            Indexing(store=self.store, profile="optimized", platforms=[platform_named("debian-12")]).run()

        def __call__(self, *arguments):
            return self.uv(tmp_path / "store/python/debian-12/uv.json", *arguments)

    return Farm()


@pytest.mark.parametrize(
    "asked, folder, got",
    [
        ("3.13", "cpython-3.13-linux-x86_64-gnu", "3.13.15"),
        (">=3.13,<3.14", "cpython-3.13-linux-x86_64-gnu", "3.13.15"),
        ("3.13.5", "cpython-3.13.5-linux-x86_64-gnu", "3.13.5"),
        ("3.14t", "cpython-3.14+freethreaded-linux-x86_64-gnu", "3.14.7t"),
        ("3.14", "cpython-3.14-linux-x86_64-gnu", "3.14.7"),
        ("3.15", "cpython-3.15-linux-x86_64-gnu", "3.15.0rc1"),
        (">=3.13", "cpython-3.14-linux-x86_64-gnu", "3.14.7"),
        (None, "cpython-3.14-linux-x86_64-gnu", "3.14.7"),
    ],
)
def test_a_request_installs_the_newest_of_what_it_says_and_no_pre_release_unless_there_is_nothing_else(
    farm, asked, folder, got
):
    farm.publish("3.13.5", *TAGS)
    farm("install", *([asked] if asked else []))

    assert farm.uv.installed(folder) == f"Python {got} revision 1 amd64"


def test_upgrade_goes_to_the_new_patch_and_to_a_new_revision_and_not_to_a_pre_release(farm):
    farm.publish("3.13.4", "3.13.5", "3.14.0t")
    farm("install", "3.13", "3.14t")
    farm.publish("3.13.6", "3.14.1t", "3.14.2rc1", "3.15.0rc1")
    farm("upgrade")
    assert farm.uv.installed("cpython-3.13-linux-x86_64-gnu") == "Python 3.13.6 revision 1 amd64"
    assert farm.uv.installed("cpython-3.14+freethreaded-linux-x86_64-gnu") == "Python 3.14.1t revision 1 amd64"

    farm.publish("3.13.6", revision=2)
    farm("upgrade", "3.13")
    assert farm.uv.installed("cpython-3.13-linux-x86_64-gnu") == "Python 3.13.6 revision 2 amd64"


def test_what_uv_fetches_is_the_smaller_tarball_where_there_is_one(farm, make_product):
    """Builds of before have none."""
    farm.publish("3.12.1")
    tag = parse_tag("3.13.5")
    publish(farm.store, make_product("3.13.5"), contents={"uv-zst": zstandard(uv_tree(tag, mode="w"))}, zst=True)
    farm.publish()
    farm("install", "3.12", "3.13")

    assert farm.uv.installed("cpython-3.12-linux-x86_64-gnu") == "Python 3.12.1 revision 1 amd64"
    assert farm.uv.installed("cpython-3.13-linux-x86_64-gnu") == "Python 3.13.5"


def zstandard(content):
    return subprocess.run(["zstd", "--quiet", "--stdout"], input=content, capture_output=True, check=True).stdout


def test_one_file_serves_both_architectures(farm):
    farm.publish("3.13.5", "3.13.6")
    farm.publish("3.13.5", architecture="arm64")
    farm("install", "3.13", "cpython-3.13-linux-aarch64-gnu")

    assert farm.uv.installed("cpython-3.13-linux-x86_64-gnu") == "Python 3.13.6 revision 1 amd64"
    assert farm.uv.installed("cpython-3.13-linux-aarch64-gnu") == "Python 3.13.5 revision 1 arm64"


def test_two_platforms_in_one_file_are_one_to_uv_so_there_is_no_such_file(make_record, tmp_path):
    """If this fails, uv tells distributions apart: see docs/decisions/0061-one-file-a-platform.md."""
    both = [make_record("3.13.5", platform) for platform in ("debian-12", "rhel-9")]
    entries = {}
    for record in both:
        (entry,) = json.loads(uv_json([record], "https://cdn.example.org/{}".format)).values()
        entries[f"cpython-3.13.5-{record.platform}"] = {**entry, "distribution": record.platform}
    (tmp_path / "uv.json").write_text(json.dumps(entries))
    said = Uv(tmp_path)(tmp_path / "uv.json", "list", "--offline", "--only-downloads")

    assert {line.split()[0] for line in said.splitlines()} == {"cpython-3.13.5-linux-x86_64-gnu"}
