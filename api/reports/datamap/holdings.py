"""What each source holds, by the labels of the passages that can be found: kinds of values and how sensitive the texts
around them are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors import owners
from connectors.plan import stored_plan
from connectors.tables import SourceRow
from core.database import Database
from core.policy import Sensitivity
from core.tables import PersonRow
from ingest.label import repository as labels
from ingest.label.repository import Label
from ingest.repository import batches
from ingest.tables import ChunkRow, DocumentRow

AT_A_TIME = 500
Alike = tuple[tuple[tuple[str, int], ...], Sensitivity]


@dataclass(slots=True)
class Holding:
    """``alike`` counts passages by their values (kinds, each with its number) and how sensitive they are. Passages that
    are ``unlabelled`` nobody has looked into yet, and ``withheld`` ones the policy keeps from the embedder."""

    source: SourceRow
    owners: tuple[str, ...]
    declared: Sensitivity
    declared_at: dict[str, str]
    documents: int = 0
    passages: Counter[Sensitivity] = field(default_factory=Counter[Sensitivity])
    unlabelled: int = 0
    withheld: int = 0
    alike: Counter[Alike] = field(default_factory=Counter[Alike])

    def add(self, label: Label | None) -> None:
        if label is None:
            self.unlabelled += 1
            return
        self.passages[label.sensitivity] += 1
        kinds = Counter(finding.kind for finding in label.findings)
        self.alike[tuple(sorted(kinds.items())), label.sensitivity] += 1

    @property
    def kinds(self) -> Counter[str]:
        """How many values of each kind there are."""
        found: Counter[str] = Counter()
        for (kinds, _), passages in self.alike.items():
            for kind, number in kinds:
                found[kind] += number * passages
        return found


def holdings(database: Database, identity: str) -> dict[str, Holding]:
    """By the id of the source; removed ones as well, as long as something was sent of them. ``identity`` is that of the
    detector that is in use."""
    with database.reading() as session:
        found = {row.id: _holding(session, row) for row in session.scalars(select(SourceRow).order_by(SourceRow.name))}
    documents: dict[str, set[str]] = {}
    for source_id, chunk, label in _indexed(database, identity):
        held = found[source_id]
        documents.setdefault(source_id, set()).add(chunk.document_id)
        held.withheld += chunk.withheld
        held.add(label)
    for source_id, those in documents.items():
        found[source_id].documents = len(those)
    return found


def sent_labels(database: Database, chunk_ids: Collection[str], identity: str) -> dict[str, tuple[str, Label | None]]:
    """Of passages that were sent, as far as they are stored: their source, and their label as of now."""
    found: dict[str, tuple[str, Label | None]] = {}
    for some in batches(sorted(chunk_ids)):
        with database.reading() as session:
            query = select(ChunkRow, DocumentRow.source_id).join(DocumentRow, DocumentRow.id == ChunkRow.document_id)
            rows = session.execute(query.where(ChunkRow.id.in_(some))).all()
            known = labels.labels_of_chunks(session, [row[0] for row in rows], identity)
        found.update((chunk.id, (source_id, known.get(chunk.id))) for chunk, source_id in rows)
    return found


def source_of_documents(session: Session, document_ids: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in batches(sorted(set(document_ids))):
        rows = session.execute(select(DocumentRow.id, DocumentRow.source_id).where(DocumentRow.id.in_(some)))
        found.update((row.id, row.source_id) for row in rows)
    return found


def _indexed(database: Database, identity: str) -> Iterator[tuple[str, ChunkRow, Label | None]]:
    after = ""
    while True:
        query = (
            select(ChunkRow, DocumentRow.source_id)
            .join(DocumentRow, DocumentRow.current_version == ChunkRow.version_id)
            .where(DocumentRow.state == "ready", ChunkRow.id > after)
            .order_by(ChunkRow.id)
            .limit(AT_A_TIME)
        )
        with database.reading() as session:
            rows = session.execute(query).all()
            known = labels.labels_of_chunks(session, [row[0] for row in rows], identity)
        if not rows:
            return
        after = rows[-1][0].id
        yield from ((source_id, chunk, known.get(chunk.id)) for chunk, source_id in rows)


def _holding(session: Session, row: SourceRow) -> Holding:
    plan = stored_plan(row.plan)
    ids = owners.owners_of(session, row.id)
    emails = session.scalars(select(PersonRow.email).where(PersonRow.id.in_(ids)).order_by(PersonRow.email)).all()
    return Holding(
        row, tuple(emails), plan.sensitivity, {name: str(said) for name, said in plan.sensitivity_at.items()}
    )
