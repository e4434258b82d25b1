"""From a stored configuration to a source that can be read."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.sources.base import AnySource
from connectors.sources.files import FilesSource
from connectors.sources.records import RecordsSource, holds_records
from connectors.sources.settings import FileSourceConfig
from core.errors import Invalid


def kind_of(path: Path, names: Mapping[str, str]) -> str:
    """``records`` for a file of records, else ``files``. A table without an id column is a document, not records."""
    if not (path.is_file() and holds_records(path.name)):
        return "files"
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            header = next(csv.reader(lines), list[str]())
        if not {names.get("id", "id"), "_id"}.intersection(header):
            return "files"
    return "records"


def checked(config: dict[str, Any]) -> FileSourceConfig:
    try:
        return FileSourceConfig.model_validate(config)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Invalid(f"The source cannot be used: {place}: {first['msg']}.", hint="See vouch ingest --help.") from None


def open_source(kind: str, config: dict[str, Any], max_bytes: int) -> AnySource:
    settings = checked(config)
    if kind == "records":
        return RecordsSource(settings, max_bytes)
    return FilesSource(settings, max_bytes)
