"""What holds for every script: shellcheck, usage, strictness, no root, no names of one machine."""

import re
import subprocess

import pytest

from tests.script_runs import SCRIPTS, pretend, require_tool, run
from tests.scripts.trees import PREFIX


def programs():
    """What people and machines run by itself, wherever it lies in the checkout."""
    checkout = SCRIPTS.parent
    listed = subprocess.run(["git", "ls-files"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    paths = [checkout / name for name in listed.splitlines() if not name.startswith("tests/")]
    return [path for path in paths if path.is_file() and re.match(rb"#!.*\b(ba)?sh\b", path.read_bytes())]


SHELL_SCRIPTS = sorted(script for script in SCRIPTS.rglob("*.sh") if script.parent.name != "setup")
COMMANDS = [script for script in SHELL_SCRIPTS if script.read_text().startswith("#!")]  # the others are sourced
LEAVES_EARLY = re.compile(
    r"^[^#\n]*\|\s*(?:\w+=\S+ )*(?:head\b|e?grep (?:-\S+ )*-\w*[qm]|awk [^|\n]*\bexit\b|sed [^|\n]*q\b).*", re.MULTILINE
)
CHANGES_FOLDER = re.compile(r"^[^#\n]*?\bcd (?=[-\"$./a-z])", re.MULTILINE)
CHANGE_FOLDER = [
    path for path in [*programs(), *SCRIPTS.glob("lib/build-*.sh")] if CHANGES_FOLDER.search(path.read_text())
]
TAKE_NO_ARGUMENTS = {
    "facts.sh",
    "seal-stage.sh",
    "check-network.sh",
    "prepare-folders.sh",
    "train.sh",
    "smoke-test.sh",
    "check-stdlib.sh",
    "check-configuration.sh",
    "identify-training-data.sh",
    "pack-training-data.sh",
    "build-libraries.sh",
}


def test_shellcheck_has_nothing_to_say():
    done = subprocess.run(
        [
            require_tool("shellcheck", "shellcheck"),
            "-x",
            "--source-path=SCRIPTDIR",
            *(script.relative_to(SCRIPTS) for script in [*SHELL_SCRIPTS, *SCRIPTS.rglob("*.sh.in")]),
        ],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", COMMANDS, ids=lambda script: script.name)
def test_wrong_arguments_get_the_usage(script, work):
    arguments = ["--unexpected"] if script.name in TAKE_NO_ARGUMENTS else []
    done = run(work, script.name, *arguments, CDPATH=".:/x")  # as some people export it
    assert done.returncode == 2
    assert done.stderr.startswith(f"usage: {script.name} ")


@pytest.mark.parametrize("script", CHANGE_FOLDER, ids=lambda script: script.name)
def test_no_script_changes_folder_by_what_its_caller_exported(script):
    """With CDPATH, `$(cd FOLDER && pwd)` prints two lines, or another folder."""
    text = script.read_text()
    before = text[: CHANGES_FOLDER.search(text).end()]
    assert re.search(r"\bunset CDPATH\b|^\. .*/build-environment\.sh\"$", before, re.MULTILINE)


def test_no_reader_leaves_before_its_writer_has_said_all():
    """Under pipefail `writer | head -n 1` fails now and then, as the writer is killed for writing to nobody."""
    strict = {path for path in programs() if "set -euo pipefail" in path.read_text()} | set(SHELL_SCRIPTS)
    found = [f"{path.name}: {line}" for path in strict for line in LEAVES_EARLY.findall(path.read_text())]
    assert len(strict) > len(SHELL_SCRIPTS) and not found


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_short_guarded_and_strict(script):
    text = script.read_text()
    assert text.count("\n") <= 80, f"{script.name} is longer than 80 lines: move functions into a file of their own"
    assert bool(script.stat().st_mode & 0o100) == (script in COMMANDS), f"{script.name}: executable and #! go together"
    if script in COMMANDS:
        assert text.endswith('if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi\n')
        assert "set -euo pipefail" in text or "build-environment.sh" in text


@pytest.mark.parametrize("script", sorted(SCRIPTS.rglob("*.[sp][hy]")), ids=lambda script: script.name)
def test_scripts_name_no_archive_and_no_folder_of_one_machine(script):
    asked = ["apt-get", "indextargets", "--format", "$(SITE)"]
    sites = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    folders = ["/root/", "/var/tmp/", f"{SCRIPTS.parent}/"]
    found = [name for name in (*sites, *folders) if name.rpartition("//")[2] in script.read_text()]
    assert not found


@pytest.mark.parametrize(
    "script, arguments",
    [
        ("build-libraries.sh", []),
        ("configure.sh", [PREFIX, "quick"]),
        ("compile.sh", ["quick"]),
        ("train.sh", []),
        ("identify-training-data.sh", []),
        ("pack-training-data.sh", []),
        ("use-training-data.sh", ["x", "0" * 64]),
        ("smoke-test.sh", []),
        ("install-to-stage.sh", [PREFIX, "quick"]),
        ("check-stdlib.sh", []),
    ],
)
def test_what_comes_from_the_tarball_never_runs_as_root(script, arguments, work):
    done = run(work, script, *arguments, PATH=pretend(work, "id", 0))
    assert done.returncode == 1
    assert f"start it with run-as-build-user.sh {script}" in done.stderr


def test_every_script_that_another_one_names_is_there():
    """The folders that scripts go by, each with what it is."""
    named = re.compile(r'"\$(?P<from>scripts|setup)/(?P<path>[^"$]+\.(?:sh|py|c|mk))"')
    starts = {"scripts": SCRIPTS, "setup": SCRIPTS / "setup"}
    found = [
        (script.name, starts[match["from"]] / match["path"])
        for script in SCRIPTS.rglob("*.sh")
        for match in named.finditer(script.read_text())
    ]

    assert found
    assert [(name, str(path)) for name, path in found if not path.is_file()] == []
