"""The data policy: classes of data, how sensitive a text is, and what may go where.

Small words that everybody shares. What an organisation decided is a ``Policy``; it is data, and versioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Sensitivity = Literal["public", "internal", "confidential", "restricted"]
"""How sensitive a text is, least first."""
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)
Treatment = Literal["allow", "redact", "block"]
"""What becomes of a value on its way to a destination, mildest first. ``block``: nothing with it goes there."""
TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)
Place = Literal["on_premise", "external"]


def highest(levels: Iterable[Sensitivity]) -> Sensitivity:
    """The most sensitive of them; of none, ``public``."""
    return max(levels, key=SENSITIVITIES.index, default="public")


def strictest(treatments: Iterable[Treatment]) -> Treatment:
    return max(treatments, key=TREATMENTS.index, default="allow")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where text may go: a tier of models, an embedder, a parser. ``region`` as its owner names it."""

    name: str
    place: Place
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """``treatment`` is the one question that is asked of it."""

    version: int
    by_class: Mapping[tuple[str, str], Treatment] = field(repr=False)
    by_sensitivity: Mapping[tuple[Sensitivity, str], Treatment] = field(repr=False)
