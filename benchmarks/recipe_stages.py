"""What is run for a build, ours and others', stage by stage: what to change here when the farm's recipe changes.

All run in WORK of a container, which has scripts/ and the source tarball, and TRAINING_DATA where stored data is used.
What comes from the tarball runs as the build user, whichever way is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.tarballs import Tarball

WORK = "/var/lib/python-builds/benchmark"
TRAINING_DATA = "training-data.tar"
TREE = "tree.tar"
"""The installed files, below a folder that is named as the version."""

PHASES = ("unpack", "configure", "compile", "instrumented", "training", "optimized", "install")
"""What counts as a build; `compile` is a build without training."""

USER, GROUP = "nobody", "nogroup"
AS_BUILDER = "scripts/as-builder.sh"
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", "--no-new-privs")


@dataclass(frozen=True)
class Stage:
    """One command, and the phase that its time counts for; what is in none of PHASES stands apart."""

    phase: str
    command: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to build CPython."""

    name: str
    stages: Sequence[Stage]
    leaves: Mapping[str, str]
    """Files that it leaves in WORK: what each is called here, and there."""


def ours(tarball: Tarball, profile: str = "optimized", *, stored: bool = False) -> Way:
    """Build as the farm does; `stored` takes TRAINING_DATA instead of training."""
    prefix = f"/opt/python/{tarball.version}"
    package, archive = f"python-{tarball.version}", f"python-{tarball.version}.tar.gz"
    stages = [
        Stage("unpack", ["scripts/prepare-folders.sh"]),
        _script("unpack", "unpack-source.sh", tarball.name, tarball.sha256),
        _script("configure", "configure.sh", prefix, profile),
        *_compilation(profile, stored=stored),
        _script("install", "install-to-stage.sh", prefix, profile),
        _script("smoke test", "smoke-test.sh"),
        _script("package", "package-deb.sh", package, "1", "amd64", prefix, "gzip" if profile == "quick" else "xz"),
        _script("tarball", "package-tarball.sh", archive, prefix),
        Stage("keep", ["tar", "-C", "stage/opt/python", "-cf", TREE, tarball.version]),
    ]
    leaves = {TREE: TREE, "ours.deb": f"dist/{package}_1_amd64.deb", "ours.tar.gz": f"dist/{archive}"}
    if profile == "optimized" and not stored:
        leaves[TRAINING_DATA] = TRAINING_DATA
    return Way(name="ours-stored" if stored else f"ours-{profile}", stages=stages, leaves=leaves)


def predecessor(tarball: Tarball, *, optimized: bool = True) -> Way:
    """Build with the predecessor's flags and no parallel make.

    `make` alone makes the two stamps first, by the same rules; here one by one, to tell the phases apart.
    """
    prefix = f"/opt/predecessor/{tarball.version}"
    options = ["--enable-shared", *(["--enable-optimizations"] if optimized else [])]
    make = ["make", "-C", "source"]
    stages = [
        *_unpacking(tarball, prefix),
        _as_user("configure", [f"LDFLAGS=-Wl,-rpath,{prefix}/lib", *_configure(prefix, *options)], "source"),
        *([_as_user("instrumented", [*make, "profile-gen-stamp"])] if optimized else []),
        *([_as_user("training", [*make, "profile-run-stamp"])] if optimized else []),
        _as_user("optimized" if optimized else "compile", make),
        _as_user("install", [*make, "install"]),
        Stage("keep", ["tar", "-C", "/opt/predecessor", "-cf", TREE, tarball.version]),
    ]
    return Way(name="predecessor" if optimized else "predecessor-quick", stages=stages, leaves={TREE: TREE})


def plain(tarball: Tarball) -> Way:
    """Build as one who reads CPython's README, with nothing but a prefix."""
    prefix = f"/opt/plain/{tarball.version}"
    stages = [
        *_unpacking(tarball, prefix),
        _as_user("configure", _configure(prefix), "source"),
        Stage("compile", ["sh", "-c", f'exec {" ".join(AS_USER)} make -C source -j "$(nproc)"']),
        _as_user("install", ["make", "-C", "source", "install"]),
        Stage("keep", ["tar", "-C", "/opt/plain", "-cf", TREE, tarball.version]),
    ]
    return Way(name="plain", stages=stages, leaves={TREE: TREE})


def _compilation(profile: str, *, stored: bool) -> list[Stage]:
    if profile == "quick":
        return [_script("compile", "compile.sh", "quick")]
    optimized = _script("optimized", "compile.sh", "optimized")
    if stored:
        return [Stage("optimized", [AS_BUILDER, "tar", "-C", "source", "-xf", TRAINING_DATA]), optimized]
    pack = f"cd source && find . -name '*.gcda' | LC_ALL=C sort | tar -cf ../{TRAINING_DATA} -T -"
    return [
        _script("instrumented", "compile.sh", "instrumented"),
        _script("training", "train.sh"),
        Stage("keep", ["sh", "-c", pack]),
        optimized,
    ]


def _unpacking(tarball: Tarball, prefix: str) -> list[Stage]:
    return [
        Stage("unpack", ["install", "-d", "-o", USER, "-g", GROUP, "source", "home", prefix]),
        _as_user("unpack", ["tar", "-C", "source", "--strip-components=1", "-xf", tarball.name]),
    ]


def _configure(prefix: str, *options: str) -> list[str]:
    return ["./configure", f"--prefix={prefix}", *options]


def _script(phase: str, script: str, *arguments: str) -> Stage:
    return Stage(phase, [AS_BUILDER, f"scripts/{script}", *arguments])


def _as_user(phase: str, command: Sequence[str], folder: str = "") -> Stage:
    """Run a command as the build user in a folder of WORK; variables may stand before it."""
    return Stage(phase, [*AS_USER, "env", f"--chdir={WORK}/{folder}", f"HOME={WORK}/home", *command])
