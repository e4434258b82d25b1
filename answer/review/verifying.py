"""Sentences of a stored answer, checked again: today's verifier on the text of then.

What tokens stand for is looked up for the check alone, and told to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from answer.pseudonyms import Token, replace_tokens, tokens
from answer.review.evidence import Evidence, Raw, quoted
from answer.review.passages import PassageThen
from answer.sentences import sentences
from answer.tables import AnswerRow
from answer.units import fold
from answer.vault import Entry, Vault
from answer.verify.ground import Ground
from core.text import Span

Grounds = Callable[[Sequence[str], Sequence[int]], Ground]


@dataclass(frozen=True, slots=True)
class Again:
    """``holds``: None where it cannot be checked, and ``why`` says so. ``verbatim``: it stands in its citations word
    for word, and is not looked at further. ``against``: what speaks against it."""

    index: int
    text: str | None = field(repr=False)
    holds: bool | None
    verbatim: bool = False
    support: float | None = None
    against: tuple[str, ...] = ()
    why: str | None = None


@dataclass(slots=True)
class _Units:
    """The sentences of then, each with where it stands."""

    texts: list[str] = field(default_factory=list[str])
    passages: list[int] = field(default_factory=list[int])
    places: dict[tuple[str, tuple[Span, ...]], int] = field(default_factory=dict[tuple[str, tuple[Span, ...]], int])

    def add(self, version: str, spans: tuple[Span, ...], text: str, passage: int) -> int:
        self.places[version, spans] = len(self.texts)
        self.texts.append(fold(text))
        self.passages.append(passage)
        return len(self.texts) - 1


def verify_again(
    session: Session, row: AnswerRow, raws: Sequence[Raw], passages: Sequence[PassageThen],
    evidence: Mapping[str, Evidence], vault: Vault, grounds: Grounds, now: datetime,
) -> tuple[Again, ...]:  # fmt: skip
    """Each stored sentence in its order."""
    units = _units(passages)
    cited: dict[int, list[int | None]] = {}
    for raw in raws:
        cited.setdefault(raw.sentence, []).append(_unit_of(raw, units, evidence))
    ground = grounds(units.texts, units.passages)
    values = _Values(session, vault, row, now)
    return tuple(
        _again(index, claim["text"], bool(claim.get("redaction")), cited.get(index, []), units, ground, values, row)
        for index, claim in enumerate(row.claims)
    )


def _again(
    index: int, text: str, made: bool, cited: Sequence[int | None], units: _Units, ground: Ground, values: _Values,
    row: AnswerRow,
) -> Again:  # fmt: skip
    if not text:
        return Again(index, None, None, why="Its text was erased.")
    found = [each for each in cited if each is not None]
    if not cited or len(found) < len(cited):
        return Again(index, text, None, why="The text that it cites is not kept.")
    said = values.restored(text) if made else text
    if said is None:
        return Again(index, text, None, why="What its pseudonyms stand for is not kept any more.")
    folded = fold(said)
    if any(folded in units.texts[each] for each in found):
        return Again(index, text, True, verbatim=True)
    if row.structured is not None:
        return Again(index, text, None, why="It is the value of a form, which was checked by its kind.")
    verdict = ground.verify(said, found)
    against = tuple(dict.fromkeys(each.kind for each in verdict.disagreements))
    return Again(
        index, text, verdict.holds, support=round(verdict.support, 4),
        against=against or (() if verdict.holds else ("support",)),
    )  # fmt: skip


def _units(passages: Sequence[PassageThen]) -> _Units:
    found = _Units()
    for number, passage in enumerate(passages):
        if passage.text is None or not passage.placed or _untrue(passage):
            continue
        try:
            units = list(sentences(passage.text, passage.spans, passage.blocks))
        except ValueError:
            continue
        for unit in units:
            found.add(passage.version, unit.spans, f"{unit.lead} {unit.text}", number)
    return found


def _untrue(passage: PassageThen) -> bool:
    return len(passage.differing) == len(passage.copies)


def _unit_of(raw: Raw, units: _Units, evidence: Mapping[str, Evidence]) -> int | None:
    """The sentence that a citation points at. What was cited beside what was retrieved is taken from its snapshot."""
    place = raw.version, raw.spans
    if place in units.places:
        return units.places[place]
    text = quoted(evidence[raw.version], raw.spans)
    return None if text is None else units.add(raw.version, raw.spans, text, -1)


class _Values:
    """What the tokens of a conversation stand for, read when the first one is met."""

    def __init__(self, session: Session, vault: Vault, row: AnswerRow, now: datetime) -> None:
        self._session, self._vault, self._row, self._now = session, vault, row, now
        self._entries: list[Entry] | None = None

    def restored(self, text: str) -> str | None:
        """None where a token of it stands for nothing any more."""
        found = [token for _, token in tokens(text)]
        if not found:
            return text
        values = {token: self._of(token) for token in found}
        if any(value is None for value in values.values()):
            return None
        return replace_tokens(text, lambda token: values[token] or "")

    def _of(self, token: Token) -> str | None:
        return max(self._spellings(token), key=len, default=None)

    def _spellings(self, token: Token) -> Iterator[str]:
        if self._entries is None:
            self._entries = self._vault.read(self._session, self._row.conversation_id, self._now)[0]
        for entry in self._entries:
            same = (entry.token.kind, entry.token.identity) == (token.kind, token.identity)
            if same and token.form in (None, entry.token.form) and entry.created_at <= self._row.created_at:
                yield entry.value
