"""Objects of an S3 bucket, at AWS or at a store that speaks the same protocol. An item's key is the object's key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, PositiveFloat, StringConstraints, model_validator

from connectors.errors import ItemFailed, ItemGone, SourceRejected, SourceUnavailable
from connectors.http import Rate
from connectors.kinds import Kind, Opening, SecretRef, SourceConfig
from connectors.sources.base import AccessPage, Change, Fault, Item, ItemAccess, ListingSource, NoCursor, Page, Step
from connectors.sources.declared import PrefixMap, access_at
from connectors.sources.s3_bucket import Bucket, Keys, Missing, Object

ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
"""Storage classes whose objects have to be restored before they can be read."""
UNKNOWN_TYPES = (None, "", "binary/octet-stream", "application/octet-stream")


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ValueError("write the address of the store as https://HOST")
    return url.rstrip("/")


class S3Config(SourceConfig):
    """A bucket, or the part of it below ``prefix``."""

    bucket: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$")]
    prefix: str = ""
    region: str = "us-east-1"
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    """Of a store other than AWS: ``https://minio.example.com``."""
    access_key: SecretRef | None = None
    secret_key: SecretRef | None = None
    """Without the two keys the bucket is read as the public reads it."""
    session_token: SecretRef | None = None
    access: PrefixMap
    """Key prefix -> groups. The longest prefix counts; what none covers is nobody's."""
    link: str | None = None
    """Where people open an object: ``https://files.example.com/{key}``."""
    requests_per_second: PositiveFloat = 20
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60

    @model_validator(mode="after")
    def _both_keys_or_none(self) -> S3Config:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("access_key and secret_key belong together")
        if self.session_token and not self.access_key:
            raise ValueError("session_token needs access_key and secret_key")
        return self


@dataclass(frozen=True, slots=True)
class S3Source(ListingSource):
    """Lists the whole bucket at each poll; ETag and size tell what has changed. ``max_bytes`` bounds one object."""

    config: S3Config
    bucket: Bucket
    max_bytes: int

    def check(self) -> Iterator[Step]:
        name = self.bucket.name
        try:
            first = next((each for page in self.bucket.list() for each in page), None)
        except SourceUnavailable as error:
            yield Step("reach", False, error.message, error.hint)
            return
        except SourceRejected as error:
            yield Step("authenticate", False, error.message, error.hint)
            return
        yield Step("reach", True, f"{self.bucket.endpoint or 'Amazon S3'} answers.")
        yield Step("authenticate", True, f"The objects of {name} may be listed.")
        refusal = self._refusal(first)
        if refusal:
            hint = f"Allow the account s3:GetObject on arn:aws:s3:::{name}/{self.bucket.prefix}*."
            yield Step("read", False, f"Objects of {name} are listed but may not be read: {refusal}", hint)
            return
        found = "Nothing is" if first is None else "Objects are"
        yield Step("read", True, f"{found} below the prefix {self.bucket.prefix!r}.")
        covered = any(self.bucket.prefix.startswith(rule.prefix) for rule in self.config.access)
        detail = "Access is declared for every object." if covered else "What no declared prefix covers is nobody's."
        yield Step("permissions", True, detail)

    def poll(self, cursor: NoCursor | None) -> Iterator[Page]:
        for objects in self.bucket.list():
            yield self._page(objects)

    def fetch(self, key: str) -> Item:
        try:
            body, media_type = self.bucket.get(key, limit=self.max_bytes)
        except Missing:
            raise ItemGone("was deleted while it was being read") from None
        except SourceRejected:
            raise ItemFailed("may not be read; allow the account s3:GetObject on it", transient=False) from None
        # A store calls what it does not know a stream of octets, which would hide what the name tells.
        known = None if media_type in UNKNOWN_TYPES else media_type
        return Item(key, body, key.rsplit("/", 1)[-1], media_type=known)

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        found = self.bucket.find(keys)
        page = self._page([found[key] for key in sorted(found)])
        yield Page(page.changes, tuple(sorted(set(keys) - set(found))), page.faults)

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        for objects in self.bucket.list():
            yield tuple(each.key for each in objects)

    def access(self, keys: Sequence[str]) -> AccessPage:
        return AccessPage(tuple(ItemAccess(key, access_at(self.config.access, key)) for key in self.bucket.find(keys)))

    def _refusal(self, found: Object | None) -> str:
        """Why an object that is listed cannot be read; empty when it can."""
        if found is None or found.storage in ARCHIVED:
            return ""
        try:
            self.bucket.peek(found.key)
        except (SourceRejected, SourceUnavailable) as error:
            return error.message
        except (ItemFailed, Missing):
            # Archived by a rule, or deleted in this moment.
            return ""
        return ""

    def _page(self, objects: Sequence[Object]) -> Page:
        return Page(
            tuple(self._change(each) for each in objects if each.storage not in ARCHIVED),
            faults=tuple(
                Fault(each.key, f"is archived ({each.storage}); restore it to have it read", "archived", False)
                for each in objects
                if each.storage in ARCHIVED
            ),
        )

    def _change(self, found: Object) -> Change:
        url = self.config.link.replace("{key}", quote(found.key)) if self.config.link else None
        access = access_at(self.config.access, found.key)
        return Change(found.key, f"{found.etag}:{found.size}", access, found.modified_at, url)


def open_s3(config: S3Config, opening: Opening) -> S3Source:
    def keys() -> Keys | None:
        if config.access_key is None or config.secret_key is None:
            return None
        token = opening.secret(config.session_token).text() if config.session_token else None
        return Keys(opening.secret(config.access_key).text(), opening.secret(config.secret_key).text(), token)

    rate = Rate(config.requests_per_second, burst=20)
    account = f"s3:{config.endpoint or config.region}:{config.access_key or 'public'}"
    bucket = Bucket(
        config.bucket, config.prefix, config.region, config.endpoint,
        lambda: opening.http.session(account, rate=rate, timeout_seconds=config.timeout_seconds),
        keys, config.timeout_seconds,
    )  # fmt: skip
    return S3Source(config, bucket, opening.max_bytes)


KIND = Kind(
    name="s3",
    title="S3 bucket",
    category="files",
    auth="access key and secret key by reference, or none for a public bucket",
    cursor="none: the whole listing at each poll, ETag and size tell what changed",
    deletions="found by each listing",
    permissions="declared: key prefix to groups; what no prefix covers is nobody's",
    tested="moto's S3 server on loopback; not against Amazon S3 itself",
    config=S3Config,
    open=open_s3,
    example="""\
bucket: acme-handbook
prefix: published/
region: eu-central-1
access_key: env:HANDBOOK_ACCESS_KEY
secret_key: env:HANDBOOK_SECRET_KEY
access:
  - {prefix: published/, allow: [everyone]}
  - {prefix: published/hr/, allow: [hr]}
""",
)
