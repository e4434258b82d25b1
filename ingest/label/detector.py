"""The detector: models and forms over the same texts, one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.errors import Unavailable
from ingest.label.findings import Finding
from ingest.label.recognisers.letters import unescaped
from ingest.label.resolve import MODEL, resolve


class Analyse(Protocol):
    """For each text its findings, in any order, overlapping or not. Never a part of them: it raises instead."""

    def __call__(self, texts: Sequence[str]) -> list[list[Finding]]: ...


class LayeredDetector:
    """A ``Detector`` over one engine."""

    def __init__(self, analyse: Analyse, *, identity: str, kinds_off: Sequence[str] = ()) -> None:
        self._analyse = analyse
        self._identity = identity
        self._off = frozenset(kinds_off)

    @property
    def identity(self) -> str:
        return self._identity

    def find(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """Raises ``Unavailable`` when any recogniser fails on any text: then nothing is known of any."""
        try:
            read = [unescaped(text) for text in texts]
            return [
                resolve(text, (each for each in findings if each.kind not in self._off))
                for text, findings in zip(read, self._found(texts, read), strict=True)
            ]
        # A part of the findings would pass for all of them, whatever went wrong.
        except Exception as error:
            # The error may quote the text, so it is not chained to what is shown.
            raise Unavailable(
                f"Detection of personal data failed ({type(error).__name__}).",
                hint="Nothing is sent until it works; see the log of the worker.",
            ) from None

    def _found(self, texts: Sequence[str], read: Sequence[str]) -> list[list[Finding]]:
        """What is found in the texts as they are read; and, where they are read otherwise than written, what forms find
        as they are written: a password may hold a backslash and an n."""
        found = self._analyse(read)
        other = [number for number, text in enumerate(texts) if text != read[number]]
        for number, findings in zip(other, self._analyse([texts[at] for at in other]) if other else (), strict=True):
            found[number] += [each for each in findings if not each.rule.startswith(MODEL)]
        return found
