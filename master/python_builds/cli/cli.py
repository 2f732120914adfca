"""The command line: `python-builds COMMAND --options`; make's targets are aliases of it.

A command imports what it does when it is called: `status` is asked often, and Buildbot alone takes a second to import.

It exits with 0 if all went as asked, 1 if it did not, 2 if what was typed makes no sense to it, 130 after Ctrl-C.
"""

import os
import sys
from collections.abc import MutableMapping
from typing import Annotated

import typer

from python_builds.cli import farm_commands, image_commands
from python_builds.cli.exit_status import end, end_as_by_ctrl_c
from python_builds.cli.make_variables import options
from python_builds.cli.options import (
    AcceptLoss,
    Architecture,
    Digests,
    Identity,
    Issuer,
    Key,
    OnePlatform,
    Platforms,
    Profile,
    Version,
    Yes,
    words,
)
from python_builds.cli.output import write_anywhere
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
    from python_builds.cli.building import build as builds

    def do() -> None:
        settings = load_settings()
        builds.build(settings, builds.request(version, words(platform), profile, force=force, retrain=retrain))

    end(do)


@app.command()
def reproduce(
    version: Version = "",
    platform: OnePlatform = "",
    profile: Profile = DEFAULT_PROFILE,
    provenance: Annotated[
        str, typer.Option(help="what another farm states of its artifact: file or URL, in its store")
    ] = "",
    key: Key = "",
    identity: Identity = "",
    issuer: Issuer = "",
) -> None:
    """Build again what is published, elsewhere, and compare to the byte."""
    end_as_by_ctrl_c()
    from python_builds.cli.building import reproduce as reproduction

    def do() -> int:
        settings = load_settings()
        if provenance:
            from python_builds.cli.building.rebuild_from import rebuild_from
            from python_builds.cli.publishing import verify as verification

            return rebuild_from(settings, provenance, verification.trusted_by(settings, key, identity, issuer))
        return reproduction.reproduce(settings, reproduction.wanted(settings, version, platform, profile))

    end(do)


@app.command()
def verify(
    file: Annotated[str, typer.Argument(help="a published file, or its URL")],
    key: Key = "",
    openpgp_key: Annotated[str, typer.Option(help="file with the farm's OpenPGP key, armored")] = "",
    source: Annotated[str, typer.Option(help="the source tarball, with its signature beside it")] = "",
    identity: Identity = "",
    issuer: Issuer = "",
) -> None:
    """Say in a table whether a published file is what its farm says it is."""
    from python_builds.cli.publishing import verify as verification

    def do() -> int:
        settings = load_settings()
        trusted = verification.trusted_by(settings, key, identity, issuer)
        return verification.verify(settings, file, trusted, openpgp_key=openpgp_key, source=source)

    end(do)


@app.command()
def accept(
    file: Annotated[str, typer.Argument(help="what another farm states of an artifact of this one, or its URL")],
    key: Key = "",
) -> None:
    """Take up that another farm has built an artifact again, and got the same."""
    from python_builds.cli.publishing import rebuilds

    end(lambda: rebuilds.accept(load_settings(), file, key=key))


@app.command()
def reindex(digests: Digests = False, accept_loss: AcceptLoss = False) -> None:
    """Compare all records with the indexes, and write those that differ."""
    from python_builds.cli.publishing import publishing

    end(lambda: publishing.reindex(load_settings(), digests=digests, accept_loss=accept_loss), interrupted=AGAIN)


@app.command()
def prune(
    keep: Annotated[str, typer.Option(help="revisions of each product that stay, if not the setting's number")] = "",
    yes: Yes = False,
) -> None:
    """List revisions beyond the newest few, or remove them."""
    from python_builds.cli.publishing import publishing

    end(lambda: publishing.prune(load_settings(), keep, yes=yes), interrupted=AGAIN)


@app.command()
def adopt(
    digests: Annotated[bool, typer.Option("--digests", help="read every file, to record its digest")] = False,
    accept_loss: AcceptLoss = False,
    yes: Yes = False,
) -> None:
    """List what the predecessor has published in the bucket, or take it over."""
    from python_builds.cli.publishing import publishing

    end(lambda: publishing.adopt(load_settings(), digests=digests, accept_loss=accept_loss, yes=yes), interrupted=AGAIN)


@app.command()
def platforms() -> None:
    """Print the platform table, and what was tried of each on the real system."""
    from python_builds.adapters.platforms.proof_files import read_proofs, read_stand_ins
    from python_builds.cli.platforms import table

    end(lambda: print(table(load_settings(), read_proofs(), read_stand_ins())))


@app.command()
def prove(platform: Platforms = None, arch: Architecture = "", profile: Profile = DEFAULT_PROFILE) -> None:
    """Try a platform on the real system, from its base image to what users do; write proofs/PLATFORM-ARCH.json."""
    from python_builds.cli.proving import prove as proving

    end_as_by_ctrl_c()
    end(lambda: proving.prove(load_settings(), words(platform), arch, profile), interrupted=AGAIN)


@app.command("minors")
def write_minors() -> None:
    """Write docs/minors.md, the table of what this farm's records say was built."""
    from python_builds.cli.publishing import minors

    end(lambda: minors.write(load_settings()))


@app.command()
def settings() -> None:
    """List the settings, with defaults."""
    from python_builds.cli.pages import settings_lines

    print(settings_lines())


@app.command("pages")
def write_pages() -> None:
    """Write the pages that are made from the code and from proofs/: settings, a build, platforms, the README's part."""
    from python_builds.cli import pages

    end(pages.write)


app.add_typer(image_commands.app)
app.add_typer(farm_commands.app)


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
