"""What was asked before: conversations, answers and the evidence behind them, opened again for the person who asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from answer import erase, further, repository, share_rows
from answer.answers import Answer
from answer.further import Section
from answer.permitted import Values, values_for
from answer.repository import Conversation, Place
from answer.restore import Cited, cited, restore
from answer.retold import Trail, redactions_of, retell
from answer.tables import AnswerRow
from answer.vault import Vault
from core.access import Principal
from core.audit import AuditLog, Event, Kind
from core.audit.events import JSON
from core.clock import Clock
from core.database import Database
from core.errors import Invalid
from retrieval import recorded
from retrieval.freshness import stale_sources


class Archive:
    """Recorded reading of answers."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, vault: Vault | None = None) -> None:
        """Without a ``vault`` no value is restored: all tokens stay pseudonyms."""
        self._database, self._audit, self._clock, self._vault = database, audit, clock, vault

    def answer(self, answer_id: str, principal: Principal, trace_id: str = "") -> Answer:
        with self._database.reading() as session:
            row = repository.answer(session, answer_id, principal.person_id)
            answer = restore(session, row, principal, stale_sources(session), self._values(session, row, principal))
        self._record(answer, principal, trace_id)
        return answer

    def trail(self, answer_id: str, principal: Principal, trace_id: str = "") -> Trail:
        """How an answer came about. Its dropped sentences are restored as its shown ones are, and that is recorded."""
        with self._database.reading() as session:
            row = repository.answer(session, answer_id, principal.person_id)
            trail = retell(session, row, principal, self._values(session, row, principal))
        details: dict[str, JSON] = {"answer": trail.answer_id, "conversation": trail.conversation_id, "reason": "trail"}
        self._tell("answer.read", details, principal, trace_id)
        if trail.redactions:
            self._audit.append(restored(trail, principal, self._clock(), trace_id))
        return trail

    def further(self, answer_id: str, principal: Principal, trace_id: str = "") -> tuple[Section, ...]:
        """Sections of what an answer cites where its reader may read on. Raises ``NotFound``."""
        with self._database.reading() as session:
            row = repository.answer(session, answer_id, principal.person_id)
            found = further.sections(session, restore(session, row, principal, stale_sources(session)), principal)
        details: dict[str, JSON] = {"answer": row.id, "conversation": row.conversation_id, "reason": "follow_ups"}
        self._tell("answer.read", details, principal, trace_id)
        return found

    def conversation(
        self, conversation_id: str, principal: Principal, trace_id: str = ""
    ) -> tuple[Conversation, tuple[Answer, ...]]:
        with self._database.reading() as session:
            conversation = repository.conversation(session, conversation_id, principal.person_id)
            fresh = stale_sources(session)
            rows = repository.answers_of(session, conversation_id)
            answers = tuple(
                restore(session, row, principal, fresh, self._values(session, row, principal)) for row in rows
            )
        for answer in answers:
            self._record(answer, principal, trace_id)
        return conversation, answers

    def conversations(
        self, principal: Principal, limit: int, after: Place | None = None, text: str = ""
    ) -> list[Conversation]:
        """The reader's own, pinned ones first, then the latest. ``text``: in a title or a question."""
        with self._database.reading() as session:
            return repository.conversations(session, principal.person_id, limit, after, text)

    def own(self, conversation_id: str, principal: Principal) -> Conversation:
        """One of the reader's own. Raises ``NotFound``."""
        with self._database.reading() as session:
            return repository.conversation(session, conversation_id, principal.person_id)

    def rename(self, conversation_id: str, principal: Principal, title: str, trace_id: str = "") -> Conversation:
        """Raises ``NotFound``, and ``Invalid`` for a title that is none."""
        title = " ".join(title.split())
        if not 0 < len(title) <= repository.TITLE_CHARACTERS:
            raise Invalid("This is no title.", hint=f"Write 1 to {repository.TITLE_CHARACTERS} characters.")
        with self._database.writing() as session:
            repository.rename(session, conversation_id, principal.person_id, title)
            self._changed(session, conversation_id, "renamed", principal, trace_id)
            return repository.conversation(session, conversation_id, principal.person_id)

    def pin(self, conversation_id: str, principal: Principal, *, pinned: bool, trace_id: str = "") -> Conversation:
        """Keep it first in the list, or no longer. Raises ``NotFound``."""
        with self._database.writing() as session:
            repository.pin(session, conversation_id, principal.person_id, self._clock() if pinned else None)
            self._changed(session, conversation_id, "pinned" if pinned else "unpinned", principal, trace_id)
            return repository.conversation(session, conversation_id, principal.person_id)

    def delete_conversation(self, conversation_id: str, principal: Principal, trace_id: str = "") -> None:
        """With what its pseudonyms stand for, and with its shares. Raises ``NotFound``."""
        with self._database.writing() as session:
            repository.delete_conversation(session, conversation_id, principal.person_id, self._clock())
            share_rows.drop(session, conversation_id)
            if self._vault is not None:
                erase.forget_conversation(session, self._vault, conversation_id)
            self._changed(session, conversation_id, "deleted", principal, trace_id)

    def evidence(self, answer_id: str, number: int, principal: Principal, trace_id: str = "") -> Cited:
        """One citation, opened in its version. Raises ``NotFound`` when the reader may not read it now."""
        with self._database.reading() as session:
            row = repository.answer(session, answer_id, principal.person_id)
            opened = cited(session, row, number, principal)
        self._tell("evidence.read", opening(answer_id, number, opened), principal, trace_id)
        return opened

    def _values(self, session: Session, row: AnswerRow, principal: Principal) -> Values | None:
        # Those of the trail are of its searched question too.
        redacted = any(claim.get("redaction") for claim in row.claims) or redactions_of(row)
        if self._vault is None or not redacted:
            return None
        return values_for(session, self._vault, row.conversation_id, principal, row.created_at, self._clock())

    def _record(self, answer: Answer, principal: Principal, trace_id: str) -> None:
        details: dict[str, JSON] = {
            "answer": answer.id,
            "conversation": answer.conversation_id,
            "sentences": len(answer.sentences),
            "withheld": sum(sentence.withheld is not None for sentence in answer.sentences),
        }
        self._tell("answer.read", details, principal, trace_id)
        if answer.redactions:
            self._audit.append(restored(answer, principal, self._clock(), trace_id))

    def _changed(
        self, session: Session, conversation_id: str, change: str, principal: Principal, trace_id: str
    ) -> None:
        event = Event(
            kind="conversation.changed",
            subject=principal.subject,
            action="conversation.changed",
            outcome="done",
            at=self._clock(),
            trace_id=trace_id,
            details={"conversation": conversation_id, "change": change},
        )
        self._audit.enlist(session, event)

    def _tell(self, kind: Kind, details: Mapping[str, JSON], principal: Principal, trace_id: str) -> None:
        self._audit.append(
            Event(
                kind=kind,
                subject=principal.subject,
                action=kind,
                outcome="done",
                at=self._clock(),
                trace_id=trace_id,
                details={**recorded.decision(principal), **details},
            )
        )


def opening(answer_id: str, number: int, opened: Cited) -> dict[str, JSON]:
    """What the record says of a citation that was opened."""
    version = opened.visible.version
    return {
        "answer": answer_id,
        "number": number,
        "document": version.document.id,
        "version": version.id,
        "chunk": opened.chunk_id,
        "page": opened.page,
        "current": version.current,
        "masked": len(opened.visible.hidden),
    }


def restored(answer: Answer | Trail, principal: Principal, at: datetime, trace_id: str) -> Event:
    """The record of which values of an answer, or of its trail, its reader saw."""
    return Event(
        kind="redaction.restored",
        subject=principal.subject,
        action="answer.read",
        outcome="done",
        at=at,
        trace_id=trace_id,
        details={
            **recorded.decision(principal),
            "answer": answer.id if isinstance(answer, Answer) else answer.answer_id,
            "conversation": answer.conversation_id,
            "maps": answer.redactions,
            "values": tuple(
                {"kind": each.kind, "restored": each.restored, "kept": each.kept} for each in answer.values
            ),
        },
    )
