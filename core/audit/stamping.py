"""Having checkpoints stamped (RFC 3161) by an authority outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import requests
from sqlalchemy.orm import Session
from urllib3.exceptions import HTTPError

from core.audit.checkpoints import Checkpoint
from core.audit.stamps import BadStamp, check, stamped
from core.audit.tables import StampRow
from core.clock import Clock
from core.database import Database, insert_missing
from core.egress import Egress, EgressRefused
from core.errors import Unavailable
from core.pinned import PinnedAdapter, PinnedSession
from core.secrets import Secret

TIMEOUT_SECONDS = 15
LONGEST_ANSWER = 1 << 20
_CHECK = "Check audit.stamps and egress.hosts."
_OK = 200


@dataclass(frozen=True, slots=True)
class StampWitness:
    """A time stamp authority at ``url``. Its answers are kept in the database and go along with every export."""

    url: str
    authorities: Path | None
    egress: Egress = field(repr=False)
    database: Database = field(repr=False)
    clock: Clock = field(repr=False)
    authorization: Callable[[], Secret] | None = field(default=None, repr=False)
    name: str = "time stamps"

    def hand(self, checkpoint: Checkpoint) -> None:
        token = self._ask(checkpoint.note)
        with self.database.writing() as session:
            keep(session, checkpoint, token, self.clock())

    def _ask(self, note: bytes) -> bytes:
        # Loaded by those who have an authority.
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        asked = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
        headers = {"Content-Type": "application/timestamp-query"}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization().text()
        try:
            with PinnedSession(PinnedAdapter(self.egress, TIMEOUT_SECONDS)) as session:
                answer = session.post(self.url, data=asked.as_bytes(), headers=headers, stream=True)
                with answer:
                    token = answer.raw.read(LONGEST_ANSWER, decode_content=True)
        except EgressRefused as error:
            raise Unavailable(error.message, hint=error.hint) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            said = f"The time stamp authority does not answer ({type(error).__name__})."
            raise Unavailable(said, hint=_CHECK) from None
        if answer.status_code != _OK:
            raise Unavailable(f"The time stamp authority answers {answer.status_code}.", hint=_CHECK)
        try:
            stamped(token, note, asked.nonce)
            if self.authorities is not None:
                check(token, note, self.authorities)
        except BadStamp as error:
            raise Unavailable(f"The time stamp authority's answer is {error}.", hint=_CHECK) from None
        return token


def keep(session: Session, checkpoint: Checkpoint, token: bytes, at: datetime) -> None:
    row = {"seq": checkpoint.size, "note": checkpoint.note, "token": token, "at": at}
    insert_missing(session, StampRow, [row])
