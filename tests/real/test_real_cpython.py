"""A real CPython, from the apt source archive to a package that this very machine installs and runs.

Takes minutes and root; `make test-real` runs it, and so does CI.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from python_builds.facts.setting_types import CHECKOUT

VERSION = "3.11.2"
PREFIX = Path("/opt/python") / VERSION


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it with `make build`; give the store."""
    folder = tmp_path_factory.mktemp("real")
    environment = {
        **os.environ,
        "PYTHON_BUILDS_STATE_DIR": str(CHECKOUT / ".state"),
        "PYTHON_BUILDS_STORE": str(folder / "store"),
        "PYTHON_BUILDS_LOCAL_WORKER": "true",
    }
    done = subprocess.run(["make", "build", f"VERSION={VERSION}"], cwd=CHECKOUT, env=environment)
    assert done.returncode == 0
    return folder / "store"


@pytest.mark.timeout(1800)
def test_the_record_says_where_it_comes_from_and_that_it_was_checked(built: Path) -> None:
    (path,) = built.glob("quick/python/*/records/*.json")
    record = json.loads(path.read_bytes())

    assert record["checked"] is True
    assert {"_pickle", "math"} <= set(record["built_with"]["builtin_modules"])
    assert record["source"]["trust"] == "signed-index"
    # Upstream's own digest of Python-3.11.2.tgz, as in https://www.python.org/ftp/python/3.11.2/
    assert record["source"]["sha256"] == "2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849"
    assert (built / "quick/python/versions.json").read_text() == f'{{"python_versions": ["{VERSION}"]}}'


@pytest.mark.timeout(1800)
def test_the_package_installs_here_runs_and_goes_without_a_trace(built: Path) -> None:
    assert not PREFIX.exists(), (
        f"{PREFIX} is there already: remove the package python-{VERSION} from this machine first"
    )
    (package,) = built.glob("quick/python/*/pkgs/*.deb")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # apt-get reads a package as its own user, who may not look into a test's folder.
    readable = Path("/var/tmp") / package.name
    readable.write_bytes(package.read_bytes())
    try:
        subprocess.run(["apt-get", "install", "--yes", "--quiet", readable], env=environment, check=True)
        shown = subprocess.run([PREFIX / "bin/python", "--version"], capture_output=True, text=True, check=True)
        code = "import ssl, sqlite3, ctypes, lzma, tkinter, readline, dbm.gnu; print(ssl.OPENSSL_VERSION)"
        subprocess.run([PREFIX / "bin/python", "-c", code], check=True)
        subprocess.run([PREFIX / "bin/pip", "--version"], check=True)
    finally:
        subprocess.run(["apt-get", "purge", "--yes", "--quiet", f"python-{VERSION}"], env=environment, check=True)
        readable.unlink()

    assert shown.stdout == f"Python {VERSION}\n"
    assert not PREFIX.exists()
