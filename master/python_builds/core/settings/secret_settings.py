"""Settings that are secret, and those that name a file with a secret: what has such a type is shown nowhere.

A secret itself is a `SecretStr`, which tells its text to those alone who ask for it. A test puts a marker into each and
looks for it in all that a farm writes and answers.
"""

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, SecretStr, ValidationInfo
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from python_builds.core.settings.setting_types import CheckoutPath, http_url

HELD = "the file holds a secret"
"""Marks the type of a file's name."""

_USER_AND_PASSWORD = re.compile(r"(?<=//)[^/@\s]*@")


def private_file(path: Path, what: str) -> Path:
    """Want a file that holds a secret, for the one who runs the farm alone.

    Raises:
        ValueError: if it is none, or others may read it.
    """
    if not (path.is_file() and os.access(path, os.R_OK) and path.read_bytes().strip()):
        raise ValueError(f"must be a readable file that holds {what}")
    if path.stat().st_mode & 0o077:
        raise ValueError("must be readable by its owner only: chmod 600")
    return path


def mail_account(value: Path | None, info: ValidationInfo) -> Path | None:
    """Want the file with the mail server's password where there is an account, and nowhere else."""
    if (value is None) != (not info.data.get("smtp_user")):
        raise ValueError("must be set together with smtp_user, or neither")
    return value


def _secret_http_url(value: SecretStr) -> SecretStr:
    return SecretStr(http_url(value.get_secret_value()))


def _database_url(value: SecretStr) -> SecretStr:
    try:
        url = make_url(value.get_secret_value())
    except (ArgumentError, ValueError):
        raise ValueError("must be a URL as in postgresql://farm:PASSWORD@db.example/farm") from None
    if url.drivername not in ("sqlite", "postgresql", "postgresql+psycopg") or not url.database:
        raise ValueError("must name a database of SQLite (sqlite:///state.sqlite) or PostgreSQL (postgresql://…/farm)")
    if {"password", "sslpassword"} & {*url.query}:
        raise ValueError("must have its password between user and host, or in libpq's own ~/.pgpass")
    return value


PasswordFile = Annotated[CheckoutPath, AfterValidator(partial(private_file, what="a password")), HELD]
CredentialsFile = Annotated[CheckoutPath, AfterValidator(partial(private_file, what="credentials")), HELD]
SecretKeysFile = Annotated[CheckoutPath, AfterValidator(partial(private_file, what="OpenPGP secret keys")), HELD]
TokenFile = Annotated[CheckoutPath, AfterValidator(partial(private_file, what="a token")), HELD]
LoginSecretFile = Annotated[CheckoutPath, AfterValidator(partial(private_file, what="a client's secret")), HELD]
AttestationKeysFile = Annotated[CheckoutPath, AfterValidator(partial(private_file, what="a secret key in PEM")), HELD]
PassphraseFile = Annotated[CheckoutPath, AfterValidator(partial(private_file, what="a passphrase")), HELD]
SecretHttpUrl = Annotated[SecretStr, AfterValidator(_secret_http_url)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]


def secret_fields(model: type[BaseModel]) -> list[str]:
    """Name the settings that are secret."""
    return [name for name, field in model.model_fields.items() if SecretStr in _parts(field.annotation)]


def secret_file_fields(model: type[BaseModel]) -> list[str]:
    """Name the settings that name a file with a secret."""
    return [name for name, field in model.model_fields.items() if HELD in (*_parts(field.annotation), *field.metadata)]


def shown(value: object, *, secret: bool) -> str:
    """Write a value that cannot be used into a sentence: a secret one not at all, a URL without user and password."""
    return "is not shown, as it is secret" if secret else f"is {_USER_AND_PASSWORD.sub('…@', str(value))!r}"


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
