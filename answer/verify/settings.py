"""What a deployment may set about verifying."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class VerifySettings(BaseModel):
    """Section ``answer.verify`` of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float | None = Field(default=None, ge=0, le=1)
    """Support below which a sentence is dropped, 0 to 1; unset: the operating point that was fitted and shipped."""

    cross_encoder: str | None = None
    """A sentence-transformers cross-encoder for entailment, by name or path, read from local files only; its
    probability takes the place of the packaged support, while the exact checks stay. It loads torch, and each sentence
    costs one or two of its passes. Needs a ``threshold`` of its own."""

    @model_validator(mode="after")
    def _cross_encoder_has_a_threshold(self) -> VerifySettings:
        if self.cross_encoder is not None and self.threshold is None:
            raise ValueError(
                "answer.verify.cross_encoder needs answer.verify.threshold: the shipped one is not its own"
            )
        return self
