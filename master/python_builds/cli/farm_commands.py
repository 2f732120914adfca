"""The commands with which an operator runs a farm; each imports what it does when it is called, as in cli.py."""

from typing import Annotated

import typer

from python_builds.cli.advisories import commits
from python_builds.cli.exit_status import end
from python_builds.cli.master import status as status_of
from python_builds.cli.options import (
    Architectures,
    Batch,
    OnePlatform,
    Part,
    Platforms,
    Profile,
    Reason,
    Rows,
    Version,
    words,
)
from python_builds.core.building.requests import DEFAULT_PROFILE
from python_builds.core.settings.settings import load_settings

app = typer.Typer()


@app.command()
def run(
    foreground: Annotated[bool, typer.Option("--foreground", help="stay, for systemd or a container engine")] = False,
) -> None:
    """Start the farm on this machine, in the background."""
    from python_builds.cli.master import farm

    end(lambda: (farm.run_here if foreground else farm.run)(load_settings()))


@app.command()
def stop() -> None:
    """Stop the farm."""
    from python_builds.cli.master import farm

    end(lambda: farm.end(load_settings()))


@app.command()
def status() -> None:
    """Say what the farm does."""
    end(lambda: print(status_of.status(load_settings())))


@app.command()
def plan(
    everything: Annotated[bool, typer.Option("--all", help="every line, not only a screenful")] = False,
) -> None:
    """Say what is wanted, missing, asked for and failed, and why."""
    end(lambda: status_of.plan(load_settings(), everything=everything))


@app.command()
def acknowledge(
    alert: Annotated[str, typer.Argument(help="words of the alert that no other has; without any, list them")] = "",
    by: Annotated[str, typer.Option(help="who knows of it, if not this terminal's user")] = "",
) -> None:
    """Say that somebody knows of an alert; `plan` and `status` show by whom."""
    from python_builds.cli.planning import acknowledge as acknowledging

    end(lambda: acknowledging.acknowledge(load_settings(), alert.strip(), by))


@app.command()
def rebuild(
    versions: Annotated[list[str] | None, typer.Option(help="what to build again; all means all")] = None,
    affected: Annotated[str, typer.Option(help="instead: what this advisory affects, as PSF-2024-1; all for any")] = "",
    platforms: Platforms = None,
    architectures: Architectures = None,
    profile: Profile = DEFAULT_PROFILE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only list")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask, however many they are")] = False,
) -> None:
    """Build again what is published, as new revisions."""
    from python_builds.cli.planning import rebuild as rebuilds

    def do() -> int:
        settings = load_settings()
        named = rebuilds.named(settings, words(versions), affected.strip(), profile)
        fields = rebuilds.request(named, words(platforms), words(architectures), profile)
        return rebuilds.rebuild(settings, fields, dry_run=dry_run, yes=yes)

    end(do, interrupted="stopped; nothing was asked for")


@app.command()
def cancel(batch: Batch = "", version: Version = "", platform: OnePlatform = "") -> None:
    """Cancel what is not finished of a rebuild, or of a version, a platform."""
    from python_builds.cli.planning import rebuild as rebuilds

    end(lambda: rebuilds.cancel(load_settings(), batch, version.strip(), platform))


@app.command()
def pause(what: Part, reason: Reason = "") -> None:
    """Begin nothing new there; what runs goes on."""
    from python_builds.cli.planning import operating

    end(lambda: operating.pause(load_settings(), what, reason))


@app.command()
def resume(what: Part) -> None:
    """Go on with what was paused."""
    from python_builds.cli.planning import operating

    end(lambda: operating.resume(load_settings(), what))


@app.command()
def queue(limit: Rows = 20) -> None:
    """Show what waits, in its order, and for what."""
    from python_builds.cli.planning import operating

    end(lambda: operating.queue(load_settings(), limit))


@app.command()
def security_commits(
    clone: Annotated[str, typer.Option(help="folder of a clone of CPython with its tags")] = "",
) -> None:
    """Write the table of which release contains which commit, for the commits that advisories name."""
    end(lambda: commits.write(load_settings(), clone))
