"""What a bench needs of the product. The composition root provides it; nothing here knows how it is wired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from evals.bench.corpora import Corpus
from ingest.embed.base import Embedder, Matrix


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk as it was embedded: title and headings, then its text."""

    id: str
    text: str = field(repr=False)


class Installation(Protocol):
    """One installation in this process, as its own edges use it."""

    @property
    def embedder(self) -> Embedder: ...

    def ingest(self, corpus: Corpus) -> int:
        """Run a source over the corpus, from the listing to the index. Returns the documents that are new."""
        ...

    def pieces(self) -> tuple[Piece, ...]:
        """Every chunk that can be found, in the order of the documents."""
        ...

    def vectors(self, pieces: Sequence[Piece]) -> Matrix: ...

    def search(self, query: str) -> int:
        """The recorded search of a person with a group's rights, top ten. Returns the number of passages."""
        ...


class Server(Protocol):
    """One serving process and a client of it."""

    @property
    def pid(self) -> int: ...

    @property
    def seconds_to_ready(self) -> float: ...

    def ingest(self, corpus: Corpus) -> int:
        """The same run through HTTP. Returns the documents that are new."""
        ...

    def search(self, query: str) -> int: ...


OpenInstallation = Callable[[Path], AbstractContextManager[Installation]]
"""Opens the installation in a data directory, creating it when it is new."""
StartServer = Callable[[Path], AbstractContextManager[Server]]
"""Starts a serving process for a data directory, and stops it at the end."""
