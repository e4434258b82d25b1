"""Known values, wherever else they stand in a request: a surname in a file name, a full name in a URL, a number with
other separators.

Texts are read word by word, folded, against dictionaries of what is known: as words, and run together without what
separates them. So what is looked for costs no more the more there is of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from answer.linking import TITLES, Name, Word, fold, locals_of, words
from answer.settle import without
from answer.terms import STOPWORDS
from core.text import Span

SHORTEST_VALUE = 4
"""Characters. A shorter value, that is no name, is in too many texts to be meant wherever it stands."""
LONGEST_GAP = 3
"""Characters between two words of a value, encoded blanks counted as one."""
SHORTEST_RUN, LONGEST_RUN = 6, 64
"""Letters and digits of a value that is found whatever separates them."""
SHORTEST_FOREIGN = 10
"""Digits. In a number of more, 00 at the beginning stands for a plus."""

_GAP = frozenset(" \t\n\r\u00a0\u2007\u2009\u202f_-.,+/%&=()'’:#@|;*~\"“”‐‑‒–—·•\\")
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
_LONGEST_PATH = 2000
_KEY = 4
"""Letters and digits by which values that are run together are looked up."""
_ALSO_WORDS = STOPWORDS | frozenset(_NAMES.split())


@dataclass(frozen=True, slots=True)
class Needle:
    """What is looked for: folded words in order. ``rank`` says what it stands for (an index of the caller's); ``part``
    is one word of a longer name, ``turned`` has the surname first; ``name`` is the name that it means there.

    ``run``: its one word is a value run together, whose words may be separated in any way, or in none. ``marks``: its
    one word is a value without letter or digit, which stands as it is."""

    words: tuple[str, ...] = field(repr=False)
    rank: int
    part: bool = False
    turned: bool = False
    name: Name | None = field(default=None, repr=False)
    run: bool = False
    marks: bool = False

    @property
    def wary(self) -> bool:
        """Whether it is looked at how it is written: "How long will it take" is not Will Long."""
        return self.part or self.turned


@dataclass(frozen=True, slots=True)
class Hit:
    span: Span
    needle: Needle


def needles_of_value(value: str, rank: int) -> list[Needle]:
    found = tuple(word.folded for word in words(value))
    if not found:
        return [Needle((value,), rank, marks=True)] if len(set(value)) >= SHORTEST_VALUE else []
    made = [Needle(found, rank)] if sum(map(len, found)) >= SHORTEST_VALUE else []
    if len(found) > 1 and found[-1].isalpha():
        # Several of what is called so ("Sentry SM-3 monitors") are called so as well.
        made.append(Needle((*found[:-1], f"{found[-1]}s"), rank))
    return made + [Needle((run,), rank, run=True) for run in _runs(value, "".join(found))]


def _runs(value: str, run: str) -> list[str]:
    """A value run together: one with a digit, or several words, run together already or not."""
    if not SHORTEST_RUN <= len(run) <= LONGEST_RUN:
        return []
    if not any(c.isdigit() for c in run):
        return [run] if _is_camel(value) or not value.isalpha() else []
    if value.startswith("+"):
        return [run, f"00{run}"]
    international = run.isdigit() and run.startswith("00") and len(run) > SHORTEST_FOREIGN
    return [run, run[2:]] if international else [run]


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
        self._whole: dict[tuple[str, ...], dict[bool, Needle]] = {}
        """By words and wariness: of several that are met in the same way, the first."""
        self._lengths: dict[str, list[int]] = {}
        """How many words there are behind a first one, most first."""
        self._runs: dict[str, Needle] = {}
        self._longest: dict[str, int] = {}
        """How many characters there are behind the first ones."""
        self._marks: dict[str, Needle] = {}
        for needle in sorted(needles, key=lambda needle: (needle.part, needle.rank)):
            self._add(needle)
        self._marked = re.compile("|".join(map(re.escape, sorted(self._marks, key=len, reverse=True))))

    def _add(self, needle: Needle) -> None:
        first = needle.words[0]
        if needle.marks:
            self._marks.setdefault(first, needle)
        elif needle.run:
            self._runs.setdefault(first, needle)
            self._longest[first[:_KEY]] = max(len(first), self._longest.get(first[:_KEY], 0))
        else:
            self._whole.setdefault(needle.words, {}).setdefault(needle.wary, needle)
            lengths = self._lengths.setdefault(first, [])
            if len(needle.words) not in lengths:
                lengths.append(len(needle.words))
                lengths.sort(reverse=True)

    def find(self, text: str, *, is_path: bool, free: Sequence[Span]) -> Iterator[Hit]:
        """Hits within the ``free`` ranges of a text. ``is_path``: all of it is a name of something, not prose."""
        for range_ in free:
            marked: list[Span] = []
            for match in self._marked.finditer(text, range_.start, range_.end) if self._marks else ():
                marked.append(Span(*match.span()))
                yield Hit(marked[-1], self._marks[match.group()])
            for rest in without(range_, marked):
                yield from self._in(text, rest, is_path)

    def _in(self, text: str, range_: Span, is_path: bool) -> Iterator[Hit]:
        found = [
            Word(word.start + range_.start, word.end + range_.start, word.folded) for word in words(range_.of(text))
        ]
        at = 0
        while at < len(found):
            hits = [self._at(text, found, at, is_path), self._run_at(text, found, at, is_path)]
            needle, last = max((hit for hit in hits if hit is not None), key=_last, default=(None, at))
            if needle is not None:
                yield Hit(Span(found[at].start, found[last].end), needle)
            at = last + 1

    def _at(self, text: str, found: Sequence[Word], at: int, is_path: bool) -> tuple[Needle, int] | None:
        for length in self._lengths.get(found[at].folded, ()):
            those = found[at : at + length]
            needles = self._whole.get(tuple(word.folded for word in those))
            if needles is None or len(those) < length:
                continue
            if any(not _joined(text, one, following) for one, following in pairwise(those)):
                continue
            for needle in needles.values():
                if not needle.wary or any(_is_name(text, word, is_path) for word in those):
                    return needle, at + length - 1
        return None

    def _run_at(self, text: str, found: Sequence[Word], at: int, is_path: bool) -> tuple[Needle, int] | None:
        """The longest value run together that begins with a word."""
        best: tuple[Needle, int] | None = None
        run, last = found[at].folded, at
        while len(run) < _KEY or len(run) <= self._longest.get(run[:_KEY], 0):
            needle = self._runs.get(run)
            if needle is not None and _is_run(text, found[at], found[last], run, is_path):
                best = needle, last
            last += 1
            if last == len(found) or not _joined(text, found[last - 1], found[last]):
                break
            run += found[last].folded
        return best


def _last(hit: tuple[Needle, int]) -> int:
    return hit[1]


def _is_run(text: str, first: Word, last: Word, run: str, is_path: bool) -> bool:
    """Whether letters that are those of a value are meant as it: digits, words apart, and ``AcmeWidgets`` are."""
    apart = first is not last or any(c.isdigit() for c in run) or is_path
    return apart or _is_camel(text[first.start : last.end]) or _in_path(text, first)


def _is_camel(written: str) -> bool:
    return any(c.isupper() for c in written[1:])


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
    lowest, highest = max(0, start - _LONGEST_PATH), min(len(text), end + _LONGEST_PATH)
    while start > lowest and not text[start - 1].isspace():
        start -= 1
    while end < highest and not text[end].isspace():
        end += 1
    run = text[start:end].strip(".,;:!?()[]{}\"'“”‘’")
    return any(mark in run for mark in ("/", "@", "_", "\\", "%20")) or "." in run
