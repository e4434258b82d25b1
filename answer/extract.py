"""The default answer: the sentences of the evidence that answer, verbatim, each with exact citations."""

from __future__ import annotations

from collections.abc import Sequence

from answer.candidates import Candidate, Embed, Reading, scope, weigh_up
from answer.claims import Citation, Claim, Draft
from answer.sentences import Sentence
from answer.settings import AnswerSettings
from answer.support import Support, features, shipped
from answer.terms import identifiers, names, stems
from retrieval.evidence import Evidence, Passage

_USUAL = 4
"""Sentences of an answer that is not a list."""

_MARGIN = 0.88
"""A further sentence must score at least this share of the best."""

_SAME_PASSAGE, _ADJACENT = 0.015, 0.03
"""What a further sentence gains for standing in the passage of the best one, and right beside it: answers cohere."""

_SAME = 0.93
"""Cosine from which two sentences say the same."""

_SAME_WORDS = 0.75
"""Share of a sentence's words in another from which it adds nothing."""


def read(
    question: str, evidence: Evidence, embed: Embed, settings: AnswerSettings, *, support: Support | None = None
) -> Draft:
    """The answering sentences of the evidence, or a draft without claims where it does not answer.

    ``embed`` turns texts into unit vectors, one row each; it is called once. ``support`` is the shipped model unless
    another is given. Raises ``ValueError`` where a passage's text is not its spans joined by line breaks.
    """
    return draft_of(weigh_up(question, evidence, embed, settings), settings, support=support)


def draft_of(reading: Reading, settings: AnswerSettings, *, support: Support | None = None) -> Draft:
    """The same, where the evidence was read already."""
    model = support or shipped()
    probability = 0.0 if _asks_for_another(reading) else model.probability(features(reading))
    threshold = model.threshold if settings.threshold is None else settings.threshold
    if not reading.candidates or probability < threshold:
        return Draft(support=probability, claims=())
    return Draft(support=probability, claims=answer(reading, probability, settings.most_sentences))


def answer(reading: Reading, support: float, most: int) -> tuple[Claim, ...]:
    """At most ``most`` claims out of the best sentences, in reading order; ``support`` is that of the best one."""
    chosen = _with_list_items(choose(reading.candidates, most), reading.candidates, most)
    top = reading.candidates[0]
    claims: list[Claim] = []
    shown: tuple[str, str] | None = None
    for candidate in _ordered(chosen):
        key = (candidate.passage.chunk_id, candidate.sentence.lead)
        share = min(1.0, max(0.0, candidate.score / top.score)) if top.score > 0 else 1.0
        claims.append(verbatim(candidate.passage, candidate.sentence, support * share, with_lead=key != shown))
        shown = key
    return tuple(claims)


def _asks_for_another(reading: Reading) -> bool:
    """Whether the question names an article, a case or a number that none of the evidence holds."""
    asked = identifiers(reading.question)
    return not names(" ".join(scope(passage) + passage.text for passage in reading.passages), asked)


def choose(candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """The best sentence, then what scores nearly as well and says something else."""
    if not candidates:
        return []
    best = candidates[0]
    chosen = [best]
    for candidate in sorted(candidates[1:], key=lambda c: -_beside(c, best)):
        if len(chosen) >= min(most, _USUAL) or _beside(candidate, best) < _MARGIN * best.score:
            break
        if not any(_repeats(candidate, other) for other in chosen):
            chosen.append(candidate)
    return chosen


def _beside(candidate: Candidate, best: Candidate) -> float:
    if candidate.passage.chunk_id != best.passage.chunk_id:
        return candidate.score
    adjacent = abs(candidate.sentence.position - best.sentence.position) == 1
    return candidate.score + _SAME_PASSAGE + _ADJACENT * adjacent


def _repeats(candidate: Candidate, other: Candidate) -> bool:
    if candidate.sentence.kind == "prose" and candidate.vector is not None and other.vector is not None:
        alike = float(candidate.vector @ other.vector)
    else:
        alike = 0.0
    own = stems(candidate.sentence.text)
    shared = len(own & stems(other.sentence.text)) / len(own) if own else 0.0
    return alike >= _SAME or shared >= _SAME_WORDS


def _with_list_items(chosen: list[Candidate], candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """A sentence that only introduces a list gives way to the list's items."""
    result: list[Candidate] = []
    for candidate in chosen:
        items = [c for c in candidates if _introduces(candidate, c)] if candidate.sentence.text.endswith(":") else []
        items.sort(key=lambda c: c.sentence.position)
        result += [item for item in (items or [candidate]) if item not in result]
    return result[:most]


def _introduces(lead: Candidate, item: Candidate) -> bool:
    return item.passage.chunk_id == lead.passage.chunk_id and item.sentence.lead == lead.sentence.text


def _ordered(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Documents by their best sentence, and within a document as it is written."""
    first: dict[str, int] = {}
    for place, candidate in enumerate(chosen):
        first.setdefault(candidate.passage.version, place)
    return sorted(chosen, key=lambda c: (first[c.passage.version], c.sentence.own_spans[0]))


def verbatim(passage: Passage, sentence: Sentence, support: float, *, with_lead: bool = True) -> Claim:
    """The sentence as it stands, with what it cannot be read without in front."""
    text = sentence.text
    if sentence.lead and with_lead:
        text = f"{sentence.lead}\n{text}" if sentence.kind == "row" else f"{sentence.lead} {text}"
    return Claim(text=text, citations=(cite(passage, sentence, support),))


def cite(passage: Passage, sentence: Sentence, support: float) -> Citation:
    """The exact spans of one sentence of a passage."""
    return Citation(
        document=passage.document,
        version=passage.version,
        chunk_id=passage.chunk_id,
        page=passage.page,
        headings=passage.headings,
        spans=sentence.spans,
        quote=passage.quote(sentence.spans),
        support=support,
        as_of=passage.as_of,
    )
