"""Batches: many prompts handed over at once, answered within a day at a lower price.

A prompt becomes the same request as when it is streamed, and its reply the same pieces. What was handed over and not
confirmed, because a connection or a process broke, can be found again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from answer.models import failures
from answer.models.base import ModelError, Piece, Prompt

PROVIDERS = ("openai", "anthropic")
"""Those whose batch interface is spoken here."""
Outcome = Literal["replied", "failed", "expired", "cancelled"]
Blocks = Sequence[Sequence[int]]
"""Numbers of the sentences that were sent, by passage."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is, by the provider's word. ``without`` is what became of those that have no result of their
    own, once it ``ended``; ``why`` a batch as a whole was not done."""

    ended: bool
    done: int = 0
    failed: int = 0
    total: int = 0
    without: Outcome = "failed"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one prompt: its pieces, ``Ended`` last, or why there are none."""

    key: str
    outcome: Outcome
    pieces: tuple[Piece, ...] = ()
    why: str = ""


class BatchModel(Protocol):
    """A deployment that takes batches. Everything raises ``ModelError``. A prompt's key has at most 64 letters, digits
    and hyphens."""

    @property
    def name(self) -> str: ...

    @property
    def sdk(self) -> str: ...

    @property
    def api_version(self) -> str: ...

    def submit(self, mark: str, prompts: Sequence[tuple[str, Prompt]]) -> str:
        """Hand over the prompts by key, as the batch ``mark`` of ours. Returns the provider's name for it."""
        ...

    def find(self, mark: str, keys: Sequence[str], since: datetime, known: Sequence[str]) -> str | None:
        """The batch ``mark`` that was perhaps handed over after ``since``; None where it was not. ``known`` are others.
        Raises ``ModelBusy`` while it cannot be told."""
        ...

    def progress(self, batch: str) -> Progress: ...

    def results(self, batch: str, blocks: Mapping[str, Blocks]) -> Iterator[Result]:
        """Of a batch that ended, in any order. ``blocks`` by key."""
        ...

    def cancel(self, batch: str) -> None:
        """Ask for its end. What is done by then stays."""
        ...

    def drop(self, batch: str) -> None:
        """Have the provider delete what it was sent and what it answered."""
        ...

    def close(self) -> None: ...


def told(error: ModelError) -> str:
    return " ".join(failures.told(error)).strip()
