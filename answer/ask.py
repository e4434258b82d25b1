"""The main job: a question becomes a cited, permitted, audited answer.

Stages are told as they happen. The intent is in the log before the evidence is read, the outcome before a sentence is
shown; where the log cannot be written there is no answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.orm import Session

from answer import repository
from answer.answers import Answer, Sentence, Stage
from answer.candidates import Embed
from answer.claims import Draft
from answer.extract import read
from answer.followup import in_context
from answer.restore import nearest_stored, restore, stored
from answer.settings import AnswerSettings
from answer.support import Support
from core.access import Principal
from core.audit import AuditLog, Commitments, Event
from core.clock import Clock
from core.database import Database
from retrieval import recorded
from retrieval.evidence import Evidence
from retrieval.freshness import stale_sources, told
from retrieval.search import Found, Searcher, checked_question

MODEL = "extractive"
NEAREST = 3
"""Permitted sources shown when the answer abstains."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence that will not change any more."""

    index: int
    sentence: Sentence


class Asker:
    """Answers questions. ``principal_of`` builds a person's principal anew, from the database."""

    def __init__(
        self, database: Database, searcher: Searcher, embed: Embed, support: Support, audit: AuditLog, clock: Clock,
        settings: AnswerSettings, principal_of: Callable[[str], Principal],
    ) -> None:  # fmt: skip
        self._database, self._searcher, self._embed, self._support = database, searcher, embed, support
        self._audit, self._clock, self._settings = audit, clock, settings
        self._principal_of = principal_of

    def ask(
        self, question: str, person_id: str, *, conversation_id: str | None = None, trace_id: str = ""
    ) -> Iterator[Stage | Shown | Answer]:
        """Stages, then sentences, then the whole answer."""
        question = checked_question(question)
        principal = self._principal_of(person_id)
        started = time.perf_counter()
        conversation, query = self._place(question, person_id, conversation_id)
        answer_id = str(uuid4())

        yield Stage("searching", "Searching what you may read")
        found = self._searcher.search(query, principal, limit=self._settings.passages_read)
        passages = found.evidence.passages
        commitments = self._audit.commitments()
        self._log_intent(answer_id, conversation, question, principal, found, commitments, trace_id)

        yield Stage("reading", f"Reading {len(passages)} passages", len(passages))
        reading_at = time.perf_counter()
        draft = self._read(query, found.evidence)
        timings = dict(found.evidence.timings)
        timings["read"] = time.perf_counter() - reading_at

        yield Stage("recording", "Recording the answer before it is shown")
        # Access may have changed while the evidence was read: what is shown is decided by what holds now.
        now_principal = self._principal_of(person_id)
        timings["total"] = time.perf_counter() - started
        with self._database.writing() as session:
            answer = self._settle(
                session, answer_id, conversation, question, person_id, draft, found.evidence, now_principal, timings
            )
            # Together: an answer that no record tells of could be opened later.
            self._log_outcome(session, answer, draft, found, now_principal, commitments, trace_id)
        for index, sentence in enumerate(answer.sentences):
            yield Shown(index, sentence)
        yield answer

    def _place(self, question: str, person_id: str, conversation_id: str | None) -> tuple[str, str]:
        """The conversation, and the question as it is searched: a follow-up takes its subject from the one before."""
        if conversation_id is None:
            return str(uuid4()), question
        with self._database.reading() as session:
            repository.conversation(session, conversation_id, person_id)
            before = repository.last_question(session, conversation_id)
        return conversation_id, in_context(question, before)

    def _read(self, query: str, evidence: Evidence) -> Draft:
        if not evidence.passages:
            return Draft(support=0.0, claims=())
        return read(query, evidence, self._embed, self._settings, support=self._support)

    def _settle(
        self, session: Session, answer_id: str, conversation_id: str, question: str, person_id: str, draft: Draft,
        evidence: Evidence, principal: Principal, timings: dict[str, float],
    ) -> Answer:  # fmt: skip
        """Store the answer as claims, and restore it for the asker as of now."""
        now = self._clock()
        nearest = () if draft.claims else evidence.passages[:NEAREST]
        repository.begin(session, conversation_id, person_id, question, now)
        repository.add_answer(
            session,
            id=answer_id,
            conversation_id=conversation_id,
            person_id=person_id,
            question=question,
            status="answered" if draft.claims else "abstained",
            claims=stored(draft.claims),
            nearest=nearest_stored(nearest),
            model=MODEL,
            support=draft.support,
            threshold=self._threshold(),
            reason=_reason(draft, evidence),
            timings=timings,
            created_at=now,
        )
        session.flush()
        return restore(session, repository.answer(session, answer_id, person_id), principal, stale_sources(session))

    def _threshold(self) -> float:
        return self._support.threshold if self._settings.threshold is None else self._settings.threshold

    # The log

    def _log_intent(
        self, answer_id: str, conversation: str, question: str, principal: Principal, found: Found,
        commitments: Commitments, trace_id: str,
    ) -> None:  # fmt: skip
        self._audit.append(
            Event(
                kind="ask.intent",
                subject=principal.subject,
                action="ask",
                outcome="started",
                at=self._clock(),
                trace_id=trace_id,
                salt=commitments.salt,
                details={
                    **recorded.decision(principal),
                    "answer": answer_id,
                    "conversation": conversation,
                    "question": commitments.of(question),
                    "model": MODEL,
                    "tier": "extractive",
                    "reason": "no_model_needed",
                    "candidates": found.candidates,
                    "denied": found.denied,
                    "passages": recorded.passages(commitments, found.evidence.passages),
                    "timings": found.evidence.timings,
                },
            )
        )

    def _log_outcome(
        self, session: Session, answer: Answer, draft: Draft, found: Found, principal: Principal,
        commitments: Commitments, trace_id: str,
    ) -> None:  # fmt: skip
        citations = [shown.citation for sentence in answer.sentences for shown in sentence.citations]
        kept = [sentence.text for sentence in answer.sentences if sentence.text is not None]
        self._audit.enlist(
            session,
            Event(
                kind="ask.outcome",
                subject=principal.subject,
                action="ask",
                outcome="answered" if answer.status == "answered" else "abstained",
                at=self._clock(),
                trace_id=trace_id,
                salt=commitments.salt,
                details={
                    "answer": answer.id,
                    "conversation": answer.conversation_id,
                    "status": answer.status,
                    "shown": len(kept),
                    "dropped": len(draft.claims) - len(kept),
                    "support": min(1.0, max(0.0, answer.support)),
                    "threshold": answer.threshold,
                    "response": commitments.of("\n".join(kept)),
                    "model": answer.model,
                    "cited": tuple(
                        {
                            "chunk": citation.chunk_id,
                            "version": citation.version,
                            "document": citation.document.id,
                            "content": commitments.of(citation.quote),
                        }
                        for citation in citations
                    ),
                    "stale": len({source.document.source for source in answer.sources if source.stale is not None}),
                    "left_out": len(found.evidence.left_out),
                    "timings": answer.timings,
                },
            ),
        )


def _reason(draft: Draft, evidence: Evidence) -> str | None:
    """Why there is no answer, and what was not used for one."""
    left_out = told(evidence.left_out)
    if draft.claims:
        return left_out or None
    if not evidence.passages:
        return left_out or "Nothing that you may read matches the question."
    if left_out:
        return f"{left_out} What else you may read does not answer the question well enough to say so."
    return "What you may read does not answer the question well enough to say so."
