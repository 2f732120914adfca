"""Nothing that a step of a build starts, writes outside of its folders or connects to is there after it, or for others."""

import os
import shutil
import signal
import socket
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.preconditions import needs
from tests.script_runs import run, write

PREFIX = "/opt/python/3.99.1"


@pytest.fixture(autouse=True)
def _needs_namespaces() -> None:
    mine = ["--user", "--map-root-user"] if os.getuid() else []
    command = ["unshare", *mine, "--pid", "--fork", "--mount", "--net", "mount", "-t", "proc", "proc", "/proc"]
    needs(
        subprocess.run(command, capture_output=True).returncode == 0,
        "it makes namespaces, which this machine does not allow this user",
    )


def as_builder(work: Path, code: str) -> subprocess.CompletedProcess[str]:
    write(work / "scripts" / "code.sh", f"#!/bin/bash\n{code}\n", executable=True)
    return run(work, "code.sh", as_build_user=True)


def running(word: str) -> list[str]:
    done = subprocess.run(["pgrep", "--full", word], capture_output=True, text=True)
    return done.stdout.split()


@pytest.mark.parametrize("daemon", ["env -i setsid", "setsid --fork env -i", "nohup"])
def test_what_a_step_leaves_running_ends_with_it(work: Path, daemon: str) -> None:
    word = f"left{uuid.uuid4().hex}"
    done = as_builder(work, f"{daemon} bash -c 'exec -a {word} sleep 60' >/dev/null 2>&1 & sleep 0.2; pgrep -f {word}")

    assert done.returncode == 0, "it ran while the step did"
    assert running(word) == []


def test_a_step_sees_no_process_but_its_own(work: Path) -> None:
    assert str(os.getpid()) not in as_builder(work, "ls /proc").stdout.split()


def test_the_folders_for_everybody_are_each_build_s_own(work: Path) -> None:
    name = f"python-builds-test-{uuid.uuid4().hex}"
    folders = ("/tmp", "/var/tmp", "/dev/shm")
    done = as_builder(work, "; ".join(f"echo x >{folder}/{name} && test -s {folder}/{name}" for folder in folders))

    assert done.returncode == 0, done.stderr
    assert [folder for folder in folders if Path(folder, name).exists()] == []
    run(work, "prepare-folders.sh").check_returncode()
    assert list((work / "tmp").iterdir()) == []


def test_a_build_does_not_see_what_is_installed(work: Path) -> None:
    needs(os.getuid() == 0, "what is installed is root's")
    prefixes = Path("/opt/python")
    made = [] if prefixes.exists() else [prefixes]
    installed = prefixes / f"python-builds-test-{uuid.uuid4().hex}"
    installed.mkdir(parents=True)
    try:
        assert as_builder(work, "ls /opt/python").stdout == ""
    finally:
        for folder in [installed, *made]:
            folder.rmdir()


def test_a_build_reaches_no_server_but_its_own(work: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        refused = as_builder(work, f"exec 3<>/dev/tcp/127.0.0.1/{port}")
    own = as_builder(
        work,
        'python3 -c \'import socket; s = socket.create_server(("127.0.0.1", 0));'
        " socket.create_connection(s.getsockname()); print(1)'",
    )

    assert refused.returncode != 0 and "Connection refused" in refused.stderr
    assert own.stdout == "1\n", "CPython's tests talk to themselves"


def test_what_is_tried_reaches_no_server_but_its_own(work: Path) -> None:
    needs(os.getuid() == 0, "the trial is root's")
    itself = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}"
        source = ". scripts/lib/build-environment.sh; . scripts/checks/scratch-root.sh; root=/; in_root_as_user"
        refused, own = (
            subprocess.run(["bash", "-c", f'{source} "$@"', "bash", *command], cwd=work, capture_output=True, text=True)
            for command in (["bash", "-c", connect], ["/usr/bin/python3", "-c", itself])
        )

    assert refused.returncode != 0 and "Connection refused" in refused.stderr
    assert own.returncode == 0, own.stderr


def test_packages_are_made_by_another_user_of_a_copy(work: Path) -> None:
    needs(os.getuid() == 0, "it becomes other users, which only root may")
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    tree = work / "stage" / PREFIX[1:]
    tree.mkdir(parents=True)
    (tree / "file").write_text("as it was staged")
    (tree / "link").symlink_to("/etc/hostname")
    subprocess.run(["chown", "-Rh", "--reference", work / "dist", work / "stage"], check=True)
    tree.chmod(0o777)
    (tree / "file").chmod(0o666)
    run(work, "seal-stage.sh").check_returncode()
    sealed = work / "sealed" / tree.relative_to(work)
    write(
        work / "scripts" / "who.sh", "#!/bin/sh\nid -un; pwd; touch stage/mine dist/mine && echo may\n", executable=True
    )
    said = subprocess.run(
        ["scripts/run-as-packaging-user.sh", "scripts/who.sh"], cwd=work, capture_output=True, text=True
    ).stdout
    touched = as_builder(work, f"echo changed >{sealed}/file; touch sealed/dist/x {sealed}/x; ls sealed/dist")

    assert said.splitlines() == ["daemon", f"{work}/sealed", "may"]
    assert touched.stdout == "mine\n" and touched.stderr.count("Permission denied") == 3
    assert (sealed / "file").read_text() == "as it was staged"
    assert (sealed / "link").readlink() == Path("/etc/hostname"), "a link is copied and not followed"


def test_a_build_user_who_makes_the_packages_too_is_refused(work: Path) -> None:
    for script in ("prepare-folders.sh", "seal-stage.sh"):
        write(work / "logs" / "source-date-epoch", "1700000000\n")
        done = run(work, script, PYTHON_BUILDS_BUILD_USER="daemon")
        assert done.returncode == 1 and "PYTHON_BUILDS_BUILD_USER must not be daemon" in done.stderr


def test_what_a_step_writes_is_passed_on_as_it_comes_and_ends_at_a_limit(work: Path) -> None:
    write(work / "scripts" / "code.sh", "#!/bin/bash\necho one; sleep 30\n", executable=True)
    with subprocess.Popen(
        ["scripts/run-as-build-user.sh", "scripts/code.sh"],
        cwd=work,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as step:
        assert step.stdout is not None and step.stdout.readline() == "one\n"
        assert step.poll() is None, "it goes on"
        os.killpg(step.pid, signal.SIGKILL)
    much = as_builder(work, "head -c 20000000 /dev/zero; exit 3")

    assert much.returncode == 3
    assert 2**24 < len(much.stdout) < 2**24 + 100 and "what follows the first" in much.stdout[-100:]


@pytest.mark.parametrize("own", ["", "digest", "signed-index", "openpgp"])
def test_a_build_reaches_the_cache_of_its_own_trust_and_no_other(work: Path, own: str) -> None:
    needs(os.getuid() == 0, "it becomes other users, which only root may")
    caches = [work.parent / f"ccache-{trust}" for trust in ("digest", "signed-index", "openpgp", "sigstore")]
    for cache in caches:  # as builds of each trust have left them
        cache.mkdir()
        shutil.chown(cache, "nobody")
    names = " ".join(str(cache) for cache in caches)
    write(
        work / "scripts" / "code.sh", f"#!/bin/bash\nfor c in {names}; do touch $c/x; done; exit 0\n", executable=True
    )
    run(work, "code.sh", as_build_user=True, PYTHON_BUILDS_CCACHE=own).check_returncode()

    reached = {cache.name for cache in caches if (cache / "x").exists()}
    assert reached <= {f"ccache-{own}"}, "its own only where this machine has a ccache"
