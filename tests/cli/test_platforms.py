"""`make platforms`: the table for people, with what the files of proofs say."""

import os
import subprocess
import sys

from python_builds.adapters.building.recipe import SCRIPTS, packed
from python_builds.adapters.platforms.proof_files import read_proofs, read_stand_ins
from python_builds.cli.platforms import table, todays_recipe
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.platforms.stand_ins import tried_on
from python_builds.core.settings.settings import Settings
from tests.proofs import make_proof, make_stand_in

SETTINGS = Settings(_env_file=None)


def test_the_table_shows_every_row_with_the_systems_it_serves_and_what_its_proofs_say():
    proofs, stand_ins = read_proofs(), read_stand_ins()
    head, *lines = table(SETTINGS, proofs, stand_ins).splitlines()

    assert head.startswith("PLATFORM ")
    assert [line.split()[0] for line in lines] == [row.name for row in PLATFORMS]
    for line, row in zip(lines, PLATFORMS, strict=True):
        said = tried_on(row, proofs, stand_ins)
        assert all(one in line for one in said)
        assert ("  not yet  " in line) == (not said)
        assert row.end_of_support.isoformat() in line
        assert all(f"{os_id} {version_id}" in line for os_id, version_id in row.serves)


def test_the_command_prints_the_table():
    command = [sys.executable, "-m", "python_builds", "platforms"]
    environment = {"PYTHONPATH": ":".join(sys.path), "PYTHON_BUILDS_ENV_FILE": os.devnull}

    assert (
        subprocess.check_output(command, env=environment, text=True)
        == table(SETTINGS, read_proofs(), read_stand_ins()) + "\n"
    )


def test_a_proof_of_another_recipe_is_shown_as_old_and_one_of_today_s_is_not():
    row = platform_named("debian-12")
    now = todays_recipe(row, packed(SCRIPTS))
    old, new = (
        table(Settings(_env_file=None, proof_days=3650), {("debian-12", "amd64"): make_proof(recipe=recipe)}, {})
        for recipe in ("0" * 16, now)
    )

    assert "amd64 proven 2026-11-28 (old: of another recipe), arm64 not yet  " in old
    assert "amd64 proven 2026-11-28, arm64 not yet  " in new


def test_a_stand_in_of_another_recipe_is_shown_as_old_and_one_of_today_s_is_not():
    now = todays_recipe(platform_named("rhel-9"), packed(SCRIPTS))
    old, new = (table(SETTINGS, {}, {("rhel-9", "amd64"): make_stand_in(recipe=recipe)}) for recipe in ("0" * 16, now))

    assert "amd64 stand-in 2026-11-28 (old: of another recipe), arm64 not yet  " in old
    assert "amd64 stand-in 2026-11-28, arm64 not yet  " in new
