"""What reads a stranger's file in a process apart is given nothing, and what becomes of it is said."""

from typing import Any

import pytest

from python_builds.adapters.apart import NoAnswer, answer_of
from python_builds.adapters.stop import Stop


def answer(code: str) -> Any:
    """Run code in place of a module that looks into a file."""
    return answer_of("timeit", "-n", "1", "-r", "1", "-s", f"import json, os\n{code}", stop=Stop(), seconds=60)


def test_it_is_given_none_of_the_master_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_BUILDS_METRICS_TOKEN", "a secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    given = answer("print(json.dumps(dict(os.environ)), flush=True)\nos._exit(0)")

    assert {*given} == {"PATH", "LANG", "PYTHONPATH"}


def test_what_ends_otherwise_than_well_is_told_by_its_last_line() -> None:
    with pytest.raises(NoAnswer, match=r"^: ValueError: no text$"):
        answer("raise ValueError('no text')")
    with pytest.raises(NoAnswer, match=r"^: whoever looked ended with -9$"):
        answer("os.kill(os.getpid(), 9)")
