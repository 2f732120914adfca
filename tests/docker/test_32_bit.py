"""The quick installer on a 32-bit Debian whose kernel is a 64-bit one, as many containers and small boards have it."""

from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.setting_types import CHECKOUT
from tests.docker.rpm_box import docker

SYSTEM = """
set -eu
dpkg --add-architecture i386
apt-get -q update || true # a list that is not needed may be broken
cd /tmp
apt-get -q download busybox-static:i386
dpkg-deb -x busybox-static_*_i386.deb /srv
mkdir -p /srv/etc /srv/tmp /srv/dev
cp /etc/os-release /srv/etc/
mknod -m 666 /srv/dev/null c 1 3
/srv/bin/busybox --list | grep -vx busybox | xargs -I{} ln -s busybox /srv/bin/{}
cp /install.sh /srv/
echo "a 64-bit kernel: $(chroot /srv uname -m)"
"""
"""Has no program of 64 bits in /srv."""


def test_a_32_bit_system_on_a_64_bit_kernel_is_told_that_there_is_nothing_for_it() -> None:
    script = (
        f"{SYSTEM} CDN_URL=http://127.0.0.1:9 chroot /srv /bin/sh /install.sh --yes || echo status $?; ls -A /srv/tmp"
    )
    image = platform_named("debian-12").base_image
    installer = f"--volume={CHECKOUT}/installer/install.sh:/install.sh:ro"
    done = docker("run", "--rm", "--network=host", installer, image, "bash", "-c", script)

    assert "a 64-bit kernel: x86_64\n" in done.stdout
    assert done.stdout.endswith("status 1\n"), done.stdout + done.stderr
    assert done.stderr.endswith(
        "install.sh: this is a 32-bit system on a kernel for x86_64: there is something only for amd64 and arm64\n"
    )
