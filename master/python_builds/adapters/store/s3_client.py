"""boto3's client of the settings, and what its errors mean."""

import base64
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import boto3
import botocore.session
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from python_builds.adapters.store.store_errors import STORE_ERRORS
from python_builds.core.errors import StoreError
from python_builds.core.settings.settings import Settings, variable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_Read = TypeVar("_Read")

MISSING = ("NoSuchKey", "NotFound", "404")
_RENEW = f"renew them in {variable('s3_credentials_file')}, or wherever boto3 finds them; no restart is needed"
_RIGHTS = "the account may not do that: it needs s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket"
HINTS = {
    "NoCredentialsError": f"boto3 finds no credentials: set {variable('s3_credentials_file')}, or AWS's own variables",
    "NoSuchBucket": f"there is no such bucket: see {variable('s3_bucket')} and {variable('s3_endpoint_url')}",
    "AccessDenied": _RIGHTS,
    "403": f"{_RIGHTS}; or its credentials are no good any more",
    "ExpiredToken": f"its credentials have expired: {_RENEW}",
    "InvalidToken": f"its session token is none that the server knows: {_RENEW}",
    "InvalidAccessKeyId": f"the server does not know the account, or no more: {_RENEW}",
    "SignatureDoesNotMatch": f"the secret key is not the one of the account: {_RENEW}",
    "RequestTimeTooSkewed": "this machine's clock differs from the server's by more than that allows: set it",
    "NotImplemented": f"an older server may need {variable('s3_conditional_writes')}=false and "
    f"{variable('s3_checksums')}=false",
    "MissingContentLength": "over https boto3 sends a checksum behind the bytes, which this server does not know: "
    f"set {variable('s3_checksums')}=false; a signature goes with the bytes then",
}
"""What to do about an error, by S3's or boto3's name for it."""

STALE = ("ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403")
"""What a server answers to credentials that are no good; 403 where it cannot say more."""


class ConditionFailed(StoreError):
    """The object is not as the condition of a write wants it."""


class TwoAtOnce(StoreError):
    """Two conditional writes of one key met; none of them may have won."""


def make_client(settings: Settings) -> "S3Client":
    """Make the client, which threads may share; nothing is asked of S3 yet."""
    session = botocore.session.Session(profile=settings.s3_profile)
    if settings.s3_credentials_file:
        session.set_config_variable("credentials_file", str(settings.s3_credentials_file))
    config = Config(
        retries={"mode": "standard", "max_attempts": 7},
        connect_timeout=10,
        read_timeout=60,
        request_checksum_calculation="when_supported" if settings.s3_checksums else "when_required",
        response_checksum_validation="when_supported" if settings.s3_checksums else "when_required",
        s3={"addressing_style": "path"} if settings.s3_path_style else {},
    )
    made = boto3.Session(botocore_session=session, region_name=settings.s3_region)
    return made.client("s3", endpoint_url=settings.s3_endpoint_url, config=config)


def explain_error(error: Exception, store: str, doing: str, key: str) -> StoreError:
    """Say what was being done to what, and what may help."""
    cause = _cause(error)
    code = _code(cause)
    # With If-Match where nothing is there, some answer 412 and others 404.
    if code in ("PreconditionFailed", "412") or (doing == "write" and code in MISSING):
        return ConditionFailed(f"{key} is not as it was to be")
    if code in ("ConditionalRequestConflict", "409"):
        return TwoAtOnce(f"{key} is being written by somebody else")
    if code in MISSING:
        return StoreError(f"{store} holds no {key}")
    STORE_ERRORS.add(doing)
    hint = HINTS.get(code, "")
    return StoreError(f"{store} could not {doing} {key}: {cause}" + (f"; {hint}" if hint else ""))


def are_credentials_stale(error: Exception) -> bool:
    """Say whether the server refuses credentials that somebody may have renewed."""
    return _code(_cause(error)) in STALE


def again(read: Callable[[], _Read], tries: int) -> _Read:
    """Read again what broke off in the middle, which boto3 leaves to its callers."""
    for attempt in range(tries - 1):
        try:
            return read()
        except (HTTPClientError, IncompleteReadError):
            time.sleep(0.2 * 2**attempt)
    return read()


def whole_digest(checksum: str) -> str | None:
    """Read S3's own checksum, in hex, where it is of the object and not of its parts."""
    return base64.b64decode(checksum).hex() if checksum and "-" not in checksum else None


def is_missing(error: ClientError) -> bool:
    """Say whether the error is that there is no such object."""
    return _code(error) in MISSING


def _cause(error: Exception) -> BaseException:
    return error.__context__ if isinstance(error, S3UploadFailedError) and error.__context__ else error


def _code(error: BaseException) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
