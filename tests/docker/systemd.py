"""A machine with systemd, as a container: the master's image, with what a fresh Debian has and an image has not."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from python_builds.core.settings.setting_types import CHECKOUT
from tests.docker.engines import run
from tests.docker.pages import PRODUCTION, typed

DOCKERFILE = """\
FROM {image}
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends adduser systemd && rmdir /var/lib/python-builds
COPY systemd /opt/python-builds/deploy/systemd
"""
INIT = """\
set -e
# systemd wants groups of its own to keep services in; an engine shows a container the machine's, to be read alone.
if [ "$(stat --file-system --format %T /sys/fs/cgroup)" = cgroup2fs ]; then
    mount -o remount,rw /sys/fs/cgroup
else
    mount -t tmpfs tmpfs /sys/fs/cgroup
    mkdir /sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd
fi
exec /lib/systemd/systemd
"""


AN_OPERATOR_S = shutil.ignore_patterns("__pycache__", ".env", "pip", "secrets", "settings")
"""What whoever runs a farm of a checkout has in its deploy/."""


class Machine:
    """It, by its container's name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, command: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run a line of a shell there, as root."""
        return subprocess.run(
            ["docker", "exec", "--interactive", self.name, "bash", "-c", command],
            input=said,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
        )

    def ask(self, command: str) -> str:
        """Run what has to go well, and give what it says."""
        done = self.run(command)
        assert done.returncode == 0, f"{command}: {done.stdout}{self.run('journalctl --no-pager | tail -n 30').stdout}"
        return done.stdout.strip()


@contextlib.contextmanager
def machine(name: str, image: str, *options: str) -> Iterator[Machine]:
    """Start one, of a master's image, with options of `docker run`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Dockerfile").write_text(DOCKERFILE.format(image=image))
        run("cp", "-r", CHECKOUT / "deploy" / "systemd", folder)
        run("docker", "build", "--quiet", f"--tag={image}-systemd", folder)
    rights = ["--cap-add=SYS_ADMIN", "--cgroupns=private", "--tmpfs=/run", "--tmpfs=/tmp", "--env=container=docker"]
    rights += [f"--security-opt={one}=unconfined" for one in ("apparmor", "seccomp", "systempaths")]
    run("docker", "run", "--detach", f"--name={name}", *rights, *options, f"{image}-systemd", "bash", "-c", INIT)
    try:
        yield Machine(name)
    finally:
        run("docker", "rm", "--force", "--volumes", name)


def documented() -> tuple[list[str], str]:
    """Read what docs/production.md has an operator type, after the checkout is there; and how he types commands."""
    clone, *lines, command = typed(PRODUCTION, "By systemd, the master without containers")
    assert clone.startswith("git clone ")
    return lines, command
