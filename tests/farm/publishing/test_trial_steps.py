"""Trials after release in a whole Buildbot master with a real worker; what the scripts would find out is the test's word."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task

from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.publishing.trials import read_trials
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.building.requests import parse_rebuild_request
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import Product, artifact_keys, artifact_kind, package_file
from python_builds.core.publishing.records import Record
from python_builds.core.publishing.trials import BROKEN, GOOD, UNCHECKED
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.tags import parse_tag
from python_builds.farm.building.build import FarmBuild
from python_builds.farm.planning.rebuild_steps import REBUILD
from python_builds.farm.publishing import trial_steps
from python_builds.farm.publishing.trial_builders import REBUILDS
from python_builds.farm.steps.thread_step import values_of
from python_builds.farm.web.forms import trial_scheduler
from tests.script_runs import write

PLATFORM = platform_named("debian-12")
BUILDER = "debian-12-amd64"

# What each script does: note its arguments, then say what the test wants.
SAYS = """#!/bin/sh
echo "$(basename "$0") $*" >>{folder}/ran
name=$(basename "$0" .sh)-$(basename "$1")
[ ! -e "{folder}/$name.sh" ] || . "{folder}/$name.sh"
{more}
"""


class NoteRebuild(BuildStep):
    """Stands where the rebuild builder's step does, and notes what was asked of it."""

    name = "list and ask"

    def __init__(self, noted: list[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.noted = noted

    def run(self) -> int:
        request = parse_rebuild_request(values_of(self.build.getProperties()))
        self.noted.append(([str(tag) for tag in request.tags], [p.name for p in request.platforms], request.list_only))
        return SUCCESS


class TrialTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.store = DirectoryStore(self.folder / "store")
        self.settings = Settings(_env_file=None, state_dir=self.folder / "state", store=self.folder / "store")
        self.rebuilds: list[Any] = []
        scripts = self.folder / "scripts"
        says = {
            "prepare-base-system.sh": f"cat {self.folder}/archive",
            "upgrade-base-system.sh": "",
            "try-published.sh": "",
        }
        for name, more in says.items():
            write(scripts / "published" / name, SAYS.format(folder=self.folder, more=more), executable=True)
        self.patch(trial_steps, "SCRIPTS", scripts)
        self.archive(libssl3="3.0.17")

    def archive(self, **versions: str) -> None:
        write(self.folder / "archive", "".join(f"{name} {version}\n" for name, version in versions.items()))

    def says(self, script: str, about: str, code: str) -> None:
        """Have a script run this when it is about a folder or file."""
        write(self.folder / f"{script}-{about}.sh", code)

    def publish(self, tag: str, revision: int = 1, profile: str = "optimized") -> Product:
        """Put a revision into the store; its files hold their names."""
        found = parse_tag(tag)
        product = Product(
            version=found.version, variant=found.variant, platform=PLATFORM, architecture="amd64", profile=profile
        )
        for key in artifact_keys(product, revision).values():
            write(self.folder / "store" / key, key)
        record = {
            "python_version": str(found.version),
            "variant": found.variant,
            "platform": PLATFORM.name,
            "architecture": "amd64",
            "revision": revision,
            "profile": profile,
            "checked": True,
            "built_at": "2026-11-20T00:00:00Z",
            "source": {"name": "x.tgz", "sha256": "0" * 64, "size": 1, "origin": "test", "trust": "digest"},
            "artifacts": [
                {"kind": artifact_kind(n), "key": k, "sha256": hashlib.sha256(k.encode()).hexdigest(), "size": len(k)}
                for n, k in artifact_keys(product, revision).items()
            ],
            "built_with": {
                **dict.fromkeys(("compiler", "target", "linker", "libc"), "x"),
                **dict.fromkeys(("configure", "make", "modules", "builtin_modules"), ()),
                "libraries": {"libssl.so.3": "libssl3 3.0.16"},
                "tests": {"passed": 1},
            },
        }
        write_record(self.store, Record.model_validate(record))
        return product

    @defer.inlineCallbacks
    def start(self) -> Any:
        (self.folder / "master").mkdir()
        factory = util.BuildFactory(trial_steps.trial_steps(PLATFORM, "amd64", self.settings, self.store))
        factory.buildClass = FarmBuild
        name = f"{BUILDER}-published"
        form = trial_scheduler([name], self.settings)
        rebuild = util.BuildFactory([NoteRebuild(self.rebuilds)])
        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(
                        name=name, workernames=["local1"], factory=factory, properties={"base_root": "/pristine"}
                    ),
                    util.BuilderConfig(name=REBUILD, workernames=["local1"], factory=rebuild),
                ],
                "schedulers": [form, schedulers.Triggerable(name=REBUILDS, builderNames=[REBUILD])],
                "collapseRequests": False,
            },
            basedir=str(self.folder / "master"),
        )
        self.builder = yield self.master.data.updates.findBuilderId(name)
        self.form = form

    @defer.inlineCallbacks
    def tried(self, **fields: object) -> Any:
        """Try once, and wait until nothing is unfinished; return the build, and what ran on the worker."""
        (self.folder / "ran").unlink(missing_ok=True)
        done: defer.Deferred[Any] = defer.Deferred()
        consumer = yield self.master.mq.startConsuming(
            lambda _, build: self.ended(done, build), ("builds", None, "finished")
        )
        yield self.form.force("test", **fields)
        build = yield done
        yield consumer.stopConsuming()
        yield self.is_idle()
        ran = self.folder / "ran"
        return build, ran.read_text().splitlines() if ran.exists() else []

    def ended(self, done: Any, build: Any) -> None:
        if build["builderid"] == self.builder:  # the rebuild that it asks for may end before
            done.callback(build)

    @defer.inlineCallbacks
    def is_idle(self) -> Any:
        """Wait until every request is complete."""
        while True:
            requests = yield self.master.data.get(("buildrequests",))
            if all(one["complete"] for one in requests):
                return
            yield task.deferLater(reactor, 0.05, lambda: None)

    def remembered(self) -> Any:
        found = read_trials(self.settings.state_dir, BUILDER)
        assert found is not None
        return found

    @defer.inlineCallbacks
    def test_what_is_published_is_tried_once_and_again_when_a_library_changed(self) -> Any:
        product = self.publish("3.13.5")
        self.publish("3.13.4")
        self.publish("3.14.0t")
        yield self.start()
        first, ran = yield self.tried()

        file = package_file(product, 1)
        assert first["results"] == SUCCESS, first["state_string"]
        assert ran[0] == "prepare-base-system.sh /pristine updated libssl3"
        assert ran[1] == "upgrade-base-system.sh updated"
        assert (
            f"try-published.sh published/{file} /opt/python/3.13.5 updated published/python-3.13_3.13.5-1_amd64.deb"
            in ran
        )
        assert len(ran) == 4, "3.13.4 has been followed"
        assert {tag: one.verdict for tag, one in self.remembered().trials.items()} == {"3.13.5": GOOD, "3.14.0t": GOOD}

        again, ran = yield self.tried()
        assert (again["results"], len(ran)) == (SKIPPED, 1)
        assert "no library changed" in again["state_string"]
        asked, ran = yield self.tried(again=True)
        assert (asked["results"], len(ran)) == (SUCCESS, 4)

        self.archive(libssl3="3.0.18")
        changed, ran = yield self.tried()
        assert (changed["results"], len(ran)) == (SUCCESS, 4)
        assert not any((self.folder / "state" / "spool").iterdir())

    @defer.inlineCallbacks
    def test_what_an_update_broke_is_built_again_once_and_the_alarm_ends_with_a_good_revision(self) -> Any:
        file = package_file(self.publish("3.13.5"), 1)
        self.publish("3.14.0")
        self.says("try-published", file, "echo 'check.sh: libssl.so.3: cannot open' >&2; exit 1")
        yield self.start()
        broken, _ = yield self.tried()

        assert broken["results"] == FAILURE
        assert "3.13.5 broken" in broken["state_string"], broken["state_string"]
        assert self.rebuilds == [(["3.13.5"], ["debian-12"], False)]
        alarm = self.remembered().trials["3.13.5"].alarm
        assert "broken by an update of the distribution: libssl.so.3: cannot open" in alarm
        assert "libssl3 3.0.16 became 3.0.17" in alarm
        assert self.remembered().trials["3.14.0"].verdict == GOOD, "one that is broken keeps no other"

        yield self.tried(again=True)
        assert len(self.rebuilds) == 1, "a revision is built again once"

        second = package_file(self.publish("3.13.5", 2), 2)
        self.says("try-published", second, "echo 'check.sh: still' >&2; exit 1")
        still, _ = yield self.tried()
        assert still["results"] == FAILURE
        assert len(self.rebuilds) == 1, "nothing is built again without an end"
        assert "is broken still" in self.remembered().trials["3.13.5"].alarm

        self.publish("3.13.5", 3)
        good, _ = yield self.tried()
        assert good["results"] == SUCCESS
        assert self.remembered().trials["3.13.5"].alarm == ""

    @defer.inlineCallbacks
    def test_what_cannot_be_checked_is_shown_and_tried_again_without_an_alarm(self) -> Any:
        product = self.publish("3.13.5")
        file = package_file(product, 1)
        yield self.start()
        for code, words in (
            ("echo 'try.sh: not checked: no network' >&2; exit 3", "not checked: no network"),
            ("kill -9 $$", "killed by signal 9"),
            ("exit 2", ""),
        ):
            self.says("try-published", file, code)
            build, ran = yield self.tried()
            one = self.remembered().trials["3.13.5"]
            assert (build["results"], one.verdict, one.alarm, len(ran)) == (WARNINGS, UNCHECKED, "", 3), words
            assert words in one.words
        assert self.rebuilds == []

    @defer.inlineCallbacks
    def test_an_archive_that_cannot_be_reached_says_nothing_of_what_is_published(self) -> Any:
        self.publish("3.13.5")
        yield self.start()
        yield self.tried()
        for script, about in (("upgrade-base-system", "updated"), ("prepare-base-system", "pristine")):
            self.says(script, about, "echo 'x.sh: not checked: the archive cannot be reached' >&2; exit 3")
            build, _ = yield self.tried(again=True)
            assert build["results"] == WARNINGS, script
            assert self.remembered().trials["3.13.5"].alarm == ""
            assert self.rebuilds == []
        assert "the archive cannot be reached" in self.remembered().problem

    @defer.inlineCallbacks
    def test_a_file_that_is_not_what_its_record_says_reaches_no_worker(self) -> Any:
        product = self.publish("3.13.5")
        file = package_file(product, 1)
        (self.folder / "store" / artifact_keys(product, 1)[file]).write_text("another")
        yield self.start()
        build, ran = yield self.tried()

        assert build["results"] == WARNINGS
        assert [line.split()[0] for line in ran] == ["prepare-base-system.sh", "upgrade-base-system.sh"]
        one = self.remembered().trials["3.13.5"]
        assert one.verdict == UNCHECKED and "has the digest" in one.words
        assert (one.alarm, self.rebuilds) == ("", [])

    @defer.inlineCallbacks
    def test_a_store_without_anything_to_try_costs_no_look_at_the_archive(self) -> Any:
        self.publish("3.13.5", profile="quick")
        yield self.start()
        build, ran = yield self.tried()

        assert (build["results"], ran) == (SKIPPED, [])
        assert BROKEN not in build["state_string"]
