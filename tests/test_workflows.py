"""Guards of the workflows of public CI: they are of the table of platforms and of the Makefile, and run what was looked at."""

import inspect
import re
from typing import Any

import pytest
import yaml

from python_builds.cli.cli import prove
from python_builds.core.building.requests import ARCHITECTURES
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import FOLDER, file_name
from python_builds.core.settings.setting_types import CHECKOUT

WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
OURS = CHECKOUT / ".ci" / "run"
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
    machine = "${{ matrix.architecture == 'arm64' && 'ubuntu-24.04-arm' || 'ubuntu-24.04' }}"

    assert load("prove.yml")["jobs"]["prove"]["runs-on"] == machine
    assert list(ARCHITECTURES) == ["amd64", "arm64"], "say in prove.yml which machine another architecture is proven on"


def test_each_job_proves_its_own_row_and_architecture_and_keeps_that_file():
    steps = load("prove.yml")["jobs"]["prove"]["steps"]
    (made,) = (step for step in steps if "make prove" in step.get("run", ""))
    (kept,) = (step for step in steps if "upload-artifact" in step.get("uses", ""))
    written = f"{FOLDER}/{file_name('${{ matrix.platform }}', '${{ matrix.architecture }}')}"

    assert (made["env"]["PLATFORM"], made["env"]["ARCHITECTURE"]) == (
        "${{ matrix.platform }}",
        "${{ matrix.architecture }}",
    )
    assert {*re.findall(r"([A-Z]+)=", made["run"])} <= {name.upper() for name in inspect.signature(prove).parameters}
    assert kept["with"]["path"].splitlines() == [written, ".state/prove/"]
    assert kept["if"] == "${{ !cancelled() }}", "what failed says why in its proof"
    assert kept["with"]["if-no-files-found"] == "error"


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


def test_public_ci_makes_all_that_ours_does():
    ours = set(re.findall(r"^make (?:[a-z-]+=\S+ )?((?:check|test)[a-z-]*)", OURS.read_text(), re.MULTILINE))
    jobs = load("ci.yml")["jobs"]
    theirs = {target for job in jobs.values() for target in _targets(job)}
    theirs |= set(re.findall(r"make (test[a-z-]*)", (CHECKOUT / ".github/workflows/ci.yml").read_text()))

    assert {"check", "test", "test-docker"} <= ours
    assert ours <= theirs, "name it in ci.yml, too"


def test_workflows_are_linted_by_make_check():
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)

    assert recipe and "zizmor" in recipe[1] and ".github/workflows" in recipe[1]


def _targets(job: dict[str, Any]) -> list[str]:
    return list(job.get("strategy", {}).get("matrix", {}).get("target", []))
