"""The tests have an environment of their own: whatever their caller has set, they find the same."""

import getpass
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings, load_settings

OF_THE_CALLER = {
    "PYTHON_BUILDS_WEB_PORT": "many",
    "PYTHON_BUILDS_TSORE": "x",
    "PYTHON_BUILDS_S3_BUCKET": "somebody-s",
    "MAKEFLAGS": "n",
    "MAKELEVEL": "1",
    "VERSION": "3.9.1",
    "PROFILE": "optimized",
    "YES": "1",
    "FORCE": "1",
    "LC_ALL": "de_DE.UTF-8",
    "LANGUAGE": "de",
    "TZ": "Asia/Kolkata",
    "AWS_PROFILE": "somebody",
    "GNUPGHOME": "/nonexistent",
    "APT_CONFIG": "/nonexistent",
    "BASH_ENV": "/nonexistent",
    "GREP_OPTIONS": "--invert-match",
    "SOURCE_DATE_EPOCH": "1",
    "CFLAGS": "--no-such-option",
}


def test_nothing_of_the_caller_is_left() -> None:
    assert not {*OF_THE_CALLER} & {*os.environ}
    assert load_settings() == Settings(_env_file=None, env_file=os.devnull)
    assert os.environ["LANG"] == "C.UTF-8"
    assert tempfile.gettempdir() == "/tmp"
    assert os.umask(0o022) == 0o022
    # Tools leave something in a home, as librpm its database; what was there before is the caller's.
    assert Path.home().is_relative_to(f"/tmp/pytest-of-{getpass.getuser()}")
    assert not (Path.home() / ".gitconfig").exists()


def test_tests_do_not_notice_who_calls_them(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PYTHON_BUILDS_WEB_PORT=8020\nPYTHON_BUILDS_STOER=x\n")
    (tmp_path / ".gitconfig").write_text("what is this\n")
    (tmp_path / "with space").mkdir()
    places = {
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path / "with space"),
        "PYTHON_BUILDS_ENV_FILE": str(tmp_path / ".env"),
        "http_proxy": "http://127.0.0.1:9",
        "no_proxy": "",
    }
    probes = [
        "tests/test_environment.py::test_nothing_of_the_caller_is_left",
        "tests/farm/test_configuration.py::test_master_cfg_loads_with_no_settings_at_all",
        "tests/test_repository.py::test_make_alone_lists_every_target",
        "tests/scripts/test_build_user.py::test_the_build_user_is_never_root_and_gains_no_privileges",
        "tests/adapters/test_http.py::test_an_answer_that_says_something_is_given",
    ]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *probes],
        cwd=CHECKOUT,
        env={**os.environ, **OF_THE_CALLER, **places},
        umask=0o077,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " skipped" not in done.stdout
