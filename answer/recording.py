"""The record of one answer: intent before, each call of a model, each sentence before it is shown, and the outcome.

A sentence, and the event that tells of it, are written together; a sentence that no record tells of is never shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from answer import flagging, repository
from answer.answers import Answer, Sentence
from answer.archive import restored
from answer.asking import Asking, Sending, Written
from answer.calling.call import Call
from answer.claims import Claim
from answer.cleared import Cleared
from answer.models.base import Prompt
from answer.models.entry import ModelEntry
from answer.permitted import Values, values_for
from answer.restore import nearest_stored, restore, stored
from answer.sighting import loggable
from answer.tables import AnswerRow
from answer.trail import Alone
from answer.vault import Vault
from core.access import Principal
from core.audit import AuditLog, Commitments, Event, Kind, Outcome
from core.audit.events import JSON
from core.clock import Clock
from core.database import Database
from core.errors import VouchError
from retrieval import recorded
from retrieval.evidence import Passage
from retrieval.freshness import stale_sources
from retrieval.search import Found


class Recorder:
    """Opens the record of an answer."""

    def __init__(
        self, database: Database, audit: AuditLog, clock: Clock, vault: Vault,
        finished: Callable[[Session, Answer], None] = lambda session, answer: None,
        keep_evidence: Callable[[Session, AnswerRow], None] = lambda session, row: None,
    ) -> None:  # fmt: skip
        """``finished`` is told of each whole answer, in the transaction that keeps it; ``keep_evidence`` keeps what it
        cites as it is, before any of it is shown."""
        self.database, self.audit, self.clock, self.vault = database, audit, clock, vault
        self.finished, self.keep_evidence = finished, keep_evidence

    def open(self, asking: Asking, threshold: float) -> Record:
        return Record(self, asking, threshold, self.audit.commitments())


@dataclass(slots=True)
class Record:
    """One answer on its way into the database and the log."""

    to: Recorder
    asking: Asking
    threshold: float
    commitments: Commitments
    alone: Alone | None = None
    """Where a model was asked to make the question stand alone."""
    row_made: bool = False
    begun: bool = False
    finished: bool = False
    cancelled: Callable[[], bool] = lambda: False
    """Asked while a model is waited for: whether nobody waits for the answer any more."""
    until: float | None = None
    """When the last model has to be done, on ``time.monotonic``; None where nobody waits."""

    @property
    def seconds_left(self) -> float | None:
        return None if self.until is None else self.until - time.monotonic()

    @property
    def late(self) -> bool:
        """Whether no model is asked any more."""
        return self.until is not None and time.monotonic() >= self.until

    def begin(self, principal: Principal, found: Found) -> None:
        """The intent, with what was found. Without it nothing is made of it."""
        asking = self.asking
        details: dict[str, JSON] = {
            **recorded.decision(principal),
            "conversation": asking.conversation_id,
            "question": self.commitments.of(asking.question),
            "searched": self.commitments.of(asking.searched),
            "alone_by": asking.alone_by,
            "candidates": found.candidates,
            "denied": found.denied,
            "passages": recorded.passages(self.commitments, found.evidence.passages),
            "sources": recorded.sources(found.evidence.passages),
            "timings": found.evidence.timings,
        }
        self.log("ask.intent", principal.subject, "started", details)
        self.begun = True

    def log(self, kind: Kind, subject: str, outcome: Outcome, details: Mapping[str, JSON]) -> None:
        """At once, in a transaction of its own."""
        self.to.audit.append(self._event(kind, subject, outcome, details))

    def calling(self, entry: ModelEntry, reason: str, prompt: Prompt, cleared: Cleared, subject: str) -> None:
        """The intent to ask a model, with what is going to be sent. Without it nothing is."""
        details: dict[str, JSON] = {
            "conversation": self.asking.conversation_id,
            "model": entry.name,
            "version": loggable(entry.model),
            "provider": entry.provider,
            "tier": entry.tier,
            "region": None if entry.region is None else loggable(entry.region),
            "reason": reason,
            "policy": cleared.policy,
            "redaction": cleared.map_id,
            "prompt": self.commitments.of(written_out(prompt)),
            "passages": len(cleared.passages),
        }
        self.log("model.intent", subject, "started", details)

    def called(self, call: Call, reply: str, failed: str, subject: str) -> None:
        """What came of it. ``reply`` is what was read of it, ``failed`` the code of the error that ended it."""
        details: dict[str, JSON] = {
            "model": call.model,
            "version": loggable(call.asked),
            "returned": loggable(call.returned) if call.returned else None,
            "sdk": loggable(call.sdk) if call.sdk else None,
            "api_version": loggable(call.api_version) if call.api_version else None,
            "region": None if call.region is None else loggable(call.region),
            "request": loggable(call.request_id) if call.request_id else None,
            "finish": call.finish,
            "attempts": len(call.attempts),
            "reply": self.commitments.of(reply),
            "tokens_in": call.usage.input,
            "tokens_out": call.usage.output,
            "tokens_cached": call.usage.cache_read,
            "micros": None if call.cost is None else call.cost.micros,
            "currency": None if call.cost is None else call.cost.currency,
            "first_seconds": call.first_seconds,
            "seconds": call.seconds,
            "reason": failed or None,
        }
        self.log("model.outcome", subject, "failed" if failed else "done", details)

    def show(self, written: Written, first: int, principal: Principal) -> tuple[Sentence, ...]:
        """Keep the claims from number ``first`` on, tell of them in the log, and return them as ``principal`` may read
        them now. What may not be read any more has no text."""
        with self.to.database.writing() as session:
            answer = self._keep(session, written, principal, nearest=())
            for index in range(first, len(written.claims)):
                claim = written.claims[index]
                details: dict[str, JSON] = {
                    "index": index,
                    "sentence": self.commitments.of(claim.text),
                    "support": _ratio(max((each.support for each in claim.citations), default=0.0)),
                    "cited": self._cited([claim]),
                    "redaction": claim.redaction,
                }
                self.to.audit.enlist(session, self._event("ask.sentence", principal.subject, "done", details))
        self.row_made = True
        return answer.sentences[first:]

    def finish(
        self, written: Written, principal: Principal, nearest: Sequence[Passage], reason: str | None, left_out: int,
        sending: Sending | None = None,
    ) -> Answer:  # fmt: skip
        """The whole answer, with the outcome in the log. ``left_out`` sources were not used for it. What is sent is put
        in line in the same transaction."""
        with self.to.database.writing() as session:
            answer = self._keep(session, written, principal, nearest, reason)
            if sending is not None and written.structured is not None:
                sent = self._keep(session, written, sending.reader, nearest, reason)
                written.structured |= sending.send(session, sent)
                if sent.redactions:
                    self.to.audit.enlist(session, restored(sent, sending.reader, self.to.clock(), self.asking.trace_id))
                answer = self._keep(session, written, principal, nearest, reason)
            kept = [sentence.text for sentence in answer.sentences if sentence.text is not None]
            details: dict[str, JSON] = {
                "conversation": self.asking.conversation_id,
                "status": answer.status,
                "shown": len(kept),
                "dropped": written.dropped + len(written.claims) - len(kept),
                "replaced": written.replaced,
                "support": _ratio(answer.support),
                "threshold": answer.threshold,
                # Of what is stored: what tokens stand for belongs to each reading.
                "response": self.commitments.of("\n".join(claim.text for claim in written.claims)),
                "model": written.model,
                "tier": written.tier,
                "cited": self._cited(written.claims),
                "stale": len({source.document.source for source in answer.sources if source.stale is not None}),
                "left_out": left_out,
                "timings": answer.timings,
            }
            self._flag(session, written, principal)
            self.to.audit.enlist(session, self._event("ask.outcome", principal.subject, answer.status, details))
            if answer.redactions:
                self.to.audit.enlist(session, restored(answer, principal, self.to.clock(), self.asking.trace_id))
            self.to.finished(session, answer)
        self.row_made = self.finished = True
        return answer

    def leave(self, written: Written, principal: Principal, reason: str) -> None:
        """The outcome of an answer that does not come to its end: what was shown of it stays as it is."""
        if not self.begun or self.finished:
            return
        details: dict[str, JSON] = {
            "conversation": self.asking.conversation_id,
            "status": "failed",
            "shown": len(written.claims) if self.row_made else 0,
            "dropped": written.dropped,
            "model": written.model,
            "tier": written.tier,
            "reason": reason,
        }
        event = self._event("ask.outcome", principal.subject, "failed", details)
        # Where it cannot be written either, the intent stays without an outcome, and the first error is told.
        with suppress(VouchError), self.to.database.writing() as session:
            if repository.has_answer(session, self.asking.answer_id):
                kept = {"tried": written.tried, "timings": written.timings}
                repository.change_answer(session, self.asking.answer_id, kept)
            self._flag(session, written, principal)
            self.to.audit.enlist(session, event)

    def _flag(self, session: Session, written: Written, principal: Principal) -> None:
        """Tell of passages that read like instructions to a model: in the log, and to reviewers."""
        now = self.to.clock()
        for told in written.tried:
            destination = told.get("model") or told["tier"]
            for flag in told.get("flags", ()):
                flagging.note(session, flag, destination, now)
                details: dict[str, JSON] = {
                    "document": flag["document"], "version": flag["version"], "chunks": [flag["chunk"]],
                    "signs": flag["signs"], "destination": destination,
                }  # fmt: skip
                self.to.audit.enlist(session, self._event("passage.flagged", principal.subject, "done", details))

    def _keep(
        self, session: Session, written: Written, principal: Principal, nearest: Sequence[Passage],
        reason: str | None = None,
    ) -> Answer:  # fmt: skip
        now, asking = self.to.clock(), self.asking
        values: dict[str, Any] = {
            "status": written.status,
            "claims": stored(written.claims),
            "nearest": nearest_stored(nearest),
            "model": written.model,
            "tier": written.tier,
            "support": written.support,
            "threshold": self.threshold,
            "reason": reason,
            "timings": written.timings,
            "tried": written.tried,
            "alone": None if self.alone is None else self.alone.told(),
            "structured": written.structured,
            "conflicts": written.conflicts,
            # When it was last written: what its tokens stood for then is what they stand for.
            "created_at": now,
        }
        if not repository.has_answer(session, asking.answer_id):
            repository.begin(session, asking.conversation_id, asking.person_id, asking.question, now)
            repository.add_answer(
                session,
                id=asking.answer_id,
                conversation_id=asking.conversation_id,
                person_id=asking.person_id,
                question=asking.question,
                searched=(asking.kept or asking.searched) if asking.searched != asking.question else None,
                **values,
            )
        else:
            repository.change_answer(session, asking.answer_id, values)
        session.flush()
        row = repository.answer(session, asking.answer_id, asking.person_id)
        self.to.keep_evidence(session, row)
        return restore(session, row, principal, stale_sources(session), self._values(session, written, principal, now))

    def _values(self, session: Session, written: Written, principal: Principal, now: datetime) -> Values | None:
        alone = self.alone is not None and self.alone.redaction
        if not alone and not any(claim.redaction for claim in written.claims):
            return None
        return values_for(session, self.to.vault, self.asking.conversation_id, principal, now, now)

    def _cited(self, claims: Sequence[Claim]) -> tuple[JSON, ...]:
        return tuple(
            {
                "chunk": citation.chunk_id,
                "version": citation.version,
                "document": citation.document.id,
                "content": self.commitments.of(citation.quote),
            }
            for claim in claims
            for citation in claim.citations
        )

    def _event(self, kind: Kind, subject: str, outcome: Outcome, details: Mapping[str, JSON]) -> Event:
        return Event(
            kind=kind,
            subject=subject,
            action="ask",
            outcome=outcome,
            at=self.to.clock(),
            trace_id=self.asking.trace_id,
            salt=self.commitments.salt,
            details={"answer": self.asking.answer_id, **details},
        )


def written_out(prompt: Prompt) -> str:
    """A prompt as one text, for the commitment to it."""
    parts = [prompt.instructions]
    for material in prompt.evidence:
        parts += [material.source, material.title, *(f"[{each.number}] {each.text}" for each in material.sentences)]
    return "\n".join([*parts, *(f"{said.role}: {said.text}" for said in prompt.messages)])


def _ratio(value: float) -> float:
    return min(1.0, max(0.0, value))
