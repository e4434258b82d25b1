"""Text to dense vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
"""float32[texts, dimensions], rows of unit length."""


class Embedder(Protocol):
    """``identity`` names model, weights and numeric path: equal identity means interchangeable vectors."""

    @property
    def identity(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector a text, in the order given. Texts over the model's window are cut."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...

    def close(self) -> None: ...
