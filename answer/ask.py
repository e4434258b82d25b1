"""The main job: a question becomes a cited, permitted, audited answer.

Stages are told as they happen. The intent is in the log before the evidence is read, every sentence before it is
shown; where the log cannot be written there is no answer. A model is asked where one is configured and may be; what it
writes is shown sentence by sentence as far as the evidence carries it. Else the answer is made of verbatim sentences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

from answer import repository
from answer.answers import Answer, Sentence, Stage
from answer.candidates import Embed, weigh_up
from answer.claims import Draft
from answer.extract import draft_of
from answer.followup import in_context, leans
from answer.history import turns
from answer.modelled import Modelled
from answer.recording import Asking, Record, Recorder, Written
from answer.routing import Route
from answer.settings import AnswerSettings
from answer.support import Support
from answer.writing import Tried
from core.access import Principal
from core.clock import Clock
from core.database import Database
from core.errors import VouchError
from retrieval.evidence import Evidence
from retrieval.freshness import stale_sources, told
from retrieval.search import Searcher, checked_question

MODEL = "extractive"
NEAREST = 3
"""Permitted sources shown when the answer abstains."""
FAILED = ("failed", "withheld")
"""Ends of an attempt after which another model of the same tier may do better."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence that will not change any more."""

    index: int
    sentence: Sentence


class Asker:
    """Answers questions. ``principal_of`` builds a person's principal anew, from the database."""

    def __init__(
        self, database: Database, searcher: Searcher, embed: Embed, support: Support, recorder: Recorder, clock: Clock,
        settings: AnswerSettings, principal_of: Callable[[str], Principal], modelled: Modelled,
    ) -> None:  # fmt: skip
        self._database, self._searcher, self._embed, self._support = database, searcher, embed, support
        self._recorder, self._clock, self._settings = recorder, clock, settings
        self._principal_of, self._modelled = principal_of, modelled

    def ask(
        self, question: str, person_id: str, *, conversation_id: str | None = None, trace_id: str = ""
    ) -> Iterator[Stage | Shown | Answer]:
        """Stages, then sentences, then the whole answer."""
        question = checked_question(question)
        principal = self._principal_of(person_id)
        written = Written(MODEL)
        record = self._place(question, principal, conversation_id, trace_id)
        try:
            yield from self._answer(record, written, principal)
        except GeneratorExit:
            record.leave(written, principal, "left")
            raise
        except VouchError as error:
            record.leave(written, principal, error.code)
            raise

    def _answer(self, record: Record, written: Written, principal: Principal) -> Iterator[Stage | Shown | Answer]:
        person_id = principal.person_id
        yield Stage("searching", "Searching what you may read")
        searched = record.asking.searched
        found = self._searcher.search(searched, principal, limit=self._settings.passages_read)
        evidence = found.evidence
        record.begin(principal, found)

        yield Stage("reading", f"Reading {len(evidence.passages)} passages", len(evidence.passages))
        at = time.perf_counter()
        reading = weigh_up(searched, evidence, self._embed, self._settings)
        draft = draft_of(reading, self._settings, support=self._support)
        written.support, written.timings = draft.support, dict(evidence.timings)
        written.timings["read"] = time.perf_counter() - at
        at = time.perf_counter()
        route = self._modelled.route(searched, evidence, reading, draft)
        written.timings["route"] = time.perf_counter() - at
        yield from self._attempts(route, evidence, draft, record, written, person_id)

        yield Stage("recording", "Recording the answer before it is shown")
        shown = len(written.claims) if written.tier != MODEL else 0
        written.timings["total"] = time.perf_counter() - written.started
        # Access may have changed while the evidence was read: what is shown is decided by what holds now.
        nearest = () if written.claims else evidence.passages[:NEAREST]
        reason = _reason(written, evidence)
        answer = record.finish(written, self._principal_of(person_id), nearest, reason, len(evidence.left_out))
        for index, sentence in enumerate(answer.sentences[shown:], shown):
            yield Shown(index, sentence)
        yield answer

    def _place(self, question: str, principal: Principal, conversation_id: str | None, trace_id: str) -> Record:
        """The conversation, and the question as it is searched: a follow-up takes its subject from what was said."""
        asking = Asking(str(uuid4()), conversation_id or str(uuid4()), principal.person_id, question, question)
        asking = replace(asking, trace_id=trace_id)
        if conversation_id is None:
            return self._recorder.open(asking, self._threshold())
        with self._database.reading() as session:
            repository.conversation(session, conversation_id, principal.person_id)
            before = repository.last_question(session, conversation_id)
            history = turns(session, conversation_id, principal, stale_sources(session)) if leans(question) else ()
        record = self._recorder.open(asking, self._threshold())
        by_model = self._modelled.stand_alone(question, history, record, principal) if history else None
        searched, by = by_model or (in_context(question, before), "words")
        record.asking = replace(asking, searched=searched, alone_by="itself" if searched == question else by)
        return record

    def _attempts(
        self, route: Route, evidence: Evidence, draft: Draft, record: Record, written: Written, person_id: str
    ) -> Iterator[Stage | Shown]:
        """One attempt after the other, until one has something that holds. The last are the verbatim sentences."""
        at: int | None = 0
        while at is not None:
            attempt = route.attempts[at]
            entry = attempt.entry
            if entry is None:
                written.claims, written.tier, written.model = list(draft.claims), MODEL, MODEL
                written.tried.append({"tier": MODEL, "reason": attempt.reason, "ended": "answered"})
                return
            yield Stage("answering", f"{entry.name} writes; each sentence is checked before you see it", at + 1)
            tried = Tried(attempt)
            written.tier, written.model = entry.tier, entry.name
            principal = self._principal_of(person_id)
            for claim in self._modelled.write(tried, evidence, record, principal):
                written.claims.append(claim)
                written.support = max(written.support, tried.support)
                number = len(written.claims) - 1
                # Each sentence is shown by what its reader may see at that moment.
                at_record = time.perf_counter()
                sentences = record.show(written, number, self._principal_of(person_id))
                written.timings["record"] = written.timings.get("record", 0.0) + time.perf_counter() - at_record
                written.timings.setdefault("first_sentence", time.perf_counter() - written.started)
                for sentence in sentences:
                    yield Shown(number, sentence)
            written.add(tried)
            if written.claims:
                return
            at = route.after_failure(at) if tried.ended in FAILED else route.after_doubt(at)

    def _threshold(self) -> float:
        return self._support.threshold if self._settings.threshold is None else self._settings.threshold


def _reason(written: Written, evidence: Evidence) -> str | None:
    """Why there is no answer, and what was not used for one."""
    left_out = told(evidence.left_out)
    if written.claims:
        return left_out or None
    if not evidence.passages:
        return left_out or "Nothing that you may read matches the question."
    if left_out:
        return f"{left_out} What else you may read does not answer the question well enough to say so."
    return "What you may read does not answer the question well enough to say so."
