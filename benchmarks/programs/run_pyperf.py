"""usage: run_pyperf.py PLAN.json RESULT.json: runs pyperf benchmarks under several interpreters in turn.

It needs the standard library alone. PYTHONPATH, which is passed on, has pyperf.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

ABOUT = "import json, sys; print(json.dumps([sys.executable, sys.prefix, sys.version]))"


def main(arguments: Sequence[str]) -> None:
    """Run the plan."""
    plan, target = map(Path, arguments)
    content = json.loads(plan.read_text())
    about = {name: describe(path) for name, path in content["interpreters"].items()}
    target.write_text(json.dumps({"interpreters": about, **run(content)}))


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Give, for each benchmark and interpreter, the median of each round's values, in seconds."""
    interpreters = plan["interpreters"]
    loops = {}
    medians: dict[str, dict[str, list[float]]] = {name: {i: [] for i in interpreters} for name in plan["benchmarks"]}
    for name, command in plan["benchmarks"].items():
        loops[name] = calibrate(plan, command)
    for number in range(plan["rounds"]):
        order = list(interpreters)[:: -1 if number % 2 else 1]
        for name, command in plan["benchmarks"].items():
            print(f"round {number + 1} of {plan['rounds']}: {name}", flush=True)
            for interpreter in order:
                found = measure(plan, interpreters[interpreter], command, [f"--loops={loops[name]}"])
                medians[name][interpreter].append(median(found["values"]))
    return {"loops": loops, "medians": medians}


def calibrate(plan: dict[str, Any], command: Sequence[str]) -> int:
    """Let pyperf find how many loops make a value that is long enough, under the first interpreter."""
    first = next(iter(plan["interpreters"].values()))
    return int(measure(plan, first, command, [])["loops"])


def measure(plan: dict[str, Any], interpreter: str, command: Sequence[str], options: Sequence[str]) -> dict[str, Any]:
    """Run one benchmark under one interpreter, in a process: its values, and the loops of each."""
    script, *arguments = command
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "result.json")
        done = subprocess.run(
            [
                interpreter,
                script,
                *arguments,
                "--quiet",
                "--processes=1",
                f"--output={output}",
                "--inherit-environ=PYTHONPATH",
                f"--affinity={max(os.sched_getaffinity(0))}",
                f"--values={plan['values']}",
                f"--warmups={plan['warmups']}",
                *options,
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{interpreter} {' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return read(json.loads(output.read_text()))


def read(suite: dict[str, Any]) -> dict[str, Any]:
    """Read pyperf's file, which must be of a single benchmark."""
    (benchmark,) = suite["benchmarks"]
    (values,) = [run["values"] for run in benchmark["runs"] if "values" in run]
    places = [
        suite.get("metadata", {}),
        benchmark.get("metadata", {}),
        *(run.get("metadata", {}) for run in benchmark["runs"]),
    ]
    loops = next(place["loops"] for place in places if "loops" in place)
    return {"values": values, "loops": loops}


def describe(interpreter: str) -> dict[str, str]:
    """Say what an interpreter is; the digest is of its file, and of its libpython where it loads one."""
    asked = subprocess.run([interpreter, "-c", ABOUT], capture_output=True, text=True, check=True)
    executable, prefix, version = json.loads(asked.stdout)
    linked = subprocess.run(["ldd", interpreter], capture_output=True, text=True, check=True).stdout
    library = next((line.split()[2] for line in linked.splitlines() if "libpython" in line), "")
    return {
        "executable": executable,
        "prefix": prefix,
        "version": " ".join(version.split()),
        "sha256": digest(interpreter),
        **({"libpython": library, "libpython sha256": digest(library)} if library else {}),
    }


def digest(path: str) -> str:
    """Give a file's SHA-256."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
