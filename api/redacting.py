"""What ``vouch redact`` shows of a text: the values found in it, what the policy makes of them, and the redacted text.

The steps are those of ``answer.redact``, for texts that belong to no conversation: nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from answer.minting import Mention, Mint, mention
from answer.pseudonyms import LITERAL, look_alikes
from answer.redact import KNOWN_VALUE
from answer.settle import settle, without
from answer.sweep import Needle, Sweep, needles_of_name, needles_of_value
from core.policy import Destination, Policy, Ruling, Sensitivity, highest, sensitivity_of
from core.secrets import Secret
from core.text import Span
from ingest.label.findings import Detector, Finding
from ingest.label.gazetteer import Gazetteer, Known
from ingest.label.resolve import resolve

LOOK_ALIKE = "look_alike"
"""The entry named where a text only reads like a pseudonym: it is always taken out."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a text. ``token`` stands in its place, or None where it is allowed to go as it is. ``against`` are
    the findings that claimed some of the same characters."""

    finding: Finding
    data_class: str
    ruling: Ruling
    token: str | None
    against: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text as it may go. What is to be blocked has pseudonyms as well, so that no value is shown by accident;
    ``blocked`` says that the text may not go at all."""

    text: str = field(repr=False)
    shown: tuple[Shown, ...]
    sensitivity: Sensitivity
    blocked: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that anybody found in one text, and the known people among it."""

    text: str = field(repr=False)
    findings: tuple[Finding, ...]
    known: tuple[Known, ...] = field(repr=False)

    @property
    def sensitivity(self) -> Sensitivity:
        return highest(("internal", *(sensitivity_of(each.kind) for each in self.findings)))


class TextRedactor:
    """Redacts texts. Each is read alone; equal values under one ``key`` have equal names."""

    def __init__(self, detector: Detector, gazetteer: Gazetteer, clock: Callable[[], datetime]) -> None:
        self._detector, self._gazetteer, self._clock = detector, gazetteer, clock

    def look(self, texts: Sequence[str]) -> list[tuple[tuple[Finding, ...], Sensitivity]]:
        """What is found in each text, and how sensitive that makes it. Raises ``Unavailable``."""
        return [(resolve(each.text, each.findings), each.sensitivity) for each in self._found(texts)]

    def redact(self, texts: Sequence[str], policy: Policy, destination: Destination, key: Secret) -> list[Redacted]:
        """Each text as it may go there. Raises ``Unavailable`` when nobody can look for values."""
        return [self._redacted(each, policy, destination, key) for each in self._found(texts)]

    def _found(self, texts: Sequence[str]) -> list[_Found]:
        detected = self._detector.find(texts)
        matched = self._gazetteer.matches_each(texts)
        return [
            _Found(
                text,
                (*findings, *(match.finding for match in matches)),
                tuple(one for match in matches for one in match.people),
            )
            for text, findings, matches in zip(texts, detected, matched, strict=True)
        ]

    def _redacted(self, found: _Found, policy: Policy, destination: Destination, key: Secret) -> Redacted:
        sensitivity = found.sensitivity

        def ruling(finding: Finding) -> Ruling:
            if finding.kind == LITERAL:
                return Ruling("redact", LOOK_ALIKE)
            return policy.ruling(finding.kind, sensitivity, destination)

        taken = _taken(found, [each for each in found.findings if ruling(each).treatment != "allow"])
        spans = [finding.span for finding, _ in taken]
        allowed = [
            replace(each, span=piece)
            for each in resolve(found.text, found.findings)
            if ruling(each).treatment == "allow"
            for piece in without(each.span, spans)
        ]
        tokens = self._tokens(taken, found.known, key)
        findings = sorted([*(finding for finding, _ in taken), *allowed], key=lambda each: each.span)
        shown = tuple(
            Shown(each, policy.class_of(each.kind), ruling(each), tokens.get(each.span), _against(each, found.findings))
            for each in findings
        )
        blocked = any(each.ruling.treatment == "block" for each in shown)
        return Redacted(
            _replaced(found.text, tokens), shown, sensitivity, blocked or policy.blocks_text(sensitivity, destination)
        )

    def _tokens(self, taken: Sequence[tuple[Finding, Mention]], known: Sequence[Known], key: Secret) -> dict[Span, str]:
        if not taken:
            return {}
        mint = Mint(key, (), {}, [mentioned for _, mentioned in taken], known, self._clock())
        return {finding.span: str(mint.token(mentioned)) for finding, mentioned in taken}


def _taken(found: _Found, kept: Sequence[Finding]) -> list[tuple[Finding, Mention]]:
    """What is taken out of a text: what was found, and wherever else in it the same values stand."""
    settled = settle(found.text, kept, look_alikes(found.text), ())
    taken = [(each, mention(each.kind, each.span.of(found.text), ())) for each in settled]
    needles: list[Needle] = []
    for rank, (finding, mentioned) in enumerate(taken):
        if finding.kind == LITERAL:
            continue
        needles += (
            needles_of_name(mentioned.name, rank)
            if mentioned.name is not None
            else needles_of_value(mentioned.value, rank)
        )
    if not needles:
        return taken
    free = without(Span(0, len(found.text)), [finding.span for finding, _ in taken])
    for hit in Sweep(needles).find(found.text, is_path=False, free=free):
        finding, first = taken[hit.needle.rank]
        again = Finding(finding.kind, hit.span, finding.score, KNOWN_VALUE)
        value = hit.span.of(found.text)
        taken.append((again, mention(finding.kind, value, (), name=hit.needle.name, as_value=first.value)))
    return sorted(taken, key=lambda each: each[0].span)


def _against(finding: Finding, found: Sequence[Finding]) -> tuple[Finding, ...]:
    others = {other for other in found if other != finding and other.span.overlaps(finding.span)}
    return tuple(sorted(others, key=lambda other: (other.span, other.kind, other.rule)))


def _replaced(text: str, tokens: dict[Span, str]) -> str:
    pieces: list[str] = []
    at = 0
    for span, token in sorted(tokens.items()):
        pieces += (text[at : span.start], token)
        at = span.end
    return "".join((*pieces, text[at:]))
