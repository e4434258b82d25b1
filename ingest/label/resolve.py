"""One answer out of many findings: whole words, parts joined, none overlapping another.

Recognisers report what they see, overlapping and in any order. What any of them found stays covered: where two
findings overlap, the better keeps its characters and the other what is left of it, so that resolving never uncovers a
letter or a digit, and never takes one that no finding and no word of a finding held.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.text import Span
from ingest.label.findings import Finding

MODEL = "model:"
GAZETTEER = "gazetteer"
"""How the rules of models and of the gazetteer begin."""
CHECKED = 0.95
"""Score from which a form is as good as certain: its check digits agree."""

_PLACES = frozenset({"ADDRESS", "LOCATION"})
_NAMES = frozenset({"PERSON", "ORGANIZATION", "LOCATION"})
_MODELS = 3
_DIGIT = re.compile(r"\d")
_STATE = re.compile(r"[A-Z]{2,3}|\d+")
_UNIT = (
    r"(?:suite|ste|apartment|apt|unit|room|rm|floor|fl|level|flat|building|bldg|block|box|p\.?\s?o\.?\s?box|no|nr|"
    r"door|dept|postcode|zip|zip code|postal code|fpo|apo|dpo|psc|cmr)\b\.?"
)
_GAP = re.compile(
    rf"[\s,.;:#/()\\-]{{0,12}}(?:(?:{_UNIT}|\d{{1,6}}[a-z]?\b|[a-z]{{2}}\b)[\s,.;:#/()\\-]{{1,6}}){{0,4}}",
    re.IGNORECASE,
)
_CROSSING = re.compile(r"\s(?:and|&)\s", re.IGNORECASE)
_CORNER = re.compile(r"\b(?:the )?(?:corner|intersection|crossing|junction) of $", re.IGNORECASE)
_LEADING = re.compile(rf"(?<![\w.,:/-])(?:(?:{_UNIT}|\d{{1,6}}[a-z]?)[\s#-]{{1,3}}){{1,3}}$", re.IGNORECASE)
_TRAILING = re.compile(
    rf"(?:[\s,#-]{{1,4}}(?:(?:{_UNIT}[\s#]{{0,2}})?\d{{1,6}}[a-z]?|(?-i:[A-Z]{{2}}))(?!\w|[:.,/-]\d)){{1,3}}",
    re.IGNORECASE,
)
_REACH = 40
_NAME_GAP = re.compile(r"[ \t]{1,2}|[ ]?[-'’][ ]?|[ ][A-Z]\.[ ]")
_SIGNED = frozenset(f"+{digit}" for digit in range(10))
_EDGES = " \t\r\n,;:"


def resolve(text: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of one text, in order, none overlapping another.

    Checked forms come before known names, those before other forms, those before models; then the longer, then by
    kind. Each is grown to whole words; parts of one address and of one name become one finding. Every letter and digit
    that a finding covers is covered by the result, and resolving the result again changes nothing.
    """
    current = _settled(text, _streets(text, findings))
    while True:
        following = _settled(text, _joined(text, current))
        if following == current:
            return current
        current = following


def _streets(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """A name that holds a building number is a street."""
    every = list(findings)
    numbered = bytearray(len(text))
    for each in every:
        if each.kind == "ADDRESS" and _DIGIT.search(each.span.of(text)):
            numbered[each.span.start : each.span.end] = b"\1" * len(each.span.of(text))
    return [replace(each, kind="ADDRESS") if _is_street(text, each, numbered) else each for each in every]


def _is_street(text: str, finding: Finding, numbered: bytearray) -> bool:
    return (
        finding.kind in _NAMES
        and _rank(finding) == _MODELS
        and 1 in numbered[finding.span.start : finding.span.end]
        and _DIGIT.search(finding.span.of(text)) is not None
    )


def _settled(text: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    grown = {whole for finding in findings if (whole := _whole(text, finding)) is not None}
    taken: list[Finding] = []
    for finding in sorted(grown, key=_order):
        for free in list(_free(finding.span, taken)):
            part = finding.span if free == finding.span else _trimmed(text, free, _EDGES)
            if len(part) and (part == finding.span or _has_word(text, part)):
                place = bisect_left(taken, part.start, key=_start)
                taken.insert(place, Finding(finding.kind, part, finding.score, finding.rule))
    return tuple(taken)


def _start(finding: Finding) -> int:
    return finding.span.start


def _order(finding: Finding) -> tuple[int, int, str, int, float, str]:
    return (_rank(finding), -len(finding.span), finding.kind, finding.span.start, -finding.score, finding.rule)


def _rank(finding: Finding) -> int:
    if finding.rule.startswith(MODEL):
        return _MODELS
    if finding.rule.startswith(GAZETTEER):
        return 1
    return 0 if finding.score >= CHECKED else 2


def _free(span: Span, taken: Sequence[Finding]) -> Iterator[Span]:
    """What of ``span`` none of ``taken`` holds, which are in order."""
    start = span.start
    first = max(0, bisect_left(taken, span.start, key=_start) - 1)
    for other in taken[first:]:
        if other.span.start >= span.end:
            break
        if other.span.end <= start:
            continue
        if other.span.start > start:
            yield Span(start, other.span.start)
        start = other.span.end
    if start < span.end:
        yield Span(start, span.end)


def _whole(text: str, finding: Finding) -> Finding | None:
    """The finding grown to whole words; None if nothing is in it. Models take signs for names; but what a rule finds
    may be all signs, as a password is."""
    inner = _trimmed(text, Span(finding.span.start, min(finding.span.end, len(text))), " \t\r\n")
    if not len(inner) or (_rank(finding) == _MODELS and not _has_word(text, inner)):
        return None
    start, end = inner.start, inner.end
    while start > 0 and _is_word(text[start - 1]) and _is_word(text[start]):
        start -= 1
    while end < len(text) and _is_word(text[end]) and _is_word(text[end - 1]):
        end += 1
    if start > 0 and (
        (text[start - 1] == "(" and _unclosed(text[start:end])) or text[start - 1 : start + 1] in _SIGNED
    ):
        start -= 1
    return Finding(finding.kind, Span(start, end), finding.score, finding.rule)


def _unclosed(value: str) -> bool:
    """Whether its first bracket closes one that is not in it: ``505)498-8487``."""
    opening, closing = value.find("("), value.find(")")
    return closing >= 0 and not 0 <= opening < closing


def _trimmed(text: str, span: Span, edges: str) -> Span:
    start, end = span.start, span.end
    while start < end and text[start] in edges:
        start += 1
    while end > start and text[end - 1] in edges:
        end -= 1
    return Span(start, end)


def _has_word(text: str, span: Span) -> bool:
    return any(_is_word(character) for character in span.of(text))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.combining(character) > 0


def _joined(text: str, findings: Sequence[Finding]) -> list[Finding]:
    joined: list[Finding] = []
    for finding in findings:
        whole = _one(text, joined[-1], finding) if joined else None
        if whole is None:
            joined.append(finding)
        else:
            joined[-1] = whole
    return [_extended(text, joined, place) for place in range(len(joined))]


def _one(text: str, first: Finding, second: Finding) -> Finding | None:
    """Both as one finding, when they are parts of one address or of one name."""
    between = text[first.span.end : second.span.start]
    if first.kind == second.kind == "PERSON" and _rank(first) == _rank(second):
        return _both(first, second, "PERSON") if _NAME_GAP.fullmatch(between) else None
    if not (_is_place(text, first) and _is_place(text, second)) or "ADDRESS" not in (first.kind, second.kind):
        return None
    if _GAP.fullmatch(between):
        return _both(first, second, "ADDRESS")
    crossing = first.kind == second.kind or _CORNER.search(text[max(0, first.span.start - _REACH) : first.span.start])
    return _both(first, second, "ADDRESS") if crossing and _CROSSING.fullmatch(between) else None


def _is_place(text: str, finding: Finding) -> bool:
    """A part of an address, if it stands in one: companies are not called ``MA``."""
    return finding.kind in _PLACES or (_rank(finding) == _MODELS and bool(_STATE.fullmatch(finding.span.of(text))))


def _both(first: Finding, second: Finding, kind: str) -> Finding:
    better = min(first, second, key=_order)
    span = Span(first.span.start, second.span.end)
    return Finding(kind, span, max(first.score, second.score), better.rule)


def _extended(text: str, findings: Sequence[Finding], place: int) -> Finding:
    """An address with the numbers that stand right before and behind it."""
    finding = findings[place]
    if finding.kind != "ADDRESS":
        return finding
    start, end = finding.span.start, finding.span.end
    low = findings[place - 1].span.end if place else 0
    high = findings[place + 1].span.start if place + 1 < len(findings) else len(text)
    before = text[max(low, start - _REACH) : start]
    found = _CORNER.search(before) or _LEADING.search(before)
    start -= len(before) - found.start() if found else 0
    behind = _TRAILING.match(text[end : min(high, end + _REACH)])
    end += behind.end() if behind else 0
    return Finding(finding.kind, Span(start, end), finding.score, finding.rule)
