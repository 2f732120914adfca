"""Kinds of settings: what a value must be, said in a sentence that follows the variable's name and the value found."""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationInfo

from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.upstream.releases import MINOR_PATTERN

_ADDRESS = re.compile(r"[^@\s<>,;]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
"""Buildbot's own rule, which wants a dot in the domain."""


CHECKOUT = Path(__file__).resolve().parents[4]


def one_of(allowed: Sequence[str]) -> AfterValidator:
    """Allow these words."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return AfterValidator(check)


def minutes(value: str) -> list[datetime.timedelta]:
    """Read waits."""
    return [datetime.timedelta(minutes=float(word)) for word in value.split()]


def _minutes(value: str) -> str:
    try:
        good = all(wait > datetime.timedelta(0) for wait in minutes(value))
    except (ValueError, OverflowError):
        good = False
    if not good:
        raise ValueError("must be numbers above 0, separated by spaces, as in '10 60'")
    return value


def _platforms(value: str) -> str:
    for name in value.split():
        try:
            platform_named(name)
        except InvalidRequest as error:
            raise ValueError(f"must name platforms, separated by spaces: {error}") from None
    return value


def _minors(value: str) -> str:
    if not all(re.fullmatch(MINOR_PATTERN, word, re.ASCII) for word in value.split()):
        raise ValueError("must name minors as in 3.8, separated by spaces")
    return value


def _addresses(value: str) -> str:
    if not all(_ADDRESS.fullmatch(word) for word in value.split()):
        raise ValueError("must be mail addresses as in farm@example.org, separated by spaces")
    return value


def _sender(value: str, info: ValidationInfo) -> str:
    if bool(value) != bool(info.data.get("mail_to")):
        raise ValueError("must be set together with mail_to, or neither")
    if len(value.split()) > 1:
        raise ValueError("must be one address")
    return _addresses(value)


def http_url(value: str) -> str:
    """Want a URL; it ends in no slash."""
    if not value.startswith(("http://", "https://")):
        raise ValueError("must be a URL that starts with http:// or https://")
    return value.rstrip("/")


def _public_url(value: str) -> str:
    if "@" in urlsplit(http_url(value)).netloc:
        raise ValueError("must not hold a user or a password: logs and pages show it")
    return http_url(value)


def _fingerprints(value: str) -> str:
    if not all(re.fullmatch("[0-9A-F]{40}", word, re.ASCII) for word in value.split()):
        raise ValueError("must be OpenPGP fingerprints, 40 hexadecimal digits in capitals each, separated by spaces")
    return value


def _members(value: str) -> str:
    if any(not re.fullmatch(r"@?[^@\s,][^,]*", word) for word in members(value)):
        raise ValueError("must be names of people and, after an @, of groups, separated by commas, as in 'anna, @team'")
    return value


def members(value: str) -> list[str]:
    """Read who has a role."""
    return [word.strip() for word in value.split(",")] if value.strip() else []


def _ldap_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("ldap", "ldaps") or not url.hostname or "@" in url.netloc or url.path.strip("/"):
        raise ValueError("must be a URL as in ldaps://ldap.example, without user, password and path")
    return value


def _header(value: str) -> str:
    if not re.fullmatch("[A-Za-z0-9-]+", value, re.ASCII):
        raise ValueError("must be the name of an HTTP header, as in X-Remote-User")
    return value


def _search_filter(value: str) -> str:
    if not (value.startswith("(") and value.endswith(")") and len(re.findall(r"%\((?:username|dn)\)s", value)) == 1):
        raise ValueError("must be an LDAP filter with one %(username)s or %(dn)s, as in (uid=%(username)s)")
    return value


def _advisory_sources(value: str) -> str:
    for word in value.split():
        if not word.startswith("/"):
            try:
                _public_url(word)
            except ValueError as error:
                raise ValueError(f"must name absolute paths and URLs, separated by spaces: {word} {error}") from None
    return value


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ValueError("must be a file that is there")
    return path


AdvisorySources = Annotated[str, AfterValidator(_advisory_sources)]
Minutes = Annotated[str, AfterValidator(_minutes)]
Minors = Annotated[str, AfterValidator(_minors)]
PlatformNames = Annotated[str, AfterValidator(_platforms)]
Addresses = Annotated[str, AfterValidator(_addresses)]
Sender = Annotated[str, AfterValidator(_sender)]
Fingerprints = Annotated[str, AfterValidator(_fingerprints)]
Members = Annotated[str, AfterValidator(_members)]
LdapUrl = Annotated[str, AfterValidator(_ldap_url)]
HeaderName = Annotated[str, AfterValidator(_header)]
SearchFilter = Annotated[str, AfterValidator(_search_filter)]
HttpUrl = Annotated[str, AfterValidator(_public_url)]
# A relative path counts from the checkout, whichever folder a command was typed in.
CheckoutPath = Annotated[Path, AfterValidator(lambda path: CHECKOUT / path)]
ExistingPath = Annotated[CheckoutPath, AfterValidator(_existing)]
