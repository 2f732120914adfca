"""Real CPythons from a farm of containers: each package on its own bare system, and on every other release's.

debian-12 alone, unless ALL=1 says all; an image is built where it is missing.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from farms import FarmUnderTest, make_farm

from python_builds.edges.local_engine import has_image, local_engine
from python_builds.facts.images import worker_image
from python_builds.facts.platforms import platform_named
from python_builds.facts.setting_types import CHECKOUT

RELEASES = {"debian-11": "3.9.2", "debian-12": "3.11.2", "debian-13": "3.13.5"}
"""What is built for each, of the releases that the apt source archive has."""

CHOSEN = list(RELEASES) if os.environ.get("ALL") == "1" else ["debian-12"]

WORKS_TOO = {("debian-12", "debian-13")}
"""Packages of the first that work on the second: its libraries' newer packages provide the older names."""

pytestmark = pytest.mark.timeout(3600)

TRY_IT = """
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y --no-install-recommends install "/store/$PACKAGE" || { ! dpkg -s "$NAME" 2>/dev/null; echo REFUSED; exit 0; }
setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs env HOME=/tmp PYTHONDONTWRITEBYTECODE=1 \\
    "$PREFIX/bin/python" /scripts/check_interpreter.py "$PREFIX"
apt-get -q -y purge "$NAME"
test ! -e /opt/python
echo WORKS
"""


@pytest.fixture(scope="module")
def farm() -> Iterator[FarmUnderTest]:
    """Give a farm whose release builder and containers have built all that was chosen, two at a time."""
    host = local_engine().model_copy(update={"workers": 2})
    for platform in map(platform_named, CHOSEN):
        for image, command in ((platform.base_image, "base-image"), (worker_image(platform), "images")):
            if not has_image(host, image):
                made = [sys.executable, "-m", "python_builds.commands.images", command]
                subprocess.run(made, env={**os.environ, "PLATFORM": platform.name, "ARCH": ""}, check=True)
    with make_farm(
        docker_hosts=[host.model_dump(mode="json")],
        worker_host=host.master,
        sources="mirror apt",
        minimum_trust="signed-index",
        package_check="true",
    ) as made_farm:
        assert made_farm.run("farm", "run").returncode == 0
        builds = [made_farm.spawn("build", VERSION=RELEASES[name], PLATFORM=name) for name in CHOSEN]
        ended = [(build.communicate(timeout=3000)[0], build.returncode) for build in builds]
        assert made_farm.run("farm", "stop").returncode == 0
        for output, status in ended:
            print(output)
            assert status == 0, output[-5000:]
        yield made_farm


@pytest.mark.parametrize("name", CHOSEN)
def test_a_package_is_checked_in_its_container(farm: FarmUnderTest, name: str) -> None:
    (record,) = farm.files(f"quick/python/{name}/records/*.json")
    found = json.loads((farm.settings.store / record).read_bytes())

    assert found["checked"] is True
    assert found["python_version"] == RELEASES[name]
    assert found["source"]["trust"] == "signed-index"


@pytest.mark.parametrize("name", CHOSEN)
def test_a_package_works_on_its_own_bare_system_and_goes_without_a_trace(farm: FarmUnderTest, name: str) -> None:
    assert tried(farm, name, name) == "WORKS"


if len(CHOSEN) > 1:

    @pytest.mark.parametrize("name, other", [(a, b) for a, b in product(CHOSEN, CHOSEN) if a != b])
    def test_a_package_on_another_release_is_refused_or_works(farm: FarmUnderTest, name: str, other: str) -> None:
        assert tried(farm, name, other) == ("WORKS" if (name, other) in WORKS_TOO else "REFUSED")


def tried(farm: FarmUnderTest, name: str, on: str) -> str:
    """Try a platform's package in a container of a bare base image; return the last word of it."""
    version = RELEASES[name]
    (package,) = farm.files(f"quick/python/{name}/pkgs/*.deb")
    values = {"PACKAGE": package, "NAME": f"python-{version}", "PREFIX": f"/opt/python/{version}"}
    command = [
        *("docker", "run", "--rm", f"--volume={farm.settings.store}:/store:ro"),
        *(f"--volume={Path(CHECKOUT, 'scripts')}:/scripts:ro", *(f"--env={k}={v}" for k, v in values.items())),
        *(platform_named(on).base_image, "bash", "-c", TRY_IT),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout[-3000:], done.stderr[-3000:])
    assert done.returncode == 0, f"{name}'s package on {on}: installed and broken"
    if "REFUSED" in done.stdout:
        assert "unmet dependencies" in done.stdout + done.stderr
    return done.stdout.split()[-1]
