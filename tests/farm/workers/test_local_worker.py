"""The worker that is a process of this machine."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred

from python_builds.farm.workers.local_worker import (
    COOKIE,
    KEPT_LOGS,
    LocalProcessWorker,
    end_leftovers,
    remove_old_logs,
    worker_folder,
)


def test_leftovers_of_our_own_worker_are_ended_and_no_others(tmp_path: Path) -> None:
    """The other has the same folder in another root: only what was drawn for it tells them apart."""
    (tmp_path / "cookie").write_text("drawn for one")
    sleep = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    ours, theirs = (
        subprocess.Popen(sleep, env={**os.environ, COOKIE: cookie}, stdout=subprocess.PIPE)
        for cookie in ("drawn for one", "drawn for the other")
    )
    for process in (ours, theirs):
        assert process.stdout is not None
        process.stdout.readline()
    end_leftovers(tmp_path / "no worker was here")
    end_leftovers(tmp_path)

    assert ours.wait(timeout=10) < 0
    assert theirs.poll() is None
    theirs.kill()
    theirs.wait()


def test_a_process_that_ended_is_known_before_twisted_has_heard_of_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        worker: Any = SimpleNamespace(stopped=Deferred(), process=SimpleNamespace(pid=process.pid), folder=Path("w"))
        assert LocalProcessWorker.check_instance(worker) == (True, "")

        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert LocalProcessWorker.check_instance(worker) == (False, "the worker's process ended; see w/twistd.log")

    worker.process.pid = None  # as Twisted has it once it has heard
    assert not LocalProcessWorker.check_instance(worker)[0]


def test_a_root_worker_moves_out_of_a_folder_that_is_closed_to_the_build_user(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    chosen = worker_folder(closed / "state")

    if os.geteuid() == 0:
        assert chosen.parent == Path("/var/tmp")
        assert chosen == worker_folder(closed / "state"), "the same state folder finds its worker again"
        assert chosen != worker_folder(closed / "other")
    else:
        assert chosen == closed / "state" / "worker", "who is not root builds as himself"


def test_a_root_worker_stays_in_an_open_folder() -> None:
    assert worker_folder(Path("/srv/python-builds")) == Path("/srv/python-builds/worker")


def test_only_the_last_few_of_its_logs_are_kept(tmp_path: Path) -> None:
    for number in range(1, KEPT_LOGS + 3):
        (tmp_path / f"twistd.log.{number}").write_text("old")
    (tmp_path / "twistd.log").write_text("now")

    remove_old_logs(tmp_path)

    assert sorted(p.name for p in tmp_path.glob("twistd.log*")) == [
        "twistd.log",
        *(f"twistd.log.{number}" for number in range(1, KEPT_LOGS + 1)),
    ]
