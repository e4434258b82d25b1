"""Which answers are drawn for review: rules, sizes and periods as data, and a draw that anybody can repeat.

The draw is a bottom-k sample: of those that a rule means, the ones whose HMAC-SHA256 under the seed is smallest. It
depends on nothing but the seed and the ids, not on their order, and who knows both draws the same.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast, get_args

from answer.models.entry import Tier
from core.errors import Invalid

Rule = Literal[
    "random", "low_support", "tier", "feedback", "flagged", "redacted", "escalated", "source", "document",
]  # fmt: skip
"""All answers; those whose support is nearer to their threshold than to certainty; of one tier of models; with a thumb
down; with a passage that reads like an instruction; with pseudonyms in them; for which a second tier was asked; that
cite a source, or a document."""
RULES: tuple[Rule, ...] = get_args(Rule)
NAMED: frozenset[Rule] = frozenset({"tier", "source", "document"})
"""Rules that name something."""
BY_HAND = "by_hand"
TIERS = ("extractive", *get_args(Tier))
Strata = Literal["none", "person", "tier", "status", "day"]
Every = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = get_args(Every)
MOST_DRAWN = 2000
_SEED_BYTES = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """Which answers may be drawn. ``name`` is a tier, or the id of a source or a document, where the rule needs one.
    ``below``: of low support is what has less than this."""

    rule: Rule
    name: str = ""
    below: float | None = None

    def told(self) -> dict[str, Any]:
        return {"rule": self.rule, "name": self.name, "below": self.below}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Frame:
        return cls(told["rule"], told["name"], told["below"])


@dataclass(frozen=True, slots=True)
class Size:
    """So large a part of the population, at least ``least`` and at most ``most``. Without ``rate``, ``least``."""

    least: int
    most: int = MOST_DRAWN
    rate: float | None = None

    def of(self, population: int) -> int:
        # Without the rounding, 7 % of 100 would be 8: a float is a little off.
        part = 0 if self.rate is None else math.ceil(round(self.rate * population, 9))
        return min(population, self.most, max(self.least, part))


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` until before ``until``."""

    since: datetime
    until: datetime


def checked_frame(rule: str, name: str = "", below: float | None = None) -> Frame:
    """Raises ``Invalid``."""
    if rule not in RULES:
        raise Invalid(f"There is no rule {rule!r}.", hint=f"One of: {', '.join(RULES)}.")
    if bool(name) != (rule in NAMED):
        hint = f"Name it only with one of: {', '.join(sorted(NAMED))}."
        raise Invalid(f"The rule {rule} {'names nothing' if name else 'needs a name'}.", hint=hint)
    if rule == "tier" and name not in TIERS:
        raise Invalid(f"There is no tier {name!r}.", hint=f"One of: {', '.join(TIERS)}.")
    if below is not None and (rule != "low_support" or not 0 < below <= 1):
        raise Invalid("A bound of the support is above 0, up to 1.", hint="It goes with the rule low_support.")
    return Frame(rule, name, below)


def checked_size(size: int | None, rate: float | None, least: int, most: int) -> Size:
    """A fixed ``size``, or a ``rate`` with its bounds. Raises ``Invalid``."""
    if (size is None) == (rate is None):
        raise Invalid("A sample has a size or a rate.", hint="Say how many, or how large a part (0.02 are 2 %).")
    if size is not None:
        if not 1 <= size <= MOST_DRAWN:
            raise Invalid(f"A sample has 1 to {MOST_DRAWN} answers.", hint="Draw several, or shorter periods.")
        return Size(size, size)
    if not 0 < cast(float, rate) <= 1:
        raise Invalid("A rate is above 0, up to 1.", hint="0.02 are 2 %.")
    if not 0 <= least <= most <= MOST_DRAWN:
        raise Invalid(f"The least is not above the most, which is up to {MOST_DRAWN}.", hint="Say other bounds.")
    return Size(least, most, rate)


def new_seed() -> str:
    """Nobody chooses a seed: who could, would choose the sample."""
    return secrets.token_hex(_SEED_BYTES)


def choose(population: Mapping[str, str], seed: str, size: int) -> tuple[str, ...]:
    """``size`` of the ids in ``population``, which says of each in which stratum it is: of each stratum in proportion,
    and of each at least one as far as that goes. The same for the same seed."""
    strata: dict[str, list[str]] = {}
    for answer, stratum in population.items():
        strata.setdefault(stratum, []).append(answer)
    shares = _shares({name: len(those) for name, those in strata.items()}, seed, size)
    chosen = [answer for name, share in shares.items() for answer in _first(strata[name], seed, share)]
    return tuple(sorted(chosen, key=lambda each: _rank(seed, each)))


def frame_hash(population: Collection[str]) -> str:
    """SHA-256 of the ids in order, a line each: tells whether a later draw is from the same ones."""
    return hashlib.sha256("".join(f"{each}\n" for each in sorted(population)).encode()).hexdigest()


def periods(every: Every, since: datetime, now: datetime) -> Iterator[Period]:
    """Whole periods (UTC) that ended after ``since`` and are over, in their order."""
    start = _begin(every, since)
    while (end := _next(every, start)) <= now:
        yield Period(start, end)
        start = end


def _shares(sizes: Mapping[str, int], seed: str, size: int) -> dict[str, int]:
    """How many of each stratum: one of each, and the rest by the largest remainder."""
    by_lot = sorted(sizes, key=lambda name: _rank(seed, f"stratum {name}"))
    size = min(size, sum(sizes.values()))
    if size <= len(by_lot):
        return dict.fromkeys(by_lot[:size], 1)
    more, others = size - len(by_lot), sum(sizes.values()) - len(by_lot)
    shares = {name: 1 + more * (sizes[name] - 1) // others for name in by_lot}
    left = size - sum(shares.values())
    remainders = sorted(by_lot, key=lambda name: more * (sizes[name] - 1) % others, reverse=True)
    for name in remainders[:left]:
        shares[name] += 1
    return shares


def _first(answers: list[str], seed: str, count: int) -> list[str]:
    return sorted(answers, key=lambda each: _rank(seed, each))[:count]


def _rank(seed: str, name: str) -> bytes:
    return hmac.digest(bytes.fromhex(seed), name.encode(), "sha256")


def _begin(every: Every, at: datetime) -> datetime:
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def _next(every: Every, start: datetime) -> datetime:
    if every == "month":
        # No month has more days: a month and some days on, back to its first.
        return (start + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=7 if every == "week" else 1)
