"""What leaves a worker: collect-artifacts.sh."""

import os

from tests.script_runs import run


def test_only_plain_files_are_collected_and_what_they_become_later_does_not_matter(work):
    dist = work / "dist"
    (dist / "good.deb").write_bytes(b"a package")
    (dist / "link.deb").symlink_to("/etc/hostname")
    os.mkfifo(dist / "pipe.deb")

    assert run(work, "collect-artifacts.sh", "dist/good.deb").returncode == 0
    (dist / "good.deb").unlink()
    assert (work / "out" / "good.deb").read_bytes() == b"a package"
    for name in (
        "dist/link.deb",
        "dist/pipe.deb",
        "sealed/dist/none.deb",
        "dist/../good.deb",
        "dist/.hidden",
        "good.deb",
    ):
        refused = run(work, "collect-artifacts.sh", name)
        assert refused.returncode == 1 and name in refused.stderr


def test_what_is_larger_than_any_artifact_is_not_collected(work):
    path = work / "dist" / "large.deb"
    for size, status in ((2**30, 0), (2**30 + 1, 1)):
        with path.open("wb") as file:
            file.truncate(size)
        done = run(work, "collect-artifacts.sh", "dist/large.deb")
        assert done.returncode == status, done.stderr
        (work / "out" / "large.deb").unlink(missing_ok=True)
    assert "dist/large.deb has 1073741825 bytes; 1073741824 are allowed" in done.stderr
