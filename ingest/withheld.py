"""What the data policy keeps from the embedder: such a chunk is neither embedded nor indexed, and its document says so.

The policy is asked with what is known before anybody has looked into a text: its source, its place there, its field,
and what people said of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.policy import SENSITIVITIES, Sensitivity
from ingest.label.levels import DocumentLevels, levels_of
from ingest.repository import batches, enqueue_each
from ingest.tables import ChunkRow, DocumentRow, VersionRow

Admits = Callable[[Sensitivity], bool]
"""Whether text this sensitive may go to the embedder."""
_SAYS = "Not searchable in part"


def everything(level: Sensitivity) -> bool:
    """For an installation without a policy."""
    return True


def admitted(admits: Admits) -> frozenset[Sensitivity]:
    """What may go there, asked once for many chunks."""
    return frozenset(level for level in SENSITIVITIES if admits(level))


def withheld_ids(chunks: Sequence[ChunkRow], levels: Mapping[str, DocumentLevels], admits: Admits) -> set[str]:
    """The chunks that are not to be embedded; ``levels`` are those of their documents."""
    levels_admitted = admitted(admits)
    return {
        chunk.id
        for chunk in chunks
        if levels[chunk.document_id].of_chunk(chunk.version_id, chunk.part) not in levels_admitted
    }


def mark(session: Session, chunks: Sequence[ChunkRow], withheld: Collection[str]) -> None:
    """Keep which chunks of some versions are withheld, and have the versions say so, where that has changed."""
    changed = [chunk for chunk in chunks if chunk.withheld != (chunk.id in withheld)]
    for value in (True, False):
        ids = [chunk.id for chunk in changed if (chunk.id in withheld) == value]
        for some in batches(ids):
            session.execute(update(ChunkRow).where(ChunkRow.id.in_(some)).values(withheld=value))
    for version_id in sorted({chunk.version_id for chunk in changed}):
        own = [chunk.id for chunk in chunks if chunk.version_id == version_id]
        _say(session, version_id, sum(chunk in withheld for chunk in own), len(own))


def ask_anew(session: Session, admits: Admits) -> int:
    """Have the index follow the policy: ask for those documents that differ from it. Returns how many; to be called
    when policy, sources or plans have changed."""
    asked = differing(session, admits)
    enqueue_each(session, asked, "index")
    return len(asked)


def differing(session: Session, admits: Admits) -> list[str]:
    """The documents of which the index holds what it may not, or lacks what it may."""
    marked = set(session.scalars(select(ChunkRow.document_id).where(ChunkRow.withheld.is_(True)).distinct()))
    levels_admitted = admitted(admits)
    if not marked and len(levels_admitted) == len(SENSITIVITIES):
        return []
    rows = session.scalars(select(DocumentRow).where(DocumentRow.state == "ready")).all()
    levels = levels_of(session, rows)
    suspects = {
        row.current_version: row.id
        for row in rows
        if row.id in marked or levels[row.id].of_chunk("", "field" if row.restricted else None) not in levels_admitted
    }
    differ: set[str] = set()
    columns = select(ChunkRow.document_id, ChunkRow.version_id, ChunkRow.part, ChunkRow.withheld)
    for some in batches(tuple(suspects)):
        for chunk in session.execute(columns.where(ChunkRow.version_id.in_(some))):
            level = levels[chunk.document_id].of_chunk(chunk.version_id, chunk.part)
            if chunk.withheld == (level in levels_admitted):
                differ.add(chunk.document_id)
    return sorted(differ)


def _say(session: Session, version_id: str, withheld: int, total: int) -> None:
    stored = session.scalar(select(VersionRow.warnings).where(VersionRow.id == version_id)) or []
    warnings = [each for each in stored if not each.startswith(_SAYS)]
    if withheld:
        warnings.append(f"{_SAYS}: the data policy keeps {withheld} of {total} passages from the embedder.")
    session.execute(update(VersionRow).where(VersionRow.id == version_id).values(warnings=warnings))
