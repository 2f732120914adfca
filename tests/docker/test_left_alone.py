"""A release appears on python.org, and nobody touches anything: it is built on every platform, listed and announced.

The miniature tree is built in containers of one image, which stands in for those of three platforms; all other
platforms have none, which holds nothing back.
"""

import contextlib
import json
from collections.abc import Iterator

import docker
import pytest

from python_builds.adapters.database.one_master import master_name
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.workers.docker_engines import container_name
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.workers.images import worker_image
from tests.docker.engines import IMAGE
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, wait
from tests.e2e.upstream import Upstream, hook_server
from tests.published import BUILT, Crawler, from_web
from tests.web import cdn

PLATFORMS = [platform_named(name) for name in ("ubuntu-2404", "debian-12", "debian-13")]
REGISTRY = "stand-in"
CACHE = "python-builds-test-alone"


@pytest.fixture
def images(engine: docker.DockerClient) -> Iterator[None]:
    names = [worker_image(platform, REGISTRY) for platform in PLATFORMS]
    for name in names:
        engine.images.get(IMAGE).tag(name)
    yield
    for name in names:
        engine.images.remove(name, noprune=True)
    for volume in engine.volumes.list(filters={"name": CACHE}):
        volume.remove(force=True)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def published(farm: FarmUnderTest) -> set[str]:
    return {name.split("/")[1] for name in farm.files("python/*/records/3.11.9-amd64-r1.json")}


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("images")
def test_a_release_is_built_on_three_platforms_listed_and_announced(
    engine: docker.DockerClient, bridge: str, upstream: Upstream
) -> None:
    host = {"name": "here", "url": "unix:///var/run/docker.sock", "master": bridge, "workers": 2, "ccache": CACHE}
    with hook_server() as hook, cdn() as web, contextlib.ExitStack() as farms:
        farm = farms.enter_context(
            make_farm(
                docker_hosts=[host],
                worker_host=bridge,
                registry=REGISTRY,
                sources="mirror python.org",
                plan_seconds=1,
                python_org_url=upstream.url,
                peps_url=upstream.url,
                webhook_url=f"http://127.0.0.1:{hook.server_address[1]}/",
                cdn_url=web.url,
            )
        )
        farms.callback(farm.run, "stop")
        upstream.serve("3.11.9", mini_tarball(farm.tarballs, "3.11.9").read_bytes())
        upstream.publish("3.11.9")
        farm.run("run")
        wait(lambda: published(farm) >= {p.name for p in PLATFORMS}, "three platforms", 240)
        versions = farm.settings.store / "python/versions.json"
        wait(lambda: b"3.11.9" in versions.read_bytes(), "versions.json")

        def announced() -> set[str]:
            news = [new for notice in hook.posted for new in notice["versions"]]
            return {new["platform"] for new in news if new["version"] == "3.11.9"}

        wait(lambda: announced() == {p.name for p in PLATFORMS}, "the announcement")
        wait(lambda: len(index_of(farm)) == 3, "the index")
        web.store = DirectoryStore(farm.settings.store)
        assert json.loads(versions.read_bytes())["python_versions"] == ["3.11.9"]
        assert Crawler(from_web(web.url)).crawl(PLATFORMS)["index.json"] == 3 * BUILT
        assert "alert      platforms without an image on here\n" in farm.run("plan").stdout
    names = {container_name(f"here-{n}", master_name(farm.settings)) for n in (1, 2)}
    assert not [c.name for c in engine.containers.list(all=True, ignore_removed=True) if c.name in names]


def index_of(farm: FarmUnderTest) -> set[str]:
    return {
        build["platform"] for build in json.loads((farm.settings.store / "python/index.json").read_bytes())["builds"]
    }
