"""What people give make as VARIABLE=value, as the options of a command; what is none of its variables is refused.

A variable has its option's name in capitals: `make prune KEEP=2 YES=1` is `python-builds prune --keep=2 --yes`. As
before there was a command line, one may stand before `make` too, in the environment.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from python_builds.core.errors import InvalidRequest

YES = ("1", "yes", "true", "on", "y")
NO = ("", "0", "no", "false", "off", "n")
OTHERS = re.compile(r"(PYTHON|VENV|BIN|CI|SHELL)$|(PYTHON_BUILDS|PIP|DOCKER|LC)_|LANG")
"""Names that mean something else on make's command line: to the Makefile, to the farm, to pip and to Docker."""


def options(target: str, parameters: Iterable[Any], environment: Mapping[str, str]) -> list[str]:
    """Give a target's variables as options of its command, whose parameters are click's.

    Raises:
        InvalidRequest: with all that is no variable of the target, or no yes and no no.
    """
    known = {_variable(parameter): parameter for parameter in parameters if parameter.name != "help"}
    problems = [_unknown(name, target, known) for name in given(environment.get("MAKEFLAGS", "")) if name not in known]
    found = []
    arguments: list[str] = []
    for name, parameter in known.items():
        value = environment.get(name, "").strip()
        if parameter.param_type_name == "argument":
            arguments += ["--", value] if value else []
        elif not parameter.is_flag:
            found += [f"{parameter.opts[0]}={value}"] if value else []
        elif value.lower() in YES:
            found.append(parameter.opts[0])
        elif value.lower() not in NO:
            problems.append(_neither(name, value))
    if any(problems):
        raise InvalidRequest("\n".join(filter(None, problems)))
    return [*found, *arguments]


def given(flags: str) -> list[str]:
    """Read from MAKEFLAGS, as make exports it, the names of the variables on make's own command line."""
    _, _, variables = f" {flags}".partition(" -- ")
    words = re.findall(r"(?:\\.|\S)+", variables)
    return [re.split(r"[:+?!]*=", word)[0] for word in words if "=" in word]


def _variable(parameter: Any) -> str:
    return str(parameter.opts[0]).removeprefix("--").replace("-", "_").upper()


def _unknown(name: str, target: str, known: Iterable[str]) -> str:
    if OTHERS.match(name):
        return ""
    close = difflib.get_close_matches(name.upper(), known, n=1)
    if close:
        return f"{name} is no variable of `make {target}`; did you mean {close[0]}?"
    allowed = f"its variables are {', '.join(known)}" if known else "it has none"
    return f"{name} is no variable of `make {target}`: {allowed}; what is for other programs stands before `make`"


def _neither(name: str, value: str) -> str:
    close = difflib.get_close_matches(value.lower(), [*YES, *filter(None, NO)], n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"{name} is {value!r}: it must be yes or no, as in 1, true, on, or 0, false, off{meant}"
