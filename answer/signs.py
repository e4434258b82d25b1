"""What gives away that a text speaks to a model instead of to people.

Patterns read a form of the text that is as long as the text: small letters, look-alikes of letters as letters, and for
phrases line ends as spaces; so what is found stands at the same place in the text. Invisible characters are taken out
before, and are a sign themselves.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from answer.sign_patterns import SIGNS, Word
from core.text import Span

UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufff8\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that a person does not see."""
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{2,6}\U000e007f")
"""The flags of England, Scotland and Wales are written with tag characters."""
_HIDDEN = re.compile(
    "[\U000e0000-\U000e007f]|[\U000e0100-\U000e01ef]{2,}|[\u202d\u202e]"
    "|[\u200b-\u200f\u2060-\u2064\ufeff\u180e\ufe00-\ufe0f]{3,}|(?<=[A-Za-z])[\u200b\u2060\ufeff\u200c\u200d](?=[A-Za-z])"
)
"""Letters that only machines see, text that runs backwards, rows of spaces of no width, words that one cuts."""
_CUTS = re.compile("[\u200b\u2060\ufeff\u200c\u200d]")
_CUT_WORDS = 3
"""Words that an invisible character cuts, from which it is no accident of a word processor."""


@dataclass(frozen=True, slots=True)
class Forms:
    """One text in the forms that patterns read; all are as long as ``seen``. ``places`` are the offsets of its
    characters in the text as given, where that has others."""

    given: str = field(repr=False)
    seen: str = field(repr=False)
    lines: str = field(repr=False)
    run: str = field(repr=False)
    places: tuple[int, ...] | None = field(default=None, repr=False)

    def span(self, start: int, end: int) -> Span:
        """In the text as given."""
        if self.places is None or end <= start:
            return Span(start, end)
        return Span(self.places[start], self.places[end - 1] + 1)


def forms(text: str) -> Forms:
    """The forms of a text."""
    seen, places = text, None
    if not text.isascii() and UNSEEN.search(text):
        kept = [at for at, character in enumerate(text) if not UNSEEN.match(character)]
        seen, places = "".join(text[at] for at in kept), tuple(kept)
    lines = (seen if seen.isascii() else "".join(map(_letter, seen))).lower()
    return Forms(text, seen, lines, lines.replace("\n", " ").replace("\r", " ").replace("\t", " "), places)


@lru_cache(maxsize=8192)
def _letter(character: str) -> str:
    """A letter without its accents and its typeface, where that is a letter of the basic alphabet; never longer."""
    if character.isascii():
        return character
    plain = _ALIKE.get(character.lower()) or unicodedata.normalize("NFKD", character)[:1]
    return plain if plain.isascii() and len(plain) == 1 else character if len(character.lower()) == 1 else "?"


_ALIKE = dict(zip("аеорсухіјѕһԁԛԝɡɩʋɘɐοενιτακρυ‘’“”–—ıłøđ", "aeopcyxijshdqwgiveaoevitakpu''\"\"--ilod", strict=True))


def found(text: str) -> Iterator[tuple[Word, Span]]:
    """Every sign in a text, with where it stands."""
    given = forms(text)
    for sign in SIGNS:
        body = given.run if sign.reads == "run" else given.lines if sign.reads == "lines" else given.seen
        if any(word in body for word in sign.words):
            for match in sign.pattern.finditer(body):
                yield sign.word, given.span(*match.span())
    for reader in READERS:
        yield from reader(given)


# What no pattern finds

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{32,}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ :]?){24,}(?![0-9A-Fa-f])")
_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")
_SPELLED = re.compile(r"(?<![\w])(?:[A-Za-z][ .\-_*|]{1,2}){7,}[A-Za-z](?!\w)")
_ALARMING = re.compile(r"ignore|disregard|instruction|system|prompt|override|password|secret|forget|reveal")


def _hidden(given: Forms) -> Iterator[tuple[Word, Span]]:
    if given.places is None:
        return
    flags = [Span(*match.span()) for match in _FLAG.finditer(given.given)]
    spans = [Span(*match.span()) for match in _HIDDEN.finditer(given.given)]
    cuts = [span for span in spans if _CUTS.fullmatch(span.of(given.given))]
    for span in spans:
        ordinary = span in cuts and len(cuts) < _CUT_WORDS
        if not ordinary and not any(span.within(flag) for flag in flags):
            yield "hidden_characters", span


def _encoded(given: Forms) -> Iterator[tuple[Word, Span]]:
    """A run of base64 or of hexadecimal digits that says words."""
    if len(given.seen) >= 32:
        for match in _BASE64.finditer(given.seen):
            if _reads_as_words(match.group(), _from_base64):
                yield "encoded", given.span(*match.span())
        for match in _HEX.finditer(given.seen):
            if _reads_as_words(match.group(), _from_hex):
                yield "encoded", given.span(*match.span())


def _from_base64(run: str) -> bytes:
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(body[: len(body) // 4 * 4])


def _from_hex(run: str) -> bytes:
    return bytes.fromhex(re.sub(r"[ :]", "", run))


def _reads_as_words(run: str, decode: Callable[[str], bytes]) -> bool:
    try:
        text = decode(run).decode("utf-8", "ignore")
    except (binascii.Error, ValueError):
        return False
    return bool(_WORDS.search(text)) or "<script" in text.lower()


def _spelled_out(given: Forms) -> Iterator[tuple[Word, Span]]:
    for match in _SPELLED.finditer(given.run):
        if _ALARMING.search(re.sub(r"[^a-z]", "", match.group())):
            yield "spelled_out", given.span(*match.span())


READERS = (_hidden, _encoded, _spelled_out)
