"""What the recognisers say of a text, in words that a test can compare."""

from __future__ import annotations

from ingest.label.findings import Finding
from ingest.label.recognisers import recognisers
from ingest.label.settings import LabelSettings

THRESHOLD = LabelSettings().threshold
_ALL = recognisers(LabelSettings())


def findings(text: str, settings: LabelSettings | None = None) -> list[Finding]:
    used = _ALL if settings is None else recognisers(settings)
    return [finding for recogniser in used for finding in recogniser.find(text)]


def counted(text: str, kind: str | None = None, settings: LabelSettings | None = None) -> list[str]:
    """The values, in order, that count at the default threshold; of one kind, or ``KIND value`` of all."""
    kept = {(each.span, each.kind) for each in findings(text, settings) if each.score >= THRESHOLD}
    values = sorted((span.start, found, span.of(text)) for span, found in kept)
    return [f"{found} {value}" if kind is None else value for _, found, value in values if kind in (None, found)]
