"""A worker image is built while somebody waits."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from python_builds.cli.workers.worker_choice import _watched


def test_a_process_that_is_waited_for_shows_what_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen, inside = pty.openpty()
    path = tmp_path / "image.log"
    with os.fdopen(inside, "w") as terminal, path.open("wb") as log:
        monkeypatch.setattr(sys, "stdout", terminal)
        process = subprocess.Popen(["sh", "-c", "echo step 3 of 9; sleep 4; exit 7"], stdout=log)

        assert _watched(process, "building the image", path) == 7
        shown = os.read(screen, 65536).decode()
    os.close(screen)

    assert "… building the image  0:03" in shown
    assert f"    {path}\r\n    | step 3 of 9" in shown
