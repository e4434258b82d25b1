"""The configuration of a file source, as it is stored and checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, field_validator

from connectors.kinds import SourceConfig
from connectors.sources.declared import Prefixes, access_at, access_of, grant_of
from core.access import Access

__all__ = ["FileSourceConfig", "RecordField", "access_of", "grant_of"]

RecordField = Literal["id", "title", "text", "url", "allow", "deny", "modified_at"]


class FileSourceConfig(SourceConfig):
    """A folder, a file, or a file of records. ``map`` names the record fields that stand for ours."""

    path: str
    allow: tuple[str, ...] = Field(min_length=1)
    deny: tuple[str, ...] = ()
    folders: Prefixes = ()
    """Beginning of the path -> groups of its own (``hr/``), instead of those of the source. The longest counts."""
    map: dict[RecordField, str] = Field(default={})
    restrict: dict[str, tuple[str, ...]] = Field(default={})
    """Record field -> groups. Whoever may read the record must be in one of them to read the field."""
    modified: dict[str, datetime] = Field(default={})
    """Key -> modification time, where the file system does not keep it."""

    @field_validator("restrict")
    @classmethod
    def _restrict_fields_only(cls, restrict: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        ours = sorted(set(restrict).intersection(get_args(RecordField)))
        if ours:
            raise ValueError(f"{', '.join(ours)} cannot be restricted; restrict the record with its allow")
        return {" ".join(name.split()): groups for name, groups in restrict.items()}

    def root(self) -> Path:
        return Path(self.path)

    def access(self) -> Access:
        return access_of(self.allow, self.deny)

    def access_at(self, key: str) -> Access:
        """The access of a file, by its path within the folder."""
        return access_at(self.folders, key, self.access())

    def restricted(self) -> tuple[tuple[str, Access], ...]:
        return tuple((name, access_of(groups)) for name, groups in sorted(self.restrict.items()))
