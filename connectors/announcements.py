"""Webhooks of sources: a system says what has changed, and that is read at once rather than with the next poll.

An announcement is only believed about which items to read. What they hold and who may read them is read from the system
itself, so a forged or repeated one costs a request and changes nothing. Polls and sweeps go on: announcements get lost.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import update
from sqlalchemy.orm import Session

from connectors import repository, tasks
from connectors.kinds import SecretRef
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource, Listens
from connectors.tables import FailureRow
from core.clock import Clock
from core.database import Database, insert_missing
from core.errors import Forbidden, Invalid, NotFound
from core.secrets import Secret

BODY_BYTES = 2**20
KEYS = 1000
KEY_CHARACTERS = 500
TOLERANCE_SECONDS = 300
ANNOUNCED = "announced"


class Announcements(BaseModel):
    """How a system signs its webhooks, and where they name the items.

    ``standard-webhooks``: the headers and signature of that specification. ``hmac-sha256``: ``header`` holds
    ``prefix`` and the HMAC of the body, as GitHub, Jira and many others do. ``keys`` are paths in the JSON body
    (``data.id``, ``events.*.record.id``), ``key`` what an item's key is made of: ``incident/{}``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    scheme: Literal["standard-webhooks", "hmac-sha256"] = "standard-webhooks"
    secrets: tuple[SecretRef, ...] = Field(min_length=1, max_length=3)
    header: str = ""
    prefix: str = "sha256="
    encoding: Literal["hex", "base64"] = "hex"
    keys: tuple[str, ...] = Field(min_length=1)
    key: str = "{}"

    @model_validator(mode="after")
    def _is_whole(self) -> Announcements:
        if (self.scheme == "hmac-sha256") != bool(self.header):
            raise ValueError("header belongs to hmac-sha256: say which header holds the signature")
        if self.key.count("{}") != 1:
            raise ValueError("key needs one {} for the id")
        return self


def announced_keys(
    how: Announcements, headers: Mapping[str, str], body: bytes, *, secret: Callable[[str], Secret], now: datetime
) -> tuple[str, ...]:
    """What a source's ``announced`` returns. Raises ``Forbidden`` for a wrong signature, ``Invalid`` for a body that
    cannot be understood."""
    lower = {name.lower(): value for name, value in headers.items()}
    if not any(_signed(how, lower, body, secret(ref), now) for ref in how.secrets):
        raise Forbidden("The signature of the announcement is wrong.", hint="Check the secret on both sides.")
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid("The announcement is no JSON.", hint="Let the system send JSON.") from None
    found = (each for path in how.keys for each in _at(value, path.split(".")))
    return tuple(dict.fromkeys(how.key.replace("{}", each) for each in found))


class Intake:
    """Takes announcements in. ``opened`` gives the source of a record."""

    def __init__(self, database: Database, opened: Callable[[SourceRecord], AnySource], clock: Clock) -> None:
        self._database = database
        self._opened = opened
        self._clock = clock

    def take(self, name: str, headers: Mapping[str, str], body: bytes) -> int:
        """Put the named items in line to be read; returns how many. Raises ``NotFound`` alike for a source that is
        not there and for one that does not listen, ``Forbidden`` for a wrong signature."""
        if len(body) > BODY_BYTES:
            raise Invalid(f"The announcement is larger than {BODY_BYTES // 2**20} MiB.", hint="Send fewer at once.")
        with self._database.reading() as session:
            record = repository.find(session, name)
        source = None if record is None else self._opened(record)
        if record is None or not isinstance(source, Listens):
            raise NotFound("Nobody listens here.", hint="Check the source's name, and that its kind takes webhooks.")
        keys = cast(Listens, source).announced(headers, body)
        with self._database.writing() as session:
            return put_in_line(session, record.id, keys, self._clock())


def put_in_line(session: Session, source_id: str, keys: Sequence[str], now: datetime) -> int:
    """Have these items read by the source's next ``retry`` task, which is due now. Beyond ``KEYS`` at once the source
    is polled instead, since reading one by one would be slower."""
    usable = [key for key in keys if 0 < len(key) <= KEY_CHARACTERS]
    if len(usable) > KEYS:
        tasks.set_due(session, source_id, {"poll": now})
        return len(usable)
    for each in usable:
        row = {
            "source_id": source_id, "key": each, "code": ANNOUNCED, "reason": "the source announced a change",
            "transient": True, "attempts": 0, "first_at": now, "last_at": now, "next_at": now,
        }  # fmt: skip
        insert_missing(session, FailureRow, [row])
    session.execute(
        update(FailureRow).where(FailureRow.source_id == source_id, FailureRow.key.in_(usable)).values(next_at=now)
    )
    if usable:
        tasks.set_due(session, source_id, {"retry": now})
    return len(usable)


def _signed(how: Announcements, headers: Mapping[str, str], body: bytes, secret: Secret, now: datetime) -> bool:
    if how.scheme == "hmac-sha256":
        given = headers.get(how.header.lower(), "")
        mac = hmac.new(secret.raw(), body, hashlib.sha256)
        text = mac.hexdigest() if how.encoding == "hex" else base64.b64encode(mac.digest()).decode()
        return _equal([how.prefix + text], [given])
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13):
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    try:
        key = base64.b64decode(secret.text().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("The secret of the webhook is not whsec_ and Base64.", hint="Copy it as it was given.") from None
    mac = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    expected = f"v1,{base64.b64encode(mac.digest()).decode()}"
    return _equal([expected], headers.get("webhook-signature", "").split(" "))


def _equal(expected: Iterable[str], given: Iterable[str]) -> bool:
    """Compared in constant time. Encoded, since text that is not ASCII cannot be compared so."""
    wanted = [each.encode() for each in expected]
    return any(hmac.compare_digest(each.encode(), one) for each in given for one in wanted)


def _at(value: Any, path: Sequence[str]) -> Iterator[str]:
    """The ids at a path; what is not there, or is no id, is passed over."""
    if not path:
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value)
        return
    first, rest = path[0], path[1:]
    if first == "*" and isinstance(value, list):
        for each in cast(list[Any], value):
            yield from _at(each, rest)
    elif isinstance(value, dict) and first in value:
        yield from _at(cast(dict[str, Any], value)[first], rest)
