"""What people type: commands, options, make's variables, and where it is printed."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from python_builds.cli.cli import BY_MAKE, app
from python_builds.cli.make_variables import given, options
from python_builds.cli.output import table
from python_builds.core.errors import InvalidRequest
from python_builds.core.settings.setting_types import CHECKOUT
from tests.command_line import typed

COMMANDS = typer.main.get_command(app).commands
MAKEFILE = (CHECKOUT / "Makefile").read_text()
TARGETS = dict(re.findall(r"^([a-z-]+): [^\n]*?## ([^\n]*)\n\t\$\(COMMAND\)$", MAKEFILE, re.MULTILINE))
"""Targets that are aliases of commands, with what `make` says of them."""


def variables(command):
    names = [p.opts[0].removeprefix("--").replace("-", "_").upper() for p in COMMANDS[command].params]
    return {name for name in names if name != "HELP"}


def by_make(target, *given, **environment):
    """Type `make TARGET NAME=VALUE`, with what is ready and which Python runs given."""
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "PLATFORM")}
    paths = [f"BIN={Path(sys.executable).parent}", "--old-file=.venv/ready"]
    return subprocess.run(
        ["make", *paths, target, *given],
        cwd=CHECKOUT,
        env={**kept, "PYTHON_BUILDS_ENV_FILE": os.devnull, **environment},
        capture_output=True,
        text=True,
    )


def test_every_command_has_a_target_of_its_name_and_the_other_way_round():
    assert TARGETS.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_make_names_each_option_of_a_command_and_no_other(command):
    assert set(re.findall(r"([A-Z_]+)=", TARGETS[command].replace("with YES=1", ""))) == variables(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_given_and_nothing_else_is_done(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYTHON_BUILDS_STATE_DIR", str(tmp_path / "state"))

    assert typed(command, "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: python-builds {command}")
    words = [p.opts[0] for p in COMMANDS[command].params]
    assert all(word in shown for word in words)
    assert not (tmp_path / "state").exists()


def test_what_is_no_command_or_option_is_refused_with_the_one_that_was_meant(capsys):
    assert (typed("biuld"), "Did you mean 'build'" in capsys.readouterr().err) == (2, True)
    assert (typed("build", "--verson=3.13"), "--version" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_it(shell, monkeypatch):
    monkeypatch.setenv("_PYTHON_BUILDS_COMPLETE", f"complete_{shell}")
    command = [sys.executable, "-m", "python_builds"]
    asked = {"COMP_WORDS": "python-builds build --platform debian-", "COMP_CWORD": "3"}
    other = {
        "_TYPER_COMPLETE_ARGS": "python-builds build --platform debian-",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    environment = {**os.environ, "PYTHONPATH": f"{CHECKOUT / 'master'}", **asked, **other}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True).stdout

    assert "debian-12" in shown and "ubuntu" not in shown


@pytest.mark.parametrize(
    "target, typed_, meant",
    [
        ("build", ["VERSON=3.13"], "VERSON is no variable of `make build`; did you mean VERSION?"),
        ("build", ["version=3.13"], "version is no variable of `make build`; did you mean VERSION?"),
        ("build", ["VERSIONS=3.13"], "did you mean VERSION?"),
        ("rebuild", ["VERSIONS=3.13.1 3.13.2", "PLATFORM=debian-12"], "did you mean PLATFORMS?"),
        ("build", ["TAG=a b=c"], "TAG is no variable of `make build`: its variables are VERSION, PLATFORM, PROFILE"),
        ("status", ["VERSION=3.13"], "VERSION is no variable of `make status`: it has none"),
        ("prune", ["YES=treu"], "YES is 'treu': it must be yes or no"),
        ("build", ["FORCE=ja", "RETRAIN=2", "VERSON=3"], "RETRAIN is '2': it must be yes or no"),
        ("push", ["REGISTRI=x"], "did you mean REGISTRY?"),
    ],
)
def test_make_refuses_what_a_target_cannot_be_told(target, typed_, meant):
    done = by_make(target, *typed_)

    assert done.returncode == 2
    assert meant in done.stderr and "Traceback" not in done.stderr and done.stdout == ""


def test_the_bench_target_refuses_it_too():
    done = by_make("bench", "BENCH=speed", "ROUDNS=2", "--old-file=.venv/ready-dev", "--old-file=.venv-bench/ready")

    assert (done.returncode, "did you mean ROUNDS?" in done.stderr) == (2, True)
    useless = by_make("bench", "BENCH=speed", "ROUNDS=2", "--old-file=.venv/ready-dev", "--old-file=.venv-bench/ready")
    assert (useless.returncode, "speed cannot be told rounds" in useless.stderr) == (2, True)


@pytest.mark.parametrize("value", ["0", "no", "No", "false", "FALSE", "off", "n", ""])
def test_what_means_no_is_no(value):
    assert options("prune", COMMANDS["prune"].params, {"YES": value}) == []


@pytest.mark.parametrize("value", ["1", "yes", "true", "True", "on", "y"])
def test_what_means_yes_is_yes(value):
    assert options("prune", COMMANDS["prune"].params, {"YES": value}) == ["--yes"]


def test_variables_become_options_whatever_their_value_looks_like():
    value = "--yes; rm -rf / $(x)"

    assert options("build", COMMANDS["build"].params, {"VERSION": value}) == [f"--version={value}"]
    assert options("build", COMMANDS["build"].params, {"VERSION": " "}) == []
    acknowledge = COMMANDS["acknowledge"].params
    assert options("acknowledge", acknowledge, {"ALERT": value, "BY": "anna"}) == ["--by=anna", "--", value]


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InvalidRequest) as refused:
        options("build", COMMANDS["build"].params, {"MAKEFLAGS": " -- VERSON=3 TAG=4", "FORCE": "si", "RETRAIN": "ja"})

    assert len(str(refused.value).splitlines()) == 4


@pytest.mark.parametrize(
    "flags, names",
    [
        ("", []),
        ("ks", []),
        (" -- VERSION=3.13", ["VERSION"]),
        (r"k -j2 -- VERSIONS=3.10.1\ 3.11.9 YES=1", ["VERSIONS", "YES"]),
        (r" -- REASON=a\ b=c\\ YES:=1", ["REASON", "YES"]),
    ],
)
def test_makes_own_flags_are_read_as_it_writes_them(flags, names):
    assert given(flags) == names


def test_what_is_for_other_programs_is_let_through():
    flags = " -- PYTHON=python3.12 PYTHON_BUILDS_STORE=/x PIP_INDEX_URL=y DOCKER_HOST=z"

    assert options("build", COMMANDS["build"].params, {"MAKEFLAGS": flags}) == []


@pytest.mark.parametrize(
    "target", ["build", "run", "status", "prune", "images", "push", "rebuild", "reproduce", "minors"]
)
def test_a_wrong_setting_is_a_sentence_in_every_command(target):
    given = {"images": ["PLATFORM=debian-99"], "push": [], "rebuild": ["VERSIONS=all"], "reproduce": ["VERSION=3.13.1"]}
    done = by_make(target, *given.get(target, ()), PYTHON_BUILDS_STROE="x")

    assert done.returncode == 2, "make's own status, of a recipe that failed"
    assert done.stderr.startswith("python-builds: ") and "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_will_do(encoding):
    code = "from python_builds.cli.output import write_anywhere as w; w(); print('CPython … é')"
    environment = {"PYTHONPATH": str(CHECKOUT / "master"), "PYTHONIOENCODING": encoding}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout

    assert shown.decode(encoding).replace("?", "") in ("CPython … é\n", "CPython  é\n", "CPython  \n")


def test_a_reader_who_goes_ends_nothing(tmp_path):
    code = (
        "import sys; from python_builds.cli.output import write_anywhere as w; w()\n"
        "for n in range(100000): print(n)\n"
        f"open({str(tmp_path / 'done')!r}, 'w').close()"
    )
    script = f'set -o pipefail; {sys.executable} -c "$CODE" | head -n 1'
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "master"), "CODE": code}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")
    assert (tmp_path / "done").exists()


def test_tables_are_as_wide_as_their_cells():
    assert table(("A", "BB"), [("long", "x"), ("y", "")]) == "A     BB\nlong  x\ny"


def test_the_command_is_found_through_a_link_and_from_any_folder(tmp_path):
    (tmp_path / "python-builds").symlink_to(CHECKOUT / "python-builds")
    kept = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", BY_MAKE)}
    done = subprocess.run([tmp_path / "python-builds", "platforms"], cwd="/", env=kept, capture_output=True, text=True)

    assert (done.returncode, done.stdout.startswith("PLATFORM ")) == (0, True), done.stderr


def test_what_is_asked_often_imports_nothing_that_takes_long():
    code = "import sys; from python_builds.cli import cli; print(*(n for n in sys.argv[1:] if n in sys.modules))"
    slow = ["alembic", "boto3", "botocore", "buildbot", "docker", "elftools", "sigstore", "twisted"]

    assert subprocess.check_output([sys.executable, "-c", code, *slow], text=True).split() == []


@pytest.mark.parametrize(
    "ending, ignoring",
    [(signal.SIGINT, ""), (signal.SIGTERM, ""), (signal.SIGTERM, "INT"), (signal.SIGHUP, ""), (signal.SIGHUP, "INT")],
)
def test_ctrl_c_that_comes_while_python_drops_what_is_raised_is_not_lost(ending, ignoring):
    code = f"""
import os, time
from python_builds.cli.exit_status import end_as_by_ctrl_c, exit_status

class Ends:
    def __del__(self):
        os.kill(os.getpid(), {ending.value})
        for number in range(1000): pass  # where Ctrl-C is raised, and dropped

def command():
    Ends()
    time.sleep(60)

end_as_by_ctrl_c()
raise SystemExit(exit_status(command, interrupted="seen"))
"""
    command = ["/usr/bin/env", "--default-signal=INT,HUP", f"--ignore-signal={ignoring}", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)

    assert (done.returncode, done.stderr) == (130, "\nseen\n")


def test_ctrl_c_in_code_that_is_made_of_a_text_ends_a_command_with_its_status_too(tmp_path):
    """As dataclasses, while they are imported; without `-m` Python would take no notice."""
    (tmp_path / "program.py").write_text(
        "from python_builds.cli.exit_status import exit_status\n"
        "raise SystemExit(exit_status(lambda: exec('raise KeyboardInterrupt'), interrupted='seen'))\n"
    )
    done = subprocess.run([sys.executable, "-m", "program"], cwd=tmp_path, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (130, "\nseen\n")
