"""What real tarballs bring of others, as upstream's own list and files say. Takes a minute and fetches 42 MB."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.apt_archive import AptArchive
from python_builds.adapters.upstream.bundled_files import read_bundled
from python_builds.adapters.upstream.fetching import fetch
from python_builds.adapters.upstream.sources import find_offer
from python_builds.core.building.contents import Bundled
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.bundled import SBOM
from python_builds.core.upstream.trust import Trust
from tests.real.real_sources import BUNDLED, RELEASES

WHEEL = BUNDLED["3.13.15"]["pip"]
"""Which is no longer in upstream's list: ensurepip's own folder tells of it."""


@pytest.fixture(scope="module")
def tarballs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Fetch them from the machine's apt archive."""
    folder = tmp_path_factory.mktemp("real-bundled")
    archive = AptArchive(folder / "apt", Settings(_env_file=None).apt_suites.split())
    found = {}
    for version, sha256 in RELEASES.items():
        offer, _ = find_offer([archive], Version(version), Trust.SIGNED_INDEX)
        taken = fetch(offer, folder / offer.name)
        assert taken.sha256 == sha256
        found[version] = taken.tarball
    return found


def by_name(tarball: Path) -> dict[str, Bundled]:
    return {one.name: one for one in read_bundled(tarball, Stop())}


def listed(tarball: Path) -> dict[str, dict[str, Any]]:
    """Read upstream's own list as it is."""
    with tarfile.open(tarball) as archive:
        top = tarball.name.removesuffix(".tar.xz")
        file = archive.extractfile(f"{top}/{SBOM}")
        assert file
        return {one["name"]: one for one in json.load(file)["packages"]}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", RELEASES)
def test_what_a_real_tarball_brings_is_told_with_its_version(tarballs: dict[str, Path], version: str) -> None:
    found = by_name(tarballs[version])

    assert {name: one.version for name, one in found.items()} == BUNDLED[version]
    assert found["expat"].cpe == f"cpe:2.3:a:libexpat_project:libexpat:{found['expat'].version}:*:*:*:*:*:*:*"
    assert found["mpdecimal"].cpe == f"cpe:2.3:a:bytereef:mpdecimal:{found['mpdecimal'].version}:*:*:*:*:*:*:*"
    assert found["pip"].purl == f"pkg:pypi/pip@{found['pip'].version}"


@pytest.mark.timeout(1200)
def test_it_is_what_upstream_s_own_list_says_to_the_digest(tarballs: dict[str, Path]) -> None:
    found, upstream = by_name(tarballs["3.13.15"]), listed(tarballs["3.13.15"])

    assert {name: one["versionInfo"] for name, one in upstream.items()} | {"pip": WHEEL} == BUNDLED["3.13.15"]
    for name, one in upstream.items():
        assert [c["checksumValue"] for c in one["checksums"] if c["algorithm"] == "SHA256"] == [found[name].sha256]
        assert found[name].file or one["downloadLocation"] == found[name].url
        references = {r["referenceLocator"] for r in one["externalRefs"]}
        assert {text for text in (found[name].cpe, found[name].purl) if text} <= references
