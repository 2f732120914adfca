"""What is run for a build, ours and others', stage by stage: what to change here when the farm's recipe changes.

All run in WORK of a container, which has scripts/ and the source tarball, and TRAINING_DATA where stored data is used.
What comes from the tarball runs as the build user, whichever way is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from benchmarks.tarballs import Tarball
from python_builds.core.building.stages import TRAINING_FILE, local_commands
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.records import Source
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.upstream.trust import Trust
from python_builds.farm.building.platform_work import build_properties

WORK = "/var/lib/python-builds/benchmark"
TRAINING_DATA = TRAINING_FILE
TREE = "tree.tar"
"""The installed files, below a folder that is named as the version."""

PHASES = ("unpack", "configure", "compile", "instrumented", "training", "optimized", "install")
"""What counts as a build; `compile` is a build without training."""

STEPS = {
    "prepare folders": "unpack",
    "check the configuration": "configure",
    "compile instrumented": "instrumented",
    "train": "training",
    "pack the training data": "training",
    "use stored training data": "optimized",
    "compile optimized": "optimized",
}
"""The farm's steps whose time counts for a phase of another name; all others stand for themselves."""

ARCHITECTURE = "amd64"

USER, GROUP = "nobody", "nogroup"
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
    scripts: Path = CHECKOUT / "scripts"


def ours(platform: Platform, tarball: Tarball, profile: str = "optimized", *, stored: str = "") -> Way:
    """Build by the very commands of the farm; `stored`, a SHA-256, takes TRAINING_DATA of it instead of training."""
    product = Product(
        version=Version(tarball.version), platform=platform, architecture=ARCHITECTURE, profile=profile, variant=""
    )
    source = Source(name=tarball.name, sha256=tarball.sha256, size=0, origin="", trust=Trust.DIGEST)
    properties = build_properties(product, 1, source) | {"profile": profile, "training_sha256": stored}
    commands = local_commands(product, properties)
    stages = [Stage(STEPS.get(name, name), command) for name, command in commands.items()]
    stages.append(Stage("keep", ["tar", "-C", "stage/opt/python", "-cf", TREE, tarball.version]))
    leaves = {"ours.deb": f"out/{properties['package_file']}", "ours.tar.gz": f"out/{properties['tarball_file']}"}
    if profile == "optimized" and not stored:
        leaves[TRAINING_DATA] = f"out/{TRAINING_DATA}"
    name = "ours-stored" if stored else f"ours-{profile}"
    return Way(name=name, stages=stages, leaves={TREE: TREE, **leaves})


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


def _unpacking(tarball: Tarball, prefix: str) -> list[Stage]:
    return [
        Stage("unpack", ["install", "-d", "-o", USER, "-g", GROUP, "source", "home", prefix]),
        _as_user("unpack", ["tar", "-C", "source", "--strip-components=1", "-xf", tarball.name]),
    ]


def _configure(prefix: str, *options: str) -> list[str]:
    return ["./configure", f"--prefix={prefix}", *options]


def _as_user(phase: str, command: Sequence[str], folder: str = "") -> Stage:
    """Run a command as the build user in a folder of WORK; variables may stand before it."""
    return Stage(phase, [*AS_USER, "env", f"--chdir={WORK}/{folder}", f"HOME={WORK}/home", *command])
