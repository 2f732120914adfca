"""The store in an S3 bucket, of AWS or of another server that speaks S3; see store.py for the contract.

An upload is checked three times: by the digest that came from the worker, by S3, which gets a SHA-256 with the bytes,
and by reading back what is there. Conditional writes (If-None-Match, If-Match) keep two masters apart. A retry after a
lost answer meets what the first try wrote: the same bytes under the same key count as written.
"""

import contextlib
import functools
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from python_builds.adapters.store import s3_client
from python_builds.adapters.store.objects import (
    ARTIFACT_CACHING,
    INDEX_CACHING,
    MAX_READ_BYTES,
    Stat,
    content_type,
    too_large,
)
from python_builds.core.errors import StoreConflict, StoreError
from python_builds.core.publishing.artifacts import check_key

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

TRIES = 4
"""Of what boto3 does not try again by itself: an answer that breaks off, and two writers at the same moment."""

MEBIBYTE = 2**20
PART = TransferConfig(multipart_threshold=16 * MEBIBYTE, multipart_chunksize=16 * MEBIBYTE, max_concurrency=4)


@dataclass(frozen=True, kw_only=True)
class S3Store:
    """A store in a bucket, below a prefix."""

    bucket: str
    make_client: Callable[[], "S3Client"]
    prefix: str = ""
    public_url: str = ""
    checksums: bool = True
    conditional_writes: bool = True

    def __str__(self) -> str:
        return f"the store s3://{self.bucket}/{self.prefix}"

    @functools.cached_property
    def client(self) -> "S3Client":
        """Give boto3's client, which threads may share."""
        return self.make_client()

    def location(self, key: str) -> str:
        """Say where a person finds an object."""
        return self.url(key)

    def url(self, key: str) -> str:
        """Say where a client fetches an object: below the CDN's URL, or from the bucket itself."""
        base = self.public_url or f"{self._bucket_url}/{self.prefix}".rstrip("/")
        return f"{base}/{check_key(key)}"

    def exists(self, key: str) -> bool:
        """Say whether there is an object of this key."""
        return self._head(key) is not None

    def read(self, key: str, at_most: int = MAX_READ_BYTES) -> bytes:
        """Read a small object.

        Raises:
            StoreError: if there is none; DamagedObject: if it is larger than `at_most`.
        """

        def read() -> bytes:
            body = self.client.get_object(**self._of(key))["Body"]
            content = body.read(at_most + 1)
            body.read(1)  # at the end botocore looks at length and checksum
            return content

        with self._named("read", key):
            content = s3_client.again(read, TRIES)
        if len(content) > at_most:
            raise too_large(key, at_most)
        return content

    def digest(self, key: str) -> str:
        """Compute the SHA-256 of what is really there."""

        def read() -> str:
            digest = hashlib.sha256()
            for chunk in self.client.get_object(**self._of(key))["Body"].iter_chunks(MEBIBYTE):
                digest.update(chunk)
            return digest.hexdigest()

        with self._named("read", key):
            return s3_client.again(read, TRIES)

    def stat(self, key: str) -> Stat | None:
        """Describe an object; None if there is none."""
        head = self._head(key)
        if head is None:
            return None
        return Stat(
            tag=head["ETag"],
            sha256=head.get("Metadata", {}).get("sha256") or s3_client.whole_digest(head.get("ChecksumSHA256", "")),
            size=head["ContentLength"],
            modified=head["LastModified"],
        )

    def keys(self, prefix: str) -> list[str]:
        """List the keys that start with a prefix, in order."""
        start = f"{self.prefix}/" if self.prefix else ""
        with self._named("list", prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=start + prefix)
            return sorted(one["Key"].removeprefix(start) for page in pages for one in page.get("Contents", ()))

    def create(self, key: str, content: bytes) -> bool:
        """Write a small object that must not exist yet; say whether it is there now as it was to be."""
        return self._put(key, content, ARTIFACT_CACHING, absent=True)

    def replace(self, key: str, content: bytes) -> None:
        """Write a small object, or replace it in one step."""
        self._put(key, content, INDEX_CACHING)

    def replace_if(self, key: str, content: bytes, tag: str | None) -> None:
        """Write a small object if the one that is there is still the one of this tag; None: if there is none.

        Raises:
            StoreConflict: if somebody else wrote it.
        """
        if not self._put(key, content, INDEX_CACHING, absent=tag is None, tag=tag):
            raise StoreConflict(f"{key} was changed by somebody else in the meantime; nothing was overwritten")

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        with self._named("delete", key):
            self.client.delete_object(**self._of(key))

    def upload(self, path: Path, key: str, sha256: str) -> None:
        """Copy a file into the store under a new key, in parts where it is large, and read it back.

        Raises:
            StoreError: if the key exists, or what is there is not what was meant.
        """
        if self.exists(key):
            if self.digest(key) != sha256:
                raise StoreError(f"{key} exists already and is never overwritten")
            return  # a retry meets what an earlier try wrote
        extra = self._described(key, sha256, ARTIFACT_CACHING)
        with self._named("upload", key):  # revisions are reserved, so nobody else writes this one meanwhile
            self.client.upload_file(str(path), self.bucket, self._full(key), ExtraArgs=extra, Config=PART)
        try:
            if (read := self.digest(key)) != sha256:
                raise StoreError(f"{key} was to be {sha256} and reads back as {read}; nothing was published")
        except StoreError:
            with contextlib.suppress(StoreError):
                self.delete(key)  # so that a retry does not meet it
            raise

    def download(self, key: str, path: Path) -> None:
        """Copy an object into a file.

        Raises:
            StoreError: if there is none.
        """
        with self._named("download", key):
            self.client.download_file(self.bucket, self._full(key), str(path), Config=PART)

    @property
    def _bucket_url(self) -> str:
        meta = self.client.meta
        if meta.endpoint_url.endswith(".amazonaws.com"):
            return f"https://{self.bucket}.s3.{meta.region_name}.amazonaws.com"
        return f"{meta.endpoint_url}/{self.bucket}"

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{check_key(key)}" if self.prefix else check_key(key)

    def _of(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self._full(key)}

    def _described(self, key: str, sha256: str, caching: str) -> dict[str, Any]:
        """Say what goes with the bytes: S3 checks the checksum, clients read the rest."""
        described = {"ContentType": content_type(key), "CacheControl": caching, "Metadata": {"sha256": sha256}}
        return {**described, "ChecksumAlgorithm": "SHA256"} if self.checksums else described

    def _head(self, key: str) -> Any:
        with self._named("look at", key):
            try:
                return self.client.head_object(**self._of(key), ChecksumMode="ENABLED")
            except ClientError as error:
                if s3_client.is_missing(error):
                    return None
                raise

    def _put(self, key: str, content: bytes, caching: str, *, absent: bool = False, tag: str | None = None) -> bool:
        """Write; say whether it is there now as it was to be, which it is not if a condition does not hold."""
        arguments = {**self._of(key), **self._described(key, hashlib.sha256(content).hexdigest(), caching)}
        if self.conditional_writes:
            arguments |= {"IfNoneMatch": "*"} if absent else {"IfMatch": tag} if tag else {}
        elif absent or tag:
            found = self.stat(key)
            if (found and found.tag) != tag:
                return False
        for attempt in range(TRIES):
            try:
                with self._named("write", key):
                    self.client.put_object(Body=content, **arguments)
            except s3_client.TwoAtOnce:
                time.sleep(0.2 * 2**attempt)
            except s3_client.ConditionFailed:
                if not self._spelled_otherwise(key, arguments):
                    break
            else:
                if self.read(key) != content:
                    raise StoreError(f"{key} was written and reads back as something else: see who else writes there")
                return True
        # A retry after a lost answer meets what the first try wrote.
        found = self.stat(key)
        return found is not None and self.read(key) == content

    def _spelled_otherwise(self, key: str, arguments: dict[str, Any]) -> bool:
        """Write a condition without quotation marks if the server found that it does not hold, and it does.

        radosgw compares the tag with what is between them.
        """
        tag = arguments.get("IfMatch", "")
        if not tag.startswith('"') or (found := self.stat(key)) is None or found.tag != tag:
            return False
        arguments["IfMatch"] = tag.strip('"')
        return True

    @contextlib.contextmanager
    def _named(self, doing: str, key: str) -> Iterator[None]:
        """Turn boto3's errors into a sentence that says what was being done to what, and what may help."""
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error) as error:
            if s3_client.are_credentials_stale(error):
                vars(self).pop("client", None)  # the next one reads the credentials anew
            raise s3_client.explain_error(error, str(self), doing, key) from error
