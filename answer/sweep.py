"""Known values, wherever else they stand in a request: a surname in a file name, a full name in a URL, a number with
other separators.

Texts are read word by word, folded, against a dictionary of the first words of what is known; so what is looked for
costs no more the more there is of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from answer.linking import TITLES, Name, Word, fold, locals_of, words
from answer.terms import STOPWORDS
from core.text import Span

SHORTEST_VALUE = 4
"""Characters. A shorter value, that is no name, is in too many texts to be meant wherever it stands."""
LONGEST_GAP = 3
"""Characters between two words of a value, encoded blanks counted as one."""

_GAP = frozenset(" \t\n\r\u00a0_-.,+/%&=()'’:#@")
# English words that are names as well. In running text, and in lower case, they are words.
_NAMES = """
    abbey amber angel art august autumn baker bank banks bell bill bishop black blue bond bow brook brown bush
    butcher buy carter case cash chance chase church clay cliff cook cooper crown cross dale dawn day dean drew duke
    earl east faith field fields fisher flower ford forest fox frank free french gay gene glass gold good grace
    grant gray green grey hall hand hardy hart heart heath hill hold holiday holly home hope house hunt hunter ivy
    jack jade jay job joy june keen key king knight lake lane law lee liberty light little long love lord low major
    mark market marsh mason may miles mill miller mills moon moore more nice noble north oak olive page paige park
    parker parks pat pearl penny piper poole pope porter post potter powers price queen rain rand ray reed rich
    river rivers rob rock rod rose ruby rush russell sage sales sand sandy say self sharp shepherd short silver
    singer skip smart smith snow south spring star stark steel stone storm street strong sue summer summers swift
    taylor temple terry terms tie trace trip turner usher vale van victor violet wade walker wall ward waters way
    weaver webb week west white will wise wolf wood woods work worth young
"""
_CALENDAR = frozenset(("april", "may", "june", "july", "august", "autumn", "spring", "summer", "winter", "easter"))
_BEFORE = re.compile(r"([^\W\d_]+\.?)[ \t]\Z")
_REACH = 40
_ALSO_WORDS = STOPWORDS | frozenset(_NAMES.split())


@dataclass(frozen=True, slots=True)
class Needle:
    """What is looked for: folded words in order. ``rank`` says what it stands for (an index of the caller's); ``part``
    is one word of a longer name, ``turned`` has the surname first; ``name`` is the name that it means there."""

    words: tuple[str, ...] = field(repr=False)
    rank: int
    part: bool = False
    turned: bool = False
    name: Name | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    span: Span
    needle: Needle


def needles_of_value(value: str, rank: int) -> list[Needle]:
    found = tuple(word.folded for word in words(value))
    return [Needle(found, rank)] if sum(map(len, found)) >= SHORTEST_VALUE else []


def needles_of_name(name: Name, rank: int) -> list[Needle]:
    """The whole name in any order and run together, and each of its words that may stand alone."""
    if not name.words:
        return []
    whole = Name(name.words)
    if len(name.words) == 1:
        return [Needle(name.words, rank, part=True, name=name)]
    made = [Needle(name.words, rank, name=whole)]
    if (turned := name.words[-1:] + name.words[:-1]) != name.words:
        made.append(Needle(turned, rank, turned=True, name=whole))
    made += [Needle((local,), rank, name=whole) for local in sorted(locals_of(name)) if len(local) > SHORTEST_VALUE]
    ends = dict.fromkeys((name.words[0], name.words[-1]))
    return made + [Needle((word,), rank, part=True, name=Name((word,))) for word in ends if len(word) > 1]


class Sweep:
    """Finds needles in texts, the longest first, none overlapping another."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._by_first: dict[str, list[Needle]] = {}
        for needle in dict.fromkeys(needles):
            self._by_first.setdefault(needle.words[0], []).append(needle)
        for those in self._by_first.values():
            those.sort(key=lambda needle: (-len(needle.words), needle.part, needle.rank))

    def find(self, text: str, *, is_path: bool, free: Sequence[Span]) -> Iterator[Hit]:
        """Hits within the ``free`` ranges of a text. ``is_path``: all of it is a name of something, not prose."""
        for range_ in free:
            found = [
                Word(word.start + range_.start, word.end + range_.start, word.folded) for word in words(range_.of(text))
            ]
            at = 0
            while at < len(found):
                hit = self._at(text, found, at, is_path)
                if hit is None:
                    at += 1
                    continue
                needle, last = hit
                yield Hit(Span(found[at].start, found[last].end), needle)
                at = last + 1

    def _at(self, text: str, found: Sequence[Word], at: int, is_path: bool) -> tuple[Needle, int] | None:
        for needle in self._by_first.get(found[at].folded, ()):
            last = at + len(needle.words) - 1
            if last >= len(found) or tuple(word.folded for word in found[at : last + 1]) != needle.words:
                continue
            if any(not _joined(text, one, next_) for one, next_ in pairwise(found[at : last + 1])):
                continue
            those = found[at : last + 1] if needle.part or needle.turned else ()
            # "How long will it take" is not Will Long.
            if not those or any(_is_name(text, word, is_path) for word in those):
                return needle, last
        return None


def _joined(text: str, one: Word, following: Word) -> bool:
    gap = text[one.end : following.start]
    if gap.startswith("%"):
        return len(gap) <= 3 * LONGEST_GAP
    return len(gap) <= LONGEST_GAP and all(c in _GAP for c in gap)


def _is_name(text: str, word: Word, is_path: bool) -> bool:
    """Whether a single word of a name is meant here."""
    written = text[word.start : word.end]
    if "," in text[word.end : word.end + 1] and written[0].isupper():
        return True
    if is_path or _in_path(text, word):
        return len(written) > 2 or not written.islower()
    folded = fold(written)
    if folded in _ALSO_WORDS:
        # "asked Price about" and "Mr Price", but not "Market Price" and not "Price is what".
        before = _BEFORE.search(text, max(0, word.start - _REACH), word.start)
        named = before is not None and (before.group(1)[0].islower() or fold(before.group(1).rstrip(".")) in TITLES)
        return named and written[0].isupper() and not written.isupper() and folded not in _CALENDAR
    return len(written) > 2 or written[0].isupper()


def _in_path(text: str, word: Word) -> bool:
    """Whether the word is inside a URL, an address or the name of a file."""
    start, end = word.start, word.end
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    run = text[start:end].strip(".,;:!?()[]{}\"'“”‘’")
    return any(mark in run for mark in ("/", "@", "_", "\\", "%20")) or "." in run
