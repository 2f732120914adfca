"""Worker images, on a real engine: what is in them, what is not, and that a container of one is a worker."""

import json
import os
import shutil
import subprocess

import pytest

from python_builds.cli.workers import images
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.container_limits import create_options
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import WORKER_LABEL, worker_image
from tests.e2e.farms import BY_MAKE, COMMAND_LINE
from tests.script_runs import FOLDERS

PLATFORM = platform_named(os.environ.get("PLATFORM") or "debian-12")
IMAGE = worker_image(PLATFORM)
CAGE = create_options(DockerHost(name="test", url="unix://", master=""))


def docker(*arguments, **options):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, **options)


def make(command, **variables):
    environment = {**os.environ, "MAKEFLAGS": "", BY_MAKE: command, **variables}
    return subprocess.run(COMMAND_LINE, env=environment, cwd=CHECKOUT, capture_output=True, text=True)


@pytest.fixture(scope="module", autouse=True)
def engine():
    if shutil.which("docker") is None or docker("version").returncode:
        pytest.fail(
            "these tests need Docker: apt-get install docker.io, start dockerd, and see that `docker info` works"
        )


@pytest.fixture(scope="module")
def image():
    """Build the image, from a base image that is made where it is missing."""
    for wanted, command in ((PLATFORM.base_image, "base-image"), (IMAGE, "images")):
        if command == "images" or docker("image", "inspect", wanted).returncode:
            done = make(command, PLATFORM=PLATFORM.name, ARCH="")
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return IMAGE


@pytest.fixture
def inside(image):
    """Run a command in a container that is caged as the farm's are; give what it printed."""

    def run(command):
        done = docker("run", "--rm", *CAGE, image, "bash", "-c", f"set -eu; {command}")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_an_image_has_buildbot_worker(inside):
    assert "worker version: 4." in inside("/opt/buildbot-worker/bin/buildbot-worker --version")


def test_an_image_has_every_build_package(inside):
    assert inside(f"dpkg-query --show --showformat '.' {' '.join(PLATFORM.image_packages)}")


def test_an_image_has_what_the_scripts_call(inside):
    inside("for tool in ccache find flock setpriv strip tar xargs xz; do command -v $tool >/dev/null; done")
    inside("setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs test -w /ccache")


def test_an_image_has_the_untouched_base_system_with_its_owners_and_modes(inside, image):
    listing = "find {} -xdev {} -printf '%P %U:%G %m %l\\n' | LC_ALL=C sort"
    skip = r"\( -name hosts -o -name hostname -o -name mtab -o -name resolv.conf -o -path '*/dev/*' \) -prune -o"  # the engine's own
    base = docker("run", "--rm", PLATFORM.base_image, "bash", "-c", listing.format("/bin /etc /usr /var", skip))
    pristine = "cd /opt/pristine && " + listing.format("bin etc usr var", skip)

    assert base.returncode == 0, base.stderr
    assert inside(pristine) == base.stdout
    assert inside("test ! -e /opt/pristine/usr/bin/gcc -a -x /opt/pristine/bin/sh && echo untouched") == "untouched\n"


def test_the_worker_is_root_and_the_build_user_is_not(inside):
    assert inside("id -u; id -u nobody").split() == ["0", "65534"]


def test_an_image_keeps_no_secret_and_nothing_of_how_it_was_built(inside, image):
    configured = json.loads(docker("image", "inspect", image).stdout)[0]["Config"]
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image).stdout

    assert [entry.partition("=")[0] for entry in configured["Env"]] == ["PATH"]
    assert configured["Labels"] == {WORKER_LABEL: PLATFORM.name}
    assert "pip" not in history.replace("python3-pip", "")
    assert inside("ls /tmp /var/lib/apt/lists; find / -xdev -name pip.conf -o -name certificates.pem") == (
        "/tmp:\n\n/var/lib/apt/lists:\n"
    )


def test_a_container_without_its_environment_ends_at_once_and_names_what_is_missing(image):
    done = docker("run", "--rm", *CAGE, image, timeout=60)

    assert done.returncode != 0
    assert "BUILDMASTER" in done.stdout + done.stderr


def test_a_container_gives_up_where_there_is_no_master_and_does_not_say_its_password(image):
    given = ["BUILDMASTER=127.0.0.1", "BUILDMASTER_PORT=1", "WORKERNAME=x", "WORKERPASS_FILE=/dev/stdin"]
    environment = [f"--env={e}" for e in given]
    done = docker("run", "--rm", "--interactive", *CAGE, *environment, image, input="not-to-be-seen", timeout=120)

    assert "Server Shut Down" in done.stdout, done.stdout + done.stderr
    assert "not-to-be-seen" not in done.stdout + done.stderr


def test_make_shell_lands_beside_the_scripts_and_leaves_no_container(image):
    typed = "scripts/steps/prepare-folders.sh && scripts/run-as-build-user.sh id -un; pwd; ls; hostname\n"
    done = subprocess.run(
        [*COMMAND_LINE, "shell", f"--platform={PLATFORM.name}"],
        cwd=CHECKOUT,
        input=typed,
        capture_output=True,
        text=True,
    )

    *shown, container = done.stdout.split()
    assert shown == [
        *("nobody", f"{images.WORK}/work"),
        *sorted([*FOLDERS, "scripts"]),
    ], done.stderr
    assert container not in docker("ps", "--all", "--quiet").stdout.split()


@pytest.mark.parametrize("variables", [{"PLATFORM": "debian-99"}, {"PLATFORM": PLATFORM.name, "ARCH": "vax"}], ids=str)
def test_make_images_says_what_it_cannot_build(variables):
    done = make("images", **variables)

    assert done.returncode == 1
    assert done.stderr.startswith("python-builds: ") and "Traceback" not in done.stderr


def test_make_images_without_a_platform_says_whose_base_image_is_missing(image, monkeypatch, capsys):
    monkeypatch.setattr(images, "docker", lambda *arguments: 0)  # what is built is shown above
    images.images([], "")
    shown = capsys.readouterr().out

    assert f"built {IMAGE}" in shown
    for platform in PLATFORMS:
        assert (f"{platform.name}: left out, " in shown) != (f"built {worker_image(platform)}\n" in shown)
