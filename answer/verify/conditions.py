"""Under which condition something holds: a sentence that leaves it out says more than its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from answer.verify.clauses import content
from core.text import Span

_CUE = re.compile(
    r"\b(?:unless|except(?:ing)?|excluding|without|provided|as long as|only (?:if|when)"
    r"|(?<!even )(?<!as )(?<!see )(?<!what )(?<!ask )(?<!asked )(?<!know )(?<!wonder )(?<!determine )(?<!check )if)\b"
    r"|(?<!not )\b(?P<only>only)\b(?! (?:\d|one|two|three|(?:a )?few))",
    re.IGNORECASE,
)
_DATED = re.compile(r"\b(?:before|until|till|prior to)\s(?:\w+\s){0,2}?(?:1[5-9]|20|21)\d\d\b", re.IGNORECASE)
"""What held before a day need not hold now."""
_END = re.compile(r"[,;:]|[.!?](?=\s|$)|\s(?:but|and then)\s")
_SAID = re.compile(
    r"\b(?:unless|except\w*|excluding|without|provid\w+|as long as|only|if|when\w*|requires?d?|needs?|requirement"
    r"|conditions?|conditional\w*|depend\w*|subject to|in case|otherwise|exceptions?|sole\w*|exclusive\w*|restrict\w*"
    r"|limit\w*|before|until|till|prior to)\b",
    re.IGNORECASE,
)
"""With one of these that its source lacks, a sentence states the condition in other words."""
_VERB = re.compile(
    r"\s(?:may|can|is|are|was|were|will|must|shall|should|could|would|has|have|had|do|does)\s", re.IGNORECASE
)
_ABOUT = 0.6
"""Share of the sentence's content words that stand in the source, from which it says what the source says."""
_MAIN = 0.6
"""Share of the words that hold under the condition, which the sentence must have to state them."""
_STANDS = 0.5
"""Share of the condition's words from which it stands in the sentence."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The stems under a cue and those of the rest, which hold under it."""

    under: frozenset[str] = field(repr=False)
    rest: frozenset[str] = field(repr=False)


def conditions(text: str) -> tuple[Condition, ...]:
    return tuple(each for part in text.split(";") for each in _of_part(part))


def _of_part(text: str) -> Iterator[Condition]:
    for cue in _CUE.finditer(text):
        end = _END.search(text, cue.end())
        stop = end.start() if end else len(text)
        # "Only managers may sign": what is limited is who, up to the verb.
        verb = _VERB.search(text, cue.end(), stop) if cue["only"] and not content(text[: cue.start()]) else None
        stop = verb.start() if verb else stop
        under = frozenset(content(text[cue.end() : stop]))
        rest = frozenset(content(f"{text[: cue.start()]} {text[stop:]}"))
        if under:
            yield Condition(under, rest - under)
    for dated in _DATED.finditer(text):
        under = frozenset(content(dated.group()))
        yield Condition(under, frozenset(content(text)) - under)


def dropped(
    text: str, stems: frozenset[str], sources: Sequence[tuple[str, frozenset[str], Sequence[Condition]]]
) -> Iterator[Span]:
    """``Span(0, 0)`` where the source that says most of the sentence says it under a condition that is missing.

    ``stems`` are those of the sentence; each source is its text, its stems and its conditions.
    """
    if not stems:
        return
    shares = [len(stems & held) / len(stems) for _, held, _ in sources]
    best = max(shares, default=0.0)
    if best < _ABOUT:
        return
    said = [cue.lower() for cue in _SAID.findall(text)]
    # Where another source says as much without any condition, there is none.
    if all(
        any(_lacks(stems, each) for each in stated) and _fewer(said, source)
        for share, (source, _, stated) in zip(shares, sources, strict=True)
        if share == best
    ):
        yield Span(0, 0)


def _fewer(said: Sequence[str], source: str) -> bool:
    """Whether the source has a cue more than the sentence, which has none of its own."""
    theirs = [cue.lower() for cue in _SAID.findall(source)]
    return len(said) < len(theirs) and set(said) <= set(theirs)


def _lacks(stems: frozenset[str], condition: Condition) -> bool:
    """Whether the sentence states what holds under the condition, and not the condition."""
    stated = len(stems & condition.rest) >= max(1.0, _MAIN * len(condition.rest))
    return stated and len(stems & condition.under) < _STANDS * len(condition.under)
