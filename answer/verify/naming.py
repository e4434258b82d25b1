"""Names, pseudonym tokens and quotations of a text, and whether other texts hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from answer.pseudonyms import TOKEN, unaccented
from answer.terms import STOPWORDS
from core.text import Span

_WORD = re.compile(r"[^\W\d_](?:[\w'’]|[&.-](?=\w))*\.?")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s|\n|[\"“‘(]\s?)\s*[\"“‘(*_•-]*$")
_QUOTED = re.compile(r"“([^“”]+)”|(?<!\w)\"([^\"]+)\"|«([^«»]+)»|„([^„“”]+)[“”]")
_SHORTEST_QUOTE = 4
_SQUEEZE = re.compile(r"[^\w%$€£]+")
_LINKS = frozenset(["of", "for", "the", "and", "on", "in", "at", "to", "de", "von", "van", "la"])
_CALENDAR_TEXT = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december jan feb mar apr jun jul aug sep sept oct nov dec mr mrs ms dr prof sir gov rep sen lt col gen
sgt capt rev hon
"""
_CALENDAR = frozenset(_CALENDAR_TEXT.split())
"""Capitalised words that name no one: dates are compared as dates, forms of address carry nothing."""
_ALIASES = {
    "us": ("usa", "united states", "american", "america"),
    "usa": ("united states", "america"),
    "uk": ("united kingdom", "britain", "british"),
    "eu": ("european union",),
    "uae": ("united arab emirates",),
    "british": ("britain", "uk", "united kingdom"),
    "american": ("usa", "united states"),
    "americans": ("usa", "united states"),
    "united": ("usa", "uk", "uae"),
    "states": ("usa",),
    "kingdom": ("uk", "britain", "british"),
}
_COMMON_PREFIX = 5
"""Letters from which two words are taken for forms of one name (``Californian``, ``California's``)."""


@dataclass(frozen=True, slots=True)
class Name:
    """A capitalised word within a sentence, ``key`` in lower case without accents, dots and possessive."""

    span: Span
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the sources hold, made once for many names."""

    words: frozenset[str] = field(repr=False)
    initials: frozenset[str] = field(repr=False)
    prefixes: frozenset[str] = field(repr=False)
    text: str = field(repr=False)

    @classmethod
    def of(cls, several: Sequence[Vocabulary]) -> Vocabulary:
        """What several texts hold together."""
        return cls(
            frozenset[str]().union(*(each.words for each in several)),
            frozenset[str]().union(*(each.initials for each in several)),
            frozenset[str]().union(*(each.prefixes for each in several)),
            " ".join(each.text for each in several),
        )


def names(text: str) -> list[Name]:
    """Words that are written as names. The first word of a sentence counts only with capitals inside: every sentence
    begins with a capital. Of a word with hyphens only the parts with a capital count (``Nevada-based``)."""
    plain = TOKEN.sub(lambda match: " " * len(match.group()), text)
    found: list[Name] = []
    for match in _WORD.finditer(plain):
        word = match.group().rstrip(".")
        key = _key("-".join(part for part in word.split("-") if part[:1].isupper()))
        if not word[0].isupper() or len(key) < 2 or key in STOPWORDS or key in _CALENDAR:
            continue
        capitals = sum(c.isupper() for c in word)
        starts = _SENTENCE_START.search(plain[: match.start()]) is not None
        if starts and capitals == 1:
            continue
        if _introduced(plain, match):
            continue
        found.append(Name(Span(match.start(), match.start() + len(word)), key))
    return found


def vocabulary(text: str) -> Vocabulary:
    plain = TOKEN.sub(" ", text)
    words = [match.group() for match in _WORD.finditer(plain)]
    keys = [_key(word) for word in words]
    parts = {part for key in keys for part in re.split(r"[-&.]", key) if part}
    # "us" is a pronoun unless it is written "US".
    american = {"usa"} if any(word.replace(".", "") == "US" for word in words) else set[str]()
    held = frozenset(keys) | parts | american
    return Vocabulary(
        held, frozenset(_initials(words)), frozenset(key[:_COMMON_PREFIX] for key in held), _squeezed(plain)
    )


def has_name(key: str, held: Vocabulary) -> bool:
    """Whether the sources hold the name: as a word, in a related form, or as initials of what they spell out."""
    if key in held.words or key in held.initials:
        return True
    if any(alias in held.words or f" {alias} " in f" {held.text} " for alias in _ALIASES.get(key, ())):
        return True
    if len(key) >= _COMMON_PREFIX and key[:_COMMON_PREFIX] in held.prefixes:
        return any(_related(key, word) for word in held.words)
    if key.endswith("s") and (key[:-1] in held.words or key[:-1] in held.initials):
        return True
    parts = [part for part in re.split(r"[-&.]", key) if part]
    return len(parts) > 1 and all(has_name(part, held) for part in parts)


def false_quotes(text: str, held: Vocabulary) -> Iterator[Span]:
    """Quotations that the sources do not hold word for word; ``...`` may leave words out."""
    whole = f" {held.text} "
    for match in _QUOTED.finditer(text):
        inside = next(group for group in match.groups() if group is not None)
        pieces = [_squeezed(piece) for piece in re.split(r"\.\.\.|…|\[[^\]]*\]", inside)]
        long = [piece for piece in pieces if len(piece) >= _SHORTEST_QUOTE]
        if any(f" {piece} " not in whole for piece in long):
            yield Span(*match.span())


def _introduced(text: str, match: re.Match[str]) -> bool:
    """Whether the name is an abbreviation that the sentence itself spells out: ``neural stem cells (NSCs)``."""
    word = match.group().rstrip(".s")
    if not word.isupper() or match.start() == 0 or text[match.start() - 1] != "(":
        return False
    before = re.findall(r"[^\W\d_]+", text[: match.start()])[-2 * len(word) :]
    initials = "".join(each[0].upper() for each in before)
    return initials.endswith(word) or word[0] in initials


def _key(word: str) -> str:
    lowered = unaccented(word.lower().replace("’", "'"))
    return lowered.removesuffix(".").removesuffix("'s").removesuffix("'").replace(".", "")


def _initials(words: list[str]) -> Iterator[str]:
    """Initials of runs of capitalised words, with and without their small words."""
    run: list[str] = []
    for word in [*words, "end"]:
        if word[0].isupper() or (run and word.lower() in _LINKS):
            run.append(word)
        else:
            letters = [each[0] for each in run if each[0].isupper()]
            for start in range(len(letters)):
                for end in range(start + 2, min(len(letters), start + 6) + 1):
                    yield "".join(letters[start:end]).lower()
            run = []


def _related(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _COMMON_PREFIX or len(longer) - len(shorter) > 3:
        return False
    same = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return same >= max(_COMMON_PREFIX, len(shorter) - 1)


def _squeezed(text: str) -> str:
    return _SQUEEZE.sub(" ", unaccented(text.lower().replace("’", "'"))).strip()
