"""What the evidence says as a whole: records where a total is asked for, and both sides where documents disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from answer.candidates import Candidate, Reading
from answer.claims import Citation, Claim
from answer.conflicts import conflicts
from answer.extract import cite, verbatim
from answer.matching import Whole, matching_records
from answer.sentences import Sentence
from answer.tallying import asks_for_total, states_total
from answer.units import fold
from core.text import Span
from retrieval.evidence import Evidence, Passage

RECORDS_SHOWN = 40
_COMPARED = 12
"""Best sentences of the evidence that are compared with those of the answer."""
_NOT_COUNTED = "This asks to count or add up records. Nothing was counted for you: "
MATCHING = f"{_NOT_COUNTED}these are the matching records that were found in what you may read."
NONE = f"{_NOT_COUNTED}no record was found of which what you ask about is written."
SOME = f"{_NOT_COUNTED}these are some of the records that may match."


@dataclass(frozen=True, slots=True)
class Records:
    """The records that are shown in the place of a total; ``reason`` says whether they are all that were found."""

    claims: tuple[Claim, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Disagreeing:
    """Two citations that say otherwise of the same thing. ``later``: which is the later edition, 0 or 1, if known."""

    first: Citation
    second: Citation
    later: int | None


@dataclass(frozen=True, slots=True)
class _Citable:
    passage: Passage
    sentence: Sentence

    def citation(self, support: float) -> Citation:
        return cite(self.passage, self.sentence, support)


def records(
    question: str, evidence: Evidence, reading: Reading, support: float, whole: Whole | None = None
) -> Records | None:
    """The matching records where ``question`` asks for a total that no sentence states; else None. ``whole`` gives all
    passages of a document that the reader may read."""
    if asks_for_total(question) is None or any(states_total(question, each.sentence) for each in reading.candidates):
        return None
    matching = matching_records(question, evidence, whole)
    shown = matching.records[:RECORDS_SHOWN]
    if not shown:
        # Rows that are like the question, and no answer to it, would read as the ones that match.
        best = next(iter(reading.candidates), None)
        return Records((), NONE) if best is not None and best.sentence.kind == "row" else None
    claims = tuple(verbatim(each.passage, each.sentence, support) for each in shown)
    return Records(claims, MATCHING if matching.complete and shown == matching.records else SOME)


def disagreeing(claims: Sequence[Claim], candidates: Sequence[Candidate]) -> tuple[Disagreeing, ...]:
    """Where two documents say otherwise about something that the ``claims`` say."""
    cited = {_place(each) for claim in claims for each in claim.citations}
    beside = [
        _Citable(each.passage, each.sentence)
        for at, each in enumerate(candidates)
        if at < _COMPARED or (each.passage.version, each.sentence.spans) in cited
    ]
    found = [Disagreeing(each.sides[0].citation, each.sides[1].citation, each.later) for each in conflicts(beside)]
    return tuple(each for each in found if _place(each.first) in cited or _place(each.second) in cited)


def told(claims: list[Claim], disagreeing: Sequence[Disagreeing]) -> list[dict[str, Any]]:
    """The disagreements as they are stored: {sides: [citation, citation], later}, citations counted from 1 over all
    claims. A side that no claim cites gets a claim of its own, behind the others."""
    for each in disagreeing:
        for side in (each.first, each.second):
            if _place(side) not in {_place(cited) for claim in claims for cited in claim.citations}:
                claims.append(Claim(fold(side.quote), (side,)))
    numbers = {
        _place(cited): number
        for number, cited in reversed(list(enumerate((c for claim in claims for c in claim.citations), 1)))
    }
    return [
        {"sides": [numbers[_place(each.first)], numbers[_place(each.second)]], "later": each.later}
        for each in disagreeing
    ]


def _place(citation: Citation) -> tuple[str, tuple[Span, ...]]:
    return citation.version, citation.spans
