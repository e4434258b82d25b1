"""Vectors of sentences that were read before: documents that many ask about are embedded once, not for every question.

A vector depends on its text alone, so what comes out is what the embedder would give. Texts are kept as hashes only;
what is kept is bounded, and gone with the process.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from answer.candidates import Embed, Vectors
from answer.pseudonyms import placeholder, replace_tokens

MOST = 16_384
"""Vectors: 25 MB of 384 dimensions, the sentences of about 2,000 passages."""


class RememberedVectors:
    """Stands in for ``embed``. Safe to use from several threads; the least recently used go first."""

    def __init__(self, embed: Embed, most: int = MOST) -> None:
        self._embed, self._most = embed, most
        self._known: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._known)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32[len(texts), dimensions], as ``embed`` gives them."""
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        found = self._recall(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if new or not texts:
            # Not under the lock: two questions that read the same passage at once embed it twice, and none waits.
            vectors = self._embed(list(new.values()))
            if not texts:
                return vectors
            # Copies: a row would keep the whole matrix it came in.
            found.update((key, vectors[row].copy()) for row, key in enumerate(new))
            self._keep({key: found[key] for key in new})
        return np.stack([found[key] for key in keys])

    def forget(self) -> None:
        """All of them: after an erasure nothing is left that was made of what was erased."""
        with self._lock:
            self._known.clear()

    def _recall(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        with self._lock:
            for key in keys:
                vector = self._known.get(key)
                if vector is not None:
                    self._known.move_to_end(key)
                    found[key] = vector
        return found

    def _keep(self, vectors: dict[bytes, Vectors]) -> None:
        with self._lock:
            self._known.update(vectors)
            while len(self._known) > self._most:
                self._known.popitem(last=False)


def without_tokens(embed: Embed) -> Embed:
    """``embed`` for pseudonymised texts: a token reads as the kind that it stands for.

    The token itself means nothing, and is another one in every conversation: its sentence would never be remembered.
    """
    return lambda texts: embed([replace_tokens(text, lambda token: placeholder(token.kind)) for text in texts])
