"""What a reader should not see twice, and which of two editions comes first.

The same text in several documents is shown once, from its current edition. Where two editions of one document say
nearly the same, the current one comes first and the outdated one further down: it may differ in just what was asked.
Further passages of a document that is already well represented give way to other documents of about equal relevance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache

import numpy as np

from ingest.index.base import Vector
from retrieval.evidence import DocumentRef, Passage
from retrieval.settings import DiversitySettings, RetrievalSettings

_WORD = re.compile(r"\w+")
_EDITION = re.compile(
    r"(?<![a-z0-9])(?:v(?:ersion)?[ ._-]?(\d+(?:\.\d+)*)|rev(?:ision)?[ ._-]?(\d+)"
    r"|((?:19|20)\d\d(?:[-_.](?:0\d|1[0-2])(?:[-_.][0-3]\d)?)?))(?![0-9])"
)
"""A version, a revision, a year or a date."""
_RETIRED = re.compile(
    r"(?<![a-z])(?:old|outdated|obsolete|superseded|replaced|archived?|deprecated|expired|previous|former|draft)(?![a-z])"
)
_CURRENT = re.compile(r"(?<![a-z])(?:current|new|updated|latest|final)(?![a-z])")
_LATER = timedelta(days=1)
"""Files copied together differ by less: that says nothing about which is current."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage and the vector of its chunk, where known."""

    passage: Passage
    vector: Vector | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Edition:
    """Which edition a document is, by its name: what all editions share, and what tells them apart."""

    family: str
    retired: bool
    number: tuple[int, ...]


def diversify(
    ranked: Sequence[Ranked], settings: RetrievalSettings, *, question: str = "", by_document: bool = False
) -> list[Passage]:
    """The passages in the order to show them, best first; scores stay those of relevance.

    An edition that ``question`` names by its year or version is left where it is. With ``by_document`` each passage
    stands for its document, so none is left out.
    """
    rules = settings.diversity
    kept = list(ranked) if by_document else _without_copies(ranked)
    places = [each.passage.score for each in kept]
    _put_current_first(kept, places, rules, question)
    order = sorted(range(len(kept)), key=lambda at: -places[at])
    if not by_document:
        order = _spread(order, kept, places, rules)
    return [kept[at].passage for at in order]


def outdated(passages: Sequence[Passage], question: str, rules: DiversitySettings) -> frozenset[int]:
    """The places of passages beside which another one says the same in a later edition of their document.

    An edition that ``question`` names by its year or version is never outdated.
    """
    named = set(_numbers(question))
    ranked = [Ranked(passage) for passage in passages]
    editions = [edition(passage.document) for passage in passages]
    shingles: dict[int, frozenset[tuple[str, ...]]] = {}
    return frozenset(
        older
        for older, one in enumerate(editions)
        if not (one.number and one.number in named)
        and any(
            other.family == one.family
            and is_later(passages[newer].document, passages[older].document)
            and _say_the_same(ranked, older, newer, shingles, rules)
            for newer, other in enumerate(editions)
            if newer != older
        )
    )


def editions_beside(passages: Sequence[Passage]) -> list[str]:
    """The chunks of documents that stand beside another edition of themselves: only their vectors are compared."""
    families = [edition(passage.document).family for passage in passages]
    documents: dict[str, set[str]] = {}
    for family, passage in zip(families, passages, strict=True):
        documents.setdefault(family, set()).add(passage.document.id)
    return [passage.chunk_id for family, passage in zip(families, passages, strict=True) if len(documents[family]) > 1]


def _without_copies(ranked: Sequence[Ranked]) -> list[Ranked]:
    """One passage for each text that several documents share, at the place of its best copy, from the current edition
    among them. What a document says twice, in two places, is its own to say."""
    kept: list[Ranked] = []
    seen: dict[str, int] = {}
    for each in ranked:
        text = " ".join(each.passage.text.split())
        at = seen.setdefault(text, len(kept))
        if at == len(kept) or each.passage.document.id == kept[at].passage.document.id:
            kept.append(each)
        elif is_later(each.passage.document, kept[at].passage.document):
            score = max(each.passage.score, kept[at].passage.score)
            kept[at] = Ranked(replace(each.passage, score=score), each.vector)
    return kept


def _put_current_first(ranked: Sequence[Ranked], places: list[float], rules: DiversitySettings, question: str) -> None:
    """Lift the current edition to the outdated one's place and lower that one, where they are within the margin."""
    named = set(_numbers(question))
    editions = [edition(each.passage.document) for each in ranked]
    families = Counter(each.family for each in editions)
    shingles: dict[int, frozenset[tuple[str, ...]]] = {}
    for older, one in enumerate(editions):
        if families[one.family] < 2 or (one.number and one.number in named):
            continue
        best = -1.0
        for newer, other in enumerate(editions):
            if newer == older or other.family != one.family:
                continue
            if not is_later(ranked[newer].passage.document, ranked[older].passage.document):
                continue
            if ranked[older].passage.score - ranked[newer].passage.score > rules.margin:
                continue
            if _say_the_same(ranked, older, newer, shingles, rules):
                places[newer] = max(places[newer], ranked[older].passage.score)
                best = max(best, places[newer])
        if best >= 0:
            places[older] = min(places[older], best) - rules.margin


def _say_the_same(
    ranked: Sequence[Ranked], one: int, other: int, shingles: dict[int, frozenset[tuple[str, ...]]],
    rules: DiversitySettings,
) -> bool:  # fmt: skip
    first, second = ranked[one].vector, ranked[other].vector
    if first is not None and second is not None and float(np.dot(first, second)) >= rules.same_meaning:
        return True
    for at in (one, other):
        if at not in shingles:
            shingles[at] = _shingles(ranked[at].passage.text)
    smaller = min(len(shingles[one]), len(shingles[other]))
    return smaller > 0 and len(shingles[one] & shingles[other]) / smaller >= rules.same_text


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def _spread(order: list[int], ranked: Sequence[Ranked], places: list[float], rules: DiversitySettings) -> list[int]:
    """Passages beyond ``per_document`` stand ``crowding`` lower; the order among the others is as it was."""
    seen: Counter[str] = Counter()
    lowered: dict[int, float] = {}
    for at in order:
        document = ranked[at].passage.document.id
        seen[document] += 1
        lowered[at] = places[at] - (rules.crowding if seen[document] > rules.per_document else 0.0)
    return sorted(order, key=lambda at: -lowered[at])


def edition(document: DocumentRef) -> _Edition:
    """What a document's name says of its edition: years, versions, and words such as "superseded"."""
    return _edition(document.title, document.uri)


@lru_cache(maxsize=4096)
def _edition(title: str, uri: str) -> _Edition:
    name = title.casefold().replace("_", " ")
    path = uri.casefold().replace("_", " ")
    family = _CURRENT.sub(" ", _RETIRED.sub(" ", _EDITION.sub(" ", name)))
    numbers = _numbers(name) or _numbers(path.rsplit("/", 1)[-1])
    return _Edition(
        family=" ".join(_WORD.findall(family)),
        retired=bool(_RETIRED.search(name) or _RETIRED.search(path)),
        number=max(numbers, default=()),
    )


def is_later(one: DocumentRef, other: DocumentRef) -> bool:
    """Whether ``one`` is the current edition beside ``other``: by name first, then by modification time."""
    mine, theirs = edition(one), edition(other)
    if mine.retired != theirs.retired:
        return theirs.retired
    if mine.number and theirs.number and mine.number != theirs.number:
        return mine.number > theirs.number
    if one.modified_at is None or other.modified_at is None:
        return False
    return one.modified_at - other.modified_at >= _LATER


def _numbers(name: str) -> list[tuple[int, ...]]:
    found = _EDITION.findall(name.casefold())
    return [tuple(int(part) for part in re.findall(r"\d+", "".join(groups))) for groups in found]
