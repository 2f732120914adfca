"""A farm of containers that builds real CPythons and publishes them in a bucket; a web server gives what is there, as a CDN does.

debian-12 alone, unless ALL=1 says all; an image is built where it is missing.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.store.s3_store import S3Store
from python_builds.adapters.workers.local_engine import has_image, local_engine
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.images import worker_image
from tests.docker.clients import Client
from tests.e2e.farms import COMMAND_LINE, FarmUnderTest, make_farm
from tests.s3 import BUCKET, s3_server
from tests.web import Cdn, cdn

RELEASES = {"debian-11": "3.9.2", "debian-12": "3.11.2", "debian-13": "3.13.5"}
"""What is built for each, of the releases that the apt source archive has."""

CHOSEN = list(RELEASES) if os.environ.get("ALL") == "1" else ["debian-12"]

FIRST = CHOSEN[-1]

SECOND = ("debian-12", "3.9.2")
"""Another version beside, where all are built."""

NEWER_PIP, SIX = "25.3", "1.17.0"
"""Of which no CPython of these has the first."""


@dataclass
class Published:
    """What the farm has published."""

    farm: FarmUnderTest
    store: S3Store
    web: Cdn
    keys: Path

    def client(self, name: str) -> Client:
        return Client(cdn=self.web.url, platform=platform_named(name), version=RELEASES[name])


@contextlib.contextmanager
def real_farm(folder: Path) -> Iterator[Published]:
    """Have a farm's release builder and containers build all that was chosen, two at a time, and publish it."""
    host = local_engine().model_copy(update={"workers": 2})
    for platform in map(platform_named, CHOSEN):
        for image, command in ((platform.base_image, "base-image"), (worker_image(platform), "images")):
            if not has_image(host, image):
                subprocess.run([*COMMAND_LINE, command, f"--platform={platform.name}"], check=True)
    (folder / "credentials").write_text("[default]\naws_access_key_id = farm\naws_secret_access_key = secret\n")
    (folder / "credentials").chmod(0o600)
    key = folder / "signing.asc"
    subprocess.run([CHECKOUT / "scripts/setup/make-signing-key.sh", key, "Farm <farm@example.org>"], check=True)
    statements = folder / "attestation.pem"
    subprocess.run([CHECKOUT / "scripts/setup/make-attestation-key.sh", statements], check=True)
    with s3_server() as s3, cdn() as web:
        web.store = s3.store(prefix="")
        with make_farm(
            docker_hosts=[host.model_dump(mode="json")],
            worker_host=host.master,
            sources="mirror apt",
            minimum_trust="signed-index",
            package_check="true",
            s3_bucket=BUCKET,
            s3_endpoint_url=s3.url,
            s3_region="us-east-1",
            s3_path_style="true",
            s3_credentials_file=folder / "credentials",
            signing_key_file=key,
            attestation_key_file=statements,
            builder_id="https://farm.example.org",
            cdn_url=web.url,
        ) as farm:
            build(farm, CHOSEN)
            if len(CHOSEN) > 1:
                build(farm, [SECOND[0]], VERSION=SECOND[1])
            (folder / "keys.asc").write_bytes(web.store.read("quick/python/python-builds.asc"))
            yield Published(farm, web.store, web, folder / "keys.asc")


def build(farm: FarmUnderTest, names: list[str], **options: str) -> None:
    assert farm.run("run").returncode == 0
    builds = [farm.spawn("build", **{"VERSION": RELEASES[name], "PLATFORM": name, **options}) for name in names]
    ended = [(build.communicate(timeout=3000)[0], build.returncode) for build in builds]
    assert farm.run("stop").returncode == 0
    for output, status in ended:
        print(output)
        assert status == 0, output[-5000:]


def download_wheels(version: str, folder: Path, *wheels: str) -> None:
    """Download wheels for the containers, which reach no index."""
    series, platforms = version.rpartition(".")[0], ("any", "manylinux2014_x86_64", "manylinux_2_17_x86_64")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", folder]
    command += ["--implementation=cp", f"--python-version={series}", *(f"--platform={p}" for p in platforms)]
    subprocess.run([*command, *wheels], check=True)
