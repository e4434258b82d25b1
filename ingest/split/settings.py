"""What an administrator may set about splitting."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PositiveInt


class SplitSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: PositiveInt = 190
    """Most tokens of content in a chunk. A longer section is cut into pieces of about equal size."""
    window: PositiveInt = 256
    """Tokens that the embedding model reads, its two markers included."""
    path_tokens: PositiveInt = 48
    """Most tokens of title and heading path before the content."""
    merge_below: PositiveInt = 190
    """A section of fewer tokens joins its neighbour when both fit in one chunk."""
