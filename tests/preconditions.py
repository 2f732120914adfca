"""What a test needs of its machine that not every machine has."""

import os
import subprocess

import pytest


def needs(condition: object, sentence: str) -> None:
    """Skip a test whose precondition is missing, with a sentence that says which; CI must have all, so there it fails."""
    if not condition and os.environ.get("CI") == "true":
        pytest.fail(f"{sentence} (CI=true, so no test may be skipped for it)", pytrace=False)
    if not condition:
        pytest.skip(sentence)


def needs_mounts() -> None:
    """Skip a test that mounts a file system, where a mount namespace cannot be made either."""
    made = subprocess.run(["unshare", "--mount", "--propagation", "unchanged", "true"], capture_output=True)
    needs(
        made.returncode == 0, "it mounts a small file system, which only root may, and in most containers not even root"
    )
