"""An embedder that remembers what it embedded in a file, so that a repeated evaluation costs seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.embed.base import Embedder, Matrix


class Remembered:
    """Delegates to ``embedder`` what it has not seen. ``save`` writes one ``.npz`` for each embedder."""

    def __init__(self, embedder: Embedder, directory: Path) -> None:
        self._embedder = embedder
        name = hashlib.sha256(embedder.identity.encode()).hexdigest()[:16]
        self._path = directory / f"vectors-{name}.npz"
        self._known: dict[str, Matrix] = {}
        if self._path.is_file():
            with np.load(self._path) as stored:
                self._known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    @property
    def identity(self) -> str:
        return self._embedder.identity

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Matrix:
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            vectors = self._embedder.embed(list(new.values()))
            self._known.update(zip(new, vectors, strict=True))
        return np.stack([self._known[key] for key in keys])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.count_tokens(texts)

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        keys = np.array(list(self._known))
        np.savez(self._path, keys=keys, vectors=np.stack(list(self._known.values())))

    def close(self) -> None:
        self._embedder.close()
