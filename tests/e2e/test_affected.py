"""An advisory comes in: the operator hears of it, and `make rebuild AFFECTED=` builds again what it affects, and no more."""

import http.server
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait
from tests.e2e.test_rebuild import at_a_terminal, requests_of

FEW = {"PYTHON_BUILDS_CONFIRM_ABOVE": "0"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "advisories"
    made.mkdir()
    return made


@pytest.fixture
def farm(folder: Path, hook: http.server.ThreadingHTTPServer) -> Iterator[FarmUnderTest]:
    """Give a running farm that has built two releases, and has a folder of advisories that is empty."""
    told = f"http://127.0.0.1:{hook.server_address[1]}/hook"
    with make_farm(advisories=str(folder), plan_seconds=1, webhook_url=told) as made:
        assert made.run("run").returncode == 0
        for version in ("3.11.2", "3.12.4"):
            mini_tarball(made.tarballs, version)
            assert made.build(version, PROFILE="optimized").returncode == 0
        yield made


def advise(folder: Path, number: int, version: str) -> None:
    """Have an advisory in the folder, as PSF writes them."""
    one = {
        "id": f"PSF-2026-{number}",
        "aliases": [f"CVE-2026-100{number}"],
        "modified": "2026-01-02T03:04:05Z",
        "affected": [{"package": {"purl": "pkg:generic/python"}, "versions": [version]}],
    }
    (folder / f"PSF-2026-{number}.json").write_text(json.dumps(one))


def revisions(farm: FarmUnderTest) -> list[str]:
    return [
        name.rpartition("/")[2].removesuffix("_amd64.deb") for name in farm.files("python/*/pkgs/python-3.??.*.deb")
    ]


def test_what_an_advisory_affects_is_told_listed_asked_about_and_built_again(
    farm: FarmUnderTest, folder: Path, hook: http.server.ThreadingHTTPServer
) -> None:
    refused = farm.run("rebuild", AFFECTED="PSF-2026-1")
    assert refused.returncode == 1 and "'PSF-2026-1' affects nothing that is published" in refused.stdout
    advise(folder, 1, "3.11.2")
    assert farm.run("reindex").returncode == 0
    wait(lambda: [p for p in hook.posted if p["key"] == "PSF-2026-1 affects what is newest"], "the notice")
    (told,) = (p for p in hook.posted if "PSF-2026-1" in p["key"])
    assert "CPython 3.11.2" in told["text"] and "3.12.4" not in told["text"]

    for name in ("PSF-2026-1", "CVE-2026-1001"):
        listed = farm.run("rebuild", AFFECTED=name, DRY_RUN="1")
        assert listed.returncode == 0 and "1 build, " in listed.stdout, listed.stdout
        assert "python-3.11.2 " in listed.stdout and "python-3.12.4" not in listed.stdout
    before = len(requests_of(farm, platform_builder()))
    assert "no terminal to ask at: say YES=1" in farm.run("rebuild", AFFECTED="PSF-2026-1", **FEW).stdout
    assert at_a_terminal(farm, "n\n", AFFECTED="PSF-2026-1", **FEW) == 1
    assert len(requests_of(farm, platform_builder())) == before
    assert at_a_terminal(farm, "y\n", AFFECTED="PSF-2026-1", **FEW) == 0
    assert revisions(farm) == ["python-3.11.2_1", "python-3.11.2_2", "python-3.12.4_1"]

    advise(folder, 2, "3.12.4")
    assert farm.run("reindex").returncode == 0
    every = farm.run("rebuild", AFFECTED="all", DRY_RUN="1").stdout
    assert "2 builds, " in every and "python-3.11.2 " in every and "python-3.12.4 " in every
