"""The metrics, and that the example alerts and the dashboard ask for none that are not there."""

import datetime
import json
import re
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from python_builds.adapters.metrics_text import metrics_text
from python_builds.core.planning.vital_signs import Figures, HostSigns, Queue, Signs, Unpublished
from python_builds.core.settings.setting_types import CHECKOUT
from tests.preconditions import needs

NOW = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
PROMETHEUS, GRAFANA = CHECKOUT / "deploy" / "prometheus", CHECKOUT / "deploy" / "grafana"

FIGURES = Figures(
    signs=Signs(
        now=NOW,
        started=NOW,
        database_silence=0,
        polls=True,
        polled=NOW,
        poll_patience=datetime.timedelta(hours=6),
        plans=True,
        planned=None,
        plan_seconds=600,
        hosts=(HostSigns(name='the "big" one', is_up=False, workers={"idle": 2, "building": 1}),),
    ),
    builders={"debian-12-amd64": "debian-12", "release": ""},
    queues={"debian-12-amd64": Queue(builds=3, oldest=1_700_000_000)},
    running={"debian-12-amd64": 1},
    ended={("debian-12-amd64", "failure"): 2, ("long-gone", "success"): 9},
    store_errors={"read": 4, "write": 0},
    unpublished=Unpublished(count=1, newest=NOW, oldest=NOW),
    missing={"failed": 1},
    alerts=5,
)


def samples(figures=FIGURES):
    """Read the metrics as Prometheus does: values by name and labels."""
    found = text_string_to_metric_families(metrics_text(figures).decode())
    return {(one.name, *sorted(one.labels.items())): one.value for family in found for one in family.samples}


def test_figures_are_told_with_their_labels():
    found = samples()
    debian = (("builder", "debian-12-amd64"), ("platform", "debian-12"))

    assert found["python_builds_queue_builds", *debian] == 3
    assert found["python_builds_queue_builds", ("builder", "release"), ("platform", "")] == 0
    assert found["python_builds_queue_oldest_timestamp_seconds", *debian] == 1_700_000_000
    assert found["python_builds_running_builds", *debian] == 1
    assert found["python_builds_builds_total", *debian, ("result", "failure")] == 2
    assert found["python_builds_store_errors_total", ("operation", "read")] == 4
    assert found["python_builds_host_up", ("host", 'the "big" one')] == 0
    assert found["python_builds_host_workers", ("host", 'the "big" one'), ("state", "idle")] == 2
    assert found["python_builds_poll_success_timestamp_seconds",] == NOW.timestamp()
    assert found["python_builds_plan_success_timestamp_seconds",] == 0, "never"
    assert found["python_builds_newest_unpublished_release_timestamp_seconds",] == NOW.timestamp()
    assert (found["python_builds_ready",], found["python_builds_well",]) == (1, 0)
    assert found["process_resident_memory_bytes",] > 0


def test_labels_are_those_of_the_configuration_and_no_others():
    assert not [key for key in samples() if "long-gone" in str(key)]


def test_what_there_is_none_of_is_absent():
    quiet = samples(Figures(signs=FIGURES.signs, builders={"release": ""}))

    for name in ("queue_oldest", "newest_unpublished_release", "oldest_unpublished_release"):
        assert not [key for key in quiet if key[0] == f"python_builds_{name}_timestamp_seconds"]
    assert quiet["python_builds_unpublished_releases",] == 0


@pytest.fixture(scope="module")
def promtool():
    needs(shutil.which("promtool"), "apt-get install prometheus: its promtool checks metrics and alerts")

    def run(*arguments, **options):
        done = subprocess.run(["promtool", *arguments], capture_output=True, **options)
        return done.returncode, (done.stdout + done.stderr).decode()

    return run


def test_promtool_finds_nothing_to_say_of_the_metrics(promtool):
    assert promtool("check", "metrics", input=metrics_text(FIGURES)) == (0, "")


def test_the_example_alerts_are_rules_that_raise_what_they_say(promtool):
    status, said = promtool("check", "rules", "alerts.yaml", cwd=PROMETHEUS)
    assert status == 0, said
    status, said = promtool("test", "rules", "alerts-test.yaml", cwd=PROMETHEUS)
    assert status == 0, said


def test_each_alert_is_tried_both_ways():
    tried = (PROMETHEUS / "alerts-test.yaml").read_text()
    alerts = re.findall(r"alert: (\w+)", (PROMETHEUS / "alerts.yaml").read_text())

    assert len(alerts) == 9
    for alert in alerts:
        assert tried.count(f"alertname: {alert}\n") == 1 or alert == "PythonBuildsReleaseUnpublished", alert
        assert re.search(rf"alertname: {alert}, exp_alerts: \[\]", tried), f"{alert} is never seen to stay quiet"


def dashboard_queries(dashboard):
    """List the queries, those of variables included."""
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for variable in dashboard["templating"]["list"]:
        query = variable["query"]
        yield query["query"] if isinstance(query, dict) else ""


def names_in(query):
    return re.findall(r"(?<![\w$])(?:python_builds|process)_\w+", query)


def test_alerts_and_dashboard_name_only_metrics_that_exist():
    existing = {key[0] for key in samples()}
    alerts = re.findall(r"^ +expr: (?:\|\n)?(.*(?:\n {10}.*)*)", (PROMETHEUS / "alerts.yaml").read_text(), re.MULTILINE)
    queries = [*alerts, *dashboard_queries(json.loads((GRAFANA / "dashboard.json").read_text()))]
    asked = {name for query in queries for name in names_in(query)}

    assert len(alerts) == 9 and len(asked) > 15
    assert asked - existing == set(), "no such metrics: see adapters/metrics_text.py"
    own = {name for name in existing if name.startswith("python_builds_")}
    assert own - asked - {"python_builds_ready"} == set(), "add them to deploy/grafana/dashboard.json"


def test_the_dashboard_s_queries_are_promql(promtool, tmp_path):
    queries = [query for query in dashboard_queries(json.loads((GRAFANA / "dashboard.json").read_text())) if query]
    rules = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries) if "label_values" not in query]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    status, said = promtool("check", "rules", str(tmp_path / "rules.yaml"))

    assert status == 0, said
    assert len(rules) > 12
