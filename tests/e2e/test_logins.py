"""Who may be a worker: what an instance was started as, once, and nobody else."""

import re
from pathlib import Path

from tests.e2e.farms import FarmUnderTest, mini_tarball, platform_builder
from tests.e2e.strangers import log_in


def told_to(worker: int) -> dict[str, str]:
    """Read what a worker's process was told, as a build that became root would, and guess the rest."""
    lines = Path(f"/proc/{worker}/environ").read_bytes().decode().split("\0")
    return {"WORKERPASS": "guessed", **dict(line.split("=", 1) for line in lines if "=" in line)}


def test_a_login_as_a_worker_that_is_connected_is_refused_and_counted(farm: FarmUnderTest) -> None:
    for version in ("3.11.6", "3.11.7"):
        mini_tarball(farm.tarballs, version, COMPILE_SECONDS=4)
    farm.run("run")
    for number, version in enumerate(("3.11.6", "3.11.7"), start=1):
        build = farm.spawn("build", VERSION=version)
        farm.wait_for_step("compile", builds=number)
        told = told_to(farm.worker_process())
        for _ in range(number):
            assert "UnauthorizedLogin" in log_in(told)
        output, _ = build.communicate(timeout=120)
        assert build.returncode == 0, output

    client = farm.client()
    builds = client.get(f"builders/{client.builder_id(platform_builder())}/builds")["builds"]
    told_of = [re.findall(r"(\d+) logins of others", build["state_string"]) for build in builds]
    assert told_of == [["1"], ["2"]], builds
