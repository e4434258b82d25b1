"""A bucket as objects: the S3 client, its requests sent through the guarded session, its errors in our words."""
# botocore's clients are made at run time and have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from threading import Lock
from typing import Any, NoReturn

import requests
from urllib3.exceptions import HTTPError as Urllib3Error

from connectors.errors import ItemFailed, SourceMisbehaves, SourceRejected, SourceUnavailable

LIST_KEYS = 1000
CREDENTIAL_ERRORS = (
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AuthorizationHeaderMalformed",
)  # fmt: skip
BUSY_ERRORS = ("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable")
_OPENING = Lock()
"""botocore's clients may be used side by side, but not made."""


class Missing(Exception):
    """There is no such object."""


@dataclass(frozen=True, slots=True)
class Object:
    """An object as a listing shows it."""

    key: str
    etag: str
    size: int
    modified_at: datetime | None
    storage: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What requests are signed with."""

    access: str = field(repr=False)
    secret: str = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Read:
    """An answer that has been read already, as botocore wants to read it."""

    content: bytes = field(repr=False)

    def stream(self) -> Iterator[bytes]:
        yield self.content


@dataclass(frozen=True)
class Bucket:
    """The objects below ``prefix`` of one bucket. ``session`` and ``keys`` are asked for at the first request."""

    name: str
    prefix: str
    region: str
    endpoint: str | None
    session: Callable[[], requests.Session] = field(repr=False)
    keys: Callable[[], Keys | None] = field(repr=False)
    timeout_seconds: float = 60

    def list(self) -> Iterator[tuple[Object, ...]]:
        """Every object, in the order of their keys. Raises rather than end early."""
        token, last = None, ""
        while True:
            more = {} if token is None else {"ContinuationToken": token}
            objects, token, last = self._listed(last, **more)
            yield objects
            if token is None:
                return

    def find(self, keys: Sequence[str]) -> dict[str, Object]:
        """Those of ``keys`` that exist. Lists from the next wanted key onwards instead of asking for each."""
        found: dict[str, Object] = {}
        wanted = sorted({key for key in keys if key.startswith(self.prefix)}, reverse=True)
        last, ended = "", False
        while wanted and not ended:
            # The listing starts after a key, so one just before the wanted one.
            start = max(wanted[-1][:-1], last)
            objects, token, last = self._listed(start, **({"StartAfter": start} if start else {}))
            ended = token is None
            found |= {each.key: each for each in objects if each.key in keys}
            while wanted and (ended or wanted[-1] <= last):
                wanted.pop()
        return found

    def get(self, key: str, *, limit: int) -> tuple[bytes, str | None]:
        """An object's content and media type. Raises Missing, and ItemFailed when it is larger than ``limit`` bytes."""
        with self._errors():
            answer = self._client.get_object(Bucket=self.name, Key=key)
            with answer["Body"] as body:
                content = body.read(limit + 1)
                if len(content) <= limit:
                    return content, answer.get("ContentType")
                raise ItemFailed(f"larger than {limit // 2**20} MiB; raise ingest.max_file_mb or split it")

    def peek(self, key: str) -> None:
        """Read the first byte of an object, to see whether it may be read. Raises as ``get``."""
        with self._errors():
            self._client.get_object(Bucket=self.name, Key=key, Range="bytes=0-0")["Body"].close()

    def _listed(self, after: str, **where: str) -> tuple[tuple[Object, ...], str | None, str]:
        """One page of the listing, which must go on behind ``after``; the token of the next one, and its last key."""
        with self._errors():
            answer = self._client.list_objects_v2(Bucket=self.name, Prefix=self.prefix, MaxKeys=LIST_KEYS, **where)
        token = answer.get("NextContinuationToken") if answer["IsTruncated"] else None
        entries = answer.get("Contents", [])
        names = [entry["Key"] for entry in entries]
        if answer["IsTruncated"] and (token is None or not names):
            raise SourceMisbehaves("The listing says that it goes on, but not where.", hint=_store_hint())
        if any(later <= earlier for earlier, later in zip([after, *names], names, strict=False) if earlier):
            raise SourceMisbehaves("The listing repeats itself or is out of order.", hint=_store_hint())
        # The prefix is asked of the store and checked here: what nobody declared is not read.
        kept = tuple(_object(entry) for entry in entries if self._wanted(entry))
        return kept, token, names[-1] if names else after

    def _wanted(self, entry: Mapping[str, Any]) -> bool:
        key: str = entry["Key"]
        # A key that ends in a slash is what consoles show as an empty folder.
        return key.startswith(self.prefix) and not key.endswith("/")

    @cached_property
    def _client(self) -> Any:
        # botocore takes most of a second to import and is needed where buckets are read only.
        from botocore import UNSIGNED
        from botocore.awsrequest import AWSResponse
        from botocore.config import Config

        # At DEBUG it writes what it signs, and that may hold a session token.
        logging.getLogger("botocore").setLevel(logging.INFO)
        keys, session, timeout = self.keys(), self.session(), self.timeout_seconds
        config = Config(
            signature_version=UNSIGNED if keys is None else "s3v4",
            retries={"total_max_attempts": 1, "mode": "standard"},
            s3={"addressing_style": "path" if self.endpoint else "auto"},
            ignore_configured_endpoint_urls=True,
        )

        def send(request: Any, event_name: str, **event: Any) -> Any:
            """Every request goes through the guarded session: egress, proxy, rate and Retry-After are its matter."""
            content = event_name.endswith(".GetObject")
            headers = _texts(request.headers) | ({"Accept-Encoding": "identity"} if content else {})
            answer = session.request(
                request.method, request.url, headers=headers, data=request.body, stream=content,
                allow_redirects=False, timeout=timeout,
            )  # fmt: skip
            raw = answer.raw if content else _Read(answer.content)
            return AWSResponse(request.url, answer.status_code, answer.headers, raw)

        with _OPENING:
            client = _definitions().create_client(
                "s3",
                region_name=self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=None if keys is None else keys.access,
                aws_secret_access_key=None if keys is None else keys.secret,
                aws_session_token=None if keys is None else keys.token,
                config=config,
            )
        client.meta.events.register("before-send.s3", send)
        return client

    @contextmanager
    def _errors(self) -> Generator[None]:
        """What botocore raises, as errors of ours that say what to do."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            yield
        except ClientError as error:
            self._translate(error.response)
        except ResponseParserError:
            raise SourceUnavailable("The store sent a damaged answer.", hint="It is tried again later.") from None
        except (requests.RequestException, Urllib3Error, BotoCoreError, OSError) as error:
            kind = type(error).__name__
            raise SourceUnavailable(f"The store does not answer ({kind}).", hint="Check the endpoint.") from None

    def _translate(self, answer: Mapping[str, Any]) -> NoReturn:
        code = str(answer.get("Error", {}).get("Code", ""))
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in ("NoSuchKey", "404"):
            raise Missing
        if code == "NoSuchBucket":
            raise SourceRejected(f"There is no bucket {self.name}.", hint="Check bucket, region and endpoint.")
        if code in CREDENTIAL_ERRORS:
            raise SourceRejected(
                f"The store refuses the key ({code}).",
                hint="Check what access_key and secret_key refer to, and region.",
            )
        if code == "RequestTimeTooSkewed":
            raise SourceRejected("The store refuses the time of this machine.", hint="Set its clock (NTP).")
        if code in BUSY_ERRORS or status in (429, 500, 502, 503, 504):
            raise SourceUnavailable(f"The store cannot answer now ({code or status}).", hint="It is tried again later.")
        if code == "InvalidObjectState":
            raise ItemFailed("is archived; restore it to have it read", transient=False)
        if code in ("AccessDenied", "AllAccessDisabled", "403") or status == 403:
            raise SourceRejected(
                f"The account may not do this in {self.name}.", hint="Allow it s3:ListBucket and s3:GetObject."
            )
        raise SourceRejected(f"The store refuses the request ({code or status}).", hint="Check bucket and region.")


@cache
def _definitions() -> Any:
    """The definition of the protocol, of which reading takes longer than a request."""
    from botocore.session import Session

    return Session()


def _object(entry: Mapping[str, Any]) -> Object:
    modified = entry.get("LastModified")
    return Object(
        entry["Key"],
        str(entry.get("ETag", "")).strip('"'),
        int(entry["Size"]),
        modified.astimezone(UTC) if modified else None,
        entry.get("StorageClass", "STANDARD"),
    )


def _texts(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers as text: some of those that were signed are bytes."""
    return {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in headers.items()}


def _store_hint() -> str:
    return "Nothing was deleted. Report it to the operator of the store; directory buckets are not supported."
