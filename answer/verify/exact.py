"""What a sentence says otherwise than its spans, exactly: numbers, dates, names, quotations, polarity.

No model and no threshold: a number, an amount, a date, a name, a pseudonym or a quotation of the sentence must stand in
the spans, in whichever writing; what the spans deny, allow or limit must not be asserted, demanded or limited the other
way. A number that was worked out from others is not in the spans, and so a disagreement.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from answer.pseudonyms import tokens
from answer.units import fold
from answer.verify import halves, polarity
from answer.verify.binding import Mention, mentions, misplaced
from answer.verify.clauses import content
from answer.verify.conditions import Condition, conditions, dropped
from answer.verify.days import Day, Weekday, days, occurs, weekdays
from answer.verify.halves import Clause, clauses
from answer.verify.naming import Name, Vocabulary, false_quotes, has_name, names, vocabulary
from answer.verify.quantities import Quantity, quantities
from answer.verify.roles import Role, exchanged, roles
from core.text import Span

Kind = Literal["number", "date", "name", "quote", "negation", "modality", "limit", "order", "condition", "clause"]

_PIECE = re.compile(r"\[[A-Z0-9_.]+\]|\w+(?:[.,'’:/-]\w+)*%?|[$€£]")
_COPIED = 0.6
"""Share of equal words from which a sentence reads as a copy, where each replaced number is a change."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``what`` is the position in the sentence; empty where the sentence lacks something that the spans say."""

    kind: Kind
    what: Span


@dataclass(frozen=True, slots=True)
class Facts:
    """A text read once for many comparisons; offsets are of ``text``, which is folded."""

    text: str = field(repr=False)
    quantities: tuple[Quantity, ...] = field(repr=False)
    limits: tuple[str | None, ...] = field(repr=False)
    days: tuple[Day, ...] = field(repr=False)
    weekdays: tuple[Weekday, ...] = field(repr=False)
    tokens: frozenset[tuple[str, str]] = field(repr=False)
    vocabulary: Vocabulary = field(repr=False)
    statement: polarity.Statement = field(repr=False)
    pieces: tuple[str, ...] = field(repr=False)
    mentions: tuple[Mention, ...] = field(repr=False)
    names: tuple[Name, ...] = field(repr=False)
    roles: tuple[Role, ...] = field(repr=False)
    stems: frozenset[str] = field(repr=False)
    conditions: tuple[Condition, ...] = field(repr=False)
    clauses: tuple[Clause, ...] = field(repr=False)


def read(text: str) -> Facts:
    """The facts of one sentence or span."""
    text = fold(text)
    dated = days(text)
    found = quantities(text, [day.span for day in dated] + [span for span, _ in tokens(text)])
    named = names(text)
    stated = [(name.span, name.key) for name in named]
    stated += [(each.span, "/".join(sorted(str(value) for value in each.values))) for each in found]
    return Facts(
        text=text,
        quantities=tuple(found),
        limits=tuple(polarity.limit(text, quantity.span) for quantity in found),
        days=tuple(dated),
        weekdays=tuple(weekdays(text)),
        tokens=frozenset((token.kind, token.identity) for _, token in tokens(text)),
        vocabulary=vocabulary(text),
        statement=polarity.read(text),
        pieces=tuple(piece.lower() for piece in _PIECE.findall(text)),
        mentions=tuple(mentions(text, found, dated)),
        names=tuple(named),
        roles=roles(text, stated),
        stems=frozenset(content(text)),
        conditions=conditions(text),
        clauses=clauses(text),
    )


def disagreements(sentence: str, spans: Sequence[str]) -> tuple[Disagreement, ...]:
    """Everything that a sentence says otherwise than the texts of its spans, in the order of the sentence.

    Both sides are pseudonymised alike: equal tokens are equal values. A sentence that stands in the spans word for word
    has none. Positions are those of the sentence with its white space folded.
    """
    return compare(read(sentence), [read(span) for span in spans])


def compare(sentence: Facts, spans: Sequence[Facts], beside: Iterable[Facts] = ()) -> tuple[Disagreement, ...]:
    """``disagreements`` of texts that were read before. ``beside`` are texts that say much the same as the sentence:
    they carry nothing, but a number must not stand where they have another one. They are asked for only where the
    sentence has a number."""
    bare = _bare(sentence.text)
    if any(bare == _bare(span.text) for span in spans):
        return ()
    held = Vocabulary.of([span.vocabulary for span in spans])
    found = {
        *_dates(sentence, spans),
        *_numbers(sentence, spans),
        *_misplaced(sentence, spans, beside),
        *_named(sentence, spans, held),
        *(Disagreement("order", span) for span in exchanged(sentence.roles, [span.roles for span in spans])),
        *(Disagreement("condition", span) for span in _dropped(sentence, spans)),
        *(Disagreement("quote", span) for span in false_quotes(sentence.text, held)),
        *(
            Disagreement(sense, span)
            for sense, span in polarity.turned(sentence.statement, [span.statement for span in spans])
        ),
    }
    for span in _swapped(sentence, spans):
        if not any(each.kind == "number" and each.what.overlaps(span) for each in found):
            found.add(Disagreement("number", span))
    # A number in the wrong place is also one beside the wrong words: it is told once.
    if not any(each.kind == "number" for each in found):
        found |= {*_limits(sentence, spans), *_halves(sentence, spans)}
    return tuple(sorted(found, key=lambda each: (each.what, each.kind)))


def _dropped(sentence: Facts, spans: Sequence[Facts]) -> Iterator[Span]:
    sources = [(span.text, span.stems, span.conditions) for span in spans]
    return dropped(sentence.text, sentence.stems, sources)


def _dates(sentence: Facts, spans: Sequence[Facts]) -> Iterator[Disagreement]:
    whole = "\n".join(span.text for span in spans)
    held = [day for span in spans for day in span.days]
    for day in sentence.days:
        if not occurs(day, held, whole):
            yield Disagreement("date", day.span)
    named = {weekday.number for span in spans for weekday in span.weekdays}
    for weekday in sentence.weekdays:
        if weekday.number not in named:
            yield Disagreement("date", weekday.span)


def _misplaced(sentence: Facts, spans: Sequence[Facts], beside: Iterable[Facts]) -> Iterator[Disagreement]:
    if not sentence.mentions:
        return
    for each in misplaced(sentence.mentions, [span.mentions for span in (*spans, *beside)]):
        yield Disagreement("date" if each.kind == "date" else "number", each.span)


def _numbers(sentence: Facts, spans: Sequence[Facts]) -> Iterator[Disagreement]:
    held = [each for span in spans for each in span.quantities]
    years = {day.year for span in spans for day in span.days if day.year is not None}
    for quantity in sentence.quantities:
        if not any(quantity.agrees(each) for each in held) and not quantity.values & years:
            yield Disagreement("number", quantity.span)


def _halves(sentence: Facts, spans: Sequence[Facts]) -> Iterator[Disagreement]:
    if halves.exchanged(sentence.clauses, [span.clauses for span in spans]):
        yield Disagreement("order", Span(0, 0))


def _limits(sentence: Facts, spans: Sequence[Facts]) -> Iterator[Disagreement]:
    """Numbers that are a limit in the spans, and another or none in the sentence."""
    held = [pair for span in spans for pair in zip(span.quantities, span.limits, strict=True)]
    bounded = polarity.bounds(sentence.text)
    for quantity, limit in zip(sentence.quantities, sentence.limits, strict=True):
        same = [other for each, other in held if quantity.agrees(each)]
        if same and all(other not in (limit, None) for other in same) and (limit or not bounded):
            yield Disagreement("limit", quantity.span)


def _swapped(sentence: Facts, spans: Sequence[Facts]) -> Iterator[Span]:
    """Numbers in the place of other numbers, in a sentence that is a copy but for such changes."""
    if not sentence.quantities and not sentence.days:
        return
    own = list(_PIECE.finditer(sentence.text))
    words = sentence.pieces
    for span in spans:
        matcher = difflib.SequenceMatcher(None, words, span.pieces, autojunk=False)
        if matcher.real_quick_ratio() < _COPIED or matcher.quick_ratio() < _COPIED or matcher.ratio() < _COPIED:
            continue
        for change, low, high, start, end in matcher.get_opcodes():
            if change == "replace" and high - low == end - start:
                for place, other in zip(range(low, high), range(start, end), strict=True):
                    if _other_number(words[place], span.pieces[other]):
                        yield Span(*own[place].span())


def _other_number(one: str, other: str) -> bool:
    first, second = quantities(one), quantities(other)
    return bool(first and second) and not any(mine.agrees(theirs) for mine in first for theirs in second)


def _named(sentence: Facts, spans: Sequence[Facts], held: Vocabulary) -> Iterator[Disagreement]:
    for name in sentence.names:
        measured = any(name.span.overlaps(quantity.span) for quantity in sentence.quantities)
        if not measured and not has_name(name.key, held):
            yield Disagreement("name", name.span)
    known = frozenset[tuple[str, str]]().union(*(span.tokens for span in spans))
    for span, token in tokens(sentence.text):
        if (token.kind, token.identity) not in known:
            yield Disagreement("name", span)


def _bare(text: str) -> str:
    return text.strip(" .!?:;,\"'“”*•-")
