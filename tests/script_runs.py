"""How tests run our scripts: in a work folder of their own, as root and as anybody else alike."""

import contextlib
import grp
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

FOLDERS = ["dist", "home", "logs", "source", "stage", "stage-debug", "stage-test", "tmp"]
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "scripts"


def require_tool(name, package):
    path = shutil.which(name)
    assert path, f"{name} is missing: apt-get install {package}"
    return path


@contextlib.contextmanager
def work_folder():
    """A work folder that the build user can reach, which pytest's own temporary folders are not."""
    outside = pathlib.Path(tempfile.mkdtemp(prefix="python-builds-test-"))
    folder = outside / "work"
    folder.mkdir()
    outside.chmod(0o755)
    shutil.copytree(SCRIPTS, folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "scripts").rglob("*"):  # as the farm sends them: a checkout may be its owner's alone
        path.chmod(0o755)
    for name in FOLDERS:  # as prepare-folders.sh does, in a tenth of the time
        (folder / name).mkdir()
        if os.getuid() == 0:
            shutil.chown(folder / name, "nobody", grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name)
    yield folder
    shutil.rmtree(outside)


def path_of(script):
    """Find a script by its name alone, from the work folder; what none of our folders has is the test's own."""
    found = [path for path in SCRIPTS.rglob(script) if path.is_file()]
    return f"scripts/{found[0].relative_to(SCRIPTS)}" if found else f"scripts/{script}"


def run(work, script, *arguments, as_build_user=False, **environment):
    command = ["scripts/run-as-build-user.sh"] if as_build_user else []
    return subprocess.run(
        [*command, path_of(script), *arguments],
        cwd=work,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def call(work, script, code, **environment):
    """Source a script, which must not start it, and run code that calls its functions."""
    return subprocess.run(
        ["bash", "-c", f". {path_of(script)}; {code}"],
        cwd=work,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def write(path, text, executable=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755 if executable else 0o644)


def pretend(work, command, output):
    """Return a PATH on which a command answers what we want: who we are, say."""
    write(work / "pretended" / command, f"#!/bin/sh\necho {output}\n", executable=True)
    return f"{work / 'pretended'}:{os.environ['PATH']}"
