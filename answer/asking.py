"""What is asked, and what there is of its answer so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from answer.answers import Answer
from answer.claims import Claim, Status
from answer.redact import Borrowed
from answer.sighting import TYPED
from answer.trail import Tried
from answer.vault import Place
from core.access import Principal
from core.policy import Sensitivity


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks what, where: the same through the whole of an answer. ``searched`` is the question made to stand alone,
    ``alone_by`` what made it so: ``itself``, ``words``, or the name of a model."""

    answer_id: str
    conversation_id: str
    person_id: str
    question: str = field(repr=False)
    searched: str = field(repr=False)
    alone_by: str = "itself"
    trace_id: str = ""
    kept: str = field(default="", repr=False)
    """The question made to stand alone as it is stored, without any value; empty where it has none."""
    level: Sensitivity = TYPED
    """How sensitive ``searched`` is at least."""
    borrowed: Borrowed = field(default_factory=dict[str, tuple[Place, ...]], repr=False)
    """Values of ``searched`` that the person did not type."""


@dataclass(slots=True)
class Written:
    """What there is of an answer so far."""

    model: str
    tier: str = "extractive"
    support: float = 0.0
    claims: list[Claim] = field(default_factory=list[Claim])
    tried: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]], repr=False)
    """Each attempt as the trail has it: model, tier, why, how it ended, what was dropped and replaced, usage."""
    conflicts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Pairs of citations that disagree (``answer.weighing.told``)."""
    timings: dict[str, float] = field(default_factory=dict[str, float])
    structured: dict[str, Any] | None = field(default=None, repr=False)
    """The form that was asked for, as it is stored (``answer.structured.shape``)."""
    reason: str | None = None
    """Why nothing came of a form."""
    dropped: int = 0
    replaced: int = 0
    full_for: float | None = None
    """Seconds after which a model may have room again, where one had none."""
    started: float = field(default_factory=time.perf_counter)

    @property
    def status(self) -> Status:
        if self.structured is not None and self.structured["outcome"] == "refused":
            return "refused"
        return "answered" if self.claims else "abstained"

    def add(self, tried: Tried) -> None:
        """What came of an attempt."""
        self.tried.append(tried.told())
        self.dropped += len(tried.dropped) - tried.replaced
        self.replaced += tried.replaced
        if tried.full_for is not None:
            self.full_for = min(tried.full_for, self.full_for or tried.full_for)
        for name, seconds in tried.timings.items():
            self.timings[name] = self.timings.get(name, 0.0) + seconds


class Sending(Protocol):
    """Where an answer goes beside who asked. ``reader``: who may read what is sent."""

    @property
    def reader(self) -> Principal: ...

    def send(self, session: Session, answer: Answer) -> dict[str, Any]:
        """Put it in line; what came of that, for its structured part."""
        ...
