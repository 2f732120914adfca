"""`make bench [BENCH="farm ..."]`: runs the named benchmarks, or all, and writes what they found to results/.

`python -m benchmarks --help` lists what some of them can be told.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import docker.errors
import typer

import benchmarks
from benchmarks.machine import describe
from benchmarks.plots import draw
from benchmarks.report import Result, as_json, as_markdown
from python_builds.cli import cli
from python_builds.cli.exit_status import end_as_by_ctrl_c, exit_status
from python_builds.cli.options import Platforms, words
from python_builds.core.errors import FarmError, InvalidRequest

RESULTS = Path(__file__).parent / "results"


app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def bench(
    bench: Annotated[list[str] | None, typer.Option(help="which; may be given again; by default all")] = None,
    platform: Platforms = None,
    against: Annotated[str, typer.Option(help="the commit whose recipe is compared with")] = "",
    rounds: Annotated[int, typer.Option(min=0, help="how often everything is measured, if not as usual")] = 0,
    gcc: Annotated[str, typer.Option(help="series of gcc, as in 14")] = "",
) -> None:
    """Measure, and write what was found to benchmarks/results."""
    end_as_by_ctrl_c()
    options = {"platform": " ".join(words(platform)), "against": against, "rounds": rounds, "gcc": gcc}
    given = {name: value for name, value in options.items() if value}

    def do() -> None:
        for name, measure in chosen(words(bench), given).items():
            try:
                write(name, measure, {key: given[key] for key in given if key in takes(measure)})
            except docker.errors.DockerException as error:
                raise FarmError(f"the Docker engine: {error}") from error

    raise typer.Exit(exit_status(do))


def chosen(names: list[str], given: Mapping[str, Any]) -> dict[str, Callable[..., Result]]:
    """Find the named benchmarks, or all.

    Raises:
        InvalidRequest: if there is none of a name, or none of them takes an option that was given.
    """
    known = find()
    if unknown := [name for name in names if name not in known]:
        raise InvalidRequest(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(known)}")
    found = {name: known[name] for name in names or known}
    taken = {option for measure in found.values() for option in takes(measure)}
    if useless := [option for option in given if option not in taken]:
        raise InvalidRequest(f"{', '.join(found)} cannot be told {', '.join(useless)}")
    return found


def takes(measure: Callable[..., Result]) -> list[str]:
    """List the options that a benchmark takes."""
    return list(inspect.signature(measure).parameters)


def find() -> dict[str, Callable[..., Result]]:
    """Find the benchmarks, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name != "__main__")
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module.measure for name, module in modules.items() if hasattr(module, "measure")}


def write(name: str, measure: Callable[..., Result], options: Mapping[str, Any]) -> None:
    """Run one benchmark, on the machine as it is when it begins."""
    about = describe()
    result = measure(**options)
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
    cli.main(app)
