"""What an administrator may set about searching. The defaults were chosen once, for all data (docs/decisions/0005)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Share = Annotated[float, Field(ge=0, le=1)]


class FusionSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    dense_weight: Share = 0.55
    """Weight of meaning (cosine); the rest is that of words (BM25)."""


class DiversitySettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    same_text: Share = 0.5
    """Share of common word triples from which two editions' passages say the same."""
    same_meaning: Share = 0.9
    """Cosine from which they do."""
    margin: Share = 0.15
    """The current edition comes before an outdated one that scores at most this much more."""
    per_document: PositiveInt = 3
    """Passages of one document that are ranked by their relevance alone."""
    crowding: Share = 0.02
    """How much lower the further ones stand."""


class RerankSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = None
    """A sentence-transformers cross-encoder by name or path; none by default."""
    candidates: PositiveInt = 20
    """Passages that it reads."""


class RetrievalSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    pool: PositiveInt = 100
    """Candidates from each of the two branches."""
    limit: PositiveInt = 10
    """Passages returned when the caller names no number."""
    oversample: PositiveInt = 2
    """Passages read for each one returned, so that copies can be left out."""
    rerank: RerankSettings = RerankSettings()
    fusion: FusionSettings = FusionSettings()
    diversity: DiversitySettings = DiversitySettings()
