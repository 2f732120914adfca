"""`make prove`: what is refused, what is taken down as a run goes on, and which settings its farm has."""

import json
import os
import signal
import subprocess

import pytest

from python_builds.cli.proving.prove import Proving, _commit, _host, _trials, _wanted
from python_builds.cli.proving.scratch_farm import _inherited, make_folder, newest_of
from python_builds.core.errors import FarmError, InvalidRequest
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.platforms.proofs import CHECKS, Check, Proof, Verdict
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.docker_hosts import DockerHost

ENGINE = DockerHost(name="docker", url="unix:///var/run/docker.sock", master="127.0.0.1")


@pytest.fixture
def run(tmp_path):
    settings = Settings(_env_file=None, state_dir=tmp_path)
    return Proving(
        settings, ENGINE, platform_named("rhel-9"), "amd64", "quick", tmp_path / "rhel-9-amd64.log", "c" * 40
    )


def kept(run: Proving) -> Proof:
    return Proof.model_validate_json(run.log.with_suffix(".json").read_bytes())


def test_all_means_every_row_that_has_the_architecture():
    assert _wanted(["all"], "arm64") == list(PLATFORMS)
    assert _wanted(["rhel-9", "debian-12"], "amd64") == [platform_named("rhel-9"), platform_named("debian-12")]


@pytest.mark.parametrize(
    "names, architecture, said",
    [
        ([], "amd64", "as in PLATFORM=debian-12, or PLATFORM=all"),
        (["debian-99"], "amd64", "is not a platform of this farm"),
        (["rhel-9"], "s390x", "'s390x' is none of rhel-9's architectures: amd64, arm64"),
    ],
)
def test_what_cannot_be_proven_is_refused(names, architecture, said):
    with pytest.raises(InvalidRequest, match=said):
        _wanted(names, architecture)


def test_what_was_found_so_far_is_kept_and_the_rest_was_not_run(run, capsys):
    run.add(Check(name="glibc", verdict=Verdict.FAILED, detail="2.35", advice='write glibc="2.35"'))
    proof = kept(run)

    assert [check.name for check in proof.checks] == list(CHECKS)
    assert {check.name: check.verdict for check in proof.checks if check.verdict != "not run"} == {"glibc": "failed"}
    assert all(check.detail for check in proof.checks)
    assert capsys.readouterr().out == 'failed: glibc: 2.35\n    write glibc="2.35"\n'


def test_a_commit_is_changed_by_all_but_proofs(tmp_path):
    def git(*words: str) -> None:
        author = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", tmp_path, *author, *words], check=True, capture_output=True)

    assert _commit(tmp_path) == ""
    code, proof = tmp_path / "code.py", tmp_path / "proofs" / "debian-12-amd64.json"
    proof.parent.mkdir()
    for file in (code, proof):
        file.write_text("before")
    for words in (["init"], ["add", "."], ["commit", "--message=x"]):
        git(*words)
    commit = _commit(tmp_path)
    proof.write_text("after")

    assert len(commit) == 40 and _commit(tmp_path) == commit
    code.write_text("after")
    assert _commit(tmp_path) == f"{commit}+"


def test_whatever_goes_wrong_in_a_check_is_its_verdict(run):
    def broken() -> Check:
        raise FarmError("no worker came")

    assert not run.attempt("newest minor", broken)
    assert [(c.verdict, c.detail) for c in kept(run).failed] == [("failed", "no worker came")]


def test_a_check_that_went_well_lets_the_run_go_on(run):
    assert run.attempt("uv", lambda: Check(name="uv", verdict=Verdict.OK))
    assert kept(run).standing == "in part"


class Tried:
    """Trials of which each works, of a farm whose build of the second revision is any command."""

    def __init__(self, *build):
        self.build, self.farm, self.built = build, self, None

    def begin_revision(self, version):
        self.built = subprocess.Popen(self.build)
        return self.built

    def __getattr__(self, name):
        return lambda: Check(name=name, verdict=Verdict.OK)


def test_the_second_revision_is_built_beside_the_trials_and_its_failure_is_the_upgrades(run, make_record):
    run.records = [make_record("3.9.25"), make_record("3.14.7")]
    _trials(run, Tried("true"))
    assert [check.name for check in kept(run).failed] == []
    assert run.checks["upgrade"].verdict == "ok"

    _trials(run, Tried("false"))
    assert [check.name for check in kept(run).failed] == ["upgrade"]
    assert run.checks["upgrade"].detail == "the build of revision 2 of CPython 3.14.7 failed, see above"


def test_a_second_revision_that_is_there_is_not_built_again(run, make_record):
    run.records = [make_record("3.9.25"), make_record("3.14.7", revision=2)]
    tried = Tried("false")
    _trials(run, tried)

    assert tried.built is None and run.checks["upgrade"].verdict == "ok"


def test_a_run_that_is_stopped_ends_the_build_of_its_second_revision(run, make_record):
    def stop():
        raise KeyboardInterrupt

    run.records = [make_record("3.9.25"), make_record("3.14.7")]
    tried = Tried("sleep", "600")
    tried.uv = stop
    with pytest.raises(KeyboardInterrupt):
        _trials(run, tried)

    assert tried.built.wait(60) == -signal.SIGTERM


def test_an_emulated_host_is_open_and_slow_unless_the_operator_describes_it(run):
    assert _host(run) == ENGINE
    run.architecture = "arm64"
    assert (_host(run).architecture, _host(run).open_network, _host(run).start_seconds) == ("arm64", True, 600)
    assert _host(run).quiet_seconds > ENGINE.quiet_seconds

    described = ENGINE.model_copy(update={"name": "slow", "architecture": "arm64", "memory": "8g"})
    run.settings = Settings(_env_file=None, docker_hosts=[described.model_dump()], worker_host="127.0.0.1")
    assert _host(run) == described


@pytest.mark.parametrize(
    "asked, found",
    [("3.9", "3.9.25"), ("", "3.14.7"), ("3.14t", "3.14.7t"), ("3.14.6", "3.14.6"), ("3.13", None)],
)
def test_what_a_run_before_has_built_is_found_by_what_is_asked_for(make_product, asked, found):
    products = {make_product(version) for version in ("3.9.25", "3.14.6", "3.14.7")}
    products |= (
        {make_product("3.14.7", variant="t"), make_product("3.14.8", variant="t")}
        if asked != "3.14t"
        else {make_product("3.14.7", variant="t")}
    )
    made = newest_of(products, asked)

    assert (str(made.tag) if made else None) == found


def test_a_run_goes_on_in_the_folder_of_one_of_the_same_recipe_and_images_and_of_no_other(tmp_path):
    folder, settings = tmp_path / "rhel-9-amd64", Settings(_env_file=None)
    assert not make_folder(settings, folder, {"recipe": "a"})
    key = (folder / "signing-key.asc").read_bytes()
    assert make_folder(settings, folder, {"recipe": "a"})
    assert (folder / "signing-key.asc").read_bytes() == key
    assert not make_folder(settings, folder, {"recipe": "b"})
    assert (folder / "signing-key.asc").read_bytes() != key
    (folder / "basis.json").unlink()
    assert not make_folder(settings, folder, {"recipe": "b"}), "it was stopped before it was whole"


def test_its_farm_has_the_operator_s_sources_and_nothing_else_of_his(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_BUILDS_S3_BUCKET", "everybody-s")
    monkeypatch.setenv("BY_MAKE", "prove")
    settings = Settings(_env_file=None, sources=f"mirror {tmp_path}", minimum_trust="digest", mail_to="a@example.org",
                        mail_from="b@example.org", release_managers={})  # fmt: skip
    found = _inherited(settings)

    assert found["PYTHON_BUILDS_SOURCES"] == f"mirror {tmp_path}"
    assert found["PYTHON_BUILDS_MINIMUM_TRUST"] == "digest"
    assert json.loads(found["PYTHON_BUILDS_RELEASE_MANAGERS"]) == {}
    assert found["PATH"] == os.environ["PATH"]
    assert not {"PYTHON_BUILDS_S3_BUCKET", "PYTHON_BUILDS_MAIL_TO", "PYTHON_BUILDS_PEPS_URL", "BY_MAKE"} & {*found}
