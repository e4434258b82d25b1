"""Intents of the outbox: what is asked for while a document is worked on is not lost with the work that ends."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from connectors import repository as connectors
from connectors.sources.open import open_source
from core.access import filter_for
from ingest import repository
from ingest.tables import DocumentRow, OutboxRow
from tests.installation import Installation

RECORD = {"id": "r1", "text": "Forty pumps for Noordveen.", "allow": ["sales"]}
BO = "bo@x.example"


def keep_with_access(installation: Installation, *groups: str) -> None:
    """Another thread's listing: the record is open to other groups now, and nothing is indexed yet."""
    (installation.directory / "crm.jsonl").write_text(
        f'{{"id": "r1", "text": "{RECORD["text"]}", "allow": {list(groups)}}}'.replace("'", '"')
    )
    runtime = installation.runtime
    with runtime.database.reading() as session:
        record = connectors.by_name(session, "crm")
    source = open_source(record.kind, record.config, 2**20)
    runtime.sync.turn(record, source, "poll", None, lambda done, total: None)


@pytest.mark.parametrize("write", ["upsert", "set_access"])
def test_access_that_changes_during_a_write_reaches_the_index(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    installation.person(BO, "legal")
    if write == "set_access":
        installation.records("crm", [RECORD], allow=["sales"])
    index: Any = installation.runtime.index
    unchanged = getattr(index, write)
    changes = [("legal",)]

    def interrupted(*arguments: Any) -> None:
        unchanged(*arguments)
        if changes:
            keep_with_access(installation, *changes.pop())

    monkeypatch.setattr(index, write, interrupted)
    installation.records("crm", [RECORD | {"allow": ["finance"]}], allow=["sales"])
    assert not changes
    vector = installation.runtime.embedder.embed(["pumps"])[0]
    permitted = filter_for(installation.principal(BO))
    assert len(installation.runtime.index.search(vector, "pumps", permitted, pool=10)) == 1
    assert installation.found("pumps", BO) == {"r1"}
    with installation.runtime.database.reading() as session:
        assert not session.scalars(select(OutboxRow.stage)).all()


def test_asking_for_many_documents_replaces_what_was_asked_for_each(installation: Installation) -> None:
    installation.records("crm", [RECORD, RECORD | {"id": "r2"}], allow=["sales"])
    database = installation.runtime.database
    with database.writing() as session:
        ids = sorted(session.scalars(select(DocumentRow.id)))
        repository.enqueue(session, ids[0], "access")
    with database.reading() as session:
        [earlier] = repository.pending(session, 10, "access")
    with database.writing() as session:
        repository.enqueue_each(session, ids, "index")
    with database.writing() as session:
        repository.finish(session, [earlier])
    with database.reading() as session:
        assert not repository.pending(session, 10, "access")
        left = repository.pending(session, 10, "index")
    assert [(intent.document_id, intent.stage) for intent in left] == [(each, "index") for each in ids]
