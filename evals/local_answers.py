"""The small local model on the demo company: what it wrote, what of that held, and what its readers were shown.

Every sentence that a model writes is either held, replaced by a verbatim sentence, or dropped. What was shown is
checked once more here, against nothing but the quotes it was shown with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from answer.answers import Answer, Sentence
from answer.models.entry import ModelEntry
from answer.retold import Trail
from answer.verify.exact import disagreements

NAME = "smollm2"
CONTEXT_TOKENS = 2_048
"""Enough for a few passages; reading more takes this model ten seconds a question."""


def entry(base_url: str) -> ModelEntry:
    """The local server as a model on the organisation's own premises."""
    fields: Mapping[str, Any] = {
        "name": NAME,
        "provider": "compatible",
        "model": "smollm2-135m-instruct-q4_1",
        "tier": "on_premise",
        "place": "on_premise",
        "base_url": base_url,
        "sensitivity": "restricted",
        "context_tokens": CONTEXT_TOKENS,
        "output_tokens": 160,
        "first_seconds": 120,
        "deadline_seconds": 240,
        "concurrency": 1,
    }
    return ModelEntry.model_validate(fields)


@dataclass(slots=True)
class Tally:
    """``questions`` were ``asked`` of the model; of those, ``by_model`` were answered with something that it wrote.
    ``written`` sentences are ``held`` (``repaired``: by other citations), ``replaced`` or ``dropped``.
    ``verbatim`` and ``carried`` count what was shown; ``unverified`` lists what was shown and is neither."""

    questions: int = 0
    asked: int = 0
    by_model: int = 0
    written: int = 0
    held: int = 0
    repaired: int = 0
    replaced: int = 0
    dropped: int = 0
    verbatim: int = 0
    carried: int = 0
    unverified: list[str] = field(default_factory=list[str])
    failed: list[str] = field(default_factory=list[str])

    def add(self, answer: Answer, trail: Trail) -> None:
        """Count one answer with its trail."""
        attempts = [each for each in trail.attempts if each.model is not None]
        self.questions += 1
        self.asked += bool(attempts)
        self.by_model += answer.tier != "extractive" and answer.status == "answered"
        for each in attempts:
            self.held += each.held
            self.repaired += each.repaired
            self.replaced += each.replaced
            self.dropped += len(each.dropped) - each.replaced
            self.written += each.held + len(each.dropped)
            if each.ended in ("failed", "cut_off", "withheld"):
                self.failed.append(f"{each.ended}: {each.why}")
        for sentence in answer.sentences:
            self._look_at(sentence)

    def _look_at(self, sentence: Sentence) -> None:
        if sentence.text is None:
            return
        quotes = [shown.citation.quote for shown in sentence.citations]
        if is_verbatim(sentence.text, quotes):
            self.verbatim += 1
        elif quotes and not disagreements(sentence.text, quotes):
            self.carried += 1
        else:
            self.unverified.append(sentence.text)

    def lines(self) -> Iterator[str]:
        yield f"{self.questions} questions, {self.asked} put to {NAME}; {self.by_model} answered by what it wrote"
        yield f"it wrote {self.written} sentences: {self.held} held ({self.repaired} by other citations),"
        yield f"  {self.replaced} replaced by verbatim sentences, {self.dropped} dropped"
        yield f"shown: {self.verbatim} verbatim, {self.carried} in its words, {len(self.unverified)} unverified"
        yield from (f"  unverified: {text}" for text in self.unverified)
        yield from (f"  {why}" for why in self.failed)


def is_verbatim(text: str, quotes: Iterable[str]) -> bool:
    """Whether the words and numbers of ``text`` stand in the quotes in this order, its bullet and its marks apart."""
    return _words(text) in _words(" ".join(quotes))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text))
