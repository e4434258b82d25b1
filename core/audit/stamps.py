"""Time stamps (RFC 3161) over checkpoints: an authority outside says that a note existed at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import requests
from cryptography import x509
from sqlalchemy.orm import Session
from urllib3.exceptions import HTTPError

from core.audit.checkpoints import Checkpoint
from core.audit.tables import StampRow
from core.clock import Clock
from core.database import Database, insert_missing
from core.egress import Egress, EgressRefused
from core.errors import Invalid, Unavailable
from core.pinned import PinnedAdapter, PinnedSession
from core.secrets import Secret

TIMEOUT_SECONDS = 15
LONGEST_ANSWER = 1 << 20
_CHECK = "Check audit.stamps and egress.hosts."
_OK = 200


class BadStamp(Exception):
    """Not a time stamp, or not one of that content. The message says which."""


def stamped(token: bytes, content: bytes, nonce: int | None = None) -> datetime:
    """When the authority saw ``content``, by the token's own word. Raises BadStamp when it is for something else."""
    # Most installations have no authority, and need not load what reads its answers.
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(token)
        if response.status != 0:
            raise BadStamp("a refusal")
        said = response.tst_info
    except ValueError:
        raise BadStamp("damaged") from None
    if said.message_imprint.message != hashlib.sha256(content).digest() or nonce not in (None, said.nonce):
        raise BadStamp("of something else")
    return said.gen_time.replace(tzinfo=said.gen_time.tzinfo or UTC).astimezone(UTC)


def check(token: bytes, content: bytes, authorities: Path) -> datetime:
    """As ``stamped``, after checking the authority's signature against the certificates (PEM) of ``authorities``: its
    root, and where the token does not hold them those between. Raises BadStamp, and Invalid for the file."""
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    at = stamped(token, content)
    try:
        certificates = x509.load_pem_x509_certificates(authorities.read_bytes())
    except (OSError, ValueError):
        raise Invalid(f"{authorities} holds no certificates.", hint="Give the authority's in PEM.") from None
    builder = VerifierBuilder()
    for each in certificates:
        root = each.issuer == each.subject
        builder = builder.add_root_certificate(each) if root else builder.add_intermediate_certificate(each)
    try:
        builder.build().verify_message(decode_timestamp_response(token), content)
    except (VerificationError, ValueError) as error:
        raise BadStamp(f"not signed by that authority ({type(error).__name__})") from None
    return at


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
