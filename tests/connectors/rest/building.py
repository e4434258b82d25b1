"""Sources after declarations, opened as the catalogue opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.kinds import Opening
from connectors.sources.rest.kinds import declared_kinds
from connectors.sources.rest.source import RestSource


def open_kind(name: str, config: dict[str, Any], opening: Opening, folder: Path | None = None) -> RestSource:
    kind = next(kind for kind in declared_kinds(folder) if kind.name == name)
    made = kind.open(kind.config.model_validate(config), opening)
    assert isinstance(made, RestSource)
    return made
