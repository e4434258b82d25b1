# sentence-transformers and torch expose partly unknown types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Any sentence-transformers model as it is: the reference for exports, and the fallback for what cannot be exported."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from ingest.embed.base import Matrix

_BATCH = 16


class ReferenceEmbedder:
    """An ``Embedder`` over sentence-transformers with torch. Slow to open (seconds) and large (500 MB)."""

    def __init__(self, directory: Path, *, identity: str, threads: int = 2) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(threads)
        self._identity = identity
        self._model = SentenceTransformer(str(directory), device="cpu", local_files_only=True)
        # torch modules are not documented as safe for concurrent calls with shared tokenizer state.
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimensions(self) -> int:
        size = self._model.get_embedding_dimension()
        if size is None:
            raise ValueError("the model does not tell its dimensions")
        return int(size)

    def embed(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        with self._lock:
            vectors = self._model.encode(
                list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without the special ones."""
        tokenizer = self._model.tokenizer
        with self._lock:
            if isinstance(tokenizer, Tokenizer):
                return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]
            encoded = tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def close(self) -> None:
        """Nothing is held beyond memory."""
