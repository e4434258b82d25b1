"""The words of a question that a passage must cover, how much each weighs, and what kind of answer is asked for.

Weights come from the passages at hand (which the reader was allowed to see) and a small fixed prior of common words,
never from statistics of the whole corpus: those would let hidden documents move what a reader sees.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

Expected = Literal["number", "date", "person", "place", "reason", "any"]
"""What the first words of a question ask for."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,:]\d+)*")

_STOPWORDS_TEXT = """
a about above after again against all also am an and any are aren't as at be because been before being below between
both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each either else ever
few for from further had hadn't has hasn't have haven't having he her here hers herself him himself his how i if in
into is isn't it its itself just let's may me might mine more most much must my myself neither no nor not now of off
on once one ones only onto or other others our ours ourselves out over own per please quite rather s same shall she
should shouldn't since so some such t than that that's the their theirs them themselves then there there's these
they this those through thus to too under until up upon us very via was wasn't we were weren't what what's when
where whether which while who who's whom whose why will with within without won't would wouldn't yes yet you your
yours yourself yourselves
"""
STOPWORDS = frozenset(_STOPWORDS_TEXT.split())
"""Words that carry no topic in English."""

_COMMON_TEXT = """
able access according account across action add additional address advance affect allow allowed already another
answer apply approach area around ask associated available away back base based basic become begin best better big
board body bring build business buy call called case cause certain change check city class clear close come common
company consider considered consist contact contain content control correct cost country course cover create current
currently customer data date day decide define department describe description design detail determine develop
difference different do document done early easy effect employee end ensure enough event every everything example
exist expect explain fact far feature feel file final find first focus follow following form found full function
gave general get give given go goal good great group grow guide guideline hand happen hard head help high hold home
hour idea identify impact important improve include included including increase individual information involve issue
item keep key kind know known large last later lead learn leave less let level life like limit line list little live
local long look lot low made main major make manage many mean meaning member mention method mind money month move
name natural nature need never new next none normal note number occur offer office often old open option order
organization original originally overall part particular pay people perform period person place plan play point
policy possible potential present prevent primary problem procedure process product provide provided purpose put
question range reach read real reason receive recent reduce refer regarding related remain report represent request
require required responsibility responsible result return review right role rule run say second see sell send
separate serve service set several share show side significant similar simple single size small someone something
specific staff standard start state stay step still stop support sure system take taken talk team tell term text
thing think third time today together top total toward true try turn two type understand update use used useful user
using usually value various view visit want way week well whole work working world write year
"""
_COMMON = frozenset(_COMMON_TEXT.split())
"""Words so frequent in any kind of text that covering or missing them says little."""

_UNSEEN = 3.0
"""Weight of a term by the prior alone; a common word weighs a third of it."""


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A light English suffix stemmer: joins ``reimburse``, ``reimbursed``, ``reimbursement``, ``reimbursing``."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    if len(word) <= 3 or word[0].isdigit():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith("age") and len(word) >= 8:
        word = word[:-3]
    for suffix in ("ization", "isation", "ational", "ations", "ation", "ments", "ment", "ingly", "ively", "ously",
                   "ities", "ility", "ness", "ally", "edly", "ance", "ence", "ible", "able", "tion", "ing", "ee", "ed",
                   "ive", "ity", "al", "ly", "er", "or"):  # fmt: skip
        if word.endswith(suffix) and len(word) - len(suffix) >= (5 if suffix == "al" else 4):
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    if len(word) > 4 and (word[-1] == "e" or (word[-1] == "y" and word[-2] not in "aeiou")):
        word = word[:-1]
    return word


_COMMON_STEMS = frozenset(stem(word) for word in _COMMON)


_FORMULA = re.compile(r"\b(?:but|and)\s+(?:is\s+|are\s+)?not\s+limited\s+to\b", re.IGNORECASE)
"""Legal padding: a list "including but not limited to" says nothing of a limit."""


def words(text: str) -> list[str]:
    return _WORD.findall(_FORMULA.sub(" ", text.replace("\ufffe", "-")))


def stems(text: str) -> frozenset[str]:
    """All distinct terms of a text that are not stop words."""
    return frozenset(stem(word) for word in words(text) if word.lower() not in STOPWORDS)


def weigh(question: str, passages: Iterable[str]) -> dict[str, float]:
    """Every term of the question with its weight: rare among the passages at hand, and not a common word."""
    seen = [stems(passage) for passage in passages]
    frequency = Counter(term for passage in seen for term in passage)
    return {term: prior(term) + _rarity(frequency[term], len(seen)) for term in sorted(stems(question))}


def prior(term: str) -> float:
    """Weight of a term before any text was seen."""
    return _UNSEEN / 3 if term in _COMMON_STEMS else _UNSEEN


def _rarity(frequency: int, passages: int) -> float:
    return math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5)) if frequency else 0.0


def covered(weights: Mapping[str, float], terms: Collection[str]) -> float:
    """The share, 0 to 1, of the question's weight that lies in ``terms``."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0


_QUANTITY = (
    "percentage|percent|amount|number|price|rate|size|limit|maximum|minimum|cost|fee|deadline|salary|age|temperature"
    "|population"
)
_ASKS: Sequence[tuple[Expected, re.Pattern[str]]] = (
    (
        "date",
        re.compile(
            r"\bwhen\b|\b(?:what|which) (?:date|day|year|month|time)\b|\bhow (?:long ago|recent|soon)\b",
        ),
    ),
    (
        "number",
        re.compile(
            r"\bhow (?:much|many|long|often|far|old|big|large|high|tall|fast|late|early|frequent)\b"
            rf"|\b(?:what|which) (?:{_QUANTITY})\b|\bwhat (?:is|are|was) the (?:\w+ ){{0,3}}(?:{_QUANTITY})\b"
        ),
    ),
    ("person", re.compile(r"^\W*who\b|\bwhose\b|\bwhom\b|\bwho (?:is|was|are|were|did|has|played|wrote|sang)\b")),
    ("place", re.compile(r"^\W*where\b|\b(?:what|which) (?:city|country|state|place|location|town|address)\b")),
    ("reason", re.compile(r"^\W*why\b|\bwhat (?:is|was|are|were) the (?:reason|cause|purpose)s?\b|\bhow come\b")),
)

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|ninety|hundred"
    r"|thousand|million|billion|half|quarter|third|once|twice|daily|weekly|monthly|quarterly|annually|yearly|free|no)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:1[0-9]|20)\d\d\b|\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b|\b\d(?:st|nd|rd|th)\b|\bcentur(?:y|ies)\b"
    r"|\b(?:jan|febr?)uary\b|\bmarch\b|\bapril\b|\bmay\b|\bju(?:ne|ly)\b|\baugust\b|\b(?:sept|nov|dec)ember\b|\boctober\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:within|after|before|during|every|until|by) .{0,20}\b(?:hour|day|week|month|year|quarter)s?\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-z0-9,;:)'’\"] )[A-Z][a-z’']+|^[\"'`\s]*[A-Z][a-z]+ [A-Z][a-z]+|\b[A-Z][a-z]+ [A-Z][a-z]+\b")
_REASON = re.compile(
    r"\b(?:because|since|due to|so that|in order to|therefore|thus|as a result|reason|caused?|purpose|leads? to"
    r"|result(?:s|ed)? (?:in|from)|owing to|designed to|to (?:help|ensure|provide|protect|avoid|prevent|allow))\b",
    re.IGNORECASE,
)
_EVIDENCE: Mapping[Expected, re.Pattern[str]] = {
    "number": _NUMBER,
    "date": _DATE,
    "person": _NAME,
    "place": _NAME,
    "reason": _REASON,
}


def expected(question: str) -> Expected:
    """What the question asks for; ``any`` where its words do not say."""
    lowered = question.lower()
    for kind, pattern in _ASKS:
        if pattern.search(lowered):
            return kind
    return "any"


def holds(kind: Expected, text: str) -> bool:
    """Whether a text holds what such a question asks for."""
    pattern = _EVIDENCE.get(kind)
    return pattern is None or pattern.search(text) is not None


_IDENTIFIER = re.compile(r"(?<![\w.-])(?=[\w/.-]*\d)[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+)*(?![\w-])")
_MEASURE = re.compile(r"^\d+(?:[.,/]\d+)*(?:st|nd|rd|th|s|[a-z]{1,3})?$", re.IGNORECASE)
_DAY = re.compile(r"^\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?$")
_SHORTEST_IDENTIFIER = 4
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def identifiers(question: str) -> frozenset[str]:
    """Article, case, invoice or staff numbers that a question names (``AV-520``, ``2026-0412``), without separators.

    Plain numbers, quantities, ordinals, years and dates are none.
    """
    found = (each for each in _IDENTIFIER.findall(question) if not _MEASURE.match(each) and not _DAY.match(each))
    return frozenset(short for each in found if len(short := _bare(each)) >= _SHORTEST_IDENTIFIER)


def names(text: str, asked: Collection[str]) -> bool:
    """Whether a text holds all of these identifiers, however it separates their parts."""
    bare = _bare(text) if asked else ""
    return all(each in bare for each in asked)


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text.casefold())
