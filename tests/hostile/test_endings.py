"""Every fault ends: what cannot go on stops with a sentence, and what waits behind it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from farms import FarmUnderTest, make_farm, mini_tarball
from test_faults import small_disk


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    with make_farm() as made:
        yield made


def test_a_full_disk_of_the_master_ends_an_upload_and_later_builds_succeed(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.7", PADDING=1000000)
    mini_tarball(farm.tarballs, "3.11.2")
    farm.run("farm", "run")
    with small_disk(Path(farm.settings.state_dir) / "spool", "size=300k,mode=700"):
        done = farm.build("3.11.7")
        later = farm.build("3.11.2")

    assert done.returncode == 1
    assert "No space left on device" in done.stdout
    assert later.returncode == 0, later.stdout


def test_output_without_an_end_ends_the_build_and_stays_out_of_the_database(farm: FarmUnderTest) -> None:
    mini_tarball(
        farm.tarballs, "3.11.2", {"configure": "yes 'configure: all is well, and will be for ever' | head -c 400000000"}
    )
    done = farm.build("3.11.2")

    assert done.returncode == 1
    assert "what follows the first 16777216 bytes is not shown" in done.stdout
    database = farm.settings.state_dir / "master" / "state.sqlite"
    assert database.stat().st_size < 60_000_000
