"""What tests of several modules need: an environment that is nobody's, products and records of them.

Whoever runs the tests has settings, a home with configuration files and a locale of his own. None of it reaches a test or
what it starts: the variables that stay are below, and the tests set all others themselves.
"""

import datetime
import os
import re
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import Product, artifact_keys, artifact_kind
from python_builds.core.publishing.records import Artifact, Record, Source
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import variable
from tests.script_runs import work_folder

KEPT = re.compile(
    "CI|PATH|TERM|PYTEST_.*"
    "|ALL|PLATFORM"  # what `make test-docker` takes
    # How this machine reaches the world outside, and its Docker engine: only tests/docker and tests/real do.
    "|(https?|ftp|all)_proxy|(HTTPS?|FTP|ALL)_PROXY|PIP_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|DOCKER_.*"
)
SET = {
    "LANG": "C.UTF-8",
    "PYTHONPATH": str(CHECKOUT / "master"),
    variable("env_file"): os.devnull,
    # What a test starts on this machine is never asked for through a proxy.
    "NO_PROXY": "127.0.0.1,localhost,::1",
    "no_proxy": "127.0.0.1,localhost,::1",
}


def forget_the_caller() -> None:
    """Put the environment right, before anything reads it: pytest loads this file first, in each process of its own."""
    set_here = {**SET, "DOCKER_CONFIG": os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")}
    for name in [name for name in os.environ if not KEPT.fullmatch(name)]:
        del os.environ[name]
    os.environ.update(set_here)
    os.umask(0o022)
    tempfile.tempdir = None  # it may have been TMPDIR's, which the build user need not be able to enter


forget_the_caller()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the database of the farms under test."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="of farms in tests/e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory):
    """An empty home, for what tools keep there and for what they would read there."""
    os.environ["HOME"] = str(tmp_path_factory.mktemp("home"))


def pytest_terminal_summary(terminalreporter):
    """Say why tests were skipped, once for each reason."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} skipped: {reason}")


@pytest.fixture
def work():
    """Give a work folder of the build scripts."""
    with work_folder() as folder:
        yield folder


@pytest.fixture
def make_product():
    """Make a product; what is not named is CPython 3.13.5 for debian-12-amd64, optimized."""

    def make(version="3.13.5", platform="debian-12", architecture="amd64", profile="optimized", variant=""):
        return Product(
            version=Version(version),
            platform=platform_named(platform),
            architecture=architecture,
            profile=profile,
            variant=variant,
        )

    return make


@pytest.fixture
def make_record(make_product):
    """Make the record of a revision of a product; revision N was built on day N of 2026."""

    def make(*product, revision=1, checked=True, **named):
        made = make_product(*product, **named)
        return Record(
            python_version=str(made.version),
            variant=made.variant,
            platform=made.platform.name,
            architecture=made.architecture,
            revision=revision,
            profile=made.profile,
            checked=checked,
            built_at=datetime.datetime(2026, 1, revision, tzinfo=datetime.UTC),
            source=Source(name="Python.tgz", sha256="a" * 64, size=1, origin="a test", trust="digest"),
            artifacts=tuple(
                Artifact(kind=artifact_kind(name), key=key, sha256="b" * 64, size=2)
                for name, key in artifact_keys(made, revision).items()
            ),
        )

    return make
