"""Forgetting a person: what was found of them in texts is dropped, to be found anew by whoever looks next."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.label import personnel
from ingest.label.directory import Directory, Entry
from ingest.label.gazetteer import Known
from ingest.label.repository import forget_texts
from ingest.label.tables import KnownPersonRow
from ingest.tables import ChunkRow

_SOME = 500


def erase(session: Session, person: Known) -> int:
    """Drop the labels of every chunk that names the person, and what records told of them. Returns how many labels.

    Names of people and of accounts go with their own rows: the gazetteer follows those.
    """
    directory = Directory()
    names = person.names or ("",)
    for number, name in enumerate(names):
        directory.add(Entry("erased", str(number), person.person_key, name, person.emails))
    dropped = 0
    for chunks in _chunks(session):
        named = [(text, version_id) for text, version_id in chunks if directory.hits(text)]
        dropped += forget_texts(session, [text for text, _ in named], [version_id for _, version_id in named])
    personnel.forget(session, _records_of(session, person))
    return dropped


def _chunks(session: Session) -> Iterator[list[tuple[str, str]]]:
    """Texts and versions, some at a time. A text that several versions share stands there for each of them."""
    after = ""
    while True:
        query = select(ChunkRow.id, ChunkRow.text, ChunkRow.version_id).where(ChunkRow.id > after)
        rows = session.execute(query.order_by(ChunkRow.id).limit(_SOME)).all()
        if not rows:
            return
        yield [(row.text, row.version_id) for row in rows]
        after = rows[-1].id


def _records_of(session: Session, person: Known) -> list[str]:
    rows = session.execute(select(KnownPersonRow.document_id, KnownPersonRow.name, KnownPersonRow.emails))
    emails, names = set(person.emails), set(person.names)
    return [row.document_id for row in rows if emails & set(row.emails) or (not row.emails and row.name in names)]
