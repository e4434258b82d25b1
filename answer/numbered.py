"""The sentences of cleared evidence, numbered so that a draft can point at them and a citation at exact spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from answer.claims import Citation
from answer.cleared import Cleared, ClearedPassage
from answer.sentences import Sentence, sentences
from answer.units import fold
from core.text import Span
from retrieval.evidence import Evidence, Passage

PASSAGES = 10
"""Passages, best first, that a model reads."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One citable sentence, row or list item. ``number`` counts from 1; ``text`` is how a model sees it, with what it
    cannot be read without in front; ``own`` is the same without that."""

    number: int
    passage: Passage
    cleared: ClearedPassage
    sentence: Sentence
    text: str = field(repr=False)
    own: str = field(repr=False)

    def citation(self, support: float) -> Citation:
        """Its exact spans."""
        passage = self.passage
        return Citation(
            document=passage.document,
            version=passage.version,
            chunk_id=passage.chunk_id,
            page=passage.page,
            headings=passage.headings,
            spans=self.sentence.spans,
            quote=passage.quote(self.sentence.spans),
            support=support,
            as_of=passage.as_of,
        )


def numbered(
    cleared: Cleared, evidence: Evidence, most_characters: int, most_passages: int | None = PASSAGES
) -> tuple[Unit, ...]:
    """The units of the passages that may be sent, as many of the best passages as fit into ``most_characters``.

    They stand in the order of their documents and not of their rank: what is asked again about the same passages then
    begins with the same bytes, which a provider has kept.
    """
    fitting: list[tuple[Passage, ClearedPassage, list[tuple[Sentence, str, str]]]] = []
    room = most_characters
    for part in cleared.passages[:most_passages]:
        passage = evidence.passages[part.number]
        found = units_of(passage, part)
        length = sum(len(text) for _, text, _ in found)
        if length > room:
            break
        room -= length
        fitting.append((passage, part, found))
    fitting.sort(
        key=lambda each: (each[0].document.id, each[0].version, each[0].spans[0].start if each[0].spans else 0)
    )
    units: list[Unit] = []
    for passage, part, found in fitting:
        for sentence, text, own in found:
            units.append(Unit(len(units) + 1, passage, part, sentence, text, own))
    return tuple(units)


def units_of(passage: Passage, part: ClearedPassage) -> list[tuple[Sentence, str, str]]:
    """Each unit of a passage with its text as a model sees it, and the same without what is in front of it."""
    found: list[tuple[Sentence, str, str]] = []
    for sentence in sentences(passage.text, passage.spans, passage.blocks):
        lead_spans = sentence.spans[: len(sentence.spans) - sentence.own]
        own = _text(part, sentence.own_spans)
        # A lead that a person is shown may be put together from several pieces; a model gets what they say.
        lead = _text(part, lead_spans)
        found.append((sentence, f"{lead} {own}" if lead else own, own))
    return found


def _text(part: ClearedPassage, spans: Sequence[Span]) -> str:
    return fold(" ".join(part.body.text[piece.start : piece.end] for piece in part.ranges_of(spans)))
