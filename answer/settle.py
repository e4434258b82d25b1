"""From all that was found in one text to what is taken out of it: no two values overlap, and nothing found stays."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from answer.linking import GENITIVE, NAME_KINDS
from answer.pseudonyms import LITERAL
from core.text import Span
from ingest.label.findings import Finding
from ingest.label.resolve import MODEL, resolve

LOOK_ALIKE = "look_alike"
TITLE = "PREFIX"

_BLANK = re.compile(r"[ \t\u00a0]{1,2}")


def settle(
    text: str, findings: Iterable[Finding], look_alikes: Iterable[Span], tokens: Sequence[Span]
) -> tuple[Finding, ...]:
    """What is taken out of ``text``, in order. ``look_alikes`` only read like tokens and are values themselves;
    ``tokens`` are genuine, and stay. Both are in order, and none overlaps another."""
    outside = [piece for finding in findings for piece in _left(text, finding, tokens)]
    wanted = _with_look_alikes(outside, look_alikes)
    settled = [piece for finding in resolve(text, wanted) for piece in _left(text, finding, tokens, parts=True)]
    taken = [finding.span for finding in settled]
    # What lost to another value is no less a value where it reaches beyond it.
    for finding in wanted:
        for piece in _left(text, finding, taken):
            settled.append(piece)
            insort(taken, piece.span, key=_start)
    return tuple(sorted(settled, key=lambda finding: finding.span))


def whole_names(text: str, settled: Sequence[Finding]) -> tuple[Finding, ...]:
    """Settled values with a title and the name behind it as one, and without the genitive of a name: so a name comes
    back wherever a sentence puts it."""
    found: list[Finding] = []
    for finding in settled:
        if finding.kind in NAME_KINDS:
            genitive = GENITIVE.search(finding.span.of(text))
            if genitive is not None and genitive.start() > 0:
                finding = replace(finding, span=Span(finding.span.start, finding.span.start + genitive.start()))
            before = found[-1] if found else None
            if (
                before is not None
                and before.kind == TITLE
                and _BLANK.fullmatch(text, before.span.end, finding.span.start)
            ):
                found.pop()
                finding = replace(finding, span=Span(before.span.start, finding.span.end))
        found.append(finding)
    return tuple(found)


def without(span: Span, taken: Sequence[Span]) -> list[Span]:
    """What is left of ``span`` outside of ``taken``, which is in order and without overlaps."""
    left: list[Span] = []
    at = span.start
    first = max(0, bisect_right(taken, span.start, key=_start) - 1)
    for number in range(first, len(taken)):
        cut = taken[number]
        if cut.start >= span.end:
            break
        if cut.end <= at:
            continue
        if at < cut.start:
            left.append(Span(at, cut.start))
        at = cut.end
    if at < span.end:
        left.append(Span(at, span.end))
    return left


def _start(span: Span) -> int:
    return span.start


def _left(text: str, finding: Finding, taken: Sequence[Span], *, parts: bool = False) -> Iterator[Finding]:
    """What is left of a finding, without the blanks at the ends of a piece. Without a letter or digit it is no value,
    unless a rule found exactly that, and not one mark over and over: a password may be made of marks. ``parts``: the
    finding may be what another one left of it."""
    may_be_marks = not parts and not finding.rule.startswith(MODEL)
    for piece in without(finding.span, taken):
        body = piece.of(text)
        of_marks = may_be_marks and piece == finding.span and len(set(body.strip())) > 1
        if of_marks or any(c.isalnum() for c in body):
            start = piece.start + len(body) - len(body.lstrip())
            yield replace(finding, span=Span(start, start + len(body.strip())))


def _with_look_alikes(findings: Iterable[Finding], look_alikes: Iterable[Span]) -> list[Finding]:
    """Findings and look-alikes that touch are one value, so that no half of a look-alike is left to be completed."""
    waiting = sorted(findings, key=lambda finding: finding.span, reverse=True)
    found: list[Finding] = []
    near: list[Finding] = []
    for span in look_alikes:
        while waiting and waiting[-1].span.start < span.end:
            near.append(waiting.pop())
        touching = [each for each in near if each.span.overlaps(span)]
        found += [each for each in near if not each.span.overlaps(span)]
        start = min([span.start, *(each.span.start for each in touching)])
        end = max([span.end, *(each.span.end for each in touching)])
        beyond = [each for each in touching if not each.span.within(span)]
        kind, rule = (beyond[0].kind, beyond[0].rule) if beyond else (LITERAL, LOOK_ALIKE)
        near = [Finding(kind, Span(start, end), 1.0, rule)]
    return [*found, *near, *reversed(waiting)]
