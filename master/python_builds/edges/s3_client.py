"""boto3's client of the settings, and what its errors mean."""

from typing import TYPE_CHECKING

import boto3
import botocore.session
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import ClientError

from python_builds.facts.errors import StoreError
from python_builds.facts.settings import Settings, variable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MISSING = ("NoSuchKey", "NotFound", "404")
HINTS = {
    "NoCredentialsError": f"boto3 finds no credentials: set {variable('s3_credentials_file')}, or AWS's own variables",
    "NoSuchBucket": f"there is no such bucket: see {variable('s3_bucket')} and {variable('s3_endpoint_url')}",
    "AccessDenied": "the account may not do that: it needs s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket",
    "ExpiredToken": "its credentials have expired",
    "InvalidAccessKeyId": "the server does not know the account",
    "NotImplemented": f"an older server may need {variable('s3_conditional_writes')}=false and "
    f"{variable('s3_checksums')}=false",
}
"""What to do about an error, by S3's or boto3's name for it."""


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


def told(error: Exception, store: str, doing: str, key: str) -> StoreError:
    """Say what was being done to what, and what may help."""
    cause = _cause(error)
    code = _code(cause)
    if code in ("PreconditionFailed", "412"):
        return ConditionFailed(f"{key} is not as it was to be")
    if code in ("ConditionalRequestConflict", "409"):
        return TwoAtOnce(f"{key} is being written by somebody else")
    if code in MISSING:
        return StoreError(f"{store} holds no {key}")
    hint = HINTS.get(code, "")
    return StoreError(f"{store} could not {doing} {key}: {cause}" + (f"; {hint}" if hint else ""))


def are_credentials_stale(error: Exception) -> bool:
    """Say whether the server refuses credentials that somebody may have renewed."""
    return _code(_cause(error)) in ("ExpiredToken", "InvalidAccessKeyId", "InvalidToken")


def is_missing(error: ClientError) -> bool:
    """Say whether the error is that there is no such object."""
    return _code(error) in MISSING


def _cause(error: Exception) -> BaseException:
    return error.__context__ if isinstance(error, S3UploadFailedError) and error.__context__ else error


def _code(error: BaseException) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
