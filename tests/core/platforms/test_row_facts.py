"""Facts of a row against what the real system says: which is wrong, and what to write."""

import dataclasses
import datetime

import pytest

from python_builds.core.platforms.platforms import platform_named
from python_builds.core.platforms.row_facts import (
    end_of_support_check,
    glibc_check,
    os_release_check,
    read_os_release,
    worker_image_failure,
    worker_python_check,
)

ROW = platform_named("rhel-9")
ALMA = 'NAME="AlmaLinux"\n# a comment\nID="almalinux"\nVERSION_ID="9.6"\nSUPPORT_END=2032-06-01\n'


def test_an_os_release_is_read_with_and_without_quotes():
    assert read_os_release(ALMA) == {
        "NAME": "AlmaLinux",
        "ID": "almalinux",
        "VERSION_ID": "9.6",
        "SUPPORT_END": "2032-06-01",
    }


def test_a_row_that_is_right_is_ok():
    found = read_os_release(ALMA)

    assert os_release_check(ROW, found).verdict == "ok"
    assert glibc_check(ROW, "glibc 2.34\n").verdict == "ok"
    assert end_of_support_check(ROW, found).verdict == "ok"
    assert worker_python_check(ROW, "Python 3.12.11\n").verdict == "ok"


def test_another_system_s_name_says_what_to_add_to_the_row():
    check = os_release_check(ROW, {"ID": "amzn", "VERSION_ID": "2023"})

    assert check.verdict == "failed"
    assert 'add ("amzn", "2023") to `serves`' in check.advice
    assert "the row rhel-9 of core/platforms/platforms.py" in check.advice


@pytest.mark.parametrize("said, version", [("glibc 2.35\n", "2.35"), ("", "nothing")])
def test_another_glibc_says_what_to_write(said, version):
    check = glibc_check(ROW, said)

    assert (check.verdict, check.detail) == ("failed", version)
    assert f'says glibc="2.34": write glibc="{version}"' in check.advice


def test_an_end_of_support_is_compared_where_the_system_names_one():
    day = datetime.date(2031, 1, 1)
    wrong = end_of_support_check(dataclasses.replace(ROW, end_of_support=day), read_os_release(ALMA))

    assert end_of_support_check(ROW, {}).verdict == "not run"
    assert wrong.verdict == "failed"
    assert 'end_of_support=_day("2031-01-01"): write _day("2032-06-01")' in wrong.advice


@pytest.mark.parametrize("said", ["", "bash: python3.12: command not found", "Python 3.6.8"])
def test_a_python_that_cannot_run_a_worker_is_named(said):
    check = worker_python_check(ROW, said)

    assert check.verdict == "failed"
    assert 'worker_python=("python3.12", "python3.12")' in check.advice


def test_names_that_a_system_does_not_know_lead_to_their_field():
    row = dataclasses.replace(ROW, extra_build_packages=("tk8-devel",))
    unknown = ["libnsl2-devel", "tk8-devel", "python3.12", "epel-release"]
    advice = worker_image_failure(row, unknown, ["crb"], "the end of the log").advice.split("; ")

    place = "the row rhel-9 of core/platforms/platforms.py"

    assert [part.partition(": ")[2] for part in advice] == [
        f"correct `repositories` in {place}",
        f"name it in `without_build_packages` of {place}, and what it is called there in `extra_build_packages`",
        f"correct `extra_build_packages` in {place}",
        f"correct `worker_python` in {place}",
        f"correct `ccache_repository` in {place}",
    ]


def test_a_failure_with_known_names_leads_to_the_log():
    check = worker_image_failure(ROW, [], [], "no space left on device")

    assert check.detail == "no space left on device"
    assert "the log says what else is wrong" in check.advice
