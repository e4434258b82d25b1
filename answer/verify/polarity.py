"""What turns a statement around: negations, exceptions, obligation against permission, limits, before against after.

Everything is found by cue words and by the content words right behind them, without a parser: a difference counts only
where both texts say the same content words and one of them turns them around.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from answer.terms import STOPWORDS, stem
from answer.verify.opposites import Opposable, opposables, opposed
from core.text import Span

Sense = Literal["negation", "modality", "limit", "order"]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*%?|[,;:.!?()]")
_NEGATIONS = frozenset(
    "not no never without neither nor none nobody nothing cannot except excluding unless hardly barely".split()  # noqa: SIM905
)
_FORMULAS = re.compile(
    r"\b(?:not|no)\s+(?:only|limited\s+to|less\s+than|more\s+than|fewer\s+than|later\s+than|earlier\s+than|longer\s+than"
    r"|just|least|doubt|matter|sooner)\b|\bno\.?\s*(?=\d)|\bwhether\s+or\s+not\b|\bnot\s+to\s+mention\b|\b(?:not|n['’]t)\s+(?:be\s+)?more\b",
    re.IGNORECASE,
)
_REACH = 2
"""Content words behind a negation that it turns around."""
_SHARED = 0.5
"""Share of the sentence's content words from which a source says the same, or its opposite."""
_STOPS = frozenset(",;:.!?()") | {"but", "and", "or", "because", "if", "when", "while", "although", "however"}

_REFUSES = re.compile(
    r"\b(?:un(?!less|til|der|i|usual)\w{4,}|in(?:eligib|valid|complet|correct|activ|sufficien|adequa)\w*"
    r"|im(?:possib|probab)\w*|refus\w+|declin\w+|fail\w*|den(?:y|ied|ies|ying)|doubt\w*|lack\w*|prohibit\w*|forb[ia]d\w*"
    r"|prevent\w*|avoid\w*|exempt\w*|exclud\w*|ban(?:s|ned)?|reject\w*|oppos\w*)\b",
    re.IGNORECASE,
)
"""Words that say no without a negation."""
_LIMITS = re.compile(
    r"\b(?:rather than|instead of|free of|only|few|little|scant|last|stop\w*|remain\w*"
    r"|(?:every\w*|all|any\w*) (?:\w+ )?but)\b",
    re.IGNORECASE,
)
_REFUSALS = re.compile(
    r"\b(?:myth|hoax|untrue|false(?:ly)?|(?:reject|veto|forb[ia]d|prohibit)\w*|refus(?:es?|ed|al)|den(?:y|ied|ies|ial)"
    r"|declined|cancel\w*|revok\w+|withdr[ae]wn?|banned|ruled out)\b",
    re.IGNORECASE,
)
"""Words by which what stands beside them is not so, or does not come to be."""
_BESIDE = 3
"""Content words on either side of a refusal that it is about."""
_BESIDE_SAID = 0.7
"""Share of them that a sentence must say to say what was refused."""
_OBLIGES = re.compile(r"\b(?:must|shall|needs?|requires?d?|mandatory|always|only)\b", re.IGNORECASE)
_SHORT = 8
"""Content words."""
_MOSTLY = 0.6
"""Share of the sentence's content words that a short clause must have to be its opposite when only one is negated."""
_JOINTS = re.compile(
    r"[,;:]|[.!?]\s|\b(?:and|but|or|if|unless|until|when|while|because|although|who|which|that|except|excluding|without)\b",
    re.IGNORECASE,
)

_MODALS: Mapping[str, str] = {
    **dict.fromkeys(("must", "shall", "mandatory", "obligatory", "required", "requires", "require"), "must"),
    **dict.fromkeys(("may", "can", "might", "could", "optional", "optionally", "permitted", "allowed"), "may"),
    **dict.fromkeys(("should", "recommended", "encouraged"), "should"),
}
_MUST_PHRASE = re.compile(r"\b(?:has|have|had|need|needs|obliged|obligated)\s+to\b", re.IGNORECASE)

_LEAST = (
    r"more than|over|above|at least|exceed(?:s|ing)?|(?:a )?minimum(?: of)?|no (?:less|fewer) than|not less than"
    r"|greater than|longer than|after"
)
_MOST = (
    r"less than|fewer than|under|below|at most|up to|(?:a )?maximum(?: of)?|no (?:more|longer|later) than"
    r"|not more than|within|not exceed(?:ing)?"
)
_LIMIT = re.compile(
    rf"\b(?:(?P<least>{_LEAST})|(?P<most>{_MOST})|(?P<each>every|each))\s+(?:the\s+|a\s+|an\s+)?$", re.IGNORECASE
)
_BOUNDS = re.compile(
    rf"\b(?:{_LEAST}|{_MOST}|every|each|per|most|least|limit\w*|cap\w*|max\w*|min\w*|about|around|roughly|approx\w*|nearly|almost"
    r"|or (?:more|less|fewer|longer|older))\b",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"^\s*(?:\w+\s+)?or\s+(?:(?P<least>more|longer|older|above|over)|(?P<most>less|fewer|below|under))\b", re.IGNORECASE
)
_ORDER = re.compile(
    r"\b(?:(?P<before>before|prior to|preceding|ahead of|until|till)|(?P<after>after|following|subsequent to|since))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A cue at ``span`` in ``direction`` (``not``, ``without``, ``must``, ``before`` ...), and the stems of the words
    that it governs."""

    span: Span
    direction: str
    governed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A text as far as polarity goes."""

    stems: frozenset[str]
    negated: tuple[Turn, ...]
    modal: tuple[Turn, ...]
    order: tuple[Turn, ...]
    asserted: frozenset[str]
    """Stems that occur at least once outside the reach of a negation."""
    denials: frozenset[str]
    """Stems of other words that deny something, so that what is negated elsewhere may well be the same."""
    refused: tuple[frozenset[str], ...]
    """For each refusal the stems that stand beside it."""
    opposables: tuple[Opposable, ...]
    obliges: frozenset[str]
    """Words that demand something, as ``not without`` does."""
    refuses: bool
    """Whether one of the denials is a strong one (``prohibited``), not merely a limit (``only``)."""
    simple: bool
    """Whether it is one short clause, which a negation turns around as a whole."""


def read(text: str) -> Statement:
    clean = _FORMULAS.sub(lambda match: " " * len(match.group()), text)
    words = [(match.group(), match.start()) for match in _WORD.finditer(clean)]
    reaches = {place: _reach(words, place) for place, (word, _) in enumerate(words) if _is_negation(word)}
    covered = {place for reach in reaches.values() for place in reach}
    denials = [*_REFUSES.finditer(text), *_LIMITS.finditer(text)]
    content = [(place, stem(word)) for place, (word, _) in enumerate(words) if _is_content(word)]
    return Statement(
        stems=frozenset(each for _, each in content),
        negated=tuple(_negations(words, reaches)),
        modal=tuple(_modals(words, clean)),
        order=tuple(_orders(words, clean)),
        # A question asserts nothing.
        asserted=frozenset(each for place, each in content if place not in covered and text.rstrip()[-1:] != "?"),
        denials=frozenset(stem(match.group()) for match in denials),
        refused=tuple(_refused(words, clean)),
        opposables=tuple(_opposables(words, covered)),
        obliges=frozenset(match.group().lower() for match in _OBLIGES.finditer(text)),
        refuses=_REFUSES.search(text) is not None,
        simple=len(content) <= _SHORT and _JOINTS.search(clean.rstrip(" .")) is None,
    )


def turned(sentence: Statement, sources: Sequence[Statement]) -> Iterator[tuple[Sense, Span]]:
    """Where the sentence turns around what the sources say; the position in the sentence is that of its cue, or the
    whole sentence (``Span(0, 0)``) where a cue is missing."""
    yield from _negation(sentence, sources)
    for span in opposed(sentence.opposables, [source.opposables for source in sources]):
        yield "negation", span
    yield from _against("modality", sentence.modal, [turn for source in sources for turn in source.modal])
    yield from _against("order", sentence.order, [turn for source in sources for turn in source.order])


def limit(text: str, span: Span) -> str | None:
    """``least`` or ``most`` where the number at ``span`` is a lower or an upper limit; ``each`` where it returns."""
    for match in (_LIMIT.search(text[max(0, span.start - 40) : span.start]), _TRAILING.match(text[span.end :])):
        if match:
            return next(direction for direction, cue in match.groupdict().items() if cue)
    return None


def bounds(text: str) -> bool:
    """Whether any word of a text sets a limit or tells that a number is not exact."""
    return _BOUNDS.search(text) is not None


def _negation(sentence: Statement, sources: Sequence[Statement]) -> Iterator[tuple[Sense, Span]]:
    denied = frozenset(each for source in sources for turn in source.negated for each in turn.governed)
    # A negation of something else in a text that shares a word or two says nothing against the sentence.
    near = [source for source in sources if len(source.stems & sentence.stems) >= _SHARED * len(sentence.stems)]
    for turn in sentence.negated:
        governed = set(turn.governed)
        # A near source says the very words, and none turns them around.
        said = any(governed <= source.asserted and not source.refuses for source in near)
        if governed and said and not governed & denied:
            yield "negation", turn.span
    for source in near:
        shared = len(source.stems & sentence.stems)
        closer = [other for other in near if other is not source and len(other.stems & sentence.stems) >= shared]
        for turn in _unanswered(sentence, source):
            governed = frozenset(turn.governed)
            said = any(governed <= other.asserted for other in closer)
            if governed and governed <= sentence.asserted and not said and not governed & source.asserted:
                yield "negation", Span(0, 0)
    if sentence.denials or sentence.negated:
        return
    opposite = [source for source in near if source.simple and len(source.negated) == 1]
    if any(_alike(sentence, source) for source in opposite) and not any(
        _alike(sentence, source) and not source.negated for source in near
    ):
        yield "negation", Span(0, 0)
    alike = [source for source in near if _alike(sentence, source)]
    refused = [any(_mostly(each, sentence.asserted) for each in source.refused) for source in alike]
    # What was rejected, or is a myth, is told without that.
    if refused and all(refused) and not sentence.refused:
        yield "negation", Span(0, 0)


def _unanswered(sentence: Statement, source: Statement) -> Sequence[Turn]:
    """The negations of the source that the sentence lacks; none where it denies something in other words, since that
    may be the same. The negations of both are matched by the words they govern, the same cue first."""
    if sentence.denials - source.denials or (sentence.obliges - source.obliges and len(source.negated) > 1):
        return ()
    left = list(source.negated)
    for own in sentence.negated:
        shared = [each for each in left if set(each.governed) & set(own.governed)]
        same = [each for each in shared if each.direction == own.direction] or shared
        if not same:
            return ()
        left.remove(same[0])
    return left


def _mostly(refused: frozenset[str], asserted: frozenset[str]) -> bool:
    return len(refused & asserted) >= _BESIDE_SAID * len(refused)


def _alike(sentence: Statement, source: Statement) -> bool:
    return len(sentence.stems & source.stems) >= max(2.0, _MOSTLY * len(sentence.stems))


def _against(sense: Sense, own: Sequence[Turn], others: Sequence[Turn]) -> Iterator[tuple[Sense, Span]]:
    """The turns that govern the same words as turns of the sources, all of which go another way."""
    for turn in own:
        same = [other for other in others if set(other.governed) & set(turn.governed)]
        if same and all(other.direction != turn.direction for other in same):
            yield sense, turn.span


def _is_content(word: str) -> bool:
    lowered = word.lower().replace("’", "'")
    return lowered[0].isalnum() and lowered not in STOPWORDS and lowered not in _NEGATIONS and lowered not in _MODALS


def _is_negation(word: str) -> bool:
    lowered = word.lower().replace("’", "'")
    return lowered in _NEGATIONS or lowered.endswith("n't")


def _governed(words: Sequence[tuple[str, int]], start: int, reach: int) -> list[int]:
    places: list[int] = []
    for place in range(start, min(len(words), start + reach + 6)):
        word = words[place][0].lower()
        if word in _STOPS or _is_negation(word):
            # Behind the next negation the words are its own.
            if places or word in ".;!?":
                break
            continue
        if _is_content(word):
            places.append(place)
            if len(places) == reach:
                break
    return places


def _reach(words: Sequence[tuple[str, int]], place: int) -> list[int]:
    """The content words that the negation at ``place`` turns around: those behind it, or, where nothing stands behind
    it ("employees do not."), those of its clause before it."""
    behind = _governed(words, place + 1, _REACH)
    if behind or any(word not in _STOPS for word, _ in words[place + 1 : place + 2]):
        return behind
    before: list[int] = []
    for each in range(place - 1, -1, -1):
        if words[each][0].lower() in _STOPS:
            break
        if _is_content(words[each][0]):
            before.append(each)
    return before[:_REACH]


def _negations(words: Sequence[tuple[str, int]], reaches: Mapping[int, Sequence[int]]) -> Iterator[Turn]:
    for place, reach in reaches.items():
        word, start = words[place]
        lowered = word.lower().replace("’", "'")
        governed = tuple(stem(words[each][0]) for each in reach)
        yield Turn(Span(start, start + len(word)), "not" if lowered.endswith(("n't", "not")) else lowered, governed)


def _modals(words: Sequence[tuple[str, int]], text: str) -> Iterator[Turn]:
    phrases = {match.start(): match for match in _MUST_PHRASE.finditer(text)}
    for place, (word, start) in enumerate(words):
        # "May" with a capital inside a sentence is the month.
        direction = None if word == "May" and place else _MODALS.get(word.lower())
        direction = "must" if start in phrases else direction
        # "Must not" and "may not" forbid alike: that is for the negations.
        if direction and not any(_is_negation(after) for after, _ in words[place + 1 : place + 2]):
            governed = tuple(stem(words[each][0]) for each in _governed(words, place + 1, 1))
            yield Turn(Span(start, start + len(word)), direction, governed)


def _refused(words: Sequence[tuple[str, int]], text: str) -> Iterator[frozenset[str]]:
    for match in _REFUSALS.finditer(text):
        before = [stem(word) for word, start in words if start < match.start() and _is_content(word)][-_BESIDE:]
        after = [stem(word) for word, start in words if start >= match.end() and _is_content(word)][:_BESIDE]
        yield frozenset((*before, *after))


def _opposables(words: Sequence[tuple[str, int]], covered: Collection[int]) -> Sequence[Opposable]:
    topical = [
        (place, word, start)
        for place, (word, start) in enumerate(words)
        if word[0].isalpha() and word.lower() not in STOPWORDS and not _is_negation(word)
    ]
    negated = {
        at
        for at, (place, _, _) in enumerate(topical)
        if place in covered or any(_is_negation(word) for word, _ in words[max(0, place - 2) : place])
    }
    return opposables([(stem(word), Span(start, start + len(word))) for _, word, start in topical], negated)


def _orders(words: Sequence[tuple[str, int]], text: str) -> Iterator[Turn]:
    for match in _ORDER.finditer(text):
        place = next((place for place, (_, start) in enumerate(words) if start >= match.end()), len(words))
        governed = tuple(stem(words[each][0]) for each in _governed(words, place, 2))
        if governed:
            yield Turn(Span(*match.span()), "before" if match["before"] else "after", governed)
