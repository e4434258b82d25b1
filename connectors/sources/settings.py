"""The configuration of a file source, as it is stored and checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core import access
from core.access import Access
from core.people import checked_group

RecordField = Literal["id", "title", "text", "url", "allow", "deny", "modified_at"]


class FileSourceConfig(BaseModel):
    """A folder, a file, or a file of records. ``map`` names the record fields that stand for ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    allow: tuple[str, ...] = Field(min_length=1)
    deny: tuple[str, ...] = ()
    map: dict[RecordField, str] = {}
    restrict: dict[str, tuple[str, ...]] = {}
    """Record field -> groups. Whoever may read the record must be in one of them to read the field."""
    modified: dict[str, datetime] = {}
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

    def restricted(self) -> tuple[tuple[str, Access], ...]:
        return tuple((name, access_of(groups)) for name, groups in sorted(self.restrict.items()))


def access_of(allow: tuple[str, ...] | list[str], deny: tuple[str, ...] | list[str] = ()) -> Access:
    """Access from group names. A name may also be a person's grant (``person:ID``)."""
    return Access.of(map(grant_of, allow), map(grant_of, deny))


def grant_of(name: str) -> str:
    return name if name.startswith("person:") else access.group(checked_group(name))
