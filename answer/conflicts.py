"""Where two documents say otherwise about the same thing, so that a reader is shown both, with their dates.

Two sentences are in conflict when they are the same sentence but for one value, or a few: the same words, names and
article numbers around a number, an amount or a date that differs. That misses much and says little that is wrong, which
is how it is meant: a reader who is warned for nothing stops reading warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Literal, Protocol

from answer.claims import Citation
from answer.sentences import Sentence
from answer.terms import STOPWORDS, stem
from answer.verify.days import Day, days
from answer.verify.quantities import quantities
from core.text import Span
from retrieval.diversify import edition, is_later
from retrieval.evidence import Passage

Value = Literal["number", "date"]

_PIECE = re.compile(r"\x00\d+\x00|[^\W_]+(?:[.'’:/-][^\W_]+)*")
_ALIKE = 0.7
"""Share of the words that both have, of the longer sentence, from which two sentences are about the same thing."""
_LEAST_WORDS = 3
"""Content words that both must have: with fewer a sentence does not say what it is about."""
_MOST_SLOTS = 3
"""More values than this that differ are two records, and not two views of one."""
_NAMES = re.compile(
    r"(?:#|\b(?:numbers?|no|nos|nr|ids?|index|extension|ext|levels?|sections?|chapters?|pages?|steps?|articles?|phases?|rooms?|versions?"
    r"|figures?|tables?|tickets?|cases?|orders?|invoices?|lines?|items?|questions?|options?|grades?|class|tier|part|floor|building)"
    r"[ \t]*(?:[.:#]|(?:is|was|are)\b)?)[ \t#]*$",
    re.IGNORECASE,
)
"""What stands before a number that is a name and no value."""
_LIST_NUMBER = re.compile(r"^\W*\d{1,2}(?:\.\d+)*[.):]\s+")
_FIELD = re.compile(r"^[\w /().-]{1,40}:(?:\s|$)|[{}]|\": ?[\"\d]")
"""One property of whatever the document is about, or code: the sentence alone does not say of what."""
_KINDS_OF_PAPER = frozenset(
    stem(word)
    for word in (  # noqa: SIM905
        "policy guide guideline handbook manual faq notes minutes document procedure rule overview page note info"
        " information memo report the and for of in on to a an employee company"
    ).split()
)
_FILE = re.compile(r"\.[A-Za-z0-9]{1,5}$")


class Cited(Protocol):
    """What can be cited: ``answer.numbered.Unit`` is one."""

    @property
    def passage(self) -> Passage: ...
    @property
    def sentence(self) -> Sentence: ...
    def citation(self, support: float) -> Citation: ...


@dataclass(frozen=True, slots=True)
class Side:
    """What one source says: its value as written, and when it was true. ``at`` is when the document was last changed,
    where its source tells, else when the source last confirmed it."""

    unit: int
    value: str = field(repr=False)
    citation: Citation
    at: datetime
    changed: bool
    """``at`` is a time of change."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sides; where one of them is known to be the later edition, ``later`` is its place, 0 or 1."""

    kind: Value
    sides: tuple[Side, Side]
    later: int | None


@dataclass(frozen=True, slots=True)
class _Slot:
    kind: Value
    span: Span
    values: frozenset[Decimal | str]
    unit: str | None
    day: Day | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence as its pieces, with numbered marks in the place of values."""

    text: str = field(repr=False)
    pieces: tuple[str, ...] = field(repr=False)
    slots: tuple[_Slot, ...]
    content: frozenset[str] = field(repr=False)
    named: frozenset[str] = field(repr=False)


def conflicts(units: Sequence[Cited]) -> tuple[Conflict, ...]:
    """The conflicts among these sentences, which are few: those of an answer and those near them.

    Sentences of one document are never in conflict, nor are two editions whose names tell them apart ("2024", "old"):
    there the later one counts, and retrieval puts it first.
    """
    reads = [_read(unit.sentence) for unit in units]
    found: list[Conflict] = []
    for first in range(len(units)):
        for second in range(first + 1, len(units)):
            one, other = units[first], units[second]
            if one.passage.document.id == other.passage.document.id or _told_apart(one.passage, other.passage):
                continue
            pair = _disagree(reads[first], reads[second])
            if pair is not None:
                sides = (_side(first, one, reads[first], pair[0]), _side(second, other, reads[second], pair[1]))
                found.append(Conflict(pair[0].kind, sides, _later(one.passage, other.passage)))
    return tuple(found)


def _disagree(one: _Read, other: _Read) -> tuple[_Slot, _Slot] | None:
    """The first pair of values that stand in the same place of the same sentence and differ."""
    if not one.slots or not other.slots or one.named != other.named:
        return None
    shared = one.content & other.content
    if len(shared) < _LEAST_WORDS or len(shared) < _ALIKE * max(len(one.content), len(other.content)):
        return None
    pairs = list(_paired(one, other))
    different = [(first, second) for first, second in pairs if not _same(first, second)]
    if not different or len(different) > _MOST_SLOTS or len(pairs) != max(len(one.slots), len(other.slots)):
        return None
    if any(first.kind != second.kind or not _comparable(first, second) for first, second in different):
        return None
    # A date that differs beside another value that does tells two events or two periods apart.
    if len(different) > 1 and any(first.kind == "date" for first, _ in different):
        return None
    return different[0]


def _paired(one: _Read, other: _Read) -> Iterator[tuple[_Slot, _Slot]]:
    """Values that stand in the same place."""
    mine = [_bare(piece) for piece in one.pieces]
    theirs = [_bare(piece) for piece in other.pieces]
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            if mine[block.a + step] == "\x00":
                yield one.slots[_number(one.pieces[block.a + step])], other.slots[_number(other.pieces[block.b + step])]


def _bare(piece: str) -> str:
    return "\x00" if piece.startswith("\x00") else stem(piece)


def _number(piece: str) -> int:
    return int(piece.strip("\x00"))


def _same(one: _Slot, other: _Slot) -> bool:
    if one.kind != other.kind:
        return False
    if one.day is not None and other.day is not None:
        mine, theirs = one.day, other.day
        pairs = ((mine.year, theirs.year), (mine.month, theirs.month), (mine.day, theirs.day))
        return all(None in pair or pair[0] == pair[1] for pair in pairs)
    return bool(one.values & other.values)


def _comparable(one: _Slot, other: _Slot) -> bool:
    """Amounts of one currency, durations, shares; two bare numbers. A number with a unit and one without say nothing
    of each other."""
    return one.unit == other.unit


def _read(sentence: Sentence) -> _Read:
    text = f"{sentence.lead} | {sentence.text}" if sentence.lead and sentence.kind == "row" else sentence.text
    text = _LIST_NUMBER.sub("", text)
    slots = () if sentence.kind in ("heading", "field") or _FIELD.search(text) else _slots(text)
    masked = text
    for number in range(len(slots) - 1, -1, -1):
        masked = f"{masked[: slots[number].span.start]} \x00{number}\x00 {masked[slots[number].span.end :]}"
    pieces = tuple(_PIECE.findall(masked))
    words = [piece for piece in pieces if not piece.startswith("\x00") and piece.lower() not in STOPWORDS]
    # The words that a sentence begins with are capitalised without being names.
    named = {piece.lower() for piece in words if any(c.isdigit() for c in piece)}
    named |= {piece.lower() for piece in words[1:] if piece[0].isupper() and sentence.kind != "row"}
    if sentence.kind == "row":
        # What a row is about stands in its cells: all that are no values must be the same.
        named |= {piece.lower() for piece in words}
    return _Read(text, pieces, slots, frozenset(stem(word) for word in words), frozenset(named))


def _slots(text: str) -> tuple[_Slot, ...]:
    dated = days(text)
    found = [_Slot("date", day.span, frozenset(), "date", day) for day in dated]
    for each in quantities(text, [day.span for day in dated]):
        if all(isinstance(value, str) for value in each.values) or _NAMES.search(text, 0, each.span.start):
            # An identifier names what is spoken of.
            continue
        found.append(_Slot("number", each.span, each.values, each.unit))
    return tuple(sorted(found, key=lambda slot: slot.span))


def _told_apart(one: Passage, other: Passage) -> bool:
    """Whether their names say that they are different editions, are for different years, or are about different things
    of one kind: two invoices, two plans, two sites."""
    first, second = edition(one.document), edition(other.document)
    if first.retired != second.retired or (first.number != second.number and bool(first.number or second.number)):
        return True
    return any(
        bool(mine & theirs and mine - theirs and theirs - mine)
        for mine, theirs in ((_about(one.document.title), _about(other.document.title)), (_path(one), _path(other)))
    )


def _about(name: str) -> frozenset[str]:
    """What a name says beside the kind of paper."""
    return frozenset(stem(word) for word in re.findall(r"[^\W_]+", name)) - _KINDS_OF_PAPER


def _path(passage: Passage) -> frozenset[str]:
    return _about(_FILE.sub("", passage.document.uri.rsplit("/", 1)[-1]))


def _later(one: Passage, other: Passage) -> int | None:
    if is_later(one.document, other.document):
        return 0
    return 1 if is_later(other.document, one.document) else None


def _side(number: int, unit: Cited, read: _Read, slot: _Slot) -> Side:
    changed = unit.passage.document.modified_at
    return Side(
        unit=number,
        value=slot.span.of(read.text).strip(),
        citation=unit.citation(1.0),
        at=changed or unit.passage.as_of,
        changed=changed is not None,
    )
