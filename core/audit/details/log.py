"""Who checked on the log itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from core.audit.details.base import Commitment, Count, Details, Digest, Flag, Id, Seconds, Subject, Word


class AuditVerified(Details):
    """``first_broken`` is the sequence number of the first broken record. ``reason`` is ``head_accepted`` when an
    operator let the log go on from a restored database, whose head was ``expected`` at ``expected_at``. ``kept`` is how
    many checkpoints from outside it was held against."""

    ok: Flag
    records: Count
    head: Digest | None = None
    first_broken: Count | None = None
    expected: Digest | None = None
    expected_records: Count | None = None
    expected_at: AwareDatetime | None = None
    reason: Word | None = None
    seconds: Seconds | None = None
    root: Digest | None = None
    kept: Count | None = None


class AuditRead(Details):
    """Records ``first`` to ``last`` of the log were read."""

    records: Count
    first: Count | None = None
    last: Count | None = None


class SubjectIdentified(Details):
    """Somebody looked up which ``person`` a pseudonym stands for, or under which one somebody is known here, who is
    missing where that is nobody. ``why`` commits to the reason."""

    person: Subject | None = None
    found: Flag
    why: Commitment


class AuditExported(Details):
    """Records ``first`` to ``last`` were copied out, with proofs that they are in the tree of ``size`` records.
    ``scope``: all of the log, a run of records, or a selection, ``by`` the names of what was asked for; ``table``: as
    CSV, too."""

    records: Count
    size: Count
    root: Digest
    first: Count | None = None
    last: Count | None = None
    form: Word | None = None
    seconds: Seconds | None = None
    scope: Literal["log", "run", "selection"] | None = None
    by: Annotated[list[Word], Field(max_length=32)] = []
    table: Flag | None = None
    person: Subject | None = None
    answer: Id | None = None
    conversation: Id | None = None
    document: Id | None = None
    source: Id | None = None
    model: Id | None = None


class AuditRotated(Details):
    """From the checkpoint over this record on the log is signed by ``key`` (Ed25519, raw), number ``generation``. That
    checkpoint is signed by the key before as well."""

    generation: Count
    key: Digest
