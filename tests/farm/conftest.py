"""What is imported before Buildbot's own tests are: they make warnings errors, and some of its modules warn at import."""

import itertools
from pathlib import Path

import buildbot.schedulers.forcesched  # noqa: F401
import pytest
from twisted.trial.unittest import TestCase


@pytest.fixture(autouse=True)
def masters_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a master that was given no folder make its own here, and not in the checkout, where Twisted's stay."""
    numbers = itertools.count()
    monkeypatch.setattr(TestCase, "mktemp", lambda _: str(tmp_path / f"made-{next(numbers)}"))
