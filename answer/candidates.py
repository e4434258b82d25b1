"""The sentences of the evidence, each with how well it speaks to the question.

Score of a sentence: cosine to the question (the sentence embedded with its document's title and nearest heading),
coverage of the question's words by weight, alone and with its neighbours, the passage's own relevance, and whether it
holds what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from answer.sentences import Sentence, sentences
from answer.settings import AnswerSettings
from answer.terms import covered, expected, holds, identifiers, names, stems, weigh
from retrieval.diversify import outdated
from retrieval.evidence import Evidence, Passage
from retrieval.settings import DiversitySettings

Vectors = npt.NDArray[np.float32]
"""float32[texts, dimensions], rows of unit length."""

Embed = Callable[[Sequence[str]], Vectors]

_DENSE, _COVERAGE, _WINDOW, _PASSAGE, _ASKED = 0.50, 0.10, 0.20, 0.20, 0.03
_NAMED = 0.15
"""For a sentence that has, itself or in its lead or title, the very article or case number that was asked about."""
_SHORTEST = 3
"""Words. Anything shorter cannot answer as a sentence; a table row or list item may."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that might answer. ``dense`` is its cosine to the question; ``coverage`` the share of the question's
    weight in the sentence, its lead and its document's title, ``window`` the same with both neighbours; ``holds_asked``
    whether it has the number, date or name asked for; ``rank`` counts passages from 0."""

    passage: Passage
    rank: int
    sentence: Sentence
    heading: str = field(repr=False)
    coverage: float
    window: float
    holds_asked: bool
    names_asked: bool = False
    dense: float = 0.0
    score: float = 0.0
    vector: Vectors | None = field(default=None, repr=False, compare=False)

    @property
    def embedded_text(self) -> str:
        return " ".join(part for part in (f"{self.heading}:", self.sentence.lead, self.sentence.text) if part)


@dataclass(frozen=True, slots=True)
class Reading:
    """A question against its evidence: candidates best first, and the question's words with their weights."""

    question: str = field(repr=False)
    passages: tuple[Passage, ...]
    weights: dict[str, float] = field(repr=False)
    candidates: tuple[Candidate, ...]
    vector: Vectors | None = field(default=None, repr=False, compare=False)
    """Of the question; None where nothing was found."""


def weigh_up(question: str, evidence: Evidence, embed: Embed, settings: AnswerSettings) -> Reading:
    """Score at most ``settings.sentences_scored`` sentences of the first ``settings.passages_read`` passages."""
    superseded = outdated(evidence.passages, question, DiversitySettings())
    passages = tuple(
        passage for at, passage in enumerate(evidence.passages[: settings.passages_read]) if at not in superseded
    )
    weights = weigh(question, [scope(passage) + passage.text for passage in evidence.passages])
    found = [c for rank, passage in enumerate(passages) for c in _of_passage(question, weights, rank, passage)]
    found.sort(key=lambda c: (-(c.coverage + c.passage.score), c.rank, c.sentence.position))
    found = _distinct(found)[: settings.sentences_scored]
    if not found:
        return Reading(question, passages, weights, ())
    vectors = embed([question, *(c.embedded_text for c in found)])
    cosines = vectors[1:] @ vectors[0]
    scored = [_scored(c, float(cosine), vector) for c, cosine, vector in zip(found, cosines, vectors[1:], strict=True)]
    scored.sort(key=lambda c: (-c.score, c.rank, c.sentence.position))
    return Reading(question, passages, weights, tuple(scored), vectors[0])


def scope(passage: Passage) -> str:
    """What a passage belongs to, as words: title and headings."""
    return " ".join((passage.document.title, *passage.headings, ""))


def _of_passage(question: str, weights: dict[str, float], rank: int, passage: Passage) -> list[Candidate]:
    units = sentences(passage.text, passage.spans, passage.blocks)
    title = stems(passage.document.title)
    terms = [stems(f"{unit.lead} {unit.text}") for unit in units]
    kind = expected(question)
    asked = identifiers(question)
    heading = passage.headings[-1] if passage.headings else ""
    found: list[Candidate] = []
    for number, unit in enumerate(units):
        # A question in the text names what the sentences below it answer, as a heading does.
        if unit.kind == "heading" or unit.text.endswith("?"):
            heading = unit.text
        if not _may_answer(units, number):
            continue
        around = frozenset[str]().union(*terms[max(0, number - 1) : number + 2]) | title | stems(heading)
        found.append(
            Candidate(
                passage=passage,
                rank=rank,
                sentence=unit,
                heading=" > ".join(part for part in (passage.document.title, heading) if part),
                coverage=covered(weights, terms[number] | title),
                window=covered(weights, around),
                holds_asked=holds(kind, unit.text),
                names_asked=bool(asked) and names(f"{passage.document.title} {heading} {unit.lead} {unit.text}", asked),
            )
        )
    return found


def _may_answer(units: Sequence[Sentence], number: int) -> bool:
    unit = units[number]
    if unit.kind == "heading" or unit.text.endswith("?"):
        return False
    if unit.kind == "row":
        # A header row answers only if it stands alone.
        return bool(unit.lead) or number + 1 == len(units) or units[number + 1].kind != "row"
    return unit.kind in ("item", "field") or len(unit.text.split()) >= _SHORTEST


def _distinct(found: Sequence[Candidate]) -> list[Candidate]:
    kept: dict[str, Candidate] = {}
    for candidate in found:
        kept.setdefault(f"{candidate.sentence.lead} {candidate.sentence.text}".casefold(), candidate)
    return list(kept.values())


def _scored(candidate: Candidate, dense: float, vector: Vectors) -> Candidate:
    score = (
        _DENSE * dense
        + _COVERAGE * candidate.coverage
        + _WINDOW * candidate.window
        + _PASSAGE * candidate.passage.score
        + _ASKED * candidate.holds_asked
        + _NAMED * candidate.names_asked
    )
    return replace(candidate, dense=dense, score=score, vector=vector)
