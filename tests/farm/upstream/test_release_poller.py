"""The poller in a real Buildbot master inside the test, against a python.org of this machine in its real shapes."""

import gzip
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer
from twisted.internet.task import deferLater

from python_builds.adapters import http
from python_builds.adapters.upstream import release_list
from python_builds.adapters.upstream.api_cache import CALLS_A_DAY
from python_builds.adapters.upstream.python_org import PythonOrg
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.release_list import ReleaseList
from python_builds.farm.upstream.release_poller import ReleasePoller
from tests.e2e.upstream import CYCLE, FILES, RELEASES, Upstream, answers, huge, trickles


class ReleasePollerTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.upstream = Upstream().__enter__()
        self.addCleanup(self.upstream.__exit__)

    @defer.inlineCallbacks
    def start(self, *, kept: float = 0, interval: float = 3600, total: float = 30, **settings: object) -> Any:
        """Start a master whose poller polls when the test says so, and asks each time unless `kept` is longer."""
        self.settings = Settings(
            _env_file=None,
            state_dir=self.folder / "state",
            python_org_url=self.upstream.url,
            peps_url=self.upstream.url,
            **settings,
        )
        poller = ReleasePoller(
            name="python.org", settings=self.settings, pollInterval=interval, answer_kept=kept, total_seconds=total
        )
        factory = util.BuildFactory([])
        yield self.setup_master(
            {
                "change_source": [poller],
                "builders": [util.BuilderConfig(name="b", workernames=["local1"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["b"])],
            },
            basedir=str(self.folder / "master"),
        )
        self.poller = self.master.change_svc.namedServices["python.org"]
        yield self.poller.doPoll.stop()
        self.addCleanup(self.poller._forget)

    @defer.inlineCallbacks
    def poll(self) -> Any:
        """Poll; return the versions of all changes so far."""
        yield self.poller.poll()
        return (yield self.changes())

    @defer.inlineCallbacks
    def changes(self) -> Any:
        changes = yield self.master.data.get(("changes",))
        return sorted(change["revision"] for change in changes)

    def listed(self) -> ReleaseList:
        found = release_list.read(self.folder / "state" / "releases.json")
        assert found is not None
        return found

    def why_not(self, version: str) -> str:
        (release,) = (r for r in self.listed().releases if r.version == version)
        assert release.complete == (release.why_not_yet == "")
        return release.why_not_yet

    def forget_back_off(self) -> None:
        """As if the time until the next try had gone by."""
        path = self.folder / "state" / "releases.json"
        release_list.write(path, self.listed().model_copy(update={"next_try_at": None}))

    @defer.inlineCallbacks
    def start_with_3_13_5(self, **options: Any) -> Any:
        self.upstream.publish("3.13.5")
        yield self.start(**options)
        assert (yield self.poll()) == ["3.13.5"]

    @defer.inlineCallbacks
    def test_the_first_look_shows_the_newest_of_each_minor_and_later_looks_each_release(self) -> Any:
        for version in ("3.13.4", "3.13.5", "3.11.14", "3.8.20", "3.15.0a1"):
            self.upstream.publish(version)
        yield self.start()
        assert (yield self.poll()) == ["3.11.14", "3.13.5"]
        for version in ("3.13.6", "3.13.7", "3.14.0"):
            self.upstream.publish(version)

        assert (yield self.poll()) == ["3.11.14", "3.13.5", "3.13.6", "3.13.7", "3.14.0"]
        assert (yield self.poll()) == ["3.11.14", "3.13.5", "3.13.6", "3.13.7", "3.14.0"]
        assert [str(v) for v in self.listed().complete()] == [
            "3.14.0",
            "3.13.7",
            "3.13.6",
            "3.13.5",
            "3.13.4",
            "3.11.14",
        ]
        assert self.listed().minors == {"3.11": "security", "3.13": "bugfix", "3.14": "bugfix", "3.15": "feature"}

    @defer.inlineCallbacks
    def test_a_change_carries_typed_properties(self) -> Any:
        self.upstream.publish("3.15.0a1")
        yield self.start(prereleases=True)
        yield self.poll()

        (change,) = yield self.master.data.get(("changes",))
        assert change["properties"] == {"python_version": ("3.15.0a1", "Change"), "prerelease": (True, "Change")}
        assert (change["category"], change["branch"]) == ("release", "3.15")
        assert change["revlink"] == f"{self.upstream.url}/ftp/python/3.15.0/Python-3.15.0a1.tar.xz"

    @defer.inlineCallbacks
    def test_a_release_is_shown_once_it_has_its_files_its_bundle_and_its_place_in_the_directory(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1", files=False, shown=False)
        assert (yield self.poll()) == ["3.13.5"]
        assert self.why_not("3.14.1") == "python.org's API lists no source tarball yet"

        self.upstream.add_files("3.14.1", signed=False)
        assert (yield self.poll()) == ["3.13.5"]
        assert self.why_not("3.14.1") == "python.org's API lists no sigstore bundle for Python-3.14.1.tar.xz yet"

        self.upstream.drop_files("3.14.1")
        self.upstream.add_files("3.14.1")
        assert (yield self.poll()) == ["3.13.5"]  # there is no such directory
        self.upstream.show("3.14.1", signed=False)
        assert (yield self.poll()) == ["3.13.5"]
        assert self.why_not("3.14.1") == "its directory does not show Python-3.14.1.tar.xz.sigstore yet"
        assert (self.listed().failures, self.listed().last_problem) == (0, None)

        self.upstream.show("3.14.1")
        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert self.why_not("3.14.1") == ""

    @defer.inlineCallbacks
    def test_a_release_before_3_14_needs_a_bundle_or_an_openpgp_signature(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.11.14", signed=False)
        assert (yield self.poll()) == ["3.13.5"]
        for row in self.upstream.files:
            row["gpg_signature_file"] = row["url"] + ".asc"
            row["sigstore_bundle_file"] = ""
        self.upstream.show("3.11.14")

        assert (yield self.poll()) == ["3.11.14", "3.13.5"]

    @defer.inlineCallbacks
    def test_a_directory_with_alphas_only_is_no_final_release(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.15.0a1")
        self.upstream.publish("3.15.0", shown=False)

        assert (yield self.poll()) == ["3.13.5"]
        assert self.why_not("3.15.0").startswith("its directory does not show Python-3.15.0.tar.xz and ")
        assert [r.version for r in self.listed().releases] == ["3.15.0", "3.13.5"]

    @defer.inlineCallbacks
    def test_a_release_that_is_withdrawn_and_published_again_is_shown_once(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1")
        yield self.poll()
        self.upstream.withdraw("3.14.1")

        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert [r.version for r in self.listed().releases] == ["3.13.5"]
        self.upstream.publish("3.14.1")
        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert [r.version for r in self.listed().releases] == ["3.14.1", "3.13.5"]

    @defer.inlineCallbacks
    def test_rows_that_are_deleted_and_created_again_make_no_second_change(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1")
        yield self.poll()
        first_seen = self.listed().releases[0].first_seen
        self.upstream.drop_files("3.14.1")

        yield self.poll()
        assert self.why_not("3.14.1") == "python.org's API lists no source tarball yet"
        self.upstream.add_files("3.14.1")
        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert (self.why_not("3.14.1"), self.listed().releases[0].first_seen) == ("", first_seen)

    @defer.inlineCallbacks
    def test_a_change_that_was_made_before_the_master_died_is_not_made_again(self) -> Any:
        yield self.start_with_3_13_5()
        yield self.poller.setState("known", ["3.13.4"])

        assert (yield self.poll()) == ["3.13.5"]

    @defer.inlineCallbacks
    def test_what_the_master_died_before_showing_is_shown_from_what_is_kept(self) -> Any:
        yield self.start_with_3_13_5(kept=600)
        self.upstream.publish("3.14.1")
        (self.folder / "state" / "python-org.json").unlink()
        add_change = self.poller._add_change
        self.poller._add_change = lambda release: defer.fail(RuntimeError("killed"))
        killed = yield self.poll().addErrback(lambda failure: failure.trap(RuntimeError))
        assert killed is RuntimeError
        asked = self.upstream.asked.count(RELEASES)
        self.poller._add_change = add_change

        assert [r.version for r in self.listed().releases if r.complete] == ["3.14.1", "3.13.5"]
        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert self.upstream.asked.count(RELEASES) == asked

    @defer.inlineCallbacks
    def test_a_new_minor_needs_no_change_of_code_even_before_the_cycle_data_has_it(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.16.0")

        assert (yield self.poll()) == ["3.13.5", "3.16.0"]
        assert self.listed().minors["3.16"] == "unknown"

    @defer.inlineCallbacks
    def test_a_security_release_has_sources_only_and_is_complete(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.11.15")
        self.upstream.files = [row for row in self.upstream.files if row["is_source"]]

        assert (yield self.poll()) == ["3.11.15", "3.13.5"]

    @defer.inlineCallbacks
    def test_fields_that_are_hard_to_write_down_are_kept_all_the_same(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1")
        deep: list[Any] = []
        for _ in range(300):
            deep = [deep]
        self.upstream.files[0].update({"surrogate": "\ud800", "nan": float("nan"), "deep": deep})

        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert self.upstream.answered[-3:] == [304, 304, 304]

    @defer.inlineCallbacks
    def test_a_proxy_of_the_environment_is_used(self) -> Any:
        self.patch(os, "environ", {**os.environ, "http_proxy": self.upstream.url})
        yield self.start()
        self.upstream.asked.clear()
        self.forget_back_off()
        self.poller.watch.api.url = "http://python.invalid"
        yield self.poll()

        assert self.upstream.asked == [f"http://python.invalid{RELEASES}"]

    @defer.inlineCallbacks
    def test_settings_add_minors_and_exclude_them(self) -> Any:
        for version in ("3.8.20", "3.11.14", "3.13.5"):
            self.upstream.publish(version)
        yield self.start(minors_added="3.8", minors_excluded="3.11")

        assert (yield self.poll()) == ["3.13.5", "3.8.20"]

    @defer.inlineCallbacks
    def test_without_cycle_data_what_was_lately_released_counts_and_a_kept_one_is_used(self) -> Any:
        self.upstream.publish("3.13.5")
        self.upstream.publish("3.8.20")
        self.upstream.faults[CYCLE] = answers(503)
        yield self.start()
        assert (yield self.poll()) == ["3.13.5"]
        assert any("no release cycle data" in note for note in self.listed().notes)

        del self.upstream.faults[CYCLE]
        yield self.poll()
        assert self.listed().notes == ()
        self.upstream.faults[CYCLE] = answers(200, b"<html>")
        yield self.poll()
        assert self.listed().minors["3.11"] == "security"
        assert any("is no JSON" in note for note in self.listed().notes)

    @defer.inlineCallbacks
    def test_an_answer_that_is_still_the_same_is_not_sent_again(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.answered.clear()

        assert (yield self.poll()) == ["3.13.5"]
        assert self.upstream.answered == [304, 304, 304]

    @defer.inlineCallbacks
    def test_the_source_and_the_poller_share_one_answer(self) -> Any:
        yield self.start_with_3_13_5(kept=600)
        self.upstream.asked.clear()

        found = PythonOrg(self.upstream.url, self.folder / "state" / "python-org.json").releases()
        yield self.poll()
        assert [str(r.version) for r in found] == ["3.13.5"]
        assert self.upstream.asked == []

    @defer.inlineCallbacks
    def test_the_day_s_requests_are_counted_and_never_exceeded(self) -> Any:
        yield self.start_with_3_13_5()
        for _ in range(CALLS_A_DAY):
            self.poller.watch.api.calls.count(time.time())
        self.upstream.asked.clear()

        assert (yield self.poll()) == ["3.13.5"]
        assert RELEASES not in self.upstream.asked
        assert "grants 100 requests a day, which are used up until" in self.listed().last_problem

    @defer.inlineCallbacks
    def fails(self, fault: Any, reason: str, path: str = FILES) -> Any:
        """Poll twice with a fault, and once without."""
        if not hasattr(self, "poller"):
            yield self.start_with_3_13_5(total=1)
        self.upstream.publish("3.14.1")
        self.upstream.faults[path] = fault
        self.upstream.asked.clear()
        began = time.monotonic()
        assert (yield self.poll()) == ["3.13.5"]
        assert time.monotonic() - began < 15
        listed = self.listed()
        assert reason in listed.last_problem, listed.last_problem
        assert (listed.failures, listed.releases[0].version) == (1, "3.13.5")
        assert listed.last_success < listed.next_try_at
        yield self.poll()
        assert self.upstream.asked.count(path) == 1, "it is to be left alone for a while"
        self.forget_back_off()
        yield self.poll()
        assert self.listed().failures == 2
        health = yield self.poller.getState("health")
        assert (health["failures"], health["last_problem"]) == (2, self.listed().last_problem)
        self.forget_back_off()
        del self.upstream.faults[path]
        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert (self.listed().failures, self.listed().last_problem, self.listed().next_try_at) == (0, None, None)

    def test_a_ban_is_a_failure(self) -> Any:
        return self.fails(answers(403, b"<h1>Forbidden</h1>"), "answers 403")

    def test_an_overload_is_a_failure(self) -> Any:
        return self.fails(answers(503), "answers 503", RELEASES)

    def test_an_answer_that_breaks_off_is_a_failure(self) -> Any:
        return self.fails(answers(200, b'[{"name": "Pyth'), "is no JSON")

    def test_an_answer_that_is_shorter_than_it_says_is_a_failure(self) -> Any:
        def breaks_off(handler: Any) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"[]")

        return self.fails(breaks_off, "release_file/")

    def test_a_page_for_people_is_a_failure(self) -> Any:
        return self.fails(answers(200, b"<html>maintenance</html>", Content_Type="text/html"), "is no JSON (text/html,")

    def test_json_of_endless_depth_is_a_failure(self) -> Any:
        return self.fails(answers(200, b"[" * 200_000), "is no JSON")

    def test_an_object_instead_of_a_list_is_a_failure(self) -> Any:
        return self.fails(answers(200, b'{"detail": "?"}'), "did not answer with lists")

    def test_an_empty_list_is_a_failure(self) -> Any:
        return self.fails(answers(200, b"[]"), "lists no release that has a source", RELEASES)

    def test_a_redirect_to_elsewhere_is_a_failure(self) -> Any:
        return self.fails(
            answers(302, b"", Location="http://localhost:9/"), "http://localhost:9/ is not fetched: it must start with"
        )

    def test_a_redirect_to_nonsense_is_a_failure(self) -> Any:
        return self.fails(answers(302, b"", Location="http://[::1:9/"), "which is not followed")

    @defer.inlineCallbacks
    def test_a_redirect_in_a_circle_is_a_failure(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.faults[FILES] = answers(301, b"", Location=FILES)
        yield self.poll()
        assert "more than 5 redirects" in self.listed().last_problem

    @defer.inlineCallbacks
    def test_a_redirect_within_the_server_is_followed(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1")
        body = self.upstream.body(FILES)
        self.upstream.faults = {FILES: answers(301, b"", Location="/moved"), "/moved": answers(200, body)}

        assert (yield self.poll()) == ["3.13.5", "3.14.1"]

    def test_a_body_without_end_is_a_failure_and_not_kept_in_memory(self) -> Any:
        self.patch(http, "MAX_JSON", 2**18)
        return self.fails(huge, "is larger than the 262144 bytes that it may have")

    def test_a_packed_body_counts_as_it_is_unpacked(self) -> Any:
        self.patch(http, "MAX_JSON", 2**18)
        packed = gzip.compress(b" " * 2**24)
        return self.fails(answers(200, packed, Content_Encoding="gzip"), "is larger than the 262144 bytes")

    @defer.inlineCallbacks
    def test_a_packed_body_is_read(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1")
        packed = gzip.compress(self.upstream.body(FILES))
        self.upstream.faults[FILES] = answers(200, packed, Content_Encoding="gzip")

        assert (yield self.poll()) == ["3.13.5", "3.14.1"]

    def test_an_answer_that_trickles_is_a_failure(self) -> Any:
        return self.fails(trickles, "did not answer within 1 s")

    def test_no_answer_at_all_is_a_failure(self) -> Any:
        self.patch(http, "TIMEOUT", (1, 2))
        return self.fails(lambda handler: handler.server.closing.wait(2), "did not answer within 1 s")

    @defer.inlineCallbacks
    def test_a_server_that_is_not_there_is_a_failure_and_no_first_look(self) -> Any:
        yield self.start(kept=600)
        (self.folder / "state" / "releases.json").unlink()  # the master polls at its start
        self.poller.watch.api.url = "http://127.0.0.1:9"

        assert (yield self.poll()) == []
        assert "cannot be read" in self.listed().last_problem
        assert (self.listed().polled_at, self.listed().last_success, self.listed().releases) == (None, None, ())
        assert (yield self.poller.getState("known", None)) is None

    @defer.inlineCallbacks
    def test_a_server_that_asks_for_patience_gets_it_up_to_the_time_between_two_polls(self) -> Any:
        yield self.start_with_3_13_5(interval=3600)
        for asked, granted in (("900", 900), ("86400", 3600), ("Fri, 01 Jan 2038 00:00:00 GMT", 3600)):
            self.upstream.faults[FILES] = answers(429, b'{"detail": "throttled"}', Retry_After=asked)
            self.forget_back_off()
            yield self.poll()
            wait = self.listed().next_try_at.timestamp() - time.time()
            assert granted - 10 < wait <= granted
            assert "answers 429" in self.listed().last_problem

    @defer.inlineCallbacks
    def test_the_waits_grow_with_jitter(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.faults[FILES] = answers(503)
        for longest in (60, 120, 240, 480, 960, 1920, 3600, 3600):
            self.forget_back_off()
            yield self.poll()
            wait = self.listed().next_try_at.timestamp() - time.time()
            assert longest / 2 - 5 < wait <= longest

    @defer.inlineCallbacks
    def test_a_poll_that_failed_is_tried_again_before_the_next_is_due(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.faults[FILES] = answers(503)
        self.poller.doPoll.start(interval=3600)
        self.addCleanup(self.poller.doPoll.stop)
        yield self.poll()

        wait = self.poller._again.getTime() - self.master.reactor.seconds()
        assert 20 < wait < 70

    @defer.inlineCallbacks
    def test_a_directory_that_cannot_be_read_is_a_reason_to_wait(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1")
        self.upstream.faults["/ftp/python/3.14.1/"] = answers(502)

        assert (yield self.poll()) == ["3.13.5"]
        assert "its directory cannot be read" in self.why_not("3.14.1")
        self.upstream.faults.clear()
        assert (yield self.poll()) == ["3.13.5", "3.14.1"]

    @defer.inlineCallbacks
    def test_rows_that_make_no_sense_cost_no_other_release_its_change(self) -> Any:
        yield self.start_with_3_13_5()
        self.upstream.publish("3.14.1")
        self.upstream.publish("3.14.2")
        for row in list(self.upstream.files):
            self.upstream.files.append({**row, "a_new_field": {"x": [1]}})  # twice the same, with more in it
            if "3.14.2" in row["url"]:
                row["url"] = row["url"].replace("/ftp/python/3.14.2/", "/../../etc/")
        self.upstream.files = [row for row in self.upstream.files if "/3.14.2/" not in row["url"]]
        self.upstream.files += [None, 7, "x", {"url": "x/Python-3.14.9.tgz"}, {"url": None}]
        self.upstream.releases["manager"] = {
            **self.upstream.releases["3.14.1"],
            "name": "Python install manager 25.0",
            "version": 100,
            "resource_uri": "/m/",
        }
        self.upstream.releases["broken"] = {"name": "Python 3.14.3\n; reboot"}

        assert (yield self.poll()) == ["3.13.5", "3.14.1"]
        assert self.why_not("3.14.2") == "python.org's API lists no source tarball yet"
        assert len(self.listed().notes) > 4
        assert "etc" in json.dumps(self.listed().notes)

    @defer.inlineCallbacks
    def test_a_farm_that_stops_while_it_asks_leaves_nothing_behind(self) -> Any:
        yield self.start_with_3_13_5(total=30)
        self.patch(http, "TIMEOUT", (1, 2))
        self.upstream.faults[RELEASES] = lambda handler: handler.server.closing.wait(2)
        before = self.listed()
        self.upstream.asked.clear()
        polling = self.poll()
        while RELEASES not in self.upstream.asked:
            yield deferLater(self.master.reactor, 0.05)
        yield self.poller.deactivate()

        assert (yield polling) == ["3.13.5"]
        assert self.listed() == before
