"""The database is prepared once: for this Buildbot, this host and this URL."""

import sys
from pathlib import Path

import pytest

from python_builds.cli.master.prepared_database import (
    NOTE,
    forget_database,
    is_prepared,
    prepare_database,
    require_server,
)
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings


def settings(folder: Path, **values: str) -> Settings:
    return Settings(_env_file=None, state_dir=folder, **values)


def note(folder: Path, found: Settings) -> None:
    from python_builds.cli.master import prepared_database

    (folder / NOTE).write_text(prepared_database.note_of(found))
    (folder / "state.sqlite").write_text("tables")


def test_a_client_library_that_is_missing_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(FarmError, match="PostgreSQL's client library is missing .*: apt-get install libpq5"):
        require_server(settings(tmp_path, database_url="postgresql+psycopg://farm@127.0.0.1:1/farm"))


def test_what_was_prepared_is_not_prepared_again(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert not is_prepared(found, tmp_path)
    note(tmp_path, found)

    assert is_prepared(found, tmp_path)
    prepare_database(found, tmp_path, tmp_path / "log", {"PATH": ""})
    assert not (tmp_path / "log").exists(), "nothing was run"


def test_another_database_or_host_or_a_file_that_is_gone_is_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = settings(tmp_path)
    note(tmp_path, found)

    assert not is_prepared(settings(tmp_path, database_url="postgresql://farm:secret@db/farm"), tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("socket.gethostname", lambda: "elsewhere")
        assert not is_prepared(found, tmp_path)
    (tmp_path / "state.sqlite").unlink()
    assert not is_prepared(found, tmp_path)
    (tmp_path / "state.sqlite").touch()
    assert not is_prepared(found, tmp_path), "it is empty"
    (tmp_path / "state.sqlite").write_text("tables")
    forget_database(tmp_path)
    assert not is_prepared(found, tmp_path)
    assert "secret" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_a_database_that_cannot_be_prepared_is_told_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match=r"the database could not be prepared:\n.*buildbot.tac"):
        prepare_database(settings(tmp_path), tmp_path, tmp_path / "log", {})
    assert not (tmp_path / NOTE).exists()
