"""What changed its role: where a sentence says "from A to B" and its source "from B to A"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from core.text import Span

_ROLE = re.compile(
    r"\b(from|to|into|in|by|of|for|over|with|than|before|after|against)\s+(?:the\s+|an?\s+)?$", re.IGNORECASE
)
_SAME = {"into": "to"}


@dataclass(frozen=True, slots=True)
class Role:
    """A name or number right behind a preposition."""

    span: Span
    key: str = field(repr=False)
    preposition: str


def roles(text: str, named: Sequence[tuple[Span, str]]) -> tuple[Role, ...]:
    """The roles of what stands at these spans, each known by its key."""
    found: list[Role] = []
    for span, key in named:
        if match := _ROLE.search(text[max(0, span.start - 20) : span.start]):
            preposition = match[1].lower()
            found.append(Role(span, key, _SAME.get(preposition, preposition)))
    return tuple(found)


def exchanged(sentence: Sequence[Role], sources: Sequence[Sequence[Role]]) -> Iterator[Span]:
    """Pairs whose two roles are the other way round in a source, and nowhere as in the sentence."""
    stated = {frozenset((role.key, role.preposition) for role in source) for source in sources}
    for one, other in combinations(sentence, 2):
        if one.preposition != other.preposition and one.key != other.key:
            as_here = {(one.key, one.preposition), (other.key, other.preposition)}
            turned = {(one.key, other.preposition), (other.key, one.preposition)}
            if any(turned <= held for held in stated) and not any(as_here <= held for held in stated):
                yield one.span
