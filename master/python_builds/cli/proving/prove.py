"""`make prove`: a platform on the real system, from the base image to what users do, and what came of it as a file."""

import datetime
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from python_builds.adapters.building.recipe import SCRIPTS, packed
from python_builds.adapters.platforms.containers import describe_image
from python_builds.adapters.platforms.proof_files import PROOFS, write_proof
from python_builds.adapters.workers.docker_command import image_architecture, name_here, require_docker
from python_builds.adapters.workers.local_engine import local_engine
from python_builds.cli.platforms import todays_recipe
from python_builds.cli.proving.scratch_farm import ScratchFarm, make_folder, scratch_farm
from python_builds.cli.proving.system_facts import base_facts, worker_facts
from python_builds.cli.proving.trials import Trials
from python_builds.cli.workers.base_images import bring_base_image, named
from python_builds.core.documents import dump
from python_builds.core.errors import FarmError, InvalidRequest, PythonBuildsError
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.proofs import CHECKS, Check, Proof, ProvenBuild, ProvenImage, Verdict
from python_builds.core.publishing.records import Record
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.releases import minor
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import worker_image

ALL = "all"
EMULATED = {"open_network": True, "start_seconds": 600, "quiet_seconds": 2 * 3600}
"""Of a host that emulates: qemu-user passes on neither nf_tables nor seccomp's filters, and is several times slower."""
EXPECTED = (PythonBuildsError, OSError, subprocess.SubprocessError)
"""What may go wrong in a check, and then is its verdict."""


@dataclass
class Proving:
    """One platform that is being proven."""

    settings: Settings
    engine: DockerHost
    platform: Platform
    architecture: str
    profile: str
    log: Path
    commit: str
    checks: dict[str, Check] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where its farm is."""
        return self.log.with_suffix("")

    def add(self, *checks: Check) -> None:
        """Take down what came of checks, and say it."""
        for check in checks:
            self.checks[check.name] = check
            print(f"{check.verdict}: {check.name}: {check.detail or CHECKS[check.name]}", flush=True)
            if check.advice:
                print(f"    {check.advice}", flush=True)
        # What was found so far outlives a run that is stopped, beside its log.
        self.log.with_suffix(".json").write_bytes(dump(_proof(self, "the run had not come to it")))

    def attempt(self, name: str, do: Callable[[], Check | Sequence[Check]]) -> bool:
        """Do a check; whatever goes wrong is its verdict. Say whether all went well."""
        try:
            found = do()
        except EXPECTED as error:
            found = Check(name=name, verdict=Verdict.FAILED, detail=str(error)[-600:])
        found = [found] if isinstance(found, Check) else found
        self.add(*found)
        return all(check.verdict is not Verdict.FAILED for check in found)


def prove(settings: Settings, names: Sequence[str], architecture: str, profile: str, folder: Path = PROOFS) -> int:
    """Prove platforms, one after the other, and write their files; 1 if a check of any failed or was left out."""
    require_docker()
    engine = local_engine()
    wanted = _wanted(names, architecture or engine.architecture)
    bad = 0
    for platform in wanted:
        proof = prove_one(settings, engine, platform, architecture or engine.architecture, profile)
        path = write_proof(proof, folder)
        print(f"{platform.name} on {proof.architecture}: {proof.standing}; {path}", flush=True)
        bad += bool(proof.failed or proof.lacking)
    print("`make pages` brings the tables up to date", flush=True)
    return 1 if bad else 0


def prove_one(settings: Settings, engine: DockerHost, platform: Platform, architecture: str, profile: str) -> Proof:
    """Prove one platform on one architecture."""
    log = settings.state_dir / "prove" / f"{platform.name}-{architecture}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    print(f"{platform.name} on {architecture}, {profile} builds; what containers say is in {log}", flush=True)
    run = Proving(settings, engine, platform, architecture, profile, log, _commit())
    if run.attempt("os-release", lambda: _base(run)) and run.attempt(
        "worker image", lambda: worker_facts(platform, architecture, log)
    ):
        run.attempt("newest minor", lambda: _build_and_try(run))
    proof = _proof(run, "what it needs had failed before")
    if not proof.failed:
        shutil.rmtree(run.folder)
    return proof


def _base(run: Proving) -> list[Check]:
    bring_base_image(run.platform, run.architecture)
    return base_facts(run.platform, run.architecture, run.log)


def _build_and_try(run: Proving) -> list[Check]:
    """Build and try all; each check is taken down as it ends."""
    if make_folder(run.settings, run.folder, _basis(run)):
        print(f"goes on where a run of the same recipe and images was stopped: {run.folder}", flush=True)
    with scratch_farm(run.settings, _host(run), run.platform, run.profile, run.folder) as farm:
        if _builds(run, farm):
            _trials(run, Trials(farm=farm, architecture=run.architecture, records=tuple(run.records), log=run.log))
    return []


def _builds(run: Proving, farm: ScratchFarm) -> bool:
    """Build the oldest, the newest and a free-threaded CPython; say whether all are there."""

    def build(name: str, version: str) -> bool:
        def do() -> Check:
            record = farm.build(version)
            run.records.append(record)
            verdict = Verdict.OK if record.checked else Verdict.FAILED
            return Check(name=name, verdict=verdict, detail=f"{record.product.tag}, {run.profile}")

        return run.attempt(name, do)

    good = [build("oldest minor", run.platform.oldest_python), build("newest minor", "")]
    if good[-1]:
        good.append(build("free-threaded", f"{minor(run.records[-1].product.version)}t"))
    return all(good)


def _trials(run: Proving, trials: Trials) -> None:
    """Try what was built; the newest is built again meanwhile, as revision 2, which the last trial needs."""
    newest = run.records[1]
    second = trials.farm.begin_revision(str(newest.product.tag)) if newest.revision == 1 else None

    def upgrade() -> Check:
        if second and second.wait():
            raise FarmError(f"the build of revision 2 of CPython {newest.product.tag} failed, see above")
        return trials.upgrade()

    try:
        for name in ("repository", "installer", "uv", "elsewhere"):
            run.attempt(name, getattr(trials, name))
        run.attempt("upgrade", upgrade)
    finally:
        if second:
            second.terminate()  # it has ended, unless the run was stopped


def _basis(run: Proving) -> dict[str, str]:
    """Say what builds have to have in common to be of one proof."""
    images = (run.platform.base_image, worker_image(run.platform))
    ids = {name: describe_image(name_here(name, run.architecture)).id for name in images}
    return {"recipe": _recipe(run), "profile": run.profile, **ids}


def _recipe(run: Proving) -> str:
    return todays_recipe(run.platform, packed(SCRIPTS))


def _host(run: Proving) -> DockerHost:
    """Describe the engine as one that builds for the architecture; as its operator does, where he has."""
    described = (h for h in run.settings.docker_hosts if h.url == run.engine.url)
    fitting = (host for host in described if host.architecture == run.architecture)
    if run.engine.architecture == run.architecture:
        return next(fitting, run.engine)
    return next(fitting, run.engine.model_copy(update={"architecture": run.architecture, **EMULATED}))


def _proof(run: Proving, why_not: str) -> Proof:
    """Say what was found; `why_not` is why other checks were not run."""
    checks = [run.checks.get(name) or Check(name=name, verdict=Verdict.NOT_RUN, detail=why_not) for name in CHECKS]
    return Proof(
        platform=run.platform.name,
        architecture=run.architecture,
        emulated=run.engine.architecture != run.architecture,
        profile=run.profile,
        proven_at=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
        commit=run.commit if run.commit == _commit() else f"{run.commit.rstrip('+')}+",
        recipe=_recipe(run),
        base_image=_image(name_here(run.platform.base_image, run.architecture), run.architecture),
        worker_image=_image(name_here(worker_image(run.platform), run.architecture), run.architecture),
        builds=tuple(map(_proven_build, run.records)),
        checks=tuple(checks),
    )


def _image(name: str, architecture: str) -> ProvenImage | None:
    return describe_image(name) if image_architecture(name) == architecture else None


def _proven_build(record: Record) -> ProvenBuild:
    made = record.built_with
    return ProvenBuild(
        version=str(record.product.tag),
        profile=record.profile,
        revision=record.revision,
        compiler=made.compiler if made else "",
        libc=made.libc if made else "",
        libraries=made.libraries if made else {},
        tests=made.tests.passed if made else 0,
    )


def _commit(checkout: Path = CHECKOUT) -> str:
    """Name the commit of the checkout, with + where it was changed; empty where there is none."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", checkout, *words], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    # Proofs that were written a moment ago, of other rows or of a run that failed, change nothing of what is proven.
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", f":(exclude){PROOFS.name}")
    return f"{git('rev-parse', 'HEAD')}{'+' if changed else ''}"


def _wanted(names: Sequence[str], architecture: str) -> list[Platform]:
    """Find the platforms that were named.

    Raises:
        InvalidRequest: if there are none, or one has not the architecture.
    """
    if not names:
        raise InvalidRequest(f"name a platform of `make platforms`, as in PLATFORM=debian-12, or PLATFORM={ALL}")
    if ALL in names:
        return [platform for platform in PLATFORMS if architecture in platform.architectures]
    return named(names, architecture)
