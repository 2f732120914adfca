"""`make bench [BENCH="farm ..."]`: runs the named benchmarks, or all, and writes what they found to results/."""

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import docker.errors

import benchmarks
from benchmarks.machine import describe
from benchmarks.plots import draw
from benchmarks.report import Result, as_json, as_markdown
from python_builds.commands.told import EXPECTED, end_as_by_ctrl_c

RESULTS = Path(__file__).parent / "results"


def main(wanted: list[str]) -> int:
    """Measure, and say with the exit status whether it worked."""
    end_as_by_ctrl_c()
    known = find()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"BENCH= names {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    try:
        for name in wanted or known:
            write(name, known[name])
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except (*EXPECTED, docker.errors.DockerException) as error:
        print(f"python-builds: {error}", file=sys.stderr)
        return 1
    return 0


def find() -> dict[str, Callable[[], Result]]:
    """Find the benchmarks, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name != "__main__")
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module.measure for name, module in modules.items() if hasattr(module, "measure")}


def write(name: str, measure: Callable[[], Result]) -> None:
    """Run one benchmark, on the machine as it is when it begins."""
    about = describe()
    result = measure()
    RESULTS.mkdir(exist_ok=True)
    values = RESULTS / f"{name}.json"
    values.write_text(as_json(about, result))
    text = as_markdown(about, result, f"{name}.svg" if result.plot else "")
    (RESULTS / f"{name}.md").write_text(text)
    print(f"\n{text}\nwritten: benchmarks/results/{name}.md and .json", flush=True)
    if result.plot:
        draw(values, RESULTS / f"{name}.svg")
        print(f"drawn: benchmarks/results/{name}.svg", flush=True)


if __name__ == "__main__":
    sys.exit(main(os.environ.get("BENCH", "").split()))
