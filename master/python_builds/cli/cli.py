"""The command line: `python-builds COMMAND --options`; make's targets are aliases of it.

It exits with 0 if all went as asked, 1 if it did not, 2 if what was typed makes no sense to it, 130 after Ctrl-C.
"""

import os
import sys
from collections.abc import Callable, MutableMapping
from typing import Annotated, NoReturn

import typer

from python_builds.cli import pages
from python_builds.cli import platforms as platform_table
from python_builds.cli.building import build as builds
from python_builds.cli.building import reproduce as reproduction
from python_builds.cli.exit_status import end_as_by_ctrl_c, exit_status
from python_builds.cli.make_variables import options
from python_builds.cli.master import farm
from python_builds.cli.options import (
    Architecture,
    Architectures,
    Batch,
    OnePlatform,
    Part,
    Platforms,
    Profile,
    Reason,
    Rows,
    Version,
    Yes,
    words,
)
from python_builds.cli.output import write_anywhere
from python_builds.cli.pages import settings_lines
from python_builds.cli.planning import acknowledge as acknowledging
from python_builds.cli.planning import operating
from python_builds.cli.planning import rebuild as rebuilds
from python_builds.cli.publishing import minors, publishing
from python_builds.cli.workers import images as image_commands
from python_builds.core.building.requests import DEFAULT_PROFILE
from python_builds.core.errors import InvalidRequest
from python_builds.core.settings.settings import load_settings

NAME = "python-builds"
BY_MAKE = "BY_MAKE"
"""Variable that names the Makefile's target whose alias this run is."""

AGAIN = "stopped; run it again to go on"

app = typer.Typer(
    name=NAME,
    help="The farm that builds every CPython for every supported Linux. `python-builds settings` lists its settings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def build(
    version: Version = "",
    platform: Platforms = None,
    profile: Profile = "quick",
    force: Annotated[bool, typer.Option("--force", help="build what is published again, as a new revision")] = False,
    retrain: Annotated[bool, typer.Option("--retrain", help="make new training data")] = False,
) -> None:
    """Build one CPython, start to finish: by default the newest, for this machine's platform."""
    end_as_by_ctrl_c()

    def do() -> None:
        settings = load_settings()
        builds.build(settings, builds.request(version, words(platform), profile, force=force, retrain=retrain))

    _end(do)


@app.command()
def reproduce(version: Version = "", platform: OnePlatform = "", profile: Profile = DEFAULT_PROFILE) -> None:
    """Build again what is published, elsewhere, and compare to the byte."""
    end_as_by_ctrl_c()

    def do() -> int:
        settings = load_settings()
        return reproduction.reproduce(settings, reproduction.wanted(settings, version, platform, profile))

    _end(do)


@app.command()
def run() -> None:
    """Start the farm on this machine, in the background."""
    _end(lambda: farm.run(load_settings()))


@app.command()
def stop() -> None:
    """Stop the farm."""
    _end(lambda: farm.end(load_settings()))


@app.command()
def status() -> None:
    """Say what the farm does."""
    _end(lambda: print(farm.status(load_settings())))


@app.command()
def plan(
    everything: Annotated[bool, typer.Option("--all", help="every line, not only a screenful")] = False,
) -> None:
    """Say what is wanted, missing, asked for and failed, and why."""
    _end(lambda: farm.plan(load_settings(), everything=everything))


@app.command()
def acknowledge(
    alert: Annotated[str, typer.Argument(help="words of the alert that no other has; without any, list them")] = "",
    by: Annotated[str, typer.Option(help="who knows of it, if not this terminal's user")] = "",
) -> None:
    """Say that somebody knows of an alert; `plan` and `status` show by whom."""
    _end(lambda: acknowledging.acknowledge(load_settings(), alert.strip(), by))


@app.command()
def rebuild(
    versions: Annotated[list[str] | None, typer.Option(help="what to build again; all means all")] = None,
    platforms: Platforms = None,
    architectures: Architectures = None,
    profile: Profile = DEFAULT_PROFILE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only list")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask, however many they are")] = False,
) -> None:
    """Build again what is published, as new revisions."""

    def do() -> int:
        settings = load_settings()
        fields = rebuilds.request(words(versions), words(platforms), words(architectures), profile)
        return rebuilds.rebuild(settings, fields, dry_run=dry_run, yes=yes)

    _end(do, interrupted="stopped; nothing was asked for")


@app.command()
def cancel(batch: Batch = "", version: Version = "", platform: OnePlatform = "") -> None:
    """Cancel what is not finished of a rebuild, or of a version, a platform."""
    _end(lambda: rebuilds.cancel(load_settings(), batch, version.strip(), platform))


@app.command()
def pause(what: Part, reason: Reason = "") -> None:
    """Begin nothing new there; what runs goes on."""
    _end(lambda: operating.pause(load_settings(), what, reason))


@app.command()
def resume(what: Part) -> None:
    """Go on with what was paused."""
    _end(lambda: operating.resume(load_settings(), what))


@app.command()
def queue(limit: Rows = 20) -> None:
    """Show what waits, in its order, and for what."""
    _end(lambda: operating.queue(load_settings(), limit))


@app.command()
def reindex(
    digests: Annotated[bool, typer.Option("--digests", help="read every file too")] = False,
    accept_loss: Annotated[bool, typer.Option("--accept-loss", help="write indexes without what is gone")] = False,
) -> None:
    """Compare all records with the indexes, and write those that differ."""
    _end(lambda: publishing.reindex(load_settings(), digests=digests, accept_loss=accept_loss), interrupted=AGAIN)


@app.command()
def prune(
    keep: Annotated[str, typer.Option(help="revisions of each product that stay, if not the setting's number")] = "",
    yes: Yes = False,
) -> None:
    """List revisions beyond the newest few, or remove them."""
    _end(lambda: publishing.prune(load_settings(), keep, yes=yes), interrupted=AGAIN)


@app.command()
def adopt(
    digests: Annotated[bool, typer.Option("--digests", help="read every file, to record its digest")] = False,
    accept_loss: Annotated[bool, typer.Option("--accept-loss", help="write indexes without what is gone")] = False,
    yes: Yes = False,
) -> None:
    """List what the predecessor has published in the bucket, or take it over."""
    _end(
        lambda: publishing.adopt(load_settings(), digests=digests, accept_loss=accept_loss, yes=yes), interrupted=AGAIN
    )


@app.command()
def platforms() -> None:
    """Print the platform table."""
    print(platform_table.table())


@app.command("minors")
def write_minors() -> None:
    """Write docs/minors.md, the table of what this farm's records say was built."""
    _end(lambda: minors.write(load_settings()))


@app.command()
def settings() -> None:
    """List the settings, with defaults."""
    print(settings_lines())


@app.command("pages")
def write_pages() -> None:
    """Write those pages of docs/ that are made from the code: settings, and a build."""
    _end(pages.write)


@app.command()
def base_image(platform: Platforms = None) -> None:
    """Make a base image with debootstrap, where no registry is reached."""
    _end(lambda: image_commands.base_images(words(platform)))


@app.command()
def images(platform: Platforms = None, arch: Architecture = "") -> None:
    """Build worker images, of all platforms whose base image is on this Docker host or of those named."""
    _end(lambda: image_commands.images(words(platform), arch))


@app.command()
def push(
    platform: Platforms = None,
    registry: Annotated[str, typer.Option(help="where to, if not where the setting says")] = "",
) -> None:
    """Push worker images, all that are on this Docker host or those named."""
    _end(lambda: image_commands.push(words(platform), (registry or load_settings().registry).rstrip("/")))


@app.command()
def shell(platform: OnePlatform = "") -> None:
    """Open a shell in a container like the farm's, with the scripts."""
    _end(lambda: image_commands.shell(platform))


def _end(do: Callable[[], int | None], interrupted: str = "stopped") -> NoReturn:
    raise typer.Exit(exit_status(do, interrupted=interrupted))


def main(commands: typer.Typer = app, environment: MutableMapping[str, str] = os.environ) -> None:
    """Do what the command line says, or as make's alias what its variables say."""
    write_anywhere()
    every = typer.main.get_command(commands)
    arguments = sys.argv[1:]
    if target := environment.pop(BY_MAKE, None):
        command = getattr(every, "commands", {target: every})[target]
        try:
            given = options(target, command.params, environment)
        except InvalidRequest as error:
            print(f"{NAME}: {error}", file=sys.stderr)
            sys.exit(2)
        arguments = [target, *given] if every is not command else given
    every.main(arguments, prog_name=NAME)
