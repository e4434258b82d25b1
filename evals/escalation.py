"""Which questions needed the larger tier after the smaller one, and what that saved: ``vouch eval escalation``.

Three arms answer the same questions on the shipped path (router, gateway, verification, escalation): a register with
the small tier alone, with the large tier alone, and with both. Each ends with the documents' own sentences where no
model writes anything that holds, and abstains before any model where the evidence does not answer.

Verified quality of an answer is the share of the gold answer's words, function words apart, that stand in the sentences
shown; an answer that abstains has none. Every sentence that is shown passed verification or is verbatim, which does not
make it true (``vouch eval grounding`` says how often it is not). A question counts as carried from half
of the words on. There are no halves: nothing about writing or verifying was chosen on these sets, the threshold of
abstaining was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from answer.answers import Answer
from answer.models.base import Usage
from answer.retold import Attempted, Trail
from answer.usage import cost_of
from evals.answering import shared_words
from evals.answering_cases import Case
from evals.local_answers import Tally
from evals.metrics import RESAMPLES, Interval, interval, paired
from evals.tiers import SMALL

Floats = npt.NDArray[np.float64]
Arm = Literal["small", "large", "both"]
ARMS: tuple[Arm, ...] = ("small", "large", "both")
TIERS = ("small", "large")
CARRIED = 0.5
"""Share of the gold answer's words from which it counts as carried."""
_THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at a model: why it was made, how it ended, its tokens and millionths of a dollar."""

    tier: str
    reason: str
    ended: str
    read: int
    written: int
    micros: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question in one arm. ``tier``: whose answer it is in the end; ``abstained``, or ``extractive`` where the
    documents' own sentences are it. ``recall``, ``f1``: of the gold answer's words; None without a gold answer."""

    case: Case
    tier: str
    calls: tuple[Call, ...]
    sentences: int
    recall: float | None
    f1: float | None

    @property
    def micros(self) -> int:
        return sum(call.micros for call in self.calls)

    @property
    def needed(self) -> str | None:
        """Why the large tier was turned to after the small one, or asked first; None where it was not."""
        for at, call in enumerate(self.calls):
            if call.tier == "large":
                return self.calls[at - 1].ended if at else f"routed: {call.reason}"
        return None


@dataclass(slots=True)
class Run:
    """One arm of one set. ``tally`` counts the sentences that were written and shown."""

    arm: Arm
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    tally: Tally = field(default_factory=Tally)

    def add(self, case: Case, answer: Answer, trail: Trail) -> None:
        self.tally.add(answer, trail)
        shown = [sentence.text for sentence in answer.sentences if sentence.text is not None]
        recall, _, f1 = shared_words(" ".join(shown), case.gold) if case.gold else (None, None, None)
        self.outcomes.append(
            Outcome(
                case=case,
                tier=answer.tier if answer.status == "answered" else answer.status,
                calls=tuple(_call(each) for each in trail.attempts if each.model is not None),
                sentences=len(shown),
                recall=recall,
                f1=f1,
            )
        )


@dataclass(frozen=True, slots=True)
class Arms:
    """The figures of one arm. Shares are of all questions of the set but for ``abstained`` (of the unanswerable) and
    ``withheld_answers`` (abstained, of the answerable). ``own_words``: of the sentences shown, those in a model's own;
    ``by_model``: those of answers that a model wrote. Costs are in dollars for a thousand questions."""

    arm: Arm
    asked: int
    ended: Mapping[str, int]
    abstained: int
    withheld_answers: int
    recall: Interval
    f1: float
    carried: float
    sentences: float
    by_model: float
    own_words: float
    unverified: int
    written: int
    held: int
    calls: Mapping[str, int]
    tokens: Mapping[str, tuple[int, int]]
    cost: float
    failed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """One set. ``needed`` counts why the large tier was turned to, ``asked`` the questions that were put to a model.
    ``saved`` is the share of the cost of the large tier alone that escalation saves, ``saved_reading_alike`` the same
    if the small tier had read as many tokens as the large one; ``quality`` by how much its verified quality is higher
    than that of each other arm, ``carried`` the same of questions whose answer is carried."""

    set: str
    answerable: int
    unanswerable: int
    needed: Mapping[str, int]
    share_needed: Interval
    asked: int
    arms: tuple[Arms, ...]
    saved: Interval
    saved_reading_alike: Interval
    quality: Mapping[str, Interval]
    carried: Mapping[str, Interval]
    abstained_cost: float


def compare(name: str, runs: Mapping[Arm, Run]) -> Compared:
    """The figures of one set, with 95 % intervals of the paired bootstrap over its questions."""
    both = runs["both"].outcomes
    flags = np.array([float(each.needed is not None) for each in both])
    large = np.array([each.micros for each in runs["large"].outcomes], dtype=np.float64)
    spent = np.array([each.micros for each in both], dtype=np.float64)
    alike = np.array([_alike(*pair) for pair in zip(both, runs["large"].outcomes, strict=True)], dtype=np.float64)
    others: tuple[Arm, ...] = ("large", "small")
    return Compared(
        set=name,
        answerable=sum(each.case.answerable for each in both),
        unanswerable=sum(not each.case.answerable for each in both),
        needed=dict(Counter(each.needed for each in both if each.needed is not None)),
        share_needed=interval(flags),
        asked=sum(bool(each.calls) for each in both),
        arms=tuple(_figures(runs[arm]) for arm in ARMS),
        saved=saving(spent, large),
        saved_reading_alike=saving(alike, large),
        quality={arm: paired([_recalls(both)], [_recalls(runs[arm].outcomes)]).interval for arm in others},
        carried={arm: paired([_carried(both)], [_carried(runs[arm].outcomes)]).interval for arm in others},
        abstained_cost=sum(each.micros for run in runs.values() for each in run.outcomes if each.tier == "abstained"),
    )


def saving(spent: Floats, whole: Floats, *, seed: int = 0) -> Interval:
    """1 - the sum of ``spent`` over that of ``whole``, both by question."""
    if not whole.sum():
        return Interval(0.0, 0.0, 0.0)
    drawn = np.random.default_rng(seed).integers(0, len(whole), (RESAMPLES, len(whole)))
    sums = whole[drawn].sum(axis=1)
    values = 1 - np.divide(spent[drawn].sum(axis=1), sums, out=np.ones_like(sums), where=sums > 0)
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(1 - spent.sum() / whole.sum()), float(low), float(high))


def _figures(run: Run) -> Arms:
    outcomes, tally = run.outcomes, run.tally
    calls = [call for each in outcomes for call in each.calls]
    shown = sum(each.sentences for each in outcomes)
    of_models = sum(each.sentences for each in outcomes if each.tier in TIERS)
    return Arms(
        arm=run.arm,
        asked=sum(bool(each.calls) for each in outcomes),
        ended=dict(Counter(each.tier for each in outcomes)),
        abstained=_count(outcomes, lambda each: not each.case.answerable and each.tier == "abstained"),
        withheld_answers=_count(outcomes, lambda each: each.case.answerable and each.tier == "abstained"),
        recall=interval(_recalls(outcomes)),
        f1=float(np.mean([each.f1 for each in outcomes if each.f1 is not None])),
        carried=float(_carried(outcomes).mean()),
        sentences=shown / max(1, _count(outcomes, lambda each: each.sentences > 0)),
        by_model=of_models / max(1, shown),
        own_words=tally.carried / max(1, shown),
        unverified=len(tally.unverified),
        written=tally.written,
        held=tally.held,
        calls=dict(Counter(call.tier for call in calls)),
        tokens={
            tier: (sum(c.read for c in calls if c.tier == tier), sum(c.written for c in calls if c.tier == tier))
            for tier in TIERS
        },
        cost=sum(each.micros for each in outcomes) / 1e6 / len(outcomes) * _THOUSAND,
        failed=dict(Counter(call.ended for call in calls if call.ended in ("failed", "cut_off", "withheld"))),
    )


def _call(attempt: Attempted) -> Call:
    usage: Mapping[str, int] = attempt.call.get("usage") or {}
    cost: Mapping[str, int] = attempt.call.get("cost") or {}
    return Call(
        attempt.tier, attempt.reason, attempt.ended, usage.get("input", 0), usage.get("output", 0),
        cost.get("micros", 0),
    )  # fmt: skip


def _alike(both: Outcome, large: Outcome) -> int:
    """What the question cost in micros if its small call had read what the large tier read for it."""
    read = max((call.read for call in large.calls), default=0)
    return sum(
        cost_of(SMALL, Usage(read, call.written)).micros if call.tier == "small" else call.micros for call in both.calls
    )


def _recalls(outcomes: Sequence[Outcome]) -> Floats:
    return np.array([each.recall for each in outcomes if each.recall is not None], dtype=np.float64)


def _carried(outcomes: Sequence[Outcome]) -> Floats:
    return (_recalls(outcomes) >= CARRIED).astype(np.float64)


def _count(outcomes: Sequence[Outcome], which: Callable[[Outcome], bool]) -> int:
    return sum(map(which, outcomes))
