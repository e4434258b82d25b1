"""Which model answers: the cheapest that may see the evidence and is expected to suffice, then those to turn to.

The decision is data and a pure function of it. A deployment that may not receive the question, or the best passage, is
no candidate at all: not first, and not when another fails.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from answer.models.entry import ModelEntry, Tier
from core.policy import Policy, Sensitivity

Reason = Literal[
    "no_model",
    "not_answered",
    "verbatim_suffices",
    "cheapest",
    "difficult",
    "sensitive",
    "fallback",
    "escalation",
    "records",
    "batch",
    "deadline",
]
Exclusion = Literal["retired", "question_too_sensitive", "evidence_too_sensitive", "budget_used_up"]
_TOKEN_CHARACTERS = 3.2
"""Characters of a token, for estimates: on the short side, so that a prompt is not longer than was thought."""


class RoutingPolicy(BaseModel):
    """What decides. ``verbatim_from``: calibrated support from which a plain question is answered by the verbatim
    sentence, without a model; unset, never. ``large_from``: difficulty from which the large tier is asked first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: tuple[Tier, ...] = ("on_premise", "small", "large")
    """Tiers from the one that is asked first to the one that is turned to last."""
    verbatim_from: float | None = Field(default=None, ge=0, le=1)
    large_from: float = Field(default=0.7, ge=0, le=1)
    calls: int = Field(default=3, ge=1, le=6)
    """Most calls for one answer, whatever fails."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which models somebody wants to be asked, of those that may be: of a ``tier``, the one of this ``name``, or none.
    It only narrows: what is excluded stays so, and the verbatim sentences stay the last attempt."""

    tier: Tier | None = None
    name: str | None = None
    none: bool = False

    def takes(self, entry: ModelEntry) -> bool:
        return not self.none and self.tier in (None, entry.tier) and self.name in (None, entry.name)


ANY = Choice()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a question before a model is asked. ``support``: calibrated probability that the evidence
    answers it, and ``answered`` whether that suffices; ``difficulty`` in 0..1; ``question_level`` and ``levels`` (of
    the passages, best first): how sensitive; ``characters`` of everything that would be sent."""

    answered: bool
    support: float
    difficulty: float
    plain: bool
    question_level: Sensitivity
    levels: tuple[Sensitivity, ...]
    characters: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """``entry`` is None where the verbatim sentences are the answer."""

    entry: ModelEntry | None
    reason: Reason

    @property
    def tier(self) -> str:
        return "extractive" if self.entry is None else self.entry.tier


@dataclass(frozen=True, slots=True)
class Route:
    """The first attempt, those after it in the order in which they are turned to, and who was not considered why."""

    attempts: tuple[Attempt, ...]
    excluded: tuple[tuple[str, Exclusion], ...] = ()

    def after_failure(self, at: int) -> int | None:
        """Which attempt follows when the call of attempt ``at`` failed: the next one, of whatever tier."""
        return at + 1 if at + 1 < len(self.attempts) else None

    def after_doubt(self, at: int) -> int | None:
        """Which attempt follows when nothing of it held: one of another tier."""
        tier = self.attempts[at].tier
        return next((n for n in range(at + 1, len(self.attempts)) if self.attempts[n].tier != tier), None)


def choose(
    routing: RoutingPolicy, entries: Sequence[ModelEntry], policy: Policy, asked: Asked, today: date,
    used_up: Collection[str] = (),
) -> Route:  # fmt: skip
    """``policy`` is the organisation's, narrowed by the register. ``used_up`` are models for which some budget of the
    call has too little left.

    The verbatim sentences are always the last attempt, so that there is an answer when every model fails.
    """
    verbatim = Attempt(None, "fallback")
    if not entries:
        return Route((Attempt(None, "no_model"),))
    if not asked.answered:
        return Route((Attempt(None, "not_answered"),))
    if routing.verbatim_from is not None and asked.plain and asked.support >= routing.verbatim_from:
        return Route((Attempt(None, "verbatim_suffices"),))
    excluded: list[tuple[str, Exclusion]] = []
    fit: list[ModelEntry] = []
    for entry in entries:
        why = _excluded(entry, policy, asked, today) or ("budget_used_up" if entry.name in used_up else None)
        if why is None:
            fit.append(entry)
        else:
            excluded.append((entry.name, why))
    ranked = _ranked(routing, fit, policy, asked)
    sensitive = any(why == "evidence_too_sensitive" for _, why in excluded)
    first: Reason = "sensitive" if sensitive else "cheapest"
    if ranked and _is_hard(routing, asked) and ranked[0].tier == "large":
        first = "difficult"
    attempts = [
        Attempt(entry, first if not at else "fallback" if entry.tier == ranked[at - 1].tier else "escalation")
        for at, entry in enumerate(ranked[: routing.calls])
    ]
    return Route((*attempts, verbatim), tuple(excluded))


def estimated_price(entry: ModelEntry, characters: int) -> float:
    """Of one call with a reply of full length, in the currency of its prices."""
    prices = entry.prices
    return (characters / _TOKEN_CHARACTERS * prices.input + entry.output_tokens * prices.output) / 1e6


def room(entry: ModelEntry, others: int) -> int:
    """Characters of evidence that fit beside ``others`` characters and the reply."""
    return max(0, int((entry.context_tokens - entry.output_tokens) * _TOKEN_CHARACTERS) - others)


def _excluded(entry: ModelEntry, policy: Policy, asked: Asked, today: date) -> Exclusion | None:
    if entry.retires_on is not None and entry.retires_on <= today:
        return "retired"
    if policy.blocks_text(asked.question_level, entry.destination):
        return "question_too_sensitive"
    if asked.levels and policy.blocks_text(asked.levels[0], entry.destination):
        return "evidence_too_sensitive"
    return None


def _ranked(routing: RoutingPolicy, fit: Sequence[ModelEntry], policy: Policy, asked: Asked) -> list[ModelEntry]:
    order = list(routing.order)
    if _is_hard(routing, asked) and "large" in order:
        # What the difficult question begins with is also what is left when it fails: no smaller one would do better.
        order = ["large", *(tier for tier in order if tier != "large")]

    def unseen(entry: ModelEntry) -> int:
        return sum(policy.blocks_text(level, entry.destination) for level in asked.levels)

    def rank(entry: ModelEntry) -> tuple[int, int, float, str]:
        return unseen(entry), order.index(entry.tier), estimated_price(entry, asked.characters), entry.name

    return sorted((entry for entry in fit if entry.tier in order), key=rank)


def _is_hard(routing: RoutingPolicy, asked: Asked) -> bool:
    return asked.difficulty >= routing.large_from
