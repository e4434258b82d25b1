"""What the evidence says as a whole: records where a total is asked for, and both sides where documents disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from answer.candidates import Candidate, Reading
from answer.claims import Citation, Claim
from answer.conflicts import conflicts
from answer.extract import cite, verbatim
from answer.sentences import Sentence, sentences
from answer.tallying import asks_for_total, matching_records, states_total
from answer.units import fold
from core.text import Span
from retrieval.evidence import Evidence, Passage

RECORDS_SHOWN = 12
_COMPARED = 12
"""Best sentences of the evidence that are compared with those of the answer."""
NOT_COUNTED = (
    "This asks to count or add up records. Nothing was counted for you: "
    "these are the matching records that you may read."
)


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


def records(question: str, evidence: Evidence, reading: Reading, support: float) -> tuple[Claim, ...]:
    """The matching records where ``question`` asks for a total that no sentence states; else none."""
    if asks_for_total(question) is None or any(states_total(question, each.sentence) for each in reading.candidates):
        return ()
    return tuple(_records(question, evidence, support))[:RECORDS_SHOWN]


def _records(question: str, evidence: Evidence, support: float) -> Iterator[Claim]:
    for matching in matching_records(question, evidence):
        passage = matching.passage
        # A record that is a document of its own is shown by its first sentence.
        shown = matching.sentences or sentences(passage.text, passage.spans, passage.blocks)[:1]
        for sentence in shown:
            yield verbatim(passage, sentence, support)


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
