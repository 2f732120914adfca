"""The box in which tests of install.sh run it."""

import contextlib
from collections.abc import Iterator

from python_builds.core.settings.setting_types import CHECKOUT
from tests.docker.rpm_box import Box, docker, started_box

CDN = "/srv/cdn"
RUN = f"CDN_URL=file://{CDN} setsid sh /srv/install.sh"
LINK = "/usr/local/bin/python3.13"


@contextlib.contextmanager
def installer_box() -> Iterator[Box]:
    """Start one that has the installer, and files that say what system it could be."""
    with started_box() as box:
        docker("cp", str(CHECKOUT / "installer/install.sh"), f"{box.name}:/srv/install.sh", check=True)
        docker("cp", str(CHECKOUT / "tests/os_release"), f"{box.name}:/srv/", check=True)
        yield box
