"""What is said of versions goes again when an advisory is withdrawn, and does not come back by an older copy of it."""

import datetime
import json

from python_builds.adapters.advisories.advisory_alerts import advisory_alerts
from python_builds.adapters.indexes.indexing import write_indexes
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.settings.settings import Settings
from tests.published import publish

RECORD = {
    "id": "PSF-2026-1",
    "modified": "2026-01-02T03:04:05Z",
    "affected": [{"package": {"purl": "pkg:generic/python"}, "versions": ["3.13.5"]}],
}
WITHDRAWN = {**RECORD, "modified": "2026-02-02T03:04:05Z", "withdrawn": "2026-02-02T03:04:05Z"}


def test_a_withdrawn_advisory_is_gone_from_every_place_though_a_stale_mirror_still_has_it(make_product, tmp_path):
    psf, mirror = tmp_path / "psf.json", tmp_path / "mirror.json"
    settings = Settings(
        _env_file=None, state_dir=tmp_path / "state", store=tmp_path / "store", advisories=f"{psf} {mirror}"
    )
    store = DirectoryStore(settings.store)
    publish(store, make_product("3.13.5", profile="optimized"))

    def said():
        """Say how many places tell of it: the document, the page, the operator's alerts."""
        write_indexes(settings, store)
        told = advisory_alerts(settings, store, "optimized", datetime.datetime.now(datetime.UTC))
        places = store.read("python/advisories.json"), store.read("python/index.html"), json.dumps(told).encode()
        return sum(b"PSF-2026-1" in place for place in places)

    for path in (psf, mirror):
        path.write_text(json.dumps(RECORD))
    assert said() == 3
    psf.write_text(json.dumps(WITHDRAWN))
    assert said() == 0
    psf.unlink()
    psf.write_text(json.dumps([]))
    assert said() == 3, "nobody says any more that it was withdrawn"
