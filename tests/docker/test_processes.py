"""In a container nobody may make namespaces: what a build leaves is ended by its user, and root gives up what it does not need."""

import subprocess

from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.container_limits import create_options
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import CLOSE_NETWORK
from tests.docker.engines import IMAGE

LIMITS = create_options(DockerHost(name="test", url="unix://", master=""))
WORK = "mkdir -p /var/lib/python-builds/b && cd /var/lib/python-builds/b && cp -r /scripts . && scripts/steps/prepare-folders.sh"


def in_container(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as root in a container like the farm's."""
    volume = f"--volume={CHECKOUT}/scripts:/scripts:ro"
    command = ["docker", "run", "--rm", *LIMITS, volume, IMAGE, CLOSE_NETWORK, "bash", "-c", f"{WORK} && {script}"]
    return subprocess.run(command, capture_output=True, text=True)


def test_what_a_step_in_a_container_leaves_running_ends_with_it() -> None:
    left = "env -i setsid sleep 1234 & sleep 0.3; pgrep -x sleep"
    done = in_container(f"scripts/run-as-build-user.sh bash -c '{left}' && ! pgrep -x sleep")

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().isdigit(), "it ran while the step did"


def test_what_forks_for_ever_ends_with_its_step() -> None:
    forks = "f() { f & sleep 0.01; }; for n in $(seq 20); do (while :; do (exec -a forking sleep 0.05) & done) & done; sleep 1"
    done = in_container(f"scripts/run-as-build-user.sh bash -c '{forks}' 2>/dev/null; pgrep -u nobody; echo end")

    assert done.stdout.split() == ["end"], done.stdout + done.stderr


def test_root_in_the_trial_has_given_up_what_leads_out() -> None:
    tries = "chroot / true && echo out; mknod /tmp/device c 1 3 && echo device; chown 1:1 /tmp && echo owner; id -u"
    source = ". scripts/lib/build-environment.sh; . scripts/checks/scratch-root.sh; root=/opt/pristine"
    done = in_container(f"bash -c '{source}; in_root bash -c \"{tries}\"'")

    assert done.stdout.split() == ["owner", "0"], done.stdout + done.stderr
