"""Farms for the tests of this folder, and a server that programs post to."""

import http.server
from collections.abc import Iterator

import pytest

from tests.e2e import farms
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball
from tests.e2e.upstream import hook_server
from tests.postgres import make_postgres


@pytest.fixture(scope="session", autouse=True)
def database(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give each farm that names no database one of PostgreSQL, if the option `--database` says so."""
    if pytestconfig.getoption("database") == "sqlite":
        yield
        return
    with make_postgres() as server:
        farms.prepare(server.url, tmp_path_factory.mktemp("prepared"))
        farms.new_database_url = server.new_url
        yield
        farms.new_database_url = None


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    """Give a farm that does not run yet, with a CPython 3.11.2 that builds in a second."""
    with make_farm() as made:
        mini_tarball(made.tarballs, "3.11.2")
        yield made


@pytest.fixture
def running_farm(farm: FarmUnderTest) -> FarmUnderTest:
    """Give a farm that `make run` started."""
    assert farm.run("run").returncode == 0
    return farm


@pytest.fixture
def hook() -> Iterator[http.server.ThreadingHTTPServer]:
    """Give a server on this machine that keeps in `posted` what was posted to it."""
    with hook_server() as server:
        yield server
