# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# sentence-transformers ships no complete types.
"""A cross-encoder that judges whether a text carries a sentence: off by default, and read from local files only."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from core.errors import Invalid

_CARRIES = ("entailment", "supported", "consistent")
"""Labels that say yes, in models with several."""


class CrossEncoderEntailment:
    """Any sentence-transformers cross-encoder by name or path: one of natural language inference, whose label
    ``entailment`` is taken, or one with a single score. Loads torch. Raises ``Invalid`` when there is no such model
    on this machine."""

    def __init__(self, model: str, threads: int = 2) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        # Imported here: an installation without a cross-encoder never pays for it.
        import torch
        from sentence_transformers import CrossEncoder

        torch.set_num_threads(threads)
        try:
            self._model = CrossEncoder(
                model, device="cpu", max_length=512, local_files_only=True, activation_fn=torch.nn.Identity()
            )
        except (OSError, ValueError) as error:
            raise Invalid(
                f"There is no cross-encoder {model!r} on this machine.",
                hint="Set answer.verify.cross_encoder to the path of a model, or leave it out.",
            ) from error
        config: Any = self._model.model.config  # pyright: ignore[reportOptionalMemberAccess]
        labels = {int(place): str(label).lower() for place, label in config.id2label.items()}
        self._carries = [place for place, label in labels.items() if label in _CARRIES]
        if len(labels) > 1 and not self._carries:
            raise Invalid(
                f"The cross-encoder {model!r} has no label for entailment.",
                hint="Use a model of natural language inference, or one with a single score.",
            )

    def __call__(self, text: str, sentence: str) -> float:
        """The probability, 0 to 1, that ``text`` carries ``sentence``."""
        raw = self._model.predict([(text, sentence)], show_progress_bar=False)
        scores = np.asarray(raw, dtype=np.float64).reshape(-1)
        if len(scores) == 1:
            return float(1 / (1 + np.exp(-scores[0])))
        odds = np.exp(scores - scores.max())
        return float(odds[self._carries].sum() / odds.sum())
