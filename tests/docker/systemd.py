"""A machine with systemd, as a container: the master's image, with what a fresh Debian has and an image has not."""

import contextlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import variable
from tests.docker.engines import run
from tests.docker.pages import HOST, PRODUCTION, typed

DOCKERFILE = """\
FROM {image}
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends adduser nginx-light openssl systemd \
    && rmdir /var/lib/python-builds
COPY deploy /opt/python-builds/deploy
"""
"""With nginx, which the page installs: so that this needs the archive where the image is made, and no more with each test."""

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
AN_OPERATOR_S = shutil.ignore_patterns("__pycache__", ".env", "backup", "pip", "secrets", "settings")
"""What whoever runs a farm of a checkout has in its deploy/."""

NAME = "machine"
"""What the others in its networks call it."""


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

    def ask(self, command: str, said: str = "") -> str:
        """Run what has to go well, and give what it says."""
        done = self.run(command, said)
        assert done.returncode == 0, f"{command}: {done.stdout}{self.run('journalctl --no-pager | tail -n 30').stdout}"
        return done.stdout.strip()

    def edit(self, path: str, **values: object) -> None:
        """Set settings in the lines that a file has for them, as an operator does."""
        text = self.ask(f"cat {path}")
        for name, value in values.items():
            text, count = re.subn(rf"(?m)^#?({variable(name)}=).*$", rf"\g<1>{value}", text)
            assert count == 1, f"{path} has {count} lines for {name}"
        self.ask(f"cat >{path}", f"{text}\n")


@contextlib.contextmanager
def machine(name: str, image: str, networks: tuple[str, ...], *options: str) -> Iterator[Machine]:
    """Start one, of a master's image, in networks, with options of `docker create`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Dockerfile").write_text(DOCKERFILE.format(image=image))
        shutil.copytree(CHECKOUT / "deploy", Path(folder, "deploy"), ignore=AN_OPERATOR_S)
        run("docker", "build", "--quiet", f"--tag={image}-systemd", folder)
    rights = ["--cap-add=SYS_ADMIN", "--cgroupns=private", "--tmpfs=/run", "--tmpfs=/tmp", "--env=container=docker"]
    rights += [f"--security-opt={one}=unconfined" for one in ("apparmor", "seccomp", "systempaths")]
    called = [f"--name={name}", f"--hostname={NAME}", f"--network={networks[0]}", f"--network-alias={NAME}"]
    run("docker", "create", *called, *rights, *options, f"{image}-systemd", "bash", "-c", INIT)
    try:
        for network in networks[1:]:
            run("docker", "network", "connect", f"--alias={NAME}", network, name)
        run("docker", "start", name)
        yield Machine(name)
    finally:
        run("docker", "rm", "--force", "--volumes", name)


def documented() -> tuple[list[str], str]:
    """Read what docs/production.md has an operator type, after the checkout is there; and how he types commands."""
    clone, *lines, command = typed(PRODUCTION, "By systemd, the master without containers")
    assert clone.startswith("git clone ")
    return [line.replace(HOST, NAME) for line in lines], command
