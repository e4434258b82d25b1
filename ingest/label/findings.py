"""What detection says of a text: which characters are a personal or confidential value, and of which kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.text import Span


@dataclass(frozen=True, slots=True)
class Finding:
    """A sensitive value. ``kind`` is Presidio's name of the entity (``PERSON``, ``EMAIL_ADDRESS``, ``IBAN_CODE``), or
    one of ours (``ADDRESS``, ``EMPLOYEE_ID``, ``CUSTOMER_ID``); ``rule`` names the recogniser that found it; ``score``
    in 0..1."""

    kind: str
    span: Span
    score: float
    rule: str


class Detector(Protocol):
    """Finds values in texts. ``identity`` changes with anything that changes what is found: models, recognisers,
    thresholds, configured patterns."""

    @property
    def identity(self) -> str: ...

    def find(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """For each text its findings, in order, none overlapping another. Raises ``Unavailable`` when it cannot look:
        then nothing may leave."""
        ...
