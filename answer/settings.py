"""What a deployment may set about answering."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from answer.routing import RoutingPolicy
from answer.verify.settings import VerifySettings


class AnswerSettings(BaseModel):
    """Section ``answer`` of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float | None = Field(default=None, ge=0, le=1)
    """Support below which an answer abstains, 0 to 1; unset: the threshold that was fitted and shipped."""

    most_sentences: int = Field(default=6, ge=1, le=6)
    passages_read: int = Field(default=10, ge=1, le=50)
    """Passages, best first, whose sentences may answer."""

    sentences_scored: int = Field(default=16, ge=1, le=400)
    """Sentences embedded for one question, chosen by their words and their passage; each costs about five milliseconds
    on two cores. From 16 to 40 the answers get no better."""

    routing: RoutingPolicy = RoutingPolicy()
    """Which model is asked, where there are any."""

    deadline_seconds: float = Field(default=180, gt=0, le=3600)
    """Until all models together have to be done with one answer; then it is made of verbatim sentences."""

    batch_questions_per_day: int = Field(default=10_000, ge=1)
    """Questions, or documents, that one person may put into batches within 24 hours."""

    verify: VerifySettings = VerifySettings()
    """When a sentence that a model wrote is shown."""

    cache_hours: float = Field(default=24, ge=0, le=720)
    """How long an answer that a model wrote is given again to people of the same access for the same question, while
    everything that it was made from is the same; 0 never."""
