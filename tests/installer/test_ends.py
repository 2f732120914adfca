"""However the quick installer ends, it says so in a sentence, and leaves nothing of its own behind."""

import os
import signal
import subprocess
import time

import pytest

from python_builds.core.settings.setting_types import CHECKOUT
from tests.installer.installs import SCRIPT, every_shell, index, install, serve_tree, tree

SENTENCES = {
    signal.SIGINT: (130, "install.sh: interrupted"),
    signal.SIGHUP: (143, "install.sh: ended from outside"),
    signal.SIGTERM: (143, "install.sh: ended from outside"),
}


def environment(farm, stranger):
    """Give that of somebody on Debian 12."""
    (stranger.parent / "scratch").mkdir()
    return {
        **os.environ,
        "PATH": f"{stranger}:{os.environ['PATH']}",
        "CDN_URL": farm.url,
        "OS_RELEASE": str(CHECKOUT / "tests/os_release/debian-12"),
        "TMPDIR": str(stranger.parent / "scratch"),
    }


def ended(number, environment, command, reached):
    """Run it until it has reached something, and end it and all that it started, as a terminal does."""
    started = subprocess.Popen(
        ["env", "--default-signal=INT,HUP,TERM", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    )
    for _ in range(300):
        if reached():
            break
        time.sleep(0.1)
    else:
        started.kill()
        pytest.fail(f"it did not come so far in half a minute: {started.communicate()[0]}")
    os.killpg(started.pid, number)
    said, _ = started.communicate(timeout=30)
    return started.returncode, said


@every_shell
@pytest.mark.parametrize("number", SENTENCES, ids=lambda number: number.name)
def test_who_ends_it_while_a_tree_is_tried_has_nothing_of_it(shell, farm, stranger, tmp_path, number):
    serve_tree(farm, tree(tmp_path / "made", f"#!/bin/sh\ntouch {tmp_path}/runs\nexec sleep 60\n"))
    (tmp_path / "mine").mkdir()
    command = [*shell.split(), SCRIPT, "--yes", "--folder", tmp_path / "mine/python", "3.13"]
    status, said = ended(number, environment(farm, stranger), command, (tmp_path / "runs").exists)

    assert (status, said.splitlines()[-1]) == SENTENCES[number]
    assert said.count("install.sh: ") == 1
    assert os.listdir(tmp_path / "mine") == os.listdir(tmp_path / "scratch") == []


@every_shell
@pytest.mark.parametrize("number", SENTENCES, ids=lambda number: number.name)
def test_who_ends_it_while_packages_are_installed_is_told(shell, farm, stranger, tmp_path, number):
    index(farm)
    (stranger / "apt-get").write_text(f"#!/bin/sh\ncase $* in *install*) touch {tmp_path}/runs; exec sleep 60;; esac\n")
    command = [*shell.split(), SCRIPT, "--yes", "3.13"]
    status, said = ended(number, environment(farm, stranger), command, (tmp_path / "runs").exists)

    assert (status, said.splitlines()[-1]) == SENTENCES[number]
    assert said.count("install.sh: ") == 1
    assert os.listdir(tmp_path / "scratch") == []


@every_shell
@pytest.mark.parametrize("tool", ["chmod", "cut"])
def test_what_nobody_has_thought_of_is_an_end_with_a_sentence_too(shell, farm, stranger, tool):
    """Of tools that everybody has and that always work."""
    index(farm)
    (stranger / tool).write_text(f"#!/bin/sh\necho {tool}: it hurts >&2\nexit 3\n")
    (stranger / tool).chmod(0o755)
    done, notes = install(shell, farm, stranger, "--yes", "3.13")

    assert done.returncode != 0
    assert f"{tool}: it hurts" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("install.sh: ")
    assert done.stderr.count("install.sh: ") == 1
    assert "install" not in notes


@every_shell
def test_through_a_pipe_without_a_terminal_it_says_what_installs_and_that_does(shell, farm, stranger, tmp_path):
    """Word for word, as in a Dockerfile or by ssh."""
    serve_tree(farm, tree(tmp_path / "made"))
    folder = tmp_path / "python"
    asked = f"--folder {folder} 3.13"
    fetched = f"set -o pipefail 2>/dev/null; curl -fsSL file://{SCRIPT}"

    def run(command):
        return subprocess.run(
            ["bash", "-c", command.replace("| sh", f"| {shell}")],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=values,
            start_new_session=True,
        )

    values = environment(farm, stranger)
    refused = run(f"{fetched} | sh -s -- {asked}")

    assert refused.returncode == 1
    assert refused.stderr.count("install.sh: there is no terminal to ask at. Say yes beforehand") == 1
    assert not folder.exists()
    (line,) = [line for line in refused.stderr.splitlines() if line.startswith("curl … | ")]
    done = run(line.partition(",")[0].replace("curl …", fetched))
    assert done.returncode == 0, done.stderr
    assert (folder / "bin/python3").exists()
