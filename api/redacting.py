"""What ``vouch redact`` shows of a text: the values found in it, what the policy makes of them, and the redacted text.

Texts go the way of a question, through ``answer.marking``, but belong to no conversation: nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from answer.marking import mark, rewrite
from answer.minting import Mint
from answer.pseudonyms import LITERAL
from answer.settle import LOOK_ALIKE, without
from answer.sighting import TYPED, Text
from core.policy import Destination, Policy, Ruling, Sensitivity, highest, sensitivity_of
from core.secrets import Secret
from ingest.label.findings import Detector, Finding
from ingest.label.gazetteer import Gazetteer, Known
from ingest.label.resolve import resolve


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a text. ``token`` stands in its place, or None where it is allowed to go as it is. ``against`` are
    the findings that claimed some of the same characters. A text that only reads like a pseudonym is always taken out;
    its entry is named ``look_alike``."""

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

    def sensitivity(self, policy: Policy) -> Sensitivity:
        return highest((TYPED, *(sensitivity_of(each.kind, policy.kinds) for each in self.findings)))


class TextRedactor:
    """Redacts texts. Each is read alone; equal values under one ``key`` have equal names."""

    def __init__(self, detector: Detector, gazetteer: Gazetteer, clock: Callable[[], datetime]) -> None:
        self._detector, self._gazetteer, self._clock = detector, gazetteer, clock

    def look(
        self, texts: Sequence[str], now: Policy, then: Policy
    ) -> list[tuple[tuple[Finding, ...], tuple[Sensitivity, Sensitivity]]]:
        """What is found in each text, and how sensitive that makes it under either policy. Raises ``Unavailable``."""
        return [
            (resolve(each.text, each.findings), (each.sensitivity(now), each.sensitivity(then)))
            for each in self._found(texts)
        ]

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
        sensitivity = found.sensitivity(policy)

        def ruling(finding: Finding) -> Ruling:
            if finding.kind == LITERAL:
                return Ruling("redact", LOOK_ALIKE)
            return policy.ruling(finding.kind, sensitivity, destination)

        text = Text("text", found.text, sensitivity, found=found.findings)
        mark([text], policy, destination)
        mentions = [mentioned for _, _, mentioned in text.mentions]
        cleared = rewrite(text, Mint(key, (), {}, mentions, found.known, self._clock()))
        tokens = {edit.source: edit.token for edit in cleared.edits}
        taken = [finding.span for finding in text.settled]
        allowed = [
            replace(each, span=piece)
            for each in resolve(found.text, found.findings)
            if ruling(each).treatment == "allow"
            for piece in without(each.span, taken)
        ]
        findings = sorted((*text.settled, *allowed), key=lambda each: each.span)
        shown = tuple(
            Shown(each, policy.class_of(each.kind), ruling(each), tokens.get(each.span), _against(each, found.findings))
            for each in findings
        )
        blocked = bool(text.blocked) or policy.blocks_text(sensitivity, destination)
        return Redacted(cleared.text, shown, sensitivity, blocked)


def _against(finding: Finding, found: Sequence[Finding]) -> tuple[Finding, ...]:
    others = {other for other in found if other != finding and other.span.overlaps(finding.span)}
    return tuple(sorted(others, key=lambda other: (other.span, other.kind, other.rule)))
