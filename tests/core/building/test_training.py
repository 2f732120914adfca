"""What training data fit, read from what a worker tells."""

import pytest

from python_builds.core.building.training import parse_identity
from python_builds.core.errors import InvalidRequest

TOLD = f"compiler gcc (Debian 12.2.0-14) 12.2.0\ntarget x86_64-linux-gnu\nflags gcc -O3 -fprofile-use\nconfiguration {'c' * 64}"


def test_an_identity_names_what_the_data_depend_on() -> None:
    identity = parse_identity(TOLD, "a" * 64, "amd64")

    assert identity.compiler == "gcc (Debian 12.2.0-14) 12.2.0"
    assert identity.flags == "gcc -O3 -fprofile-use"


@pytest.mark.parametrize(
    ("old", "new"),
    [("12.2.0-14", "12.2.0-15"), ("x86_64", "aarch64"), ("-O3", "-O2"), ("c" * 64, "d" * 64)],
)
def test_whatever_changes_makes_another_identity(old: str, new: str) -> None:
    before = parse_identity(TOLD, "a" * 64, "amd64").digest

    assert parse_identity(TOLD.replace(old, new), "a" * 64, "amd64").digest != before
    assert parse_identity(TOLD, "b" * 64, "amd64").digest != before
    assert parse_identity(TOLD, "a" * 64, "arm64").digest != before
    assert parse_identity(TOLD, "a" * 64, "amd64").digest == before


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ("", "must tell compiler, target, flags, configuration"),
        (TOLD + "\nmore 1", "must tell"),
        (TOLD.replace("target x86_64-linux-gnu\n", "compiler x\n"), "must tell"),
        (TOLD.replace("c" * 64, "../../x"), "configuration"),
        (TOLD.replace("target x86_64-linux-gnu", "target "), "target"),
        ("x" * 20_001, "20001 characters"),
    ],
)
def test_what_is_no_identity_is_refused(told: str, complaint: str) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        parse_identity(told, "a" * 64, "amd64")
