"""Real CPythons, from the apt source archive to packages that this very machine installs and runs.

Takes minutes and root; `make test-real` runs it, and so does CI.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from python_builds.core.settings.setting_types import CHECKOUT
from tests.real.broken_update import VERSION, broken_update
from tests.real.real_sources import BUNDLED, RELEASES


@dataclass(frozen=True)
class Built:
    """What `make build` left."""

    version: str
    store: Path

    @property
    def prefix(self) -> Path:
        return Path("/opt/python") / self.version


@pytest.fixture(scope="module", params=RELEASES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build one with `make build`."""
    folder = tmp_path_factory.mktemp("real")
    environment = {
        **os.environ,
        "PYTHON_BUILDS_STATE_DIR": str(CHECKOUT / ".state"),
        "PYTHON_BUILDS_STORE": str(folder / "store"),
        "PYTHON_BUILDS_LOCAL_WORKER": "true",
    }
    done = subprocess.run(["make", "build", f"VERSION={request.param}"], cwd=CHECKOUT, env=environment)
    assert done.returncode == 0
    return Built(request.param, folder / "store")


@pytest.mark.timeout(1800)
def test_the_record_says_where_it_comes_from_and_that_it_was_checked(built: Built) -> None:
    (path,) = built.store.glob("quick/python/*/records/*.json")
    record = json.loads(path.read_bytes())

    assert record["checked"] is True
    assert {"_pickle", "math"} <= set(record["built_with"]["builtin_modules"])
    assert record["source"]["trust"] == "signed-index"
    assert record["source"]["sha256"] == RELEASES[built.version]
    assert (built.store / "quick/python/versions.json").read_text() == f'{{"python_versions": ["{built.version}"]}}'


@pytest.mark.timeout(1800)
def test_record_and_sbom_tell_what_the_source_brings_of_others(built: Built) -> None:
    (record,) = built.store.glob("quick/python/*/records/*.json")
    told = json.loads(record.read_bytes())["contents"]["bundled"]
    (sbom,) = record.parents[1].glob(f"python-{built.version}-*.cdx.json")
    parts = {one["bom-ref"]: one.get("version") for one in json.loads(sbom.read_bytes())["components"]}

    assert {one["name"]: one["version"] for one in told} == BUNDLED[built.version]
    assert {f"bundled:{name}": version for name, version in BUNDLED[built.version].items()}.items() <= parts.items()


@pytest.mark.timeout(1800)
def test_tarballs_by_zstd_are_a_tenth_smaller_at_least(built: Built) -> None:
    """Those of optimized builds, which take a level that takes a minute, are a quarter smaller."""
    made = sorted(built.store.glob(f"quick/python/*/python-{built.version}-*.tar.zst"))
    sizes = {zst.name: (zst.stat().st_size, zst.with_suffix(".gz").stat().st_size) for zst in made}

    assert len(sizes) == 2
    assert not {name: both for name, both in sizes.items() if both[0] > 0.9 * both[1]}


@pytest.mark.timeout(1800)
def test_the_package_installs_here_runs_and_goes_without_a_trace(built: Built, tmp_path: Path) -> None:
    prefix, name = built.prefix, f"python-{built.version}"
    assert not prefix.exists(), f"{prefix} is there already: remove the package {name} from this machine first"
    (package,) = built.store.glob(f"quick/python/*/pkgs/{name}_*.deb")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # apt-get reads a package as its own user, who may not look into a test's folder.
    readable = Path("/var/tmp") / package.name
    readable.write_bytes(package.read_bytes())
    try:
        subprocess.run(["apt-get", "install", "--yes", "--quiet", readable], env=environment, check=True)
        shown = subprocess.run([prefix / "bin/python", "--version"], capture_output=True, text=True, check=True)
        code = "import ssl, sqlite3, ctypes, lzma, tkinter, readline, dbm.gnu; print(ssl.OPENSSL_VERSION)"
        subprocess.run([prefix / "bin/python", "-c", code], check=True)
        subprocess.run([prefix / "bin/pip", "--version"], check=True)
        assert len({bytecode(prefix / "bin/python", tmp_path / str(number)) for number in range(3)}) == 1
    finally:
        subprocess.run(["apt-get", "purge", "--yes", "--quiet", name], env=environment, check=True)
        readable.unlink()

    assert shown.stdout == f"Python {built.version}\n"
    assert not prefix.exists()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("built", ["3.9.2"], indirect=True)
def test_a_copied_interpreter_finds_its_library_and_not_that_of_the_system_beside_a_link(
    built: Built, tmp_path: Path
) -> None:
    """As `virtualenv --copies` makes it by a link, which 3.9 and 3.10 do not follow by themselves."""
    (tarball,) = built.store.glob(f"quick/python/*/python-{built.version}-debian-*[0-9].tar.gz")
    subprocess.run(["tar", "-C", tmp_path, "-xzf", tarball], check=True)
    tree, home, environment = tmp_path / built.version, tmp_path / "usr/local/bin", tmp_path / "environment"
    for folder in (home, tmp_path / "usr/lib/python3.9", environment / "bin"):
        folder.mkdir(parents=True)
    (home / "snake").symlink_to(tree / "bin/python3.9")
    (tmp_path / "usr/lib/python3.9/os.py").write_text("raise SystemExit('the library of the system')\n")
    python = shutil.copy2(tree / "bin/python3.9", environment / "bin/python")

    def base_prefix(configured: str) -> str:
        (environment / "pyvenv.cfg").write_text(configured)
        done = subprocess.run(
            [python, "-I", "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True
        )
        return done.stdout.strip()

    assert base_prefix(f"home = {home}\nbase-executable = {tree}/bin/python3.9\n") == str(tree)
    assert base_prefix(f"base-executable = {tree}/bin/python3.9\nhome = {home}\n") == str(tree)
    assert base_prefix(f"home = {tree}/bin\nbase-executable = {home}/snake\n") == str(tree)
    assert base_prefix(f"home = {home}\nbase-executable = snake\n") != str(tree)
    assert base_prefix(f"home = {home}\n") != str(tree), "as upstream has it"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("built", ["3.13.15"], indirect=True)
def test_a_published_package_is_good_until_an_update_takes_a_library_away(built: Built) -> None:
    (record,) = built.store.glob("quick/python/*/records/*.json")
    linked = json.loads(record.read_bytes())["built_with"]["libraries"]["libssl.so.3"].split()[0]
    packages = [
        *record.parents[1].glob(f"pkgs/python-{built.version}_*.deb"),
        *record.parents[1].glob("pkgs/python-3.13_*"),
    ]
    package, metapackage = [path for path in packages if path.suffix == ".deb"]
    with broken_update(CHECKOUT / ".state" / "base" / record.parents[1].name) as trial:
        found = {}
        for name in ("good", "broken"):
            if name == "broken":
                trial.drop(linked, "libssl.so.3")
            asked = trial.run("prepare-base-system.sh", trial.base, "updated", linked)
            upgraded = trial.run("upgrade-base-system.sh", "updated")
            assert (asked.returncode, upgraded.returncode) == (0, 0), asked.stdout + upgraded.stdout
            assert (f"{linked} {VERSION}\n" in asked.stdout) == (name == "broken")
            found[name] = trial.run("try-published.sh", package, built.prefix, "updated", metapackage)

    assert found["good"].returncode == 0, found["good"].stdout
    assert found["broken"].returncode == 1, found["broken"].stdout
    assert "libssl.so.3: cannot open shared object file" in found["broken"].stdout


def bytecode(python: Path, folder: Path) -> bytes:
    """Compile what addresses decide about up to 3.10: an order of hashes, and a name that was looked up before."""
    folder.mkdir()
    (folder / "module.py").write_text(
        "import sys\n\n\ndef f(x):\n    return x in {None, 'functools', 'abc'}, sys.getwindowsversion()\n"
    )
    script = CHECKOUT / "scripts" / "lib" / "compile_bytecode.py"
    environment = {"PYTHONHASHSEED": "0", **{f"V{number}": "x" for number in range(int(folder.name) * 40)}}
    subprocess.run([python, "-B", script, "1", folder, folder], env=environment, check=True)
    (found,) = folder.rglob("*.pyc")
    return found.read_bytes()
