"""What an administrator may set about ingestion."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class IngestSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    parser_processes: PositiveInt = 2
    parse_timeout_seconds: PositiveFloat = 120
    parse_memory_mb: PositiveInt = 1400
    max_file_mb: PositiveInt = 200
    batch_chunks: PositiveInt = 256
    """Chunks embedded and committed together."""


class EmbedderSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "all-MiniLM-L6-v2"
    """Any sentence-transformers name or path; the default one ships with the installation."""
    threads: PositiveInt = 2
