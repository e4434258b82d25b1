"""What a recogniser is, and how sure one can be of a value found by its form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ingest.label.findings import Finding

CERTAIN = 0.95
"""A form that ordinary text does not have, and check digits that agree."""
CLEAR = 0.75
"""A form that ordinary text hardly has."""
LIKELY = 0.5
"""A form that ordinary text seldom has; or check digits that agree by chance once in ten or a hundred."""
WEAK = 0.3
"""A form that ordinary text has: counts beside a word that announces it."""
FAINT = 0.05
"""Hardly a form at all, such as nine digits."""


class Recogniser(Protocol):
    """Finds values in one text. Reports weak matches too, with their low score: whoever calls drops what is below
    the threshold. Never raises, whatever the text is; findings may overlap."""

    @property
    def name(self) -> str: ...

    def find(self, text: str) -> Iterable[Finding]: ...
