"""Routes for who checks on the log: checkpoints, keys, proofs, records, and its verification."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import Field
from sqlalchemy import select

from api.auditing import records_read, told, verified
from api.configuring import By
from api.http import lines
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from core.audit import Event, repository, verify
from core.audit.export import current, keys
from core.audit.keys import Generations, first_key
from core.audit.proving import consistent, prove
from core.audit.reading import open_database
from core.errors import Conflict, NotFound
from core.tables import PersonRow

router = APIRouter(prefix="/v1/audit")
MOST_RECORDS = 500
LONGEST_NOTE = 20_000
Checking = Annotated[By, Depends(deciding("audit.verify"))]
Reading = Annotated[By, Depends(deciding("audit.read"))]
Identifying = Annotated[By, Depends(deciding("audit.identify"))]


class WitnessOut(Model):
    """``behind``: how many records the newest checkpoint is over that this witness has none over."""

    name: str
    size: int
    behind: int
    at: datetime | None
    failure: str | None
    failing_since: datetime | None


class CheckpointOut(Model):
    """``note`` is the signed checkpoint (C2SP): keep it as it is."""

    note: str
    origin: str
    size: int
    root: str
    at: datetime
    witnesses: list[WitnessOut]


class KeyOut(Model):
    """A key after the first: record ``seq`` names it, which ``proof`` shows to be in the tree of ``note``; that note is
    signed by the key before and by this one."""

    generation: int
    key: str
    seq: int | None = None
    note: str | None = None
    record: str | None = None
    proof: list[str] = Field(default=[])


class KeysOut(Model):
    """``key`` is the first one, all that a verifier has to trust."""

    key: str
    keys: list[KeyOut]


class ConsistencyOut(Model):
    first: int
    second: int
    first_root: str
    second_root: str
    proof: list[str]


class InclusionOut(Model):
    """Hashes in hex; ``proof`` from the leaf up (RFC 6962)."""

    seq: int
    leaf: str
    size: int
    root: str
    proof: list[str]
    checkpoint: str
    consistency: ConsistencyOut | None


class RecordOut(Model):
    """``record`` holds the bytes that were hashed, as text; ``hash`` is their leaf hash."""

    seq: int
    record: str
    hash: str
    event: dict[str, Any]


class RecordsOut(Model):
    """``next`` is what to ask for ``after`` to read on; null at the end."""

    records: list[RecordOut]
    next: int | None


class VerifyIn(Model):
    """Checkpoints that somebody kept, as notes."""

    checkpoints: list[Annotated[str, Field(max_length=LONGEST_NOTE)]] = Field(default=[], max_length=100)


class IdentifyIn(Model):
    """``subject`` is a pseudonym of the log; ``why`` is kept with the look-up, as a commitment."""

    subject: str = Field(pattern=r"^[0-9a-f]{32}$")
    why: str = Field(min_length=3, max_length=500)


class IdentifiedOut(Model):
    subject: str
    email: str
    name: str


@router.get("/checkpoint")
def newest_checkpoint(by: Checking, runtime: CurrentRuntime) -> CheckpointOut:
    """The newest signed checkpoint, and what witnesses outside have."""
    found = runtime.sequencer.current()
    return CheckpointOut(
        note=found.note.decode(), origin=found.origin, size=found.size, root=found.root.hex(), at=found.moment,
        witnesses=[WitnessOut.model_validate(each, from_attributes=True) for each in runtime.witnesses.states()],
    )  # fmt: skip


@router.get("/key")
def public_key(by: Checking, runtime: CurrentRuntime) -> KeysOut:
    """The public keys that signed the log, and what vouches for each after the first."""
    generations = Generations(runtime.keyring)
    with open_database(runtime.database, runtime.head_file) as reader:
        listed: Any = keys(reader, generations, current(reader, generations)[1])
    return KeysOut(key=str(first_key(runtime.keyring.public_key())), keys=[KeyOut(**each) for each in listed])


@router.get("/records/{seq}/proof")
def prove_record(seq: int, by: Reading, runtime: CurrentRuntime) -> InclusionOut:
    """That a record is in the tree of the newest checkpoint."""
    with open_database(runtime.database, runtime.head_file) as reader:
        return InclusionOut(**prove(reader, Generations(runtime.keyring), _place(seq)))


@router.get("/consistency")
def prove_consistency(
    by: Checking, runtime: CurrentRuntime, first: Annotated[int, Query(ge=0)], second: Annotated[int, Query(ge=0)]
) -> ConsistencyOut:
    """That the log of ``second`` records begins with the one of ``first`` records."""
    with open_database(runtime.database, runtime.head_file) as reader:
        return ConsistencyOut(**consistent(reader, _place(first), _place(second)))


@router.get("/records")
def read_records(
    by: Reading,
    runtime: CurrentRuntime,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_RECORDS)] = 100,
) -> RecordsOut:
    """Records in their order. That they were read is a record of its own."""
    first = _place(after) + 1
    with runtime.database.reading() as session:
        found = repository.records(session, first, first + limit)
    shown, more = found[:limit], found[limit:]
    runtime.audit.append(records_read([link.seq for link in shown], runtime.clock(), by.subject, by.trace_id))
    return RecordsOut(
        records=[_record(link) for link in shown], next=shown[-1].seq if more else None
    )  # fmt: skip


@router.post("/identify")
def identify(body: IdentifyIn, by: Identifying, runtime: CurrentRuntime) -> IdentifiedOut:
    """Which person a pseudonym stands for. The look-up is a record of its own, written before it is answered."""
    with runtime.database.reading() as session:
        rows = session.execute(select(PersonRow.id, PersonRow.email, PersonRow.name)).all()
    found = next((row for row in rows if runtime.audit.subject(row.id) == body.subject), None)
    commitments = runtime.audit.commitments()
    event = Event(
        "audit.identified", by.subject, "identify", "done" if found else "denied", runtime.clock(),
        trace_id=by.trace_id, salt=commitments.salt,
        details={"person": body.subject, "found": found is not None, "why": commitments.of(body.why)},
    )  # fmt: skip
    runtime.audit.append(event)
    if found is None:
        raise NotFound("Nobody here is known under this pseudonym.", hint="The person may have been erased.")
    return IdentifiedOut(subject=body.subject, email=found.email, name=found.name)


@router.post("/verify", response_class=Response, responses=lines.DOCUMENTED)
def verify_log(body: VerifyIn, by: Reading, runtime: CurrentRuntime) -> StreamingResponse:
    """Check every record. The reply is a line of JSON for each step, and at the end what was found."""

    def work(tell: lines.Tell) -> dict[str, Any]:
        runtime.sequencer.drain()
        began = time.monotonic()
        kept = [each.encode("utf-8", "replace") for each in body.checkpoints]
        found = verify(
            runtime.database, runtime.keyring.public_key(), runtime.head_file,
            lambda done, total: tell({"done": done, "total": total}), kept,
        )  # fmt: skip
        seconds = round(time.monotonic() - began, 3)
        runtime.audit.append(verified(found, len(kept), seconds, runtime.clock(), by.subject, by.trace_id))
        return told(found)

    return lines.told(work, "audit.verify", by.trace_id)


def _record(link: repository.Link) -> RecordOut:
    try:
        event: Any = orjson.loads(link.record)
        return RecordOut(seq=link.seq, record=link.record.decode(), hash=link.hash.hex(), event=dict(event))
    except (ValueError, TypeError):
        raise Conflict(f"Audit record {link.seq} is damaged.", hint="Run: vouch audit verify") from None


def _place(number: int) -> int:
    """What no database could hold is behind every end."""
    return min(number, 2**62)
