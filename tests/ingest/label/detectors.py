"""A small detector of real work, and ways in which one fails: opened in the detecting process by their names."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from core.text import Span
from ingest.label.findings import Finding

_KINDS = {
    "US_SSN": re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),
    "API_KEY": re.compile(r"\bsk-[a-z0-9]{8,}\b"),
    "EMAIL_ADDRESS": re.compile(r"\b[\w.]+@[\w.]+\b"),
}


class Patterns:
    """Finds some numbers and addresses. A text with ``[[name]]`` in it does to it what the name says."""

    def __init__(
        self, identity: str = "patterns 1", asked: Path | None = None, gate: Path | None = None, pause: float = 0
    ) -> None:
        """``asked`` gets a line a text. ``[[wait]]`` waits for ``gate`` to be there. ``pause``: seconds that each call
        takes at least."""
        self.identity = identity
        self.asked, self.gate, self.pause = asked, gate, pause

    def find(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        time.sleep(self.pause)
        if self.asked is not None:
            with self.asked.open("a", encoding="utf-8") as log:
                log.writelines(f"{len(text)} {text[:40]!r}\n" for text in texts)
        for text in texts:
            _suffer(text)
            while "[[wait]]" in text and self.gate is not None and not self.gate.exists():
                time.sleep(0.005)
        if any("[[short]]" in text for text in texts):
            return []
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> tuple[Finding, ...]:
        found = [
            Finding(kind, Span(match.start(), match.end()), 0.9, "pattern")
            for kind, pattern in _KINDS.items()
            for match in pattern.finditer(text)
        ]
        if "[[outside]]" in text:
            found.append(Finding("US_SSN", Span(0, len(text) + 1), 0.9, "pattern"))
        return tuple(sorted(found, key=lambda finding: finding.span))


def _suffer(text: str) -> None:
    if "[[crash]]" in text:
        os._exit(1)
    if "[[raise]]" in text:
        raise RuntimeError(text)
    if "[[hang]]" in text:
        time.sleep(600)
    if "[[memory]]" in text:
        bytearray(2_000_000_000)


def patterns() -> Patterns:
    return Patterns()


def fails_to_open() -> Patterns:
    raise OSError("no model here")
