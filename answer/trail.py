"""What happened on the way to an answer, as its trail keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from answer.calling.call import Call
from answer.calling.slots import Full
from answer.models.entry import ModelEntry
from answer.prompt import VERSION
from answer.routing import Attempt
from core.errors import VouchError

End = Literal["answered", "declined", "withheld", "failed", "nothing_held", "cut_off", "invalid"]


@dataclass(slots=True)
class Tried:
    """How an attempt went.

    ``withheld`` counts passages that may not go there, ``instructing`` sentences that read like instructions to one;
    ``flagged`` are the chunks that reviewers should look at for that. ``dropped`` are sentences that were not shown, as
    tokens, with what spoke against them; ``excluded`` are models that were no candidates, and why.
    """

    attempt: Attempt
    ended: End = "nothing_held"
    why: str = ""
    dropped: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]], repr=False)
    replaced: int = 0
    repaired: int = 0
    held: int = 0
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Where the passages are that the model was sent: what it wrote is read again only by who may read them all."""
    withheld: int = 0
    instructing: int = 0
    flagged: tuple[str, ...] = ()
    flags: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The same with the signs (``answer.flagging``), for the log."""
    excluded: tuple[tuple[str, str], ...] = ()
    settled: bool = False
    """Whether the dropped sentences are without values. Until then their texts are not told."""
    reused: str = ""
    """The answer that was given again, where no model was called."""
    call: dict[str, Any] = field(default_factory=dict[str, Any])
    full_for: float | None = None
    """Seconds after which the model may have room again, where it had none."""
    timings: dict[str, float] = field(default_factory=dict[str, float])
    support: float = 0.0

    def told(self) -> dict[str, Any]:
        """For the trail."""
        entry = self.attempt.entry
        return {
            "model": None if entry is None else entry.name,
            "version": None if entry is None else entry.model,
            "tier": self.attempt.tier,
            "region": None if entry is None else entry.region,
            "reason": self.attempt.reason,
            "ended": self.ended,
            "why": self.why,
            "dropped": self.dropped if self.settled else [{**each, "text": ""} for each in self.dropped],
            "replaced": self.replaced,
            "repaired": self.repaired,
            "held": self.held,
            "sent": self.sent,
            "withheld": self.withheld,
            "instructing": self.instructing,
            "flagged": list(self.flagged),
            "flags": self.flags,
            "excluded": [list(pair) for pair in self.excluded],
            "reused": self.reused or None,
            "prompt": VERSION,
            "call": self.call,
            "timings": self.timings,
        }


Rewriting = Literal["rewritten", "stands_alone", "unusable", "failed"]


@dataclass(slots=True)
class Alone:
    """How a model made a follow-up stand alone: it wrote another question, said that this one does, wrote what cannot
    be used, or gave nothing. ``why`` is the code of the error then. ``redaction`` is that whose tokens stand in the
    question that it wrote, ``sent`` where the sentences are of which it may have made that."""

    entry: ModelEntry
    ended: Rewriting = "failed"
    why: str = ""
    redaction: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    call: dict[str, Any] = field(default_factory=dict[str, Any])

    def told(self) -> dict[str, Any]:
        """For the trail."""
        entry = self.entry
        return {
            "model": entry.name,
            "version": entry.model,
            "tier": entry.tier,
            "region": entry.region,
            "ended": self.ended,
            "why": self.why,
            "redaction": self.redaction,
            "sent": self.sent,
            "call": self.call,
        }


def full_for(error: VouchError) -> float | None:
    """Seconds until a model that is full may take a call; None where it failed otherwise."""
    return error.retry_after if isinstance(error, Full) else None


def told(call: Call) -> dict[str, Any]:
    """What became of a call, for the trail."""
    return {
        "returned": call.returned,
        "sdk": call.sdk,
        "api_version": call.api_version,
        "region": call.region,
        "strayed": call.strayed,
        "request": call.request_id,
        "finish": call.finish,
        "usage": asdict(call.usage),
        "cost": None if call.cost is None else asdict(call.cost),
        "first_seconds": call.first_seconds,
        "seconds": call.seconds,
        "attempts": [asdict(attempt) for attempt in call.attempts],
    }
