"""How often the second pair of eyes saw what the first one did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of ``pairs`` that two people looked at, in ``agreed`` the first label stood. ``ratio`` is their share, ``kappa``
    Cohen's: 0 is what chance gives, 1 is always. None where there is too little to say."""

    pairs: int
    agreed: int
    ratio: float | None
    kappa: float | None


def agreement(pairs: Mapping[tuple[str, str], int]) -> Agreement:
    """``pairs``: how often the first label and the one that was signed off were these."""
    total = sum(pairs.values())
    if not total:
        return Agreement(0, 0, None, None)
    agreed = sum(count for (first, last), count in pairs.items() if first == last)
    firsts, lasts = Counter[str](), Counter[str]()
    for (first, last), count in pairs.items():
        firsts[first] += count
        lasts[last] += count
    by_chance = sum(firsts[label] * lasts[label] for label in firsts) / total**2
    # Where everything has one label, agreeing says nothing.
    kappa = None if by_chance == 1 else (agreed / total - by_chance) / (1 - by_chance)
    return Agreement(total, agreed, agreed / total, kappa)
