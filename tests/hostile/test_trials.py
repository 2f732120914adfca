"""What is tried is nobody, has nothing, and is gone when the trial ends."""

import os
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.hostile.base_systems import lay_base_system
from tests.preconditions import needs
from tests.script_runs import require_tool, write

INTERPRETER = """
#define _GNU_SOURCE
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    uid_t u[3];
    gid_t g[3], groups[64];
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct caps[2];
    getresuid(u, u + 1, u + 2);
    getresgid(g, g + 1, g + 2);
    syscall(SYS_capget, &head, caps);
    printf("users %d %d %d, groups %d %d %d", u[0], u[1], u[2], g[0], g[1], g[2]);
    for (int i = 0, count = getgroups(64, groups); i < count; i++)
        printf(" and %d", groups[i]);
    printf(", may %x%x %x%x", caps[0].effective, caps[1].effective, caps[0].permitted, caps[1].permitted);
    printf(", no more %d, becomes root %d\\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), setuid(0) == 0);
    for (char **value = environ; *value; value++)
        printf("given %s\\n", *value);
    fflush(stdout);
    if (fork() == 0 && setsid() > 0 && fork() == 0) {
        for (int i = 0; i < 3; i++)
            close(i);
        sleep(60);
    }
    return 0;
}
"""
"""Says who it is and leaves a process running."""

APT_GET = 'case "$*" in *" /check/"*) mkdir -p {prefix}/bin && cp /srv/python {prefix}/bin/ ;; esac'
"""Stands for the distribution's, which would need its archive."""


@pytest.fixture
def prefix(work: Path) -> str:
    """Make a base system of a few programs, in which a package brings that interpreter to a prefix of its own."""
    needs(os.geteuid() == 0, "a package is tried by root")
    made = subprocess.run(["unshare", "--pid", "--fork", "--ipc", "--mount-proc", "true"], capture_output=True)
    needs(made.returncode == 0, "without namespaces a trial ends all of nobody's processes on this machine")
    require_tool("pgrep", "procps")
    prefix = f"/opt/python/3.99.{uuid.uuid4().int}"
    base = work / "base"
    lay_base_system(base, APT_GET.format(prefix=prefix))
    command = ["gcc", "-static", "-x", "c", "-", "-o", base / "srv/python"]
    subprocess.run(command, input=INTERPRETER, text=True, check=True)
    write(work / "dist/x.deb", "")
    return prefix


def tried(work: Path, prefix: str, *around: str) -> subprocess.CompletedProcess[str]:
    command = ["scripts/steps/check-package.sh", "dist/x.deb", prefix, "base"]
    environment = {**os.environ, "WORKERPASS": "a secret"}
    return subprocess.run([*around, *command], cwd=work, env=environment, capture_output=True, text=True)


def test_what_is_tried_is_nobody_and_becomes_nobody_else(work: Path, prefix: str) -> None:
    done = tried(work, prefix)

    nobody = "users 65534 65534 65534, groups 65534 65534 65534 and 65534, may 00 00, no more 1, becomes root 0\n"
    assert nobody in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1 and "is not the answer to the challenge" in done.stderr
    assert list(work.glob("check-root.*")) == []


def test_what_is_tried_is_given_none_of_the_worker_s_environment(work: Path, prefix: str) -> None:
    done = tried(work, prefix)

    given = {line.removeprefix("given ").partition("=")[0] for line in done.stdout.splitlines() if "given " in line}
    own = {"PYTHON_BUILDS_WORKER", "PYTHON_BUILDS_ALLOWED_MISSING", "PYTHON_BUILDS_CHALLENGE"}
    assert given == own | {"PATH", "HOME", "LC_ALL", "TZ"}, done.stdout


def test_what_it_leaves_running_ends_with_the_trial(work: Path, prefix: str) -> None:
    done = tried(work, prefix)

    assert "users 65534" in done.stdout, done.stdout + done.stderr
    assert subprocess.run(["pgrep", "--full", prefix], capture_output=True, text=True).stdout == ""


def test_what_it_leaves_running_ends_where_no_namespaces_can_be_made(work: Path, prefix: str) -> None:
    write(work / "none/unshare", "#!/bin/sh\nexit 1\n", executable=True)
    # As in a container, whose other processes of that user are none of this machine's.
    alone = [
        "unshare",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "env",
        f"PATH={work}/none:{os.environ['PATH']}",
    ]
    left = '"$@" 2>&1; pgrep --full "bin/pytho[n] /check"'
    done = tried(work, prefix, *alone, "sh", "-c", left, "sh")

    assert "users 65534" in done.stdout, done.stdout + done.stderr
    assert "is not the answer to the challenge" in done.stdout.splitlines()[-1], f"pgrep finds it: {done.stdout}"
