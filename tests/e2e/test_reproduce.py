"""`make reproduce`: what is published, built again from what its record names, in another folder and on one core."""

import re
import signal
import time
from pathlib import Path

from tests.e2e.farms import FarmUnderTest, mini_tarball
from tests.published import BUILT


def test_the_same_inputs_give_the_same_bytes(farm: FarmUnderTest) -> None:
    done = farm.run("reproduce", VERSION="3.11.2")

    assert done.returncode == 0, done.stdout
    assert "nothing is published by today's recipe: building it first" in done.stdout
    assert done.stdout.count("identical  ") == BUILT, done.stdout
    assert "use stored training data" in done.stdout, "training again would be another input"
    assert "reproduced: every file is the same" in done.stdout

    again = farm.run("reproduce", VERSION="3.11.2")
    assert again.returncode == 0, again.stdout
    assert "building it first" not in again.stdout
    assert len(farm.files("python/*/records/*")) == 1, "it publishes nothing"


def test_what_differs_is_named_and_diffoscope_tells_where(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.3", PADDING=1000)
    done = farm.run("reproduce", VERSION="3.11.3", PROFILE="quick")

    assert done.returncode == 1
    assert "DIFFERS    python-3.11.3_1_amd64.deb" in done.stdout, done.stdout
    assert "DIFFERS    python-3.11.3-" in done.stdout and "No such file" not in done.stdout
    assert "lib/python3.11/padding" in done.stdout, "diffoscope names the file"
    assert re.search(r"identical  python-3\.11\.3-[a-z0-9-]+-debug\.tar\.gz", done.stdout)
    assert "not reproduced, see above" in done.stdout


def test_one_that_is_stopped_leaves_nothing_running_and_no_folder(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.4", COMPILE_SECONDS=5)
    assert farm.build("3.11.4", PROFILE="quick").returncode == 0
    again = farm.spawn("reproduce", VERSION="3.11.4", PROFILE="quick")
    log = farm.settings.state_dir / "reproduce.log"
    while again.poll() is None and not (log.is_file() and "sleep 5" in log.read_text()):
        time.sleep(0.05)
    places = {Path(f"/proc/{process}/cwd").resolve() for process in farm.processes()}
    assert any("python-builds-elsewhere-" in str(place) for place in places)
    again.send_signal(signal.SIGTERM)
    output, _ = again.communicate(timeout=60)

    assert again.returncode == 130, output
    assert output.endswith("\nstopped\n")
    assert farm.processes() == []
    assert [place for place in places if place.exists() and place != Path.cwd()] == []


def test_it_says_what_it_wants(farm: FarmUnderTest) -> None:
    done = farm.run("reproduce")

    assert done.returncode == 1
    assert "wants VERSION=" in done.stdout


def test_a_variant_that_cannot_be_is_refused(farm: FarmUnderTest) -> None:
    done = farm.run("reproduce", VERSION="3.12.1t")

    assert done.returncode == 1
    assert "the free-threaded one came with 3.13; give 3.12.1" in done.stdout
