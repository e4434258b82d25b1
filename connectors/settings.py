"""What an administrator may set about connectors."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class SourcesSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    declarations: Path | None = None
    """A folder of YAML files, each the declaration of a kind of source (docs/add-a-connector.md)."""
    alert: tuple[str, ...] = ()
    """Destinations that hear when a source leaves its freshness bounds, and when it is well again."""
    secrets: tuple[str, ...] = ()
    """What connector owners may name as a secret, as patterns: ``env:SOURCES_*``, ``vault:secret/sources/*``. The
    operator of the machine may name any."""
