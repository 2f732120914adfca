"""Guards of the workflows of public CI: they are of the table of platforms and of the Makefile, and run what was looked at."""

import re
from typing import Any

import pytest
import yaml

from python_builds.core.building.requests import ARCHITECTURES
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.settings.setting_types import CHECKOUT

WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((CHECKOUT / ".github" / "workflows" / name).read_text())


def test_every_row_is_proven_on_every_architecture_that_it_has():
    matrix = load("prove.yml")["jobs"]["prove"]["strategy"]["matrix"]

    assert matrix["platform"] == [row.name for row in PLATFORMS], "name every row of PLATFORMS in prove.yml's matrix"
    assert matrix["architecture"] == list(ARCHITECTURES)
    every = {(row.name, architecture) for row in PLATFORMS for architecture in row.architectures}
    left_out = {(one["platform"], one["architecture"]) for one in matrix.get("exclude", [])}
    assert every == {(p, a) for p in matrix["platform"] for a in matrix["architecture"]} - left_out


def test_arm64_is_proven_on_machines_of_its_own():
    assert "ubuntu-24.04-arm" in load("prove.yml")["jobs"]["prove"]["runs-on"]


def test_proofs_are_made_each_week_and_by_hand_and_kept():
    workflow = load("prove.yml")
    begins = workflow[True]  # YAML 1.1 reads `on` so
    kept = [step for step in workflow["jobs"]["prove"]["steps"] if "upload-artifact" in step.get("uses", "")]

    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", begins["schedule"][0]["cron"])
    assert "workflow_dispatch" in begins
    assert "proofs/" in kept[0]["with"]["path"]


@every_workflow
def test_actions_are_pinned_by_the_digest_of_a_commit(path):
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())

    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), f"{path.name}: pin {action}"
        assert re.fullmatch(r" # v[0-9.]+", comment), f"{path.name}: say which version {action} is"


@every_workflow
def test_what_a_workflow_makes_is_a_target(path):
    targets = set(re.findall(r"^([a-z-]+):.*##", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    text = path.read_text()
    made = set(re.findall(r"(?:run: |&& |sudo )make ([a-z][a-z-]*)", text))
    made |= {name for job in load(path.name)["jobs"].values() for name in _targets(job)}

    assert made
    assert made <= targets, f"{path.name} makes what the Makefile does not have"


def _targets(job: dict[str, Any]) -> list[str]:
    return list(job.get("strategy", {}).get("matrix", {}).get("target", []))
