"""Real CPythons whose next revision and next patch come: what people have made of them goes on."""

from pathlib import Path

import pytest

from python_builds.core.platforms.platforms import platform_named
from tests.docker.real_farm import CHOSEN, FIRST, NEWER_PIP, RELEASES, SIX, Published, build, download_wheels
from tests.docker.upgrades import TRY_NEXT_PATCH, TRY_UPGRADE
from tests.published import Crawler, from_web

pytestmark = pytest.mark.timeout(3600)


@pytest.mark.parametrize("name", CHOSEN)
def test_an_environment_of_the_minor_s_python_goes_on_with_the_next_patch(
    published: Published, name: str, tmp_path: Path
) -> None:
    version = RELEASES[name]
    following = f"{version.rpartition('.')[0]}.99"
    download_wheels(version, tmp_path, f"six=={SIX}")
    done = published.client(name).run(
        TRY_NEXT_PATCH, platform_named(name).base_image, f"--volume={tmp_path}:/wheels:ro"
    )

    assert done.returncode == 0
    assert done.stdout.splitlines()[-6:-2] == [
        *(version.rpartition(".")[0], following),
        *[f"now of /opt/python/{following}"] * 2,
    ]
    assert done.stdout.endswith("\nENDED\n")


def test_a_rebuild_is_an_upgrade_and_overwrites_nothing(published: Published, tmp_path: Path) -> None:
    """The last one: it changes what is published."""
    first = {key: published.store.stat(key) for key in published.store.keys(f"quick/python/{FIRST}/pkgs/")}
    build(published.farm, [FIRST], FORCE="1")
    download_wheels(RELEASES[FIRST], tmp_path, f"pip=={NEWER_PIP}", f"six=={SIX}")
    client = published.client(FIRST)
    done = client.run(TRY_UPGRADE, platform_named(FIRST).base_image, f"--volume={tmp_path}:/wheels:ro")
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert [line for line in lines if line in ("1", "2")] == ["1", "2"]
    assert [line for line in lines if line.startswith("pip ")] == [f"pip {NEWER_PIP}"] * 2
    assert "went on" in lines
    (sentence,) = [line for line in lines if "keeps what was put there" in line]
    assert sentence.startswith(f"python-{client.version}: /opt/python/{client.version} keeps")
    assert {"pip", f"pip-{NEWER_PIP}.dist-info", "six.py", f"six-{SIX}.dist-info"} <= {*lines}
    assert not {"setuptools", "README.txt"} & {*lines}
    assert lines[-1] == "GONE"
    assert {key: published.store.stat(key) for key in first} == first
    Crawler(from_web(published.web.url), keys=published.keys).crawl([platform_named(FIRST)], "quick/")
