"""From all that was found in one text to what is taken out of it: no two values overlap, and nothing found stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from answer.linking import GENITIVE, NAME_KINDS
from answer.pseudonyms import LITERAL
from core.text import Span
from ingest.label.findings import Finding
from ingest.label.resolve import resolve

LOOK_ALIKE = "look_alike"
TITLE = "PREFIX"

_BLANK = re.compile(r"[ \t\u00a0]{1,2}")


def settle(
    text: str, findings: Iterable[Finding], look_alikes: Iterable[Span], tokens: Sequence[Span]
) -> tuple[Finding, ...]:
    """What is taken out of ``text``, in order. ``look_alikes`` only read like tokens and are values themselves;
    ``tokens`` are genuine, and stay."""
    outside = [
        replace(finding, span=piece) for finding in findings for piece in _worth(text, without(finding.span, tokens))
    ]
    wanted = _with_look_alikes(outside, look_alikes)
    settled = [
        replace(finding, span=piece)
        for finding in resolve(text, wanted)
        for piece in _worth(text, without(finding.span, tokens))
    ]
    # What lost to another value is no less a value where it reaches beyond it.
    for finding in wanted:
        taken = [each.span for each in settled]
        settled += [replace(finding, span=piece) for piece in _worth(text, without(finding.span, taken))]
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


def without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of ``span`` outside of ``taken``."""
    left: list[Span] = []
    at = span.start
    for cut in sorted(each for each in taken if each.overlaps(span)):
        if at < cut.start:
            left.append(Span(at, cut.start))
        at = max(at, cut.end)
    if at < span.end:
        left.append(Span(at, span.end))
    return left


def _worth(text: str, pieces: Iterable[Span]) -> list[Span]:
    """Pieces without the blanks and marks at their ends, as far as there is a letter or digit in them; a whole value
    keeps its marks where they are part of it."""
    kept: list[Span] = []
    for piece in pieces:
        body = piece.of(text)
        if any(c.isalnum() for c in body):
            start = piece.start + len(body) - len(body.lstrip())
            kept.append(Span(start, start + len(body.strip())))
    return kept


def _with_look_alikes(findings: Sequence[Finding], look_alikes: Iterable[Span]) -> list[Finding]:
    """Findings and look-alikes that touch are one value, so that no half of a look-alike is left to be completed."""
    found = list(findings)
    for span in look_alikes:
        touching = [each for each in found if each.span.overlaps(span)]
        start = min([span.start, *(each.span.start for each in touching)])
        end = max([span.end, *(each.span.end for each in touching)])
        beyond = [each for each in touching if not each.span.within(span)]
        kind, rule = (beyond[0].kind, beyond[0].rule) if beyond else (LITERAL, LOOK_ALIKE)
        found = [each for each in found if each not in touching]
        found.append(Finding(kind, Span(start, end), 1.0, rule))
    return found
