"""The main job: a question becomes a cited, permitted, audited answer.

Stages are told as they happen. The intent is in the log before the evidence is read, every sentence before it is
shown; where the log cannot be written there is no answer. A model is asked where one is configured and may be; what it
writes is shown sentence by sentence as far as the evidence carries it. Else the answer is made of verbatim sentences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

from answer import repository
from answer.answers import Answer, Sentence, Stage
from answer.asking import Asking, Written
from answer.calling.slots import FULL
from answer.candidates import Embed, Reading, weigh_up
from answer.claims import Draft
from answer.extract import draft_of
from answer.flagging import flags
from answer.followup import in_context, leans
from answer.history import Said, turns
from answer.modelled import Modelled
from answer.recording import Record, Recorder
from answer.routing import ANY, Attempt, Choice, Route
from answer.settings import AnswerSettings
from answer.structured.filling import Filler, Wanted
from answer.structured.sending import ToDestination, towards
from answer.support import Support
from answer.trail import Tried
from answer.weighing import disagreeing, records, told
from connectors.destinations.outbox import Outbox
from core.access import Principal
from core.clock import Clock
from core.database import Database
from core.errors import VouchError
from retrieval.evidence import Evidence
from retrieval.freshness import stale_sources
from retrieval.freshness import told as told_stale
from retrieval.search import Searcher, checked_question

MODEL = "extractive"
NEAREST = 3
"""Permitted sources shown when the answer abstains."""
COUNTING = Route((Attempt(None, "records"),))
FAULT = "internal"
PARTIAL = "The model's reply ended early: what it still wanted to say is not part of the answer."
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
        outbox: Outbox,
    ) -> None:  # fmt: skip
        self._database, self._searcher, self._embed, self._support = database, searcher, embed, support
        self._recorder, self._clock, self._settings = recorder, clock, settings
        self._principal_of, self._modelled = principal_of, modelled
        self._filler, self._outbox = Filler(modelled), outbox

    def ask(
        self, question: str, person_id: str, *, conversation_id: str | None = None, trace_id: str = "",
        wanted: Wanted | None = None, choice: Choice = ANY, said: Said | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Stage | Shown | Answer]:  # fmt: skip
        """Stages, then sentences, then the whole answer; with a form that is ``wanted``, only the whole of it.
        ``choice`` narrows which models may be asked. ``said``: what a new conversation follows on, by the asker's
        word. ``cancelled`` is asked while a model is waited for."""
        question = checked_question(question)
        principal = self._principal_of(person_id)
        sending = self._sending(wanted, principal)
        written = Written(MODEL)
        record = self._place(question, principal, conversation_id, trace_id, choice, said, cancelled)
        try:
            if wanted is None:
                yield from self._answer(record, written, principal, choice)
            else:
                yield from self._fill(wanted, sending, record, written, principal, choice)
        except GeneratorExit:
            record.leave(written, principal, "left")
            raise
        except VouchError as error:
            record.leave(written, principal, error.code)
            raise
        except Exception:
            # Whatever broke: an intent that is in the log gets its outcome, and the fault is told as it is.
            record.leave(written, principal, FAULT)
            raise

    def _answer(
        self, record: Record, written: Written, principal: Principal, choice: Choice
    ) -> Iterator[Stage | Shown | Answer]:
        person_id, searched = principal.person_id, record.asking.searched
        evidence, reading, draft = yield from self._found(record, written, principal)
        at = time.perf_counter()
        found_records = records(
            searched, evidence, reading, draft.support, lambda document: self._searcher.whole(document, principal)
        )
        draft = replace(draft, claims=found_records.claims if found_records else draft.claims)
        level = record.asking.level
        route = (
            COUNTING
            if found_records
            else self._modelled.route(searched, evidence, reading, draft, choice, level, principal)
        )
        written.timings["route"] = time.perf_counter() - at
        yield from self._attempts(route, evidence, draft, record, written, person_id)

        shown = len(written.claims) if written.tier != MODEL else 0
        written.conflicts = told(written.claims, disagreeing(written.claims, reading.candidates))
        yield Stage("recording", "Recording the answer before it is shown")
        _timed(written)
        # Access may have changed while the evidence was read: what is shown is decided by what holds now.
        nearest = () if written.claims else evidence.passages[:NEAREST]
        reason = found_records.reason if found_records else reason_of(written, evidence)
        answer = record.finish(written, self._principal_of(person_id), nearest, reason, len(evidence.left_out))
        for index, sentence in enumerate(answer.sentences[shown:], shown):
            yield Shown(index, sentence)
        yield answer

    def _fill(
        self, wanted: Wanted, sending: ToDestination | None, record: Record, written: Written, principal: Principal,
        choice: Choice,
    ) -> Iterator[Stage | Answer]:  # fmt: skip
        """The same for a form. What goes to others is made of what they may read as well."""
        reader = principal if sending is None else sending.reader
        evidence, reading, draft = yield from self._found(record, written, reader)
        asking = record.asking
        route = self._filler.route(asking.searched, evidence, reading, draft, choice, asking.level, reader)
        yield from self._filler.attempts(wanted, route, evidence, record, written, reader)

        yield Stage("recording", "Recording the answer before it is shown")
        _timed(written)
        nearest = () if written.claims else evidence.passages[:NEAREST]
        reason = " ".join(each for each in (told_stale(evidence.left_out), written.reason) if each) or None
        # Access may have changed while the evidence was read, also that of who reads along.
        principal = self._principal_of(principal.person_id)
        now = self._sending(wanted, principal)
        yield record.finish(written, principal, nearest, reason, len(evidence.left_out), now)

    def _sending(self, wanted: Wanted | None, asker: Principal) -> ToDestination | None:
        if wanted is None or wanted.destination is None:
            return None
        with self._database.reading() as session:
            return towards(session, self._outbox, wanted.destination, asker)

    def _found(
        self, record: Record, written: Written, reader: Principal
    ) -> Generator[Stage, None, tuple[Evidence, Reading, Draft]]:
        """What ``reader`` may read about it, with the intent in the log, and what the evidence itself answers."""
        yield Stage("searching", "Searching what you may read")
        searched = record.asking.searched
        found = self._searcher.search(searched, reader, limit=self._settings.passages_read)
        evidence = found.evidence
        record.begin(reader, found)

        yield Stage("reading", f"Reading {len(evidence.passages)} passages", len(evidence.passages))
        at = time.perf_counter()
        reading = weigh_up(searched, evidence, self._embed, self._settings)
        draft = draft_of(reading, self._settings, support=self._support)
        written.support, written.timings = draft.support, dict(evidence.timings)
        written.timings["read"] = time.perf_counter() - at
        return evidence, reading, draft

    def _place(
        self, question: str, principal: Principal, conversation_id: str | None, trace_id: str, choice: Choice,
        said: Said | None, cancelled: Callable[[], bool],
    ) -> Record:  # fmt: skip
        """The conversation, and the question as it is searched: a follow-up takes its subject from what was said."""
        asking = Asking(str(uuid4()), conversation_id or str(uuid4()), principal.person_id, question, question)
        asking = replace(asking, trace_id=trace_id)
        record = self._recorder.open(asking, self._threshold())
        record.cancelled = cancelled
        record.until = time.monotonic() + self._settings.deadline_seconds
        if conversation_id is None and said is None:
            return record
        if conversation_id is None:
            assert said is not None
            before, history = said.question, said.turns if leans(question) else ()
        else:
            with self._database.reading() as session:
                repository.conversation(session, conversation_id, principal.person_id)
                before = repository.last_question(session, conversation_id)
                history = turns(session, conversation_id, principal, stale_sources(session)) if leans(question) else ()
        by_model = self._modelled.stand_alone(question, history, record, principal, choice) if history else None
        searched = in_context(question, before)
        by_words = replace(asking, searched=searched, alone_by="itself" if searched == question else "words")
        record.asking = by_model or by_words
        return record

    def _attempts(
        self, route: Route, evidence: Evidence, draft: Draft, record: Record, written: Written, person_id: str
    ) -> Iterator[Stage | Shown]:
        """One attempt after the other, until one has something that holds. The last are the verbatim sentences."""
        at: int | None = 0
        while at is not None:
            attempt = Attempt(None, "deadline") if record.late else route.attempts[at]
            entry = attempt.entry
            if entry is None:
                written.claims, written.tier, written.model = list(draft.claims), MODEL, MODEL
                excluded = [list(pair) for pair in route.excluded]
                ended = "answered" if draft.claims else "declined"
                told_of = {"tier": MODEL, "reason": attempt.reason, "ended": ended, "excluded": excluded}
                written.tried.append({**told_of, "flags": flags(evidence.passages)})
                return
            yield Stage("answering", f"{entry.name} writes; each sentence is checked before you see it", at + 1)
            tried = Tried(attempt, excluded=route.excluded)
            written.tier, written.model = entry.tier, entry.name
            principal = self._principal_of(person_id)
            try:
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
            finally:
                # Also when whoever waits has gone.
                written.add(tried)
            if written.claims:
                return
            at = route.after_failure(at) if tried.ended in FAILED else route.after_doubt(at)

    def _threshold(self) -> float:
        return self._support.threshold if self._settings.threshold is None else self._settings.threshold


def partly(written: Written) -> str:
    """That an answer is part of one; empty where it is whole."""
    return PARTIAL if written.tried and written.tried[-1]["ended"] == "cut_off" else ""


def instead(written: Written) -> str:
    """That the documents' own sentences stand in for a model that had no room; empty where they do not."""
    full = written.tier == MODEL and written.full_for is not None
    return f"{FULL} These are the documents' own sentences." if full else ""


def _timed(written: Written) -> None:
    """All that there is is shown together now, as far as it is not shown already."""
    written.timings["total"] = time.perf_counter() - written.started
    if written.claims:
        written.timings.setdefault("first_sentence", written.timings["total"])


def reason_of(written: Written, evidence: Evidence) -> str | None:
    """Why there is no answer or only part of one, and what was not used for it."""
    left_out = told_stale(evidence.left_out)
    if written.claims:
        return " ".join(each for each in (partly(written), left_out, instead(written)) if each) or None
    if not evidence.passages:
        return left_out or "Nothing that you may read matches the question."
    if left_out:
        return f"{left_out} Nothing else that you may read answers this question well enough."
    return "Nothing that you may read answers this question well enough."
