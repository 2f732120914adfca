"""What a proof says, what it is worth today, and what pages say of it."""

import dataclasses
import datetime

import pytest

from python_builds.core.platforms.evidence import EVIDENCE, not_compared
from python_builds.core.platforms.platform_pages import (
    BEGINS,
    ENDS,
    between_marks,
    platforms_table,
    proofs_page,
    proven_sentence,
)
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import CHECKS, MAY_BE_LEFT_OUT, proven_on, why_old
from tests.proofs import make_proof

KEY = ("debian-12", "amd64")


def test_what_went_well_is_proven_and_under_emulation_it_says_so():
    assert make_proof().standing == "proven"
    assert make_proof(emulated=True).standing == "emulated"


@pytest.mark.parametrize("name", CHECKS)
def test_one_check_that_failed_fails_the_proof(name):
    assert make_proof(failed=(name,)).standing == "failed"


@pytest.mark.parametrize("name", CHECKS)
def test_what_was_not_run_is_never_taken_for_good(name):
    assert make_proof(not_run=(name,)).standing == ("proven" if name in MAY_BE_LEFT_OUT else "in part")


def test_a_check_that_is_not_in_the_file_at_all_was_not_run():
    proof = make_proof()

    assert proof.model_copy(update={"checks": proof.checks[1:]}).lacking == (proof.checks[0].name,)


def test_a_proof_gets_old_by_its_recipe_and_by_its_base_image():
    proof, day = make_proof(), datetime.date(2026, 11, 28)

    assert why_old(proof, proof.recipe, day + datetime.timedelta(days=90), 90) == ""
    assert why_old(proof, proof.recipe, day + datetime.timedelta(days=91), 90) == "of an image of 2026-11-28"
    assert why_old(proof, "another", day, 90) == "of another recipe"


def test_a_proof_of_quick_builds_says_so():
    assert proven_on({KEY: make_proof(profile="quick")}, "debian-12") == ["amd64 proven 2026-11-28, quick builds"]
    assert proven_on({KEY: make_proof()}, "debian-12") == ["amd64 proven 2026-11-28"]
    assert proven_on({KEY: make_proof()}, "debian-13") == []


def test_the_table_has_each_platform_once_with_what_its_proof_says():
    lines = platforms_table({KEY: make_proof()}, {}).splitlines()[2:]

    assert [line.split(" | ")[0] for line in lines] == [f"| {row.name}" for row in PLATFORMS]
    (proven,) = [line for line in lines if not line.endswith("| not yet |")]
    assert (
        proven
        == "| debian-12 | Debian 12; Linux Mint 6 | deb | 2028-06-30 | amd64 proven 2026-11-28<br>arm64 not yet |"
    )


def test_the_readme_s_sentence_names_what_was_tried():
    assert "real system: none.\n" in proven_sentence({}, {})
    assert "real system: debian-12 (amd64 failed 2026-11-28).\n" in proven_sentence({KEY: make_proof(("uv",))}, {})


def test_the_page_of_proofs_has_every_check_with_its_verdict_and_every_row_s_sources():
    page = proofs_page({KEY: make_proof(("uv",), ("elsewhere",), commit="c" * 40 + "+")}, {})

    assert "## debian-12 on amd64: failed\n" in page
    assert "commit `cccccccccccc` with changes." in page
    assert all(f"\n| {name} | " in page for name in CHECKS)
    assert "\n| uv | failed | " in page
    assert "\n| elsewhere | not run | " in page
    assert all(f"\n### {name}\n" in page for name in EVIDENCE)


def test_evidence_is_of_rows_that_there_are_and_of_each_that_was_never_tried_here():
    assert {*EVIDENCE} == {row.name for row in PLATFORMS if not row.name.startswith("debian-")}
    assert all(one.source for found in EVIDENCE.values() for one in found)


def test_a_text_is_put_between_the_marks_and_nowhere_else():
    page = f"before\n{BEGINS}old\n{ENDS}after\n"

    assert between_marks(page, "new\n") == f"before\n{BEGINS}new\n{ENDS}after\n"
    with pytest.raises(ValueError, match="has not the lines"):
        between_marks("before\n", "new\n")


def test_what_no_source_names_is_counted_up_and_shown():
    row = next(row for row in PLATFORMS if row.name == "rhel-9")
    more = dataclasses.replace(row, extra_build_packages=("libguess-devel", "libnsl2"))

    assert "libnsl2-devel" not in not_compared(row)
    assert {*not_compared(more)} - {*not_compared(row)} == {"libguess-devel", "libnsl2"}
    assert f"none of these names: {', '.join(not_compared(row))}.\n" in proofs_page({}, {})


def test_a_list_of_all_but_some_names_the_others():
    row = next(row for row in PLATFORMS if row.name == "amazon-2023")
    more = dataclasses.replace(row, without_build_packages=())

    assert (not_compared(row), "libnsl2-devel" in more.image_packages) == ([], True)
