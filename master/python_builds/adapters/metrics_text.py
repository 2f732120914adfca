"""The farm's figures in Prometheus's text format, by its own client library.

Labels are bounded by the configuration: builders, results, hosts, states and operations, never versions or builds.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from python_builds.core.planning.vital_signs import Figures, Signs

NAMESPACE = "python_builds"


def metrics_text(figures: Figures) -> bytes:
    """Write the figures down, with those of the process."""
    registry = CollectorRegistry()
    registry.register(_Once([*_of_farm(figures), *_of_signs(figures.signs), *_of_builders(figures)]))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Once(Collector):
    """What prometheus_client asks for metrics."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Give them."""
        return self.metrics


def _of_signs(signs: Signs) -> Iterator[Metric]:
    yield _gauge("ready", "Whether the master can do what it is asked for: its database answers.", signs.is_ready)
    yield _gauge("well", "Whether database, poll, planner and hosts are as they should be.", signs.is_well)
    yield _gauge("database_up", "Whether the database answers.", not signs.database_silence)
    if signs.polls:
        yield _time("poll_success", "When python.org was last polled with success; 0 if never.", signs.polled, 0)
    if signs.plans:
        yield _time("plan_success", "When the planner last looked at all there is; 0 if never.", signs.planned, 0)
    up = GaugeMetricFamily(f"{NAMESPACE}_host_up", "Whether a host answers and can start workers.", labels=["host"])
    workers = GaugeMetricFamily(f"{NAMESPACE}_host_workers", "Workers of a host.", labels=["host", "state"])
    for host in signs.hosts:
        up.add_metric([host.name], float(host.is_up))
        for state, count in host.workers.items():
            workers.add_metric([host.name, state], count)
    yield from (up, workers)


def _of_farm(figures: Figures) -> Iterator[Metric]:
    late = figures.unpublished
    yield _gauge("alerts", "Alerts that last, as `make plan` lists them.", figures.alerts)
    yield _gauge("unpublished_releases", "Complete releases that are not published everywhere.", late.count)
    yield _time("newest_unpublished_release", "When the newest of them was first seen, if any.", late.newest)
    yield _time("oldest_unpublished_release", "When the oldest of them was first seen, if any.", late.oldest)
    yield _by("missing_products", "Products that are wanted and not published.", "state", figures.missing)
    errors = CounterMetricFamily(
        f"{NAMESPACE}_store_errors", "Times that the store refused or did not answer.", labels=["operation"]
    )
    for operation, count in figures.store_errors.items():
        errors.add_metric([operation], count)
    yield errors


def _of_builders(figures: Figures) -> Iterator[Metric]:
    labels = ["builder", "platform"]
    waiting = GaugeMetricFamily(f"{NAMESPACE}_queue_builds", "Builds that nobody has begun.", labels=labels)
    oldest = GaugeMetricFamily(
        f"{NAMESPACE}_queue_oldest_timestamp_seconds",
        "Since when the oldest of them waits.",
        labels=labels,
    )
    running = GaugeMetricFamily(f"{NAMESPACE}_running_builds", "Builds that run.", labels=labels)
    ended = CounterMetricFamily(
        f"{NAMESPACE}_builds", "Builds that ended since the master started.", labels=[*labels, "result"]
    )
    for builder, platform in figures.builders.items():
        queue = figures.queues.get(builder)
        waiting.add_metric([builder, platform], queue.builds if queue else 0)
        if queue and queue.oldest is not None:
            oldest.add_metric([builder, platform], queue.oldest)
        running.add_metric([builder, platform], figures.running.get(builder, 0))
    for (builder, result), count in figures.ended.items():
        if builder in figures.builders:
            ended.add_metric([builder, figures.builders[builder], result], count)
    yield from (waiting, oldest, running, ended)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{NAMESPACE}_{name}", meaning, value=float(value))


def _time(name: str, meaning: str, when: datetime.datetime | None, never: float | None = None) -> Metric:
    value = never if when is None else when.timestamp()
    return GaugeMetricFamily(f"{NAMESPACE}_{name}_timestamp_seconds", meaning, value=value)


def _by(name: str, meaning: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"{NAMESPACE}_{name}", meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
