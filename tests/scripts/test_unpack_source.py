"""Unpacking a source tarball: unpack-source.sh."""

import hashlib
import tarfile

from tests.script_runs import run


def make_tarball(path, *members):
    with tarfile.open(path, "w:gz") as tarball:
        for name, mtime in members:
            member = tarfile.TarInfo(name)
            member.mtime = mtime
            tarball.addfile(member)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_newest_file_of_the_source_is_the_date_of_the_build(work):
    digest = make_tarball(
        work / "x.tgz", ("Python-3.99.1/configure", 1700000000), ("Python-3.99.1/.hidden/x", 1700000001)
    )
    run(work, "unpack-source.sh", "x.tgz", digest, as_build_user=True).check_returncode()
    assert (work / "logs" / "source-date-epoch").read_text() == "1700000001\n"
    assert sorted(path.name for path in (work / "source").iterdir()) == [".hidden", "configure"]


def test_a_wrong_digest_is_told_with_both_digests(work):
    digest = make_tarball(work / "x.tgz", ("Python-3.99.1/configure", 1))
    done = run(work, "unpack-source.sh", "x.tgz", "0" * 64, as_build_user=True)
    assert done.returncode == 1
    assert f"x.tgz has sha256 {digest}, but {'0' * 64} was asked for" in done.stderr
    assert not any((work / "source").iterdir())


def test_a_tarball_with_two_top_folders_is_refused(work):
    digest = make_tarball(work / "x.tgz", ("one/configure", 1), ("two/configure", 1))
    done = run(work, "unpack-source.sh", "x.tgz", digest, as_build_user=True)
    assert done.returncode == 1
    assert "must have exactly one top folder, but has: one two" in done.stderr
