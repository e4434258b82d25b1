# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# sentence-transformers ships no complete types.
"""A cross-encoder that reads question and passage together: slower than the two branches, and off by default."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from core.errors import Invalid
from retrieval.evidence import Passage


class Reranker(Protocol):
    def rank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """The passages by how well they answer, with new scores in 0..1."""
        ...


class CrossEncoderReranker:
    """Any sentence-transformers cross-encoder by name or path. Its first ``candidates`` passages are ranked anew; those
    after them keep their order behind. Loads torch. Raises ``Invalid`` when there is no such model."""

    def __init__(self, model: str, candidates: int, threads: int) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        # Imported here: an installation without a cross-encoder never pays for it.
        import torch
        from sentence_transformers import CrossEncoder

        torch.set_num_threads(threads)
        try:
            self._model = CrossEncoder(model, device="cpu", max_length=512)
        except (OSError, ValueError) as error:
            raise Invalid(
                f"There is no cross-encoder {model!r}.",
                hint="Set retrieval.rerank.model to a name or path, or leave it out.",
            ) from error
        self._candidates = candidates

    def rank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        head, tail = list(passages[: self._candidates]), list(passages[self._candidates :])
        if not head:
            return tail
        raw = self._model.predict([(question, passage.text) for passage in head], show_progress_bar=False)
        scores = np.asarray(raw, dtype=np.float64).reshape(len(head), -1)[:, -1]
        if scores.min() < 0 or scores.max() > 1:
            scores = 1 / (1 + np.exp(-scores))
        order = sorted(range(len(head)), key=lambda at: (-scores[at], at))
        ranked = [replace(head[at], score=float(scores[at])) for at in order]
        # What was not read by it stays behind what was.
        lowest = ranked[-1].score
        return ranked + [replace(passage, score=min(passage.score, lowest)) for passage in tail]
