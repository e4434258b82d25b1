"""How a passage reads in another text of the same document: aligned by its lines, then told word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from answer.units import fold
from core.text import Span

MOST_WORDS = 2000
"""Words on either side that are compared one by one; beyond them a passage is told as one change."""
MOST_LINES = 20_000
MOST_BESIDE = 60
"""Lines that may stand in the place of a passage."""
_WORD = re.compile(r"\w+|[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Change:
    """``same`` has equal ``before`` and ``after``; of ``removed`` there is no after, of ``added`` no before."""

    kind: Literal["same", "changed", "removed", "added"]
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Beside:
    """The lines around a citation before and after. ``stands``: each of its spans is still there word for word, white
    space apart."""

    before: str = field(repr=False)
    after: str = field(repr=False)
    stands: bool
    changes: tuple[Change, ...] = field(repr=False)


def beside(before: str, spans: Sequence[Span], after: str) -> Beside:
    """The passage at ``spans`` of ``before``, and what stands in its place in ``after``."""
    old, new = _lines(before), _lines(after)
    first, last = _around(old, spans)
    passage = before[old[first].start : old[last - 1].end] if first < last else ""
    start, end = _place(before, old, after, new, first, last)
    found = after[new[start].start : new[end - 1].end] if start < end else ""
    return Beside(passage, found, stands(before, spans, after), changes(passage, found))


def stands(before: str, spans: Iterable[Span], after: str) -> bool:
    """Whether everything that is cited is still there, in the same words."""
    whole = fold(after)
    return all(fold(span.of(before)) in whole for span in spans)


def changes(before: str, after: str) -> tuple[Change, ...]:
    """From one text to the other, in order: the ``before`` of all joined is the one, the ``after`` the other."""
    if before == after:
        return (Change("same", before, after),) if before else ()
    old, new = _WORD.findall(before), _WORD.findall(after)
    if max(len(old), len(new)) > MOST_WORDS or not old or not new:
        return (_change(before, after),)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    told = [_change("".join(old[a:b]), "".join(new[c:d])) for _, a, b, c, d in matcher.get_opcodes()]
    return tuple(_joined(told))


def _change(before: str, after: str) -> Change:
    if before == after:
        return Change("same", before, after)
    return Change("changed" if before and after else "removed" if before else "added", before, after)


def _joined(told: Iterable[Change]) -> Iterator[Change]:
    """Changes with nothing but a blank between them are one: words are replaced by words."""
    held: Change | None = None
    for each in told:
        blank = each.kind == "same" and not each.before.strip()
        if held is not None and held.kind != "same" and (blank or each.kind != "same"):
            held = _change(held.before + each.before, held.after + each.after)
            continue
        if held is not None:
            yield from _without_end(held)
        held = each
    if held is not None:
        yield from _without_end(held)


def _without_end(change: Change) -> Iterator[Change]:
    """A change without the blanks that both sides end with."""
    before, after = change.before.rstrip(), change.after.rstrip()
    tail = change.before[len(before) :]
    if change.kind == "changed" and tail and tail == change.after[len(after) :] and before and after:
        yield Change("changed", before, after)
        yield Change("same", tail, tail)
        return
    yield change


def _lines(text: str) -> list[Span]:
    ends = [match.end() for match in re.finditer("\n", text)]
    return [Span(start, end) for start, end in pairwise([0, *ends, len(text)]) if end > start]


def _around(lines: Sequence[Span], spans: Sequence[Span]) -> tuple[int, int]:
    """The lines that spans lie on."""
    touched = [at for at, line in enumerate(lines) if any(line.overlaps(span) for span in spans)]
    return (touched[0], touched[-1] + 1) if touched else (0, 0)


def _place(
    before: str, old: Sequence[Span], after: str, new: Sequence[Span], first: int, last: int
) -> tuple[int, int]:  # fmt: skip
    """The lines of ``after`` that stand where those from ``first`` until before ``last`` of ``before`` stood."""
    if first == last or not new:
        return 0, 0
    if max(len(old), len(new)) > MOST_LINES:
        return _nearest(before, old, after, new, first, last, 0, len(new))
    olds, news = [fold(span.of(before)) for span in old], [fold(span.of(after)) for span in new]
    matcher = SequenceMatcher(None, olds, news, autojunk=max(len(old), len(new)) > MOST_WORDS)
    start, end = len(new), 0
    for kind, a, b, c, d in matcher.get_opcodes():
        if b <= first and kind != "insert":
            continue
        if a >= last:
            break
        if kind == "equal":
            c, d = c + max(first - a, 0), d - max(b - last, 0)
        elif kind == "replace" and d - c > MOST_BESIDE:
            c, d = _nearest(before, old, after, new, max(first, a), min(last, b), c, d)
        elif kind in ("delete", "insert"):
            continue
        start, end = min(start, c), max(end, d)
    return (start, end) if start < end else (0, 0)


def _nearest(
    before: str, old: Sequence[Span], after: str, new: Sequence[Span], first: int, last: int, low: int, high: int
) -> tuple[int, int]:  # fmt: skip
    """The run of as many lines that shares most words with the passage."""
    wanted = set(_WORD.findall(before[old[first].start : old[last - 1].end].casefold()))
    shared = [len(wanted & set(_WORD.findall(new[at].of(after).casefold()))) for at in range(low, high)]
    size = min(last - first, high - low, MOST_BESIDE)
    if not size or not any(shared):
        return 0, 0
    best = max(range(high - low - size + 1), key=lambda at: sum(shared[at : at + size]))
    return low + best, low + best + size
