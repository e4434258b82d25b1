"""Whether the evidence carries what a model wrote into a leaf."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from answer.structured.form import Leaf
from answer.structured.reply import Proposed, Scalar
from answer.suspicion import Guard
from answer.units import units
from answer.verify.clauses import content
from answer.verify.days import days
from answer.verify.exact import disagreements
from answer.verify.ground import Ground, Verdict
from answer.verify.polarity import bounds
from answer.verify.quantities import quantities

_ASKING = re.compile(r"^(?:whether(?: or not)?|true (?:if|when)|if|says (?:whether|if))\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Held:
    """What became of a leaf: the units that carry it, counted from 0, or what speaks ``against`` it."""

    cited: tuple[int, ...] = ()
    support: float = 0.0
    against: tuple[str, ...] = ()


class Checking:
    """Checks leaves against the units of one prompt. ``guard`` keeps instructions in the evidence from carrying any."""

    def __init__(self, guard: Guard, ground: Ground) -> None:
        self._guard, self._ground, self._texts = guard, ground, guard.texts

    def check(self, proposed: Proposed) -> Held:
        """Numbers, days, names and quotations exactly; the words of a text all in its units; a number, a choice, and
        true or false only where the units carry the statement that it makes of its field."""
        value, leaf = proposed.value, proposed.leaf
        if value is None:
            return Held()
        named = tuple(
            number - 1 for number in proposed.cites if 0 < number <= len(self._texts) and self._texts[number - 1]
        )
        if isinstance(value, str) and self._guard.refuses(value):
            return Held(against=("instruction",))
        if isinstance(value, bool):
            return self._truth(leaf, value, named)
        if leaf.choices or not isinstance(value, str):
            return self._stated(leaf, value, named)
        return self._text(leaf, value, named)

    def _stated(self, leaf: Leaf, value: Scalar, named: Sequence[int]) -> Held:
        text = f"{value}"
        against: tuple[str, ...] = ("support",)
        if not leaf.choices and not quantities(text):
            return Held(against=("number",))
        for statement in _statements(leaf, text):
            verdict = self._ground.verify(statement, named)
            holds = verdict.holds or self._is_bare(statement, verdict)
            if holds and self._said_of(leaf, text, verdict.cited):
                return Held(verdict.cited, verdict.support)
            against = _against(verdict)
        return Held(against=against)

    def _is_bare(self, statement: str, verdict: Verdict) -> bool:
        """Whether nothing speaks against a number but that its unit calls it a limit ("within 2 days"). What the number
        is, its field says; one that names a limit itself has to name the same."""
        only = {each.kind for each in verdict.disagreements} == {"limit"}
        return only and not bounds(statement) and verdict.support >= self._ground.threshold

    def _said_of(self, leaf: Leaf, value: str, cited: Sequence[int]) -> bool:
        """Whether a unit that has the value speaks of the field: a number of one sentence and the words of another one
        together state nothing."""
        bearing = [
            unit for unit in cited if {each.kind for each in disagreements(value, [self._texts[unit]])} <= {"limit"}
        ]
        if len(cited) == 1 or not bearing:
            return bool(bearing)
        words = frozenset(content(f"{leaf.label} {leaf.about}"))
        return any(not words.isdisjoint(content(self._texts[unit])) for unit in bearing)

    def _truth(self, leaf: Leaf, value: bool, named: Sequence[int]) -> Held:
        against: tuple[str, ...] = ("support",)
        for words in (leaf.about, leaf.label):
            statement = _ASKING.sub("", words).rstrip(" .?")
            if not statement:
                continue
            verdict = self._ground.verify(f"{statement[:1].upper()}{statement[1:]}.", named)
            # What is false is denied: the units say the same, the other way round.
            denied = {each.kind for each in verdict.disagreements} == {"negation"}
            carried = verdict.support >= self._ground.threshold
            if verdict.holds if value else denied and carried:
                return Held(verdict.cited, verdict.support)
            against = _against(verdict)
        return Held(against=against)

    def _text(self, leaf: Leaf, value: str, named: Sequence[int]) -> Held:
        verdict = self._ground.verify(f"{leaf.label}: {value}", named)
        against: tuple[str, ...] = ("support",)
        for cited in dict.fromkeys((tuple(named), verdict.cited)):
            if not cited:
                continue
            held = self._carried(leaf, value, cited, verdict)
            if not held.against:
                return held
            against = held.against
        return Held(against=against)

    def _carried(self, leaf: Leaf, value: str, cited: tuple[int, ...], verdict: Verdict) -> Held:
        """Sentence by sentence: by the words of these units, or else by whichever units carry it."""
        texts = self._of(cited)
        if leaf.dated:
            wrong = disagreements(value, texts)
            return Held(against=("date",)) if wrong or not days(value) else Held(cited, verdict.support)
        said = frozenset(word for text in texts for word in content(text))
        used: dict[int, None] = {}
        support = verdict.support
        for piece in _pieces(value):
            words = frozenset(content(piece))
            wrong = disagreements(piece, texts)
            if not wrong and (words <= said if words else any(piece.lower() in text.lower() for text in texts)):
                used |= dict.fromkeys(cited)
                continue
            other = self._ground.verify(piece, cited)
            if not other.holds:
                return Held(against=tuple(each.kind for each in wrong) or ("words",))
            used |= dict.fromkeys(other.cited)
            support = min(support, other.support)
        return Held(tuple(used), support)

    def _of(self, cited: Sequence[int]) -> list[str]:
        return [self._texts[unit] for unit in cited]


def _statements(leaf: Leaf, value: str) -> Iterator[str]:
    for words in dict.fromkeys(each for each in (leaf.label, leaf.about.rstrip(" .?")) if each):
        begun = f"{words[:1].upper()}{words[1:]}"
        yield f"{begun}: {value}"
        yield f"{begun} is {value}."


def _pieces(value: str) -> list[str]:
    return [value[unit.start : unit.end] for unit in units(value, frozenset())] or [value]


def _against(verdict: Verdict) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.kind for each in verdict.disagreements)) or ("support",)
