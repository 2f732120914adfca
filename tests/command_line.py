"""The command line, as tests in this process type it."""

import pytest
import typer

from python_builds.cli.cli import NAME, app


def typed(*arguments: str) -> int:
    """Run a command, and give its exit status."""
    with pytest.raises(SystemExit) as ended:
        typer.main.get_command(app).main(list(arguments), prog_name=NAME)
    assert isinstance(ended.value.code, int)
    return ended.value.code
