"""One model's attempt at an answer: clear, ask, check every sentence as it arrives, keep what the evidence carries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from answer.asking import Asking
from answer.claims import Citation, Claim
from answer.cleared import Cleared
from answer.drafting import Drafting, Proposed
from answer.flagging import flags
from answer.gateway import Gateway
from answer.models.base import ModelError, Piece, Prompt
from answer.models.failures import told as failed_as
from answer.numbered import PASSAGES, Unit, numbered
from answer.prompt import to_answer
from answer.recording import Record
from answer.redact import Redactor
from answer.routing import room
from answer.sighting import Turn
from answer.suspicion import Guard
from answer.trail import Tried, full_for, told
from answer.usage import Spender
from answer.vault import Place
from answer.verify.ground import Ground, Verdict
from core.clock import Clock
from core.errors import Refused, TooMany
from core.kinds import CLASSES
from core.policy import SENSITIVITIES, Destination, Policy
from retrieval.evidence import Evidence

MOST_SENTENCES = 12
MOST_CHECKED = 60
"""Sentences of one reply that are looked at, whether they hold or not."""
Grounds = Callable[[Sequence[str], Sequence[int]], Ground]
"""From the texts of units, and the passage of each, to what sentences are checked against."""
_IMPERSONAL = frozenset({"place", "time"})
_OF_MANY = frozenset({"TITLE", "JOB_TITLE"})
"""Kinds of other classes whose values say what many are."""
_QUESTION_ROOM = 4_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What a model was sent, as far as its reply is checked against it. ``question`` is as it went out, ``raw`` whether
    values may have been among what it was sent."""

    question: str = field(repr=False)
    units: tuple[Unit, ...] = field(repr=False)
    map_id: str
    raw: bool
    evidence: Evidence = field(repr=False)


class Writer:
    """Has models write answers. ``policy`` is the data policy that holds now, narrowed by the register."""

    def __init__(
        self, redactor: Redactor, gateway: Gateway, grounds: Grounds, policy: Callable[[], Policy], clock: Clock
    ) -> None:
        self._redactor, self._gateway, self._grounds = redactor, gateway, grounds
        self._policy, self._clock = policy, clock

    def write(self, tried: Tried, evidence: Evidence, record: Record, spender: Spender) -> Iterator[Claim]:
        """The claims that hold, one after the other. What happened is in ``tried`` when it ends. The sources of
        ``spender`` become those of what is sent."""
        entry, asking = tried.attempt.entry, record.asking
        assert entry is not None
        prepared = self.prepare(tried, evidence, asking)
        if prepared is None:
            return
        sent, cleared, prompt = prepared
        spender = replace(spender, sources=sources_of(sent.units))
        drafting = Drafting()
        record.calling(entry, tried.attempt.reason, prompt, cleared, spender.subject)
        reply = self._gateway.stream(
            entry, prompt, spender, seconds=record.seconds_left, cancelled=record.cancelled
        )  # fmt: skip
        failed = ""
        try:
            yield from self.kept(tried, sent, drafting, reply, asking)
        except (ModelError, TooMany, Refused) as error:
            failed = error.code
            tried.ended, tried.why = "cut_off" if tried.held else "failed", failed_as(error)[0]
            tried.full_for = full_for(error)
        finally:
            # Also when whoever waits has gone: the call ends, and what it cost is on record.
            reply.close()
            tried.call = told(reply.call)
            tried.timings["model"] = reply.call.seconds
            record.called(reply.call, drafting.text, failed, spender.subject)
        self.end(tried, sent, drafting, asking)

    def prepare(
        self, tried: Tried, evidence: Evidence, asking: Asking, *, whole: bool = False
    ) -> tuple[Sent, Cleared, Prompt] | None:
        """What is going to be sent for one attempt; None where nothing may, and ``tried`` says why. ``whole``: the
        evidence is one document, from its beginning."""
        entry = tried.attempt.entry
        assert entry is not None
        at = time.perf_counter()
        raw = sees_values(self._policy(), entry.destination)
        try:
            cleared = self._redactor.clear(
                asking.searched, (), evidence, entry.destination, asking.conversation_id, asking.person_id,
                trace_id=asking.trace_id, level=asking.level, borrowed=asking.borrowed,
            )  # fmt: skip
        except Refused as error:
            tried.ended, tried.why = "withheld", error.message
            return None
        tried.withheld = len(cleared.withheld)
        tried.timings["redact"] = time.perf_counter() - at
        at_units = time.perf_counter()
        characters = room(entry, _QUESTION_ROOM + len(cleared.question.text))
        units = numbered(cleared, evidence, characters, None if whole else PASSAGES)
        if not units:
            tried.ended, tried.why = "withheld", "No passage that answers may go to this model."
            return None
        raw = raw or sees_values(self._policy(), entry.destination)
        sent = Sent(cleared.question.text, units, cleared.map_id, raw, evidence)
        prompt = to_answer(cleared, units, entry.output_tokens, whole=whole)
        tried.timings["prompt"] = time.perf_counter() - at_units
        return sent, cleared, prompt

    def checks(self, tried: Tried, sent: Sent) -> tuple[Guard, Ground]:
        """What a reply is checked against."""
        tried.sent = _places(sent.units)
        guard = Guard(sent.units, sent.question)
        tried.instructing, tried.flagged = len(guard.instructing), guard.flagged
        if guard.flagged:
            sent_to = {unit.passage.chunk_id: unit.passage for unit in sent.units}
            tried.flags = flags(sent_to[chunk] for chunk in guard.flagged)
        return guard, self._grounds(guard.texts, [unit.cleared.number for unit in sent.units])

    def kept(
        self, tried: Tried, sent: Sent, drafting: Drafting, pieces: Iterable[Piece], asking: Asking
    ) -> Iterator[Claim]:
        """The claims of a reply that hold, as they are stored. Raises what ``pieces`` raises."""
        guard, ground = self.checks(tried, sent)
        checking = _Checking(tried, sent.units, guard, ground, sent.map_id)
        try:
            for number, proposed in enumerate(drafting.sentences(pieces), 1):
                for claim in checking.checked(proposed):
                    kept = self.as_stored(claim, sent, asking)
                    yield kept
                if tried.held + tried.replaced >= MOST_SENTENCES or number == MOST_CHECKED:
                    break
        finally:
            tried.timings["verify"] = checking.seconds

    def end(self, tried: Tried, sent: Sent, drafting: Drafting, asking: Asking) -> None:
        """How the attempt ended, once nothing more comes."""
        if not tried.held:
            # What was put in place of a sentence waited for one that holds, and was not shown.
            tried.dropped = [{**each, "replaced": False} for each in tried.dropped]
        self.hide_dropped(tried, sent, asking)
        if tried.ended == "nothing_held":
            declined = drafting.declined or (drafting.ended is not None and drafting.ended.reason == "declined")
            held = "cut_off" if drafting.ended_early else "answered"
            tried.ended = held if tried.held else "declined" if declined else "nothing_held"

    def as_stored(self, claim: Claim, sent: Sent, asking: Asking) -> Claim:
        """Without any value."""
        if claim.redaction is None or not sent.raw:
            return claim
        evidence = sent.evidence
        places = tuple(Place(each.version, each.spans) for each in claim.citations)
        chunks = {each.chunk_id for each in claim.citations}
        cited = Evidence(evidence.question, tuple(p for p in evidence.passages if p.chunk_id in chunks), {})
        texts, map_id = self.unrestored([claim.text], claim.redaction, places, cited, asking)
        return Claim(texts[0], claim.citations, map_id)

    def hide_dropped(self, tried: Tried, sent: Sent, asking: Asking) -> None:
        """What was not shown is kept for reviewers, without any value as well."""
        if tried.dropped and sent.raw:
            kept = [each["text"] for each in tried.dropped]
            texts, map_id = self.unrestored(kept, sent.map_id, (), sent.evidence, asking)
            tried.dropped = [
                {**each, "text": text, "redaction": map_id} for each, text in zip(tried.dropped, texts, strict=True)
            ]
        tried.settled = True

    def unrestored(
        self, texts: Sequence[str], redaction: str, places: tuple[Place, ...], evidence: Evidence, asking: Asking
    ) -> tuple[list[str], str]:
        """What a model wrote as it is stored, without any value, and the redaction that took them out. ``places`` are
        where its values stand."""
        said = [Turn("answer", text, redaction, self._clock(), places) for text in texts]
        cleared = self._redactor.unrestored(
            asking.searched, said, evidence, asking.conversation_id, asking.person_id, trace_id=asking.trace_id,
            borrowed=asking.borrowed,
        )  # fmt: skip
        return [turn.body.text for turn in cleared.history], cleared.map_id


@dataclass(slots=True)
class _Checking:
    """Sentence by sentence: kept with its citations, replaced by the verbatim sentence that says it, or dropped."""

    tried: Tried
    units: Sequence[Unit]
    guard: Guard
    ground: Ground
    map_id: str
    waiting: list[Claim] = field(default_factory=list[Claim])
    used: set[int] = field(default_factory=set[int])
    shown: set[str] = field(default_factory=set[str])
    seconds: float = 0.0

    def checked(self, proposed: Proposed) -> Iterator[Claim]:
        at = time.perf_counter()
        # By their numbers: of what was sent some time ago, not every unit may still be there.
        places = {unit.number: place for place, unit in enumerate(self.units)}
        cites = [places[number] for number in proposed.cites if number in places]
        claims: list[Claim] = []
        if self.guard.refuses(proposed.text):
            self._drop(proposed, ["instruction"], 0.0, replaced=False)
        elif not self._is_new(proposed.text):
            self._drop(proposed, ["repeated"], 0.0, replaced=False)
        else:
            verdict = self.ground.verify(proposed.text, cites)
            claims = list(self._held(proposed, verdict) if verdict.holds else self._instead(proposed, verdict))
        self.seconds += time.perf_counter() - at
        yield from claims

    def _held(self, proposed: Proposed, verdict: Verdict) -> Iterator[Claim]:
        self.shown.add(_plainly(proposed.text))
        self.tried.held += 1
        self.tried.repaired += verdict.repaired
        self.tried.support = max(self.tried.support, verdict.support)
        # What was put in place of a sentence is shown only beside one that holds: alone, another attempt does better.
        yield from self.waiting
        self.tried.replaced += len(self.waiting)
        self.waiting = []
        self.used |= set(verdict.cited)
        yield Claim(proposed.text, _citations([self.units[n] for n in verdict.cited], verdict.support), self.map_id)

    def _is_new(self, text: str) -> bool:
        """Whether it was not shown before in the same words: small models say the same thing over and over."""
        return _plainly(text) not in self.shown

    def _instead(self, proposed: Proposed, verdict: Verdict) -> Iterator[Claim]:
        against = [each.kind for each in verdict.disagreements] or [
            "says_nothing" if verdict.says_nothing else "support"
        ]
        number = None if verdict.says_nothing else self.ground.replacement(proposed.text)
        if number in self.used:
            number = None
        self._drop(proposed, against, verdict.support, replaced=number is not None)
        if number is None:
            return
        self.used.add(number)
        instead = self.units[number]
        verbatim = f"{instead.sentence.lead} {instead.sentence.text}".strip()
        claim = Claim(verbatim, _citations([instead], verdict.support))
        if not self.tried.held:
            self.waiting.append(claim)
            return
        self.tried.replaced += 1
        yield claim

    def _drop(self, proposed: Proposed, against: list[str], support: float, *, replaced: bool) -> None:
        self.tried.dropped.append(
            {
                "text": proposed.text,
                "redaction": self.map_id,
                "against": against,
                "support": round(support, 4),
                "cited": list(proposed.cites),
                "replaced": replaced,
            }
        )


def sees_values(policy: Policy, destination: Destination) -> bool:
    """Whether the policy lets any value that points at somebody go to this model raw, from a text of any sensitivity.
    Only then can it write one."""
    named = {name for name, _ in policy.by_class if name not in CLASSES and name not in _OF_MANY}
    kinds = {*CLASSES, *(kind for kind in named if policy.class_of(kind) not in _IMPERSONAL)} - _IMPERSONAL
    return any(policy.treatment(kind, level, destination) == "allow" for kind in kinds for level in SENSITIVITIES)


def sources_of(units: Sequence[Unit]) -> tuple[str, ...]:
    """The names of the sources that units come from."""
    return tuple(sorted({unit.passage.document.source for unit in units}))


def _plainly(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!? ")


def _places(units: Sequence[Unit]) -> list[dict[str, Any]]:
    """The passages of ``units``, as they are stored."""
    passages = {unit.passage.chunk_id: unit.passage for unit in units}.values()
    return [{"version": each.version, "spans": [[span.start, span.end] for span in each.spans]} for each in passages]


def _citations(units: Sequence[Unit], support: float) -> tuple[Citation, ...]:
    return tuple(unit.citation(support) for unit in units)
