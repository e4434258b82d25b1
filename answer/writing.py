"""One model's attempt at an answer: clear, ask, check every sentence as it arrives, keep what the evidence carries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from answer.claims import Citation, Claim
from answer.cleared import Cleared
from answer.drafting import Drafting, Proposed
from answer.gateway import Gateway
from answer.models.base import ModelError
from answer.numbered import Unit, numbered
from answer.prompt import to_answer
from answer.recording import Asking, Record
from answer.redact import Redactor
from answer.routing import room
from answer.sighting import Turn
from answer.suspicion import Guard
from answer.trail import Tried, told
from answer.usage import Spender
from answer.vault import Place
from answer.verify.ground import Ground, Verdict
from core.clock import Clock
from core.errors import Refused, TooMany
from core.kinds import CLASSES
from core.policy import Destination, Policy
from retrieval.evidence import Evidence

MOST_SENTENCES = 12
Grounds = Callable[[Sequence[str], Sequence[int]], Ground]
"""From the texts of units, and the passage of each, to what sentences are checked against."""
_IMPERSONAL = frozenset({"place", "time"})
_QUESTION_ROOM = 4_000


class Writer:
    """Has models write answers. ``policy`` is the data policy that holds now, narrowed by the register."""

    def __init__(
        self, redactor: Redactor, gateway: Gateway, grounds: Grounds, policy: Callable[[], Policy], clock: Clock
    ) -> None:
        self._redactor, self._gateway, self._grounds = redactor, gateway, grounds
        self._policy, self._clock = policy, clock

    def write(self, tried: Tried, evidence: Evidence, record: Record, spender: Spender) -> Iterator[Claim]:
        """The claims that hold, one after the other. What happened is in ``tried`` when it ends."""
        entry, asking = tried.attempt.entry, record.asking
        assert entry is not None
        at = time.perf_counter()
        try:
            cleared = self._redactor.clear(
                asking.searched, (), evidence, entry.destination, asking.conversation_id, asking.person_id,
                trace_id=asking.trace_id,
            )  # fmt: skip
        except Refused as error:
            tried.ended, tried.why = "withheld", error.message
            return
        tried.withheld = len(cleared.withheld)
        tried.timings["redact"] = time.perf_counter() - at
        units = numbered(cleared, evidence, room(entry, _QUESTION_ROOM + len(cleared.question.text)))
        if not units:
            tried.ended, tried.why = "withheld", "No passage that answers may go to this model."
            return
        at = time.perf_counter()
        guard = Guard(units, cleared.question.text)
        tried.instructing = len(guard.instructing)
        ground = self._grounds(guard.texts, [unit.cleared.number for unit in units])
        checking = _Checking(tried, units, guard, ground, cleared.map_id)
        drafting = Drafting()
        prompt = to_answer(cleared, units, entry.output_tokens)
        record.calling(entry, tried.attempt.reason, prompt, cleared, spender.subject)
        reply = self._gateway.stream(entry, prompt, spender)
        failed = ""
        try:
            for proposed in drafting.sentences(reply):
                for claim in checking.checked(proposed):
                    kept = self._as_stored(claim, cleared, asking, evidence)
                    tried.timings.setdefault("first_sentence", time.perf_counter() - at)
                    yield kept
                if tried.held + tried.replaced >= MOST_SENTENCES:
                    break
        except (ModelError, TooMany, Refused) as error:
            failed = error.code
            tried.ended, tried.why = "cut_off" if tried.held else "failed", error.message
        finally:
            # Also when whoever waits has gone: the call ends, and what it cost is on record.
            reply.close()
            tried.call = told(reply.call)
            tried.timings |= {"model": reply.call.seconds, "verify": checking.seconds}
            record.called(reply.call, drafting.text, failed, spender.subject)
        self._hide_dropped(tried, cleared, asking, evidence)
        if tried.ended == "nothing_held":
            declined = drafting.declined or (drafting.ended is not None and drafting.ended.reason == "declined")
            tried.ended = "answered" if tried.held else "declined" if declined else "nothing_held"

    def _as_stored(self, claim: Claim, cleared: Cleared, asking: Asking, evidence: Evidence) -> Claim:
        """Without any value."""
        if claim.redaction is None or not self._sees_values(cleared.destination):
            return claim
        places = tuple(Place(each.version, each.spans) for each in claim.citations)
        chunks = {each.chunk_id for each in claim.citations}
        cited = Evidence(evidence.question, tuple(p for p in evidence.passages if p.chunk_id in chunks), {})
        texts, map_id = self._unrestored([claim.text], claim.redaction, places, cited, asking)
        return Claim(texts[0], claim.citations, map_id)

    def _hide_dropped(self, tried: Tried, cleared: Cleared, asking: Asking, evidence: Evidence) -> None:
        """What was not shown is kept for reviewers, without any value as well."""
        if not tried.dropped or not self._sees_values(cleared.destination):
            return
        kept = [each["text"] for each in tried.dropped]
        texts, map_id = self._unrestored(kept, cleared.map_id, (), evidence, asking)
        tried.dropped = [
            {**each, "text": text, "redaction": map_id} for each, text in zip(tried.dropped, texts, strict=True)
        ]

    def _sees_values(self, destination: Destination) -> bool:
        """Whether the policy lets values that point at somebody go to this model raw. Only then can it write one."""
        policy = self._policy()
        kinds = (name for name in CLASSES if name not in _IMPERSONAL)
        return any(policy.treatment(kind, "public", destination) == "allow" for kind in kinds)

    def _unrestored(
        self, texts: Sequence[str], redaction: str, places: tuple[Place, ...], evidence: Evidence, asking: Asking
    ) -> tuple[list[str], str]:
        said = [Turn("answer", text, redaction, self._clock(), places) for text in texts]
        cleared = self._redactor.unrestored(
            asking.searched, said, evidence, asking.conversation_id, asking.person_id, trace_id=asking.trace_id
        )
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
    seconds: float = 0.0

    def checked(self, proposed: Proposed) -> Iterator[Claim]:
        at = time.perf_counter()
        cites = [number - 1 for number in proposed.cites if 0 < number <= len(self.units)]
        if self.guard.refuses(proposed.text):
            self._drop(proposed, ["instruction"], 0.0, replaced=False)
            claims: list[Claim] = []
        else:
            verdict = self.ground.verify(proposed.text, cites)
            claims = list(self._held(proposed, verdict) if verdict.holds else self._instead(proposed, verdict))
        self.seconds += time.perf_counter() - at
        yield from claims

    def _held(self, proposed: Proposed, verdict: Verdict) -> Iterator[Claim]:
        self.tried.held += 1
        self.tried.repaired += verdict.repaired
        self.tried.support = max(self.tried.support, verdict.support)
        # What was put in place of a sentence is shown only beside one that holds: alone, another attempt does better.
        yield from self.waiting
        self.tried.replaced += len(self.waiting)
        self.waiting = []
        self.used |= set(verdict.cited)
        yield Claim(proposed.text, _citations([self.units[n] for n in verdict.cited], verdict.support), self.map_id)

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


def _citations(units: Sequence[Unit], support: float) -> tuple[Citation, ...]:
    return tuple(unit.citation(support) for unit in units)
