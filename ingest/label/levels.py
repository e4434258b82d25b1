"""How sensitive a document and each of its chunks are: the highest of what the source, the place there, the field and
the findings make it; and what somebody said in the place of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors import repository as sources
from connectors.plan import stored_plan
from core import policy_rows
from core.kinds import DataClass
from core.policy import SENSITIVITIES, Sensitivity, highest, sensitivity_of
from ingest.label.findings import Finding
from ingest.label.tables import DocumentSensitivityRow
from ingest.repository import batches
from ingest.tables import DocumentRow

FIELD: Sensitivity = "confidential"
"""What a field with access of its own is at least."""


@dataclass(frozen=True, slots=True)
class Override:
    """What somebody said. ``lowers`` in the place of what is declared, and of what was found in ``version_id``; else
    on top of it."""

    level: Sensitivity
    lowers: bool
    version_id: str | None
    changed_by: str
    changed_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class DocumentLevels:
    """What is known of a document before anybody has looked into it. ``container`` is the highest that is declared for
    where it lies in its source; ``kinds`` are the classes that the policy gives to kinds."""

    source: Sensitivity
    container: Sensitivity
    override: Override | None
    kinds: Mapping[str, DataClass] = field(default_factory=dict[str, DataClass])

    @property
    def whole(self) -> Sensitivity:
        """What each of its chunks is at least."""
        declared = highest((self.source, self.container))
        if self.override is None:
            return declared
        return self.override.level if self.override.lowers else highest((declared, self.override.level))

    def of_chunk(self, version_id: str, part: str | None, findings: Iterable[Finding] = ()) -> Sensitivity:
        """``findings``: in the chunk and in the title above it. A field with access of its own stays confidential,
        whatever is said of its document. What was said of one version does not speak for what is found in another."""
        levels: list[Sensitivity] = [self.whole]
        if part is not None:
            levels.append(FIELD)
        if self.override is None or not self.override.lowers or self.override.version_id != version_id:
            levels.extend(sensitivity_of(finding.kind, self.kinds) for finding in findings)
        return highest(levels)


def levels_of(
    session: Session, rows: Collection[DocumentRow], kinds: Mapping[str, DataClass] | None = None
) -> dict[str, DocumentLevels]:
    """By document id. ``kinds`` instead of those of the policy that holds."""
    plans = {
        source_id: stored_plan(record.plan)
        for source_id in {row.source_id for row in rows}
        if (record := sources.by_id(session, source_id)) is not None
    }
    said = _overrides(session, [row.id for row in rows])
    classes = policy_rows.classes_of_kinds(session) if kinds is None else kinds
    return {
        row.id: DocumentLevels(
            plans[row.source_id].sensitivity,
            plans[row.source_id].sensitivity_at_key(row.key),
            said.get(row.id),
            classes,
        )
        for row in rows
    }


def _overrides(session: Session, document_ids: Collection[str]) -> dict[str, Override]:
    found: dict[str, Override] = {}
    for some in batches(tuple(document_ids)):
        last = (
            select(func.max(DocumentSensitivityRow.id))
            .where(DocumentSensitivityRow.document_id.in_(some))
            .group_by(DocumentSensitivityRow.document_id)
        )
        for row in session.scalars(select(DocumentSensitivityRow).where(DocumentSensitivityRow.id.in_(last))):
            found[row.document_id] = Override(
                as_sensitivity(row.level), row.lowers, row.version_id, row.changed_by, row.changed_at, row.why
            )
    return found


def as_sensitivity(stored: str) -> Sensitivity:
    """A stored level; one that nobody knows is the highest."""
    known: dict[str, Sensitivity] = {level: level for level in SENSITIVITIES}
    return known.get(stored, SENSITIVITIES[-1])
