"""The tarballs by zstd: the same tar, the same bytes each time, and records, indexes and people find them."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
import threading

import pytest

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.publishing import upload_artifacts
from python_builds.adapters.publishing.zst import add_zst, same_content
from python_builds.adapters.stop import Stop, Stopped
from python_builds.core.errors import StoreError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import artifact_keys
from python_builds.core.publishing.zst_files import zst_keys
from tests.published import FILES, Crawler, from_store, publish


def tarball(text, mode="w:gz"):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as tar:
        member = tarfile.TarInfo("3.13.5/a")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return made.getvalue()


@pytest.fixture(params=["optimized", "quick"])
def product(request, make_product):
    return make_product(profile=request.param)


@pytest.fixture
def built(tmp_path, product):
    """Leave in a folder what a build leaves there."""
    folder = tmp_path / "spool"
    folder.mkdir()
    for name in artifact_keys(product, 1):
        if not name.endswith(".sha256"):
            (folder / name).write_bytes(tarball(name.encode() * 1000))
            (folder / f"{name}.sha256").write_text(f"{file_sha256(folder / name)}  {name}\n")
    return folder


def test_each_holds_the_same_tar_has_a_digest_and_is_the_same_each_time(built, product):
    made = add_zst(product, 1, built, Stop())
    first = {name: (built / name).read_bytes() for name in made}

    assert made == ["python-3.13.5-debian-12.tar.zst", "python-3.13.5-debian-12-uv.tar.zst"]
    for name in made:
        unpacked = subprocess.run(["zstd", "-dc", built / name], capture_output=True, check=True).stdout
        assert unpacked == gzip.decompress((built / name.replace(".zst", ".gz")).read_bytes())
        assert (
            subprocess.run(["sha256sum", "--check", f"{name}.sha256"], cwd=built, capture_output=True).returncode == 0
        )
    assert add_zst(product, 1, built, Stop()) == made
    assert {name: (built / name).read_bytes() for name in made} == first
    assert {path.name for path in built.iterdir()} == {*artifact_keys(product, 1), *zst_keys(product, 1)}


def test_it_is_uploaded_behind_what_the_build_left_under_a_kind_of_its_own(built, product, store):
    add_zst(product, 1, built, Stop())
    kinds = [one.kind for one in upload_artifacts(store, product, 1, built) if one.kind != "sha256"]

    assert kinds == ["deb", "metapackage", "tarball", "uv", "test", "debug", "tarball-zst", "uv-zst"]


def test_a_master_without_zstd_publishes_what_the_build_left(built, product, store, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert add_zst(product, 1, built, Stop()) == []
    assert len(upload_artifacts(store, product, 1, built)) == 12


def test_one_of_another_content_is_told_apart(built, product):
    one, other = add_zst(product, 1, built, Stop())

    assert same_content(built / one, built / "python-3.13.5-debian-12.tar.gz", Stop())
    assert not same_content(built / other, built / "python-3.13.5-debian-12.tar.gz", Stop())
    (built / one).write_bytes(b"no zstd")
    with pytest.raises(StoreError, match="zstd failed on the master: .*(unsupported format|not in zstd)"):
        same_content(built / one, built / "python-3.13.5-debian-12.tar.gz", Stop())


def test_a_program_that_makes_something_else_is_found_out(built, product, tmp_path, monkeypatch):
    real = shutil.which("zstd")
    (tmp_path / "bin").mkdir()
    wrong = (
        '#!/bin/sh\nfor last; do :; done\ncase "$*" in *--single-thread*) echo x >"$last" ;; esac\nexec '
        + real
        + ' "$@"\n'
    )
    (tmp_path / "bin" / "zstd").write_text(wrong)
    (tmp_path / "bin" / "zstd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    with pytest.raises(StoreError, match="tar.zst does not unpack to what python-3.13.5-debian-12.tar.gz does"):
        add_zst(product, 1, built, Stop())


def test_a_build_that_is_stopped_waits_for_none_of_it(built, product, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "zstd").write_text("#!/bin/sh\nsleep 60\n")
    (tmp_path / "bin" / "zstd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    stop = Stop()
    threading.Timer(0.5, stop.set, ["somebody said so"]).start()

    with pytest.raises(Stopped, match="somebody said so"):
        add_zst(product, 1, built, stop)


def test_old_and_new_records_stand_side_by_side_in_every_index(store, make_product):
    publish(store, make_product("3.13.5"))
    publish(store, make_product("3.13.6"), zst=True, day=2)
    platforms = [platform_named("debian-12")]
    Indexing(store=store, profile="optimized", platforms=platforms).run()

    seen = Crawler(from_store(store)).crawl(platforms)
    assert seen["index.json"] == seen["SHA256SUMS"] == 2 * FILES + 2
    urls = [entry["url"] for entry in json.loads(store.read("python/debian-12/uv.json")).values()]
    assert urls == ["python-3.13.5-debian-12-uv.tar.gz", "python-3.13.6-debian-12-uv.tar.zst"]
    assert b"python-3.13.6-debian-12.tar.zst" in store.read("python/index.html")
    assert b"python-3.13.6-debian-12-uv.tar.zst" in store.read("python/debian-12/SHA256SUMS.3.13")
