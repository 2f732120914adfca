"""Farms for the tests of this folder."""

from collections.abc import Iterator

import pytest
from farms import FarmUnderTest, make_farm, mini_tarball


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    """Give a farm that does not run yet, with a CPython 3.11.2 that builds in a second."""
    with make_farm() as made:
        mini_tarball(made.tarballs, "3.11.2")
        yield made


@pytest.fixture
def running_farm(farm: FarmUnderTest) -> FarmUnderTest:
    """Give a farm that `make run` started."""
    assert farm.run("farm", "run").returncode == 0
    return farm
