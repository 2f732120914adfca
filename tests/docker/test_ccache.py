"""The compiler cache that builds of one platform share, used as the farm does: by run-as-build-user.sh in caged containers."""

import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.container_limits import create_options
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import CLOSE_NETWORK
from python_builds.farm.workers.workers import CCACHE
from tests.docker.engines import IMAGE

LIMITS = create_options(DockerHost(name="test", url="unix://", master=""))
FILES = 12
MAKE_FILES = f"""for n in $(seq {FILES}); do
    {{ echo '#include <stdio.h>'; for f in $(seq 40); do echo "int f$f(int x) {{ return printf(\\"%d\\", x + $n); }}"; done; }} >$n.c
done"""
COMPILE = "for n in *.c; do gcc -O1 -g -c $n -o ${n%.c}.o; done; sha256sum *.o"


class Cache:
    """A volume, and builds that share it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, script: str, size: str = "2G", name: str = "sigstore") -> str:
        """Run a script as the build user in a new container."""
        work = (
            "mkdir -p /var/lib/python-builds/b/tmp && cd /var/lib/python-builds/b && cp -r /scripts . && chown nobody ."
        )
        command = f"{work} && exec scripts/run-as-build-user.sh bash -euc '{script}'"
        environment = [
            f"--env=PYTHON_BUILDS_CCACHE={name}",
            f"--env=CCACHE_DIR={CCACHE}",
            f"--env=CCACHE_MAXSIZE={size}",
        ]
        volumes = [f"--volume={self.name}:{CCACHE}", f"--volume={CHECKOUT}/scripts:/scripts:ro"]
        done = subprocess.run(
            ["docker", "run", "--rm", *LIMITS, *environment, *volumes, IMAGE, CLOSE_NETWORK, "bash", "-c", command],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        assert "going without ccache" not in done.stderr
        return done.stdout

    def compile(self, size: str = "2G") -> str:
        """Compile the files, in the same folder in each container, as on the farm."""
        return self.run(f"{MAKE_FILES}\n{COMPILE}".replace("'", "'\\''"), size)

    def counts(self) -> dict[str, int]:
        """Read ccache's counters, by its own names, and set them to zero."""
        lines = self.run("ccache --print-stats; ccache --zero-stats >/dev/null").splitlines()
        return {name: int(value) for name, value in (line.split() for line in lines)}


@pytest.fixture
def cache() -> Iterator[Cache]:
    name = f"python-builds-test-ccache-{os.getpid()}"
    try:
        yield Cache(name)
    finally:
        subprocess.run(["docker", "volume", "rm", "--force", name], check=True, capture_output=True)


def hits(counts: dict[str, int]) -> int:
    return counts["direct_cache_hit"] + counts["preprocessed_cache_hit"]


def errors(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count and ("error" in name or "missing" in name)}


def at_once(*work: Callable[[], str]) -> list[str]:
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(do) for do in work]]


def test_a_second_build_of_the_same_finds_everything_in_the_cache(cache: Cache) -> None:
    first = cache.compile()
    missed = cache.counts()
    second = cache.compile()
    found = cache.counts()

    assert missed["cache_miss"] == FILES
    assert (hits(found), found["cache_miss"]) == (FILES, 0)
    assert first == second


def test_two_builds_at_once_share_the_cache_and_leave_it_whole(cache: Cache) -> None:
    one, other = at_once(cache.compile, cache.compile)
    both = cache.counts()
    after = cache.compile()
    found = cache.counts()

    assert one == other == after
    assert hits(both) + both["cache_miss"] == 2 * FILES
    assert (hits(found), found["cache_miss"]) == (FILES, 0)
    assert errors(both) == errors(found) == {}


def test_the_cache_stays_below_its_size(cache: Cache) -> None:
    noise = "head -c 300000 /dev/urandom | od -An -v -tx1 | tr -d [:space:]"
    compile_noise = f'for n in $(seq 20); do echo "char c[] = \\"$({noise})\\";" >n$n.c; gcc -c n$n.c -o n.o; done'
    cache.run(compile_noise, size="3M")

    used = int(cache.run(f"du -s --block-size=1 {CCACHE}").split()[0])
    counts = cache.counts()
    assert counts["cache_miss"] == 20
    assert counts["cleanups_performed"] > 0
    assert used < 4_000_000


def test_damaged_files_in_the_cache_do_not_break_a_build(cache: Cache) -> None:
    first = cache.compile()
    damage = f"for f in $(find {CCACHE} -type f -size +0 -name *[RM]); do printf XXXX | dd of=$f bs=1 seek=60 conv=notrunc status=none; done"
    cache.run(damage)

    cache.counts()

    assert cache.compile() == first
    assert cache.counts()["cache_miss"] > 0, "nothing was damaged"
    assert cache.compile() == first


def test_what_a_build_writes_into_the_cache_is_no_configuration_of_the_next(cache: Cache) -> None:
    first = cache.compile()
    cache.counts()
    cache.run(f"echo prefix_command = /usr/bin/false >{CCACHE}/ccache.conf; echo disable = true >>{CCACHE}/ccache.conf")

    assert cache.compile() == first
    assert hits(cache.counts()) == FILES


def test_what_is_published_as_optimized_takes_nothing_from_a_cache(cache: Cache) -> None:
    cache.compile()
    cache.counts()
    script = f"{MAKE_FILES}\n{COMPILE}".replace("'", "'\\''")
    cache.run(script, name="")

    counts = cache.counts()
    assert hits(counts) + counts["cache_miss"] == 0
