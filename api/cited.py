"""An answer as one text with marks: ``Notice is 16 weeks [1]. ...``, for whoever shows text and knows where to link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from answer.answers import Answer, CitedSource, Sentence, ShownCitation, ShownConflict, Structured


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a citation stands in the text, in characters (Unicode code points, the end is not part of it); ``claim`` is
    what it carries."""

    start: int
    end: int
    claim: tuple[int, int]
    cited: ShownCitation


@dataclass(frozen=True, slots=True)
class Piece:
    """What comes next, and the marks in it; their places count from the beginning of the whole text."""

    text: str = field(repr=False)
    marks: tuple[Mark, ...] = ()


class Writing:
    """A text as it grows, sentence by sentence."""

    def __init__(self) -> None:
        self._length = 0

    def sentence(self, sentence: Sentence) -> Piece:
        """Empty for one that its reader may not read any more."""
        if sentence.text is None:
            return Piece("")
        lead = " " if self._length else ""
        start = self._length + len(lead)
        text, end = lead + sentence.text, start + len(sentence.text)
        marks: list[Mark] = []
        places: dict[int, tuple[int, int]] = {}
        for cited in sentence.citations:
            if cited.n not in places:
                text += " " if not places else ""
                at = self._length + len(text)
                text += f"[{cited.n}]"
                places[cited.n] = at, self._length + len(text)
            marks.append(Mark(*places[cited.n], (start, end), cited))
        self._length += len(text)
        return Piece(text, tuple(marks))

    def rest(self, answer: Answer) -> Piece:
        """What stands beside the sentences: why there are none, and what a reader has to know of them."""
        notes = _notes(answer)
        lead = "\n\n" if self._length and notes else ""
        text = lead + "\n".join(notes)
        self._length += len(text)
        return Piece(text)


def whole(answer: Answer) -> Piece:
    """The text of an answer that is complete."""
    if answer.structured is not None:
        return filled(answer.structured)
    writing = Writing()
    pieces = [*map(writing.sentence, answer.sentences), writing.rest(answer)]
    return Piece("".join(piece.text for piece in pieces), tuple(mark for piece in pieces for mark in piece.marks))


def filled(form: Structured) -> Piece:
    """A filled form as JSON. The mark of a citation is the value that it carries. Empty where there is no value."""
    if form.value is None:
        return Piece("")
    places: dict[str, tuple[int, int]] = {}
    text = _json(form.value, "", 0, places)
    marks = [
        Mark(*places[leaf.path], places[leaf.path], cited)
        for leaf in form.leaves
        if leaf.state == "verified" and leaf.path in places
        for cited in leaf.citations
    ]
    return Piece(text, tuple(marks))


def _json(value: Any, path: str, at: int, places: dict[str, tuple[int, int]]) -> str:
    """As ``json.dumps`` writes it, noting where each value stands by its JSON pointer."""
    if isinstance(value, Mapping):
        text = "{"
        for name, inner in cast("Mapping[str, Any]", value).items():
            text += ("" if text == "{" else ", ") + json.dumps(name, ensure_ascii=False) + ": "
            text += _json(inner, f"{path}/{name.replace('~', '~0').replace('/', '~1')}", at + len(text), places)
        text += "}"
    elif isinstance(value, list):
        text = "["
        for number, inner in enumerate(cast("list[Any]", value)):
            text += "" if text == "[" else ", "
            text += _json(inner, f"{path}/{number}", at + len(text), places)
        text += "]"
    else:
        text = json.dumps(value, ensure_ascii=False)
    places[path] = at, at + len(text)
    return text


def _notes(answer: Answer) -> list[str]:
    notes = [_disagreement(each) for each in answer.conflicts]
    notes += [_stale(source) for source in answer.sources if source.stale is not None]
    if answer.reason:
        notes.append(answer.reason)
    if answer.status != "answered":
        notes = notes or ["There is no evidence for an answer."]
        titles = dict.fromkeys(passage.document.title for passage in answer.nearest)
        if titles:
            notes.append(f"The nearest that you may read: {'; '.join(titles)}.")
    return notes


def _disagreement(conflict: ShownConflict) -> str:
    sides = (conflict.first, conflict.second)
    first, second = (
        f"[{side.n}] ({_day(side.citation.document.modified_at or side.citation.as_of)})" for side in sides
    )
    later = "" if conflict.later is None else f"; [{sides[conflict.later].n}] is the later edition"
    return f"Sources disagree: {first} and {second}{later}."


def _stale(source: CitedSource) -> str:
    assert source.stale is not None
    return f"[{source.n}] may be out of date ({source.stale.bound}, since {_day(source.stale.since)})."


def _day(moment: datetime | None) -> str:
    return "date unknown" if moment is None else moment.date().isoformat()
