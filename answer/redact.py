"""What leaves: question, history and evidence become ``Cleared`` for one destination, or the call is refused.

Values are those that detection found (labels of chunks; everything else is looked at now), those of people whom the
organisation knows, and every other place where one of them stands. The data policy says what becomes of each. Texts are
rewritten in one pass, and what the tokens stand for goes into the vault together with the record in the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NoReturn
from uuid import uuid4

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from answer.cleared import (
    _SEAL,  # pyright: ignore[reportPrivateUsage]
    Cleared,
    ClearedPassage,
    ClearedText,
    ClearedTurn,
    Done,
    Withheld,
    located,
)
from answer.marking import mark, rewrite
from answer.minting import Mint
from answer.pseudonyms import readable
from answer.sighting import TYPED, Labels, People, Sight, Text, Turn, loggable
from answer.vault import Entry, Place, Vault
from core.audit import AuditLog, Event, Outcome
from core.audit.events import JSON
from core.clock import Clock
from core.database import Database
from core.errors import Refused, VouchError
from core.kinds import CLASSES
from core.policy import SENSITIVITIES, Destination, Policy, Sensitivity, Treatment
from core.text import Span
from ingest.label.findings import Detector
from ingest.label.gazetteer import Known
from retrieval.evidence import Evidence, Passage

STORE = Destination("store", "on_premise")
Borrowed = Mapping[str, tuple[Place, ...]]
"""Values in a question that a model put into it out of what was said before, and where each was seen: that somebody
asks does not make it one that they typed."""
NOT_BORROWED: Borrowed = {}
_TAKE_ALL: dict[tuple[str, str], Treatment] = {(name, "on_premise"): "redact" for name in CLASSES}
_TAKE_ALL_TEXTS: dict[tuple[Sensitivity, str], Treatment] = {(level, "on_premise"): "redact" for level in SENSITIVITIES}


@dataclass(frozen=True, slots=True)
class _Means:
    """What every call works with."""

    database: Database
    sight: Sight
    policy: Callable[[], Policy]
    vault: Vault
    audit: AuditLog
    clock: Clock


class Redactor:
    """Clears texts. Without detector, policy, vault or log it refuses."""

    def __init__(
        self, database: Database, detector: Detector, labels: Labels, people: People, policy: Callable[[], Policy],
        vault: Vault, audit: AuditLog, clock: Clock,
    ) -> None:  # fmt: skip
        self._means = _Means(database, Sight(detector, labels, people, policy), policy, vault, audit, clock)

    def clear(
        self, question: str, history: Sequence[Turn], evidence: Evidence, destination: Destination,
        conversation_id: str, person_id: str, *, trace_id: str = "", level: Sensitivity = TYPED,
        borrowed: Borrowed = NOT_BORROWED,
    ) -> Cleared:  # fmt: skip
        """``question``, ``history`` and the passages of ``evidence`` as they may go to ``destination``. The question is
        at least as sensitive as ``level``.

        A passage or a turn with a value that may not go there, or too sensitive as a whole, is left out. Raises
        ``Refused`` when the question is such a text, and when anything that this rests on does not work.
        """
        call = _Call(self._means, question, history, evidence, destination, conversation_id, person_id, trace_id)
        call.level, call.borrowed = level, borrowed
        return self._run(call)

    def unrestored(
        self, question: str, sentences: Sequence[Turn], evidence: Evidence, conversation_id: str, person_id: str, *,
        trace_id: str = "", borrowed: Borrowed = NOT_BORROWED,
    ) -> Cleared:  # fmt: skip
        """``sentences`` as they are stored, in ``history``: without any value, whatever the policy allows to leave.

        A draft from a destination that was given raw text repeats raw values; kept as it is, it would show them to
        readers who may not see where they stand. Raises as ``clear`` does.
        """
        call = _Call(self._means, question, sentences, evidence, STORE, conversation_id, person_id, trace_id)
        call.policy, call.borrowed = Policy(self._means.policy().version, _TAKE_ALL, _TAKE_ALL_TEXTS), borrowed
        return self._run(call)

    def _run(self, call: _Call) -> Cleared:
        destination = call.destination
        try:
            return call.clear(time.perf_counter())
        except Refused:
            raise
        except VouchError as error:
            raise Refused(
                f"The text cannot be cleared for {destination.name}. {error.message}", hint=error.hint
            ) from None
        except SQLAlchemyError:
            raise Refused(
                f"The text cannot be cleared for {destination.name}: the database does not answer.",
                hint="Try again; vouch doctor says what is wrong.",
            ) from None


@dataclass(slots=True)
class _Call:
    """One clearing, step by step."""

    of: _Means
    question: str = field(repr=False)
    history: Sequence[Turn]
    evidence: Evidence
    destination: Destination
    conversation_id: str
    person_id: str
    trace_id: str
    level: Sensitivity = TYPED
    borrowed: Borrowed = field(default_factory=dict[str, tuple[Place, ...]], repr=False)
    texts: list[Text] = field(default_factory=list[Text])
    withheld: dict[int | str, set[str]] = field(default_factory=dict[int | str, set[str]])
    """By the number of a passage, or the name of a turn."""
    policy: Policy | None = None
    """Where another one counts than that of the organisation."""
    kept: list[Entry] = field(default_factory=list[Entry])
    known: list[Known] = field(default_factory=list[Known])
    map_id: str = field(default_factory=lambda: str(uuid4()))

    def clear(self, started: float) -> Cleared:
        policy = self.policy or self.of.policy()
        detector = self.of.sight.identity
        with self.of.database.reading() as session:
            self.kept = self._entries(session)
        self.texts, self.known = self.of.sight.look(
            self.question, self.history, self.evidence, self.kept, self.level
        )  # fmt: skip
        mark(self.texts, policy, self.destination, self.kept, self._places)
        self._hold_back(policy, detector)
        with self.of.database.writing() as session:
            mint = self._mint(session)
            cleared = self._written(mint, policy, detector)
            self.of.vault.put(session, self.conversation_id, mint.entries(), self.of.clock())
            self._log(session, cleared, time.perf_counter() - started)
        return cleared

    def _entries(self, session: Session) -> list[Entry]:
        entries, damaged = self.of.vault.read(session, self.conversation_id, self.of.clock())
        if damaged:
            raise Refused(
                "The vault of this conversation does not open.",
                hint="Begin a new conversation; an administrator finds the cause with: vouch doctor",
            )
        return entries

    # What becomes of it

    def _hold_back(self, policy: Policy, detector: str) -> None:
        for text in self.texts:
            if not text.blocked and not policy.blocks_text(text.level, self.destination):
                continue
            if text.name == "question":
                self._refuse(text.blocked, policy, detector)
            self.withheld.setdefault(_key(text), set()).update(text.blocked)
        self.texts = [text for text in self.texts if _key(text) not in self.withheld]

    def _refuse(self, kinds: set[str], policy: Policy, detector: str) -> NoReturn:
        withheld = {"place": "question", "kinds": tuple(sorted(kinds))}
        nothing = self._event(
            "refused", policy.version, detector, {"passages": 0, "tokens": 0, "withheld": (withheld,)}
        )
        self.of.audit.append(nothing)
        named = ", ".join(sorted(readable(kind) for kind in kinds))
        what = f"what it holds may not go there ({named})" if kinds else "it is too sensitive as a whole"
        raise Refused(
            f"The question may not be sent to {self.destination.name}: {what}.",
            hint="Ask without it, or have an administrator change the data policy for this destination.",
        )

    def _place(self, key: int | str) -> str:
        return loggable(self.evidence.passages[key].chunk_id) if isinstance(key, int) else key

    def _places(self, text: Text, span: Span) -> tuple[Place, ...]:
        if text.turn is not None and text.turn.role == "answer":
            return text.turn.cited
        if text.number is None:
            typed = (Place(typed=self.person_id),)
            return (text.name == "question" and self._borrowed(span.of(text.text))) or typed
        passage = self.evidence.passages[text.number]
        if text.part == "body":
            return (Place(passage.version, tuple(located(passage.spans, span.start, span.end))),)
        return (Place(passage.version, field=text.part),)

    def _borrowed(self, said: str) -> tuple[Place, ...]:
        those = (places for value, places in self.borrowed.items() if said in value or value in said)
        return tuple(dict.fromkeys(place for places in those for place in places))

    # What it becomes

    def _mint(self, session: Session) -> Mint:
        # Read again: another call of this conversation may have given out tokens since.
        entries = self._entries(session)
        mentions = [made for text in self.texts for _, _, made in text.mentions]
        taken = self.of.vault.taken(session, self.conversation_id)
        key = self.of.vault.key_of(self.conversation_id)
        return Mint(key, entries, taken, mentions, self.known, self.of.clock())

    def _written(self, mint: Mint, policy: Policy, detector: str) -> Cleared:
        written = {id(text): rewrite(text, mint) for text in self.texts}
        used = {edit.token for text in written.values() for edit in text.edits}
        used.update(token for text in self.texts for _, token in text.genuine)
        history: list[ClearedTurn] = []
        question = ClearedText("", (), 0)
        for text in self.texts:
            if text.name == "question":
                question = written[id(text)]
            elif text.turn is not None:
                history.append(ClearedTurn(text.turn.role, written[id(text)], text.level))
        return Cleared(
            destination=self.destination,
            conversation_id=self.conversation_id,
            question=question,
            history=tuple(history),
            passages=tuple(
                _passage(number, passage, [text for text in self.texts if text.number == number], written)
                for number, passage in enumerate(self.evidence.passages)
                if number not in self.withheld
            ),
            withheld=tuple(Withheld(self._place(key), tuple(sorted(kinds))) for key, kinds in self.withheld.items()),
            tokens=frozenset(used),
            done=_done(self.texts),
            policy=policy.version,
            detector=detector,
            map_id=self.map_id,
            seal=_SEAL,
        )

    def _log(self, session: Session, cleared: Cleared, seconds: float) -> None:
        transformations = tuple(
            {
                "rule": loggable(done.rule),
                "kind": done.kind,
                "treatment": done.treatment,
                "place": done.place,
                "count": done.count,
                "positions": tuple((span.start, span.end) for span in done.positions),
            }
            for done in cleared.done
        )
        details: dict[str, JSON] = {
            "passages": len(cleared.passages),
            "tokens": len(cleared.tokens),
            "transformations": transformations,
            "withheld": tuple({"place": each.place, "kinds": each.kinds} for each in cleared.withheld),
            "seconds": seconds,
        }
        self.of.audit.enlist(session, self._event("done", cleared.policy, cleared.detector, details))

    def _event(self, outcome: Outcome, policy: int, detector: str, details: Mapping[str, JSON]) -> Event:
        return Event(
            kind="redaction.done",
            subject=self.of.audit.subject(self.person_id),
            action="redact",
            outcome=outcome,
            at=self.of.clock(),
            trace_id=self.trace_id,
            details={
                "map": self.map_id,
                "conversation": self.conversation_id,
                "destination": loggable(self.destination.name),
                "policy": policy,
                "detector": sha256(detector.encode()).hexdigest()[:32],
                **details,
            },
        )


def _key(text: Text) -> int | str:
    return text.name if text.number is None else text.number


def _passage(number: int, passage: Passage, texts: Sequence[Text], written: dict[int, ClearedText]) -> ClearedPassage:
    def part(name: str) -> tuple[ClearedText, ...]:
        return tuple(written[id(text)] for text in texts if text.part == name)

    return ClearedPassage(
        number=number,
        chunk_id=passage.chunk_id,
        document_id=passage.document.id,
        version=passage.version,
        page=passage.page,
        title=part("title")[0],
        uri=part("uri")[0],
        headings=part("headings"),
        body=part("body")[0],
        spans=passage.spans,
    )


def _done(texts: Sequence[Text]) -> tuple[Done, ...]:
    grouped: dict[tuple[str, str, str], list[Span]] = {}
    for text in texts:
        for span, rule, made in text.mentions:
            grouped.setdefault((rule, made.kind, text.name), []).append(span)
    return tuple(Done(rule, kind, "redact", place, tuple(at)) for (rule, kind, place), at in grouped.items())
