"""What a platform build refuses before it sends anything to a worker."""

from collections.abc import Callable
from pathlib import Path

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.building.requests import TRUST, parse_platform_request
from python_builds.core.documents import dump
from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import source_record_key
from python_builds.core.publishing.records import Source
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.platform_work import check_request
from python_builds.farm.steps.master_step import Outcome, Work

Check = Callable[..., Outcome]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Ask for a build of a release that is mirrored as vouched for by `mirrored`, where the setting says `minimum`."""

    def run(mirrored: str, minimum: str, asked: str | None = None) -> Outcome:
        request = parse_platform_request(
            {"python_version": "3.13.5", "profile": "quick"}, platform_named("debian-12"), "amd64"
        )
        store = DirectoryStore(tmp_path / "store")
        source = Source(name="Python-3.13.5.tgz", sha256="a" * 64, size=1, origin="x", trust=mirrored)
        store.replace(source_record_key(request.product.version), dump(source))
        settings = Settings(_env_file=None, state_dir=tmp_path / "state", minimum_trust=minimum)
        properties = {} if asked is None else {TRUST: asked}
        work = Work(properties=properties, build="debian-12/1", spool=tmp_path, steps={}, say=lambda _: None)
        return check_request(settings, store, request, work)

    return run


@pytest.mark.parametrize("mirrored, minimum", [("digest", "signed-index"), ("signed-index", "openpgp")])
def test_what_was_mirrored_when_less_was_enough_is_not_built(check: Check, mirrored: str, minimum: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check(mirrored, minimum)

    assert str(refused.value).startswith(
        f"Python-3.13.5.tgz is vouched for by {mirrored} only, as mirrored; "
        f"PYTHON_BUILDS_MINIMUM_TRUST asks for {minimum}. Ask for the release again"
    )


@pytest.mark.parametrize("mirrored", ["signed-index", "openpgp", "sigstore"])
def test_what_is_vouched_for_as_well_as_it_must_be_is_built(check: Check, mirrored: str) -> None:
    assert check(mirrored, "signed-index").properties["source"]["trust"] == mirrored


def test_what_would_share_a_ccache_with_better_sources_is_not_built(check: Check) -> None:
    assert check("openpgp", "digest", asked="openpgp").summary == "CPython 3.13.5, quick"
    with pytest.raises(InvalidRequest, match="vouched for by digest, and this build was asked for as one of a source"):
        check("digest", "digest", asked="openpgp")
