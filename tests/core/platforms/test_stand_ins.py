"""What a stand-in may say, and what pages say of it: never more than was tried, and never that anything is proven."""

import pytest
from pydantic import ValidationError

from python_builds.adapters.platforms.proof_files import read_stand_ins, write_stand_in
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.platform_pages import platforms_table, proofs_page, proven_sentence
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.platforms.proofs import CHECKS, Check, Verdict
from python_builds.core.platforms.stand_ins import (
    TRIABLE,
    CompilerRun,
    claims_too_much,
    compiler_check,
    gcc_series,
    glibc_check,
    tried_on,
)
from tests.proofs import make_proof, make_stand_in

KEY = ("rhel-9", "amd64")
ROW = platform_named("rhel-9")


@pytest.mark.parametrize("name", [name for name in CHECKS if name not in TRIABLE])
def test_a_stand_in_that_says_what_only_the_real_system_can_show_is_refused(name):
    with pytest.raises(ValidationError, match=f"no stand-in can try {name}"):
        make_stand_in(checks=(Check(name=name, verdict=Verdict.OK),))


def test_a_file_of_a_stand_in_that_says_so_or_is_of_another_row_is_refused(tmp_path):
    path = write_stand_in(make_stand_in(), tmp_path)
    assert read_stand_ins(tmp_path) == {KEY: make_stand_in()}

    kept = path.read_text()
    path.write_text(kept.replace('"dependencies"', '"worker image"'))
    with pytest.raises(DamagedObject, match="is not a stand-in: checks: .* no stand-in can try worker image"):
        read_stand_ins(tmp_path)
    path.write_text(kept)
    path.rename(tmp_path / "rhel-10-amd64.json")
    with pytest.raises(DamagedObject, match="is not a stand-in: it is of rhel-9 on amd64"):
        read_stand_ins(tmp_path)


@pytest.mark.parametrize("name", TRIABLE)
def test_what_failed_or_was_not_run_is_told(name):
    assert make_stand_in().standing == "stand-in"
    assert make_stand_in(failed=(name,)).standing == "failed on a stand-in"
    assert make_stand_in(not_run=(name,)).standing == "stand-in in part"
    left = tuple(check for check in make_stand_in().checks if check.name != name)
    assert make_stand_in(checks=left).standing == "stand-in in part"


@pytest.mark.parametrize("name", TRIABLE)
def test_a_stand_in_that_claims_more_than_was_tried_is_found(name):
    assert claims_too_much(make_stand_in(), make_stand_in()) == []
    assert claims_too_much(make_stand_in(), make_stand_in(not_run=(name,))) == [f"{name} went well"]
    assert claims_too_much(make_stand_in(not_run=(name,)), make_stand_in()) == []


def test_a_stand_in_with_other_libraries_or_of_another_architecture_claims_too_much():
    kept = make_stand_in(libraries={"libz.so.1": "zlib", "libssl.so.3": "openssl-libs"}, architecture="arm64")

    assert claims_too_much(kept, make_stand_in(libraries={"libz.so.1": "zlib-ng-compat"})) == [
        "openssl-libs stands for what has libssl.so.3",
        "zlib stands for what has libz.so.1",
        "it is of rhel-9 on arm64",
    ]


def test_the_table_says_stand_in_by_architecture_and_a_proof_takes_its_place():
    stand_ins = {KEY: make_stand_in()}

    assert tried_on(ROW, {}, {}) == []
    assert tried_on(ROW, {}, stand_ins) == ["amd64 stand-in 2026-11-28", "arm64 not yet"]
    (line,) = [line for line in platforms_table({}, stand_ins).splitlines() if line.startswith("| rhel-9 ")]
    assert line.endswith("| amd64 stand-in 2026-11-28<br>arm64 not yet |")

    proof = make_proof(platform="rhel-9", emulated=True, architecture="arm64")
    assert tried_on(ROW, {("rhel-9", "arm64"): proof}, stand_ins) == [
        "amd64 stand-in 2026-11-28",
        "arm64 emulated 2026-11-28",
    ]
    proven = {KEY: make_proof(platform="rhel-9")}
    assert tried_on(ROW, proven, stand_ins) == ["amd64 proven 2026-11-28", "arm64 not yet"]
    assert "stand-in 2026" not in platforms_table(proven, stand_ins)
    assert "## Stand-ins" not in proofs_page(proven, stand_ins)


def test_the_readme_s_sentence_names_stand_ins_apart_from_what_was_tried_on_the_real_system():
    others = {KEY: make_stand_in(), ("fedora-43", "amd64"): make_stand_in(platform="fedora-43")}
    said = proven_sentence({("debian-12", "amd64"): make_proof()}, others)

    assert "real system: debian-12 (amd64 proven 2026-11-28).\n" in said
    assert "proves nothing of it: rhel-9, fedora-43 (amd64 2026-11-28).\n" in said
    tried = ("debian-12", "rhel-9", "fedora-43")
    left = ", ".join(row.name for row in PLATFORMS if row.name not in tried)
    assert f"Not yet: {left} (amd64; arm64), debian-12, rhel-9, fedora-43 (arm64). " in said


def test_the_page_of_proofs_says_what_each_stand_in_was_tried_with():
    page = proofs_page({}, {KEY: make_stand_in(not_run=("glibc",))})

    assert "### rhel-9 on amd64: stand-in in part\n\n2026-11-28, with dnf 4.14.0 of debian:12, " in page
    assert "- 1 sonames, of packages called zlib\n" in page
    assert "\n| glibc | not run |  |\n" in page
    assert all(f"- *{name}*: " in page for name in TRIABLE)


def test_the_kept_stand_ins_are_of_rows_that_there_are_and_none_is_of_a_debian():
    names = {row.name for row in PLATFORMS if not row.name.startswith("debian-")}

    assert {platform for platform, _ in read_stand_ins()} <= names


def test_the_compiler_is_one_of_the_series_that_the_system_has():
    runs = [
        CompilerRun(gcc=n, version=f"{n}.3.0", image="debian-12", tests="42 passed", of="3.11.2") for n in ("9", "11")
    ]
    good, old = compiler_check(ROW, runs), compiler_check(platform_named("centos-8"), runs)

    assert (good.verdict, good.detail) == (Verdict.OK, "gcc 11.3.0 on debian-12, 3.11.2: 42 passed")
    assert (old.verdict, old.detail) == (Verdict.NOT_RUN, "nothing was built with gcc 8")
    assert compiler_check(platform_named("debian-12"), runs).detail == "no source says which gcc the system has"


def test_every_row_that_is_no_debian_has_a_compiler():
    assert [
        row.name for row in PLATFORMS if not row.name.startswith("debian-") and not gcc_series(row).isdecimal()
    ] == []


def test_a_newer_glibc_than_the_row_s_is_only_passed_over_for_cpythons_of_a_proven_system_with_an_older_one():
    ubuntu, old = platform_named("ubuntu-2004"), platform_named("centos-8")
    proofs = {(name, "amd64"): make_proof(platform=name) for name in ("debian-11", "debian-12")}
    said = "what debian-12 builds needs 2.34, and the row's is 2.31"

    assert glibc_check(ROW, "2.34", "debian-12", {}).verdict is Verdict.OK
    good = glibc_check(ubuntu, "2.34", "debian-12", proofs)
    built = ", ".join(build.version for build in make_proof().builds)
    assert (good.verdict, good.detail) == (
        Verdict.OK,
        f"{said}; {built} of debian-11, proven 2026-11-28, need no newer one than 2.31",
    )
    assert glibc_check(old, "2.34", "debian-12", proofs).verdict is Verdict.NOT_RUN, "2.28 is older than Debian 11's"
    for proof in (
        make_proof(platform="debian-11", not_run=("newest minor",)),
        make_proof(platform="debian-11", emulated=True),
    ):
        unproven = glibc_check(ubuntu, "2.34", "debian-12", {("debian-11", "amd64"): proof})
        assert (unproven.verdict, unproven.detail) == (Verdict.NOT_RUN, said)
