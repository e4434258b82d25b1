"""Numbered units of passages that nothing was redacted in."""

from __future__ import annotations

from answer.cleared import ClearedPassage, ClearedText
from answer.numbered import Unit
from answer.sentences import sentences
from retrieval.evidence import Passage


def units_of(*passages: Passage) -> list[Unit]:
    units: list[Unit] = []
    for number, passage in enumerate(passages):
        cleared = ClearedPassage(
            number, passage.chunk_id, passage.document.id, passage.version, None, _as_is(passage.document.title),
            _as_is(passage.document.uri), tuple(map(_as_is, passage.headings)), _as_is(passage.text), passage.spans,
        )  # fmt: skip
        for sentence in sentences(passage.text, passage.spans, passage.blocks):
            shown = f"{sentence.lead} {sentence.text}".strip()
            units.append(Unit(len(units) + 1, passage, cleared, sentence, shown, sentence.text))
    return units


def _as_is(text: str) -> ClearedText:
    return ClearedText(text, (), len(text))
