"""A reply as it arrives, sentence by sentence, each with the numbers it points at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from answer.models.base import Ended, Piece, Pointed, Wrote
from answer.prompt import NO_ANSWER
from answer.units import ITEM, fold, units

# While sentences are cut, a citation stands in the text as one character that no text of a model has.
_BASE, _LAST = 0xE000, 0xF8FF
_MARKS = re.compile(r"(?P<end>[.!?…]+[\"'”’)]*)?(?P<marks>(?:\s*\[\s*\d{1,4}(?:\s*[,;]\s*\d{1,4})*\s*\])+)")
_PRIVATE = re.compile(f"[{chr(_BASE)}-{chr(_LAST)}]")
_OPEN = re.compile(r"\[[\d\s,;]*\Z")
_EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
_IMAGE_OR_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_BARE_LINK = re.compile(r"<?\b(?:https?|ftp|data|javascript|file)://?[^\s<>\"')\]]+>?", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->")
_HEADING = re.compile(r"^#{1,6}\s+")


@dataclass(frozen=True, slots=True)
class Proposed:
    """One sentence of a draft, without its marks. ``cites`` are numbers of units, as the model gave them."""

    text: str = field(repr=False)
    cites: tuple[int, ...]


class Drafting:
    """Cuts a reply into sentences while it arrives. After the last, ``ended`` says how it ended."""

    def __init__(self) -> None:
        self._held = ""
        self._read: list[str] = []
        self.ended: Ended | None = None
        self.declined = False
        """The reply says that the evidence does not answer."""

    @property
    def text(self) -> str:
        """All that was read, as it came."""
        return "".join(self._read)

    @property
    def ended_early(self) -> bool:
        """The provider stopped the reply before its model had come to its end."""
        return self.ended is not None and self.ended.reason != "stop"

    def sentences(self, pieces: Iterable[Piece]) -> Iterator[Proposed]:
        for piece in pieces:
            match piece:
                case Wrote(text=text):
                    self._read.append(text)
                    self._held += _PRIVATE.sub("", text)
                    yield from self._complete()
                case Pointed(numbers=numbers):
                    self._point(numbers)
                case Ended():
                    self.ended = piece
        last = list(self._cut(self._held, whole=True))
        # A sentence that was cut off says less, or something else, than was meant.
        yield from last[:-1] if self.ended_early else last
        self._held = ""

    def _point(self, numbers: tuple[int, ...]) -> None:
        body = self._held.rstrip()
        marks = "".join(f"[{number}]" for number in numbers)
        self._held = body + marks + self._held[len(body) :]

    def _complete(self) -> Iterator[Proposed]:
        """What will not change any more: all but the last sentence, with every mark that may still follow it."""
        text = _marked(self._held)
        found = units(text, frozenset())
        if len(found) < 2 or _OPEN.search(self._held):
            return
        cut = found[-1].start
        # The list mark or the hash in front belongs to the sentence that follows.
        line = text.rfind("\n", 0, cut) + 1
        cut = line if cut > line and not text[line:cut].strip(" \t-*+•#0123456789.)(") else cut
        yield from self._cut(text[:cut], whole=False)
        self._held = _unmarked(text[cut:])

    def _cut(self, held: str, *, whole: bool) -> Iterator[Proposed]:
        text = _marked(held) if whole else held
        for unit in units(text, frozenset()):
            piece = text[unit.start : unit.end]
            cites = tuple(dict.fromkeys(ord(mark) - _BASE for mark in _PRIVATE.findall(piece)))
            sentence = plain(_PRIVATE.sub("", piece))
            if NO_ANSWER in sentence:
                self.declined = True
            elif any(each.isalnum() for each in sentence):
                yield Proposed(sentence, cites)


def plain(text: str) -> str:
    """A sentence without marks of formatting, links, images and tags: a reader sees words and nothing to follow."""
    text = _HEADING.sub("", ITEM.sub("", text, count=1) if ITEM.match(text) else text)
    text = _EMPHASIS.sub(r"\2", text)
    text = _IMAGE_OR_LINK.sub(r"\1", text)
    text = _TAG.sub("", _BARE_LINK.sub("", text))
    return fold(text)


def _marked(text: str) -> str:
    """Citations as single characters, in front of the mark that ends their sentence."""

    def packed(match: re.Match[str]) -> str:
        numbers = [int(digits) for digits in re.findall(r"\d+", match["marks"])]
        return "".join(chr(_BASE + n) for n in numbers if 0 < n <= _LAST - _BASE) + (match["end"] or "")

    return _MARKS.sub(packed, text)


def _unmarked(text: str) -> str:
    return _PRIVATE.sub(lambda match: f"[{ord(match.group()) - _BASE}]", text)
