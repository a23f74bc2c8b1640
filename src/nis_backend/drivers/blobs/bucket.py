"""The calls to a bucket of S3, or of a server that speaks as it does. All of them block, and may be made in any thread.

The package loads with the first call.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from nis_backend.drivers.blobs.base import HEAD_BYTES, MARK, STALE_SECONDS, Written, checked, missing, too_large
from nis_backend.errors import InvalidRequest, NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PART = 8 * 1024 * 1024
"""Bytes of a part; what has fewer goes at once. S3 takes 10,000 parts, each but the last of 5 MiB or more."""

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 10, 2

CONNECTIONS = 8

# Any below: the package makes its classes and their methods when it runs, from descriptions.
Client = Any


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the objects are."""

    bucket: str
    prefix: str
    endpoint: str | None = None

    @classmethod
    def of(cls, address: str, endpoint: str | None = None) -> Place:
        """The place that `s3://BUCKET/PREFIX` names.

        Raises:
            InvalidRequest: it names none.
        """
        scheme, _, rest = address.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise InvalidRequest(
                f"NIS_BLOBS is {address!r}.", field="NIS_BLOBS", value=address, remedy="Write it s3://BUCKET/PREFIX."
            )
        return cls(bucket=bucket, prefix="".join(f"{part}/" for part in prefix.split("/") if part), endpoint=endpoint)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class Bucket:
    """What is below one prefix; every failure is one of ours."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._opening = threading.Lock()
        self._opened: Client = None

    def put(self, key: str, source: BinaryIO, limit: int) -> Written:
        """Put down what `source` holds from its current place on; see `Contents.put`."""
        at = self._at(key)
        first = source.read(min(PART, limit + 1))
        if len(first) > limit:
            raise too_large(len(first), limit)
        if len(first) < PART:
            self._call(lambda client: client.put_object(**at, Body=first))
            return Written(size=len(first), sha256=hashlib.sha256(first).hexdigest(), head=first[:HEAD_BYTES])
        begun = self._call(lambda client: client.create_multipart_upload(**at))
        upload = {**at, "UploadId": begun["UploadId"]}
        try:
            return self._put_parts(upload, first, source, limit)
        except BaseException:
            # What cannot be given up now is found by `give_up` later.
            with suppress(NisError):
                self._call(lambda client: client.abort_multipart_upload(**upload))
            raise

    def _put_parts(self, upload: dict[str, str], first: bytes, source: BinaryIO, limit: int) -> Written:
        digest, size, tags = hashlib.sha256(), 0, list[dict[str, Any]]()
        piece = first
        while piece:
            size += len(piece)
            if size > limit:
                raise too_large(size, limit)
            digest.update(piece)
            part = {"PartNumber": len(tags) + 1, "Body": piece}
            sent = self._call(lambda client, part=part: client.upload_part(**upload, **part))
            tags.append({"PartNumber": len(tags) + 1, "ETag": sent["ETag"]})
            piece = source.read(PART)
        whole = {"Parts": tags}
        self._call(lambda client: client.complete_multipart_upload(**upload, MultipartUpload=whole))
        return Written(size=size, sha256=digest.hexdigest(), head=first[:HEAD_BYTES])

    def open(self, key: str, start: int = 0, end: int | None = None) -> Body | None:
        """The bytes from `start` up to `end`, to be read and closed; None where the range has none.

        Raises:
            NotFound: there is no such object.
        """
        ranged = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}

        def get(client: Client) -> Any:
            try:
                return client.get_object(**self._at(key), **ranged)
            except client.exceptions.ClientError as error:
                if _code(error) == "InvalidRange":
                    return None
                raise missing(key) if _code(error) in _ABSENT else error from None

        got = self._call(get)
        return None if got is None else Body(self, got["Body"])

    def delete(self, key: str) -> None:
        """Remove the object, if there is one."""
        self._call(lambda client: client.delete_object(**self._at(key)))

    def page(self, after: str | None) -> tuple[list[str], str | None]:
        """Some of the keys put down `STALE_SECONDS` ago or longer, and where the next page begins."""
        more = {"ContinuationToken": after} if after else {}
        found = self._call(
            lambda client: client.list_objects_v2(Bucket=self.place.bucket, Prefix=self.place.prefix, **more)
        )
        before = time.time() - STALE_SECONDS
        listed = [one["Key"] for one in found.get("Contents", ()) if one["LastModified"].timestamp() <= before]
        keys = [key.removeprefix(self.place.prefix) for key in listed if key != self.place.prefix + MARK]
        # What is deeper is not ours.
        return [key for key in keys if "/" not in key], found.get("NextContinuationToken")

    def claimed(self, mark: str) -> str:
        """See `Contents.claimed`."""

        def put(client: Client) -> str:
            at = {"Bucket": self.place.bucket, "Key": self.place.prefix + MARK}
            try:
                client.put_object(**at, Body=mark.encode(), IfNoneMatch="*")
            except client.exceptions.ClientError as error:
                if _code(error) not in {"PreconditionFailed", "412"}:
                    raise
                return client.get_object(**at)["Body"].read().decode()
            return mark

        return self._call(put)

    def give_up(self) -> None:
        """Give up what was begun in parts long ago and never became whole."""
        place = self.place
        found = self._call(lambda client: client.list_multipart_uploads(Bucket=place.bucket, Prefix=place.prefix))
        before = time.time() - STALE_SECONDS
        for one in found.get("Uploads", ()):
            if one["Initiated"].timestamp() <= before:
                old = {"Bucket": place.bucket, "Key": one["Key"], "UploadId": one["UploadId"]}
                self._call(lambda client, old=old: client.abort_multipart_upload(**old))

    def check(self) -> None:
        """Ask whether the bucket is there, and ours to use."""
        self._call(lambda client: client.head_bucket(Bucket=self.place.bucket))

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.place.bucket, "Key": self.place.prefix + checked(key)}

    def _call(self, work: Callable[[Client], Any]) -> Any:
        return self.told(lambda: work(self._client()))

    def told(self, work: Callable[[], T]) -> T:
        """What `work` answers; its failure is told as one of ours."""
        try:
            return work()
        except NisError:
            raise
        except ImportError as error:
            raise Unavailable(
                f"The blobs are in {self.place}, and the package {error.name!r} is not installed.",
                remedy="Run: pip install 'nis-backend[aws]'.",
            ) from None
        except Exception as error:
            raise _failure(error, self.place) from error

    def _client(self) -> Client:
        with self._opening:
            if self._opened is None:
                self._opened = _open(self.place)
        return self._opened


class Body:
    """The bytes of an object as they come."""

    def __init__(self, bucket: Bucket, stream: Any) -> None:
        self._bucket = bucket
        self._stream = stream

    def read(self, size: int) -> bytes:
        """At most so many; none at the end."""
        return self._bucket.told(lambda: self._stream.read(size))

    def close(self) -> None:
        """Let go of the connection."""
        self._stream.close()


_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})


def _code(error: Any) -> str:
    """The code of a bucket's refusal: `NoSuchKey`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _failure(error: Exception, place: Place) -> Exception:
    """A failure of the package as one of ours; what is none of its own is left as it is."""
    kinds = import_module("botocore.exceptions")
    if isinstance(error, kinds.NoCredentialsError):
        return Unavailable(
            f"There is no key for {place}.",
            remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.",
        )
    if isinstance(error, kinds.ClientError):
        return Unavailable(
            f"{place} refuses: {_code(error)}.", remedy="Look to NIS_BLOBS, and to what its key may do there."
        )
    if isinstance(error, kinds.BotoCoreError | OSError):
        return Unavailable(
            f"{place} does not answer: {type(error).__name__}.",
            remedy="Look to NIS_BLOBS, NIS_S3_ENDPOINT and the network; it is asked anew with each call.",
        )
    return error


def _open(place: Place) -> Client:
    """A client; the package looks for its keys in the environment, a file, and the machine's role."""
    # It tells at "info" where it has found its keys.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    # 0.4 s and 30 MB, for those who keep their blobs there.
    sessions, configs = import_module("boto3.session"), import_module("botocore.config")
    config = configs.Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        # Other servers than AWS's are seldom reached by a name for each bucket.
        s3={"addressing_style": "path" if place.endpoint else "auto"},
    )
    session = sessions.Session()
    region = session.region_name or "us-east-1"
    return session.client("s3", endpoint_url=place.endpoint, region_name=region, config=config)
