"""Text that may leave for one destination. Whatever calls a model takes ``Cleared`` and nothing else.

Only ``answer.redact`` makes one: it alone holds the seal, and a ``Cleared`` without it cannot be built, copied with
other fields or unpickled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Literal, NoReturn

from core.policy import Destination, Sensitivity, Treatment
from core.text import Span

_SEAL = object()
Role = Literal["person", "answer"]


@dataclass(frozen=True, slots=True)
class Edit:
    """``token`` stands at ``at`` of the redacted text for what stood at ``source`` of the text before."""

    at: Span
    source: Span
    token: str


@dataclass(frozen=True, slots=True)
class ClearedText:
    """A redacted text, and how its offsets lie to those of the text before (``length`` characters)."""

    text: str = field(repr=False)
    edits: tuple[Edit, ...]
    length: int

    def before(self, span: Span) -> Span:
        """Where a range of the redacted text stood before. One that cuts a token means all that it stands for."""
        return _moved(span, [(edit.at, edit.source) for edit in self.edits])

    def after(self, span: Span) -> Span:
        """Where a range of the text before stands now. One that cuts a value means its whole token."""
        return _moved(span, [(edit.source, edit.at) for edit in self.edits])


@dataclass(frozen=True, slots=True)
class ClearedTurn:
    """Something said before in the conversation, and how sensitive it is."""

    role: Role
    body: ClearedText
    level: Sensitivity


@dataclass(frozen=True, slots=True)
class ClearedPassage:
    """A passage as it goes out. ``number`` is its place, from 0, among the passages of the evidence; ``spans`` are
    those of the version that its text quotes."""

    number: int
    chunk_id: str
    document_id: str
    version: str
    page: int | None
    title: ClearedText
    uri: ClearedText
    headings: tuple[ClearedText, ...]
    body: ClearedText
    spans: tuple[Span, ...]

    def spans_of(self, span: Span) -> tuple[Span, ...]:
        """The exact spans of the version under a range of the redacted text."""
        before = self.body.before(span)
        return tuple(located(self.spans, before.start, before.end))

    def ranges_of(self, spans: Sequence[Span]) -> tuple[Span, ...]:
        """The ranges of the redacted text where these spans of the version stand, as far as the passage has them."""
        found = [Span(*piece) for span in spans for piece in offsets(self.spans, span)]
        return tuple(dict.fromkeys(self.body.after(piece) for piece in found))


@dataclass(frozen=True, slots=True)
class Done:
    """What one rule did with one kind of value in one text: where, never what. ``place`` is ``question``,
    ``history.N``, or a chunk's id with ``:title``, ``:uri`` or ``:headings`` for those; positions are those of the text
    before."""

    rule: str
    kind: str
    treatment: Treatment
    place: str
    positions: tuple[Span, ...]

    @property
    def count(self) -> int:
        return len(self.positions)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A passage, or a turn of the history (``history.N``), that may not go to the destination, and for which kinds of
    value; for none of them where the text as a whole is too sensitive."""

    place: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cleared:
    """Question, history and passages as they go to ``destination``. ``tokens`` are all that stand in them.

    ``policy`` is the version of the data policy, ``detector`` the identity of what looked for values, ``map_id`` the
    name of this redaction in the log and in the claims made from it.
    """

    destination: Destination
    conversation_id: str
    question: ClearedText
    history: tuple[ClearedTurn, ...]
    passages: tuple[ClearedPassage, ...]
    withheld: tuple[Withheld, ...]
    tokens: frozenset[str]
    done: tuple[Done, ...]
    policy: int
    detector: str
    map_id: str
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only the redactor clears a text")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a cleared text is for one call and is not serialised")


def located(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    """The version's spans under offsets ``start`` to ``end`` of a text that is ``spans`` joined by line breaks."""
    offset = 0
    for span in spans:
        low, high = max(start, offset), min(end, offset + len(span))
        if low < high:
            yield Span(span.start + low - offset, span.start + high - offset)
        offset += len(span) + 1


def offsets(spans: Sequence[Span], wanted: Span) -> Iterator[tuple[int, int]]:
    """Where a span of the version stands in the text that is ``spans`` joined by line breaks."""
    offset = 0
    for span in spans:
        if span.overlaps(wanted):
            yield offset + max(span.start, wanted.start) - span.start, offset + min(span.end, wanted.end) - span.start
        offset += len(span) + 1


def _moved(span: Span, pairs: Sequence[tuple[Span, Span]]) -> Span:
    """``span`` from the first text of the pairs to the second. Between two pairs both texts are the same."""
    starts = [one.start for one, _ in pairs]

    def moved(at: int, *, end: bool) -> int:
        number = bisect_right(starts, at) - 1
        if number < 0:
            return at
        one, other = pairs[number]
        # An edge right at a value's edge does not cut it.
        if one.start < at < one.end:
            return other.end if end else other.start
        if at <= one.start:
            return other.start
        return other.end + (at - one.end)

    start = moved(span.start, end=False)
    return Span(start, max(start, moved(span.end, end=True)))
