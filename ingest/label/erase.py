"""Forgetting a person: what was found of them in texts is dropped, to be found anew by whoever looks next."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from ingest.label import personnel
from ingest.label.directory import Directory, Entry
from ingest.label.gazetteer import Known
from ingest.label.repository import forget_texts, titles_of
from ingest.label.tables import KnownPersonRow
from ingest.tables import ChunkRow

_SOME = 500


def erase_labels(database: Database, person: Known) -> int:
    """Drop the labels of every chunk and title that names the person. Returns how many.

    All texts are read, some at a time, and nobody waits for that: only what is dropped of those is written, each time
    in a short transaction. When it is interrupted, begin again: what was dropped stays dropped.
    """
    directory = Directory()
    names = person.names or ("",)
    for number, name in enumerate(names):
        directory.add(Entry("erased", str(number), person.person_key, name, person.emails))
    dropped = 0
    for texts in _texts(database):
        named = [(text, version_id) for text, version_id in texts if directory.hits(text)]
        if named:
            with database.writing() as session:
                dropped += forget_texts(session, [text for text, _ in named], [version_id for _, version_id in named])
    return dropped


def erase_records(session: Session, person: Known) -> None:
    """Drop what records of personnel systems told of them.

    Names of people and of accounts go with their own rows: the gazetteer follows those.
    """
    rows = session.execute(select(KnownPersonRow.document_id, KnownPersonRow.name, KnownPersonRow.emails))
    emails, names = set(person.emails), set(person.names)
    theirs = [row.document_id for row in rows if emails & set(row.emails) or (not row.emails and row.name in names)]
    personnel.forget(session, theirs)


def _texts(database: Database) -> Iterator[list[tuple[str, str]]]:
    """Texts and titles with their versions, some at a time. A text that several versions share stands there for each of
    them."""
    after = ""
    while True:
        query = select(ChunkRow.id, ChunkRow.text, ChunkRow.version_id).where(ChunkRow.id > after)
        with database.reading() as session:
            rows = session.execute(query.order_by(ChunkRow.id).limit(_SOME)).all()
            titles = titles_of(session, {row.version_id for row in rows})
        if not rows:
            return
        yield [(row.text, row.version_id) for row in rows] + [(title, version) for version, title in titles.items()]
        after = rows[-1].id
