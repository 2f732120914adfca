"""`make mutants`: changes the core in one place after another, and lists the changes that no test of tests/core notices.

In a copy of the checkout whose library lies in src/, the only folder that mutmut takes for no part of a module's name.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
FOLDER = CHECKOUT / ".state" / "mutants"
STATISTICS = FOLDER / "mutants" / "mutmut-cicd-stats.json"


def lay_out() -> None:
    """Copy what git knows of, with the library in src/; tests that look for it in master/ find it there too."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, FOLDER / name)
    (FOLDER / "master").rename(FOLDER / "src")
    (FOLDER / "master").symlink_to("src")


def main() -> None:
    """Run mutmut on what ONLY= names, as `python_builds.core.planning.*`, or on everything."""
    lay_out()
    mutmut = [sys.executable, "-m", "mutmut"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it would find master/
    subprocess.run([*mutmut, "run", *os.environ.get("ONLY", "").split()], cwd=FOLDER, env=environment, check=True)
    for command in ("results", "export-cicd-stats"):
        done = subprocess.run(
            [*mutmut, command], cwd=FOLDER, env=environment, check=True, capture_output=True, text=True
        )
        print(
            *(line.strip() for line in done.stdout.splitlines() if line.endswith((": survived", "no tests"))), sep="\n"
        )
    found = json.loads(STATISTICS.read_text())
    noticed = found["killed"] + found["timeout"] + found["segfault"]
    tried = noticed + found["survived"] + found["no_tests"] + found["suspicious"]
    print(f"{noticed} of {tried} changes were noticed, {found['no_tests']} of them are in what no test calls")


if __name__ == "__main__":
    main()
