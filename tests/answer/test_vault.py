from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from answer import erase
from answer.sighting import Turn
from answer.tables import VaultKeyRow, VaultRow
from answer.vault import KEPT_FOR
from core.errors import Refused
from ingest.label.gazetteer import Known, unlinked_keys
from tests.answer.redacting import Company

VALUES = {"Anna Meyer": "PERSON", "Ben Okafor": "PERSON", "+49 30 5550 123": "PHONE_NUMBER"}

DAY = timedelta(days=1)


def bytes_of(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.glob("company.db*")))


def said(company: Company, question: str, conversation: str = "talk", asker: str | None = None) -> str:
    """The id of an answer that repeats the question as it was redacted."""
    cites = company.publish("Nothing in here.")
    cleared = company.clear(question, conversation=conversation, asker=asker)
    return company.answer(cleared, cleared.question.text, cites=cites, asker=asker)


def test_no_value_stands_in_the_database(company: Company) -> None:
    company.spotter.values = VALUES
    company.clear("Tell Anna Meyer that Ben Okafor is on +49 30 5550 123, and meyer too.")
    raw = bytes_of(company.directory).lower()
    assert b"[person_" in raw
    for value in ("anna", "meyer", "okafor", "5550"):
        assert value.encode() not in raw
        assert value.encode().hex().encode() not in raw


def test_values_of_two_people_that_are_swapped_open_for_nobody(company: Company) -> None:
    company.spotter.values = VALUES
    answer = said(company, "Anna Meyer writes, Ben Okafor reads.")
    assert company.shown(answer) == ["Anna Meyer writes, Ben Okafor reads."]
    with company.database.writing() as session:
        one, other = session.scalars(select(VaultRow).order_by(VaultRow.token)).all()
        one.value, other.value = other.value, one.value
    assert company.shown(answer) == ["[person] writes, [person] reads."]


def test_tokens_of_two_people_that_are_swapped_open_for_nobody(company: Company) -> None:
    company.spotter.values = VALUES
    answer = said(company, "Anna Meyer writes, Ben Okafor reads.")
    with company.database.writing() as session:
        one, other = session.execute(select(VaultRow.token, VaultRow.identity).order_by(VaultRow.token)).all()
        change = text("UPDATE vault SET token = :new, identity = :identity WHERE token = :old")
        session.execute(change, {"old": one.token, "new": "x", "identity": other.identity})
        session.execute(change, {"old": other.token, "new": one.token, "identity": one.identity})
        session.execute(change, {"old": "x", "new": other.token, "identity": other.identity})
    assert company.shown(answer) == ["[person] writes, [person] reads."]


def test_a_value_of_another_conversation_does_not_open_here(company: Company) -> None:
    company.spotter.values = VALUES
    company.clear("Ben Okafor reads.", conversation="another")
    answer = said(company, "Anna Meyer writes.")
    with company.database.writing() as session:
        mine = session.scalars(select(VaultRow).where(VaultRow.conversation_id == "talk")).one()
        theirs = session.scalars(select(VaultRow).where(VaultRow.conversation_id == "another")).one()
        keys = {row.conversation_id: row for row in session.scalars(select(VaultKeyRow))}
        mine.value, keys["talk"].wrapped = theirs.value, keys["another"].wrapped
    assert company.shown(answer) == ["[person] writes."]


def test_after_its_time_a_value_is_a_pseudonym_and_then_gone(company: Company) -> None:
    company.spotter.values = VALUES
    answer = said(company, "Anna Meyer writes.")
    company.clock.tick(days=KEPT_FOR.days + 1)
    assert company.shown(answer) == ["[person] writes."]
    with company.database.writing() as session:
        assert erase.sweep(session, company.vault, company.clock()) == 1
        assert session.scalars(select(VaultKeyRow)).all() == []


def test_use_keeps_a_value_alive(company: Company) -> None:
    company.spotter.values = VALUES
    answer = said(company, "Anna Meyer writes.")
    company.clock.tick(days=KEPT_FOR.days - 1)
    company.clear("Anna Meyer again")
    company.clock.tick(days=2)
    with company.database.writing() as session:
        assert erase.sweep(session, company.vault, company.clock()) == 0
    assert company.shown(answer) == ["Anna Meyer writes."]


def test_a_token_that_was_given_out_is_not_given_to_another_spelling(company: Company) -> None:
    company.spotter.values = VALUES | {"ANNA MEYER": "PERSON"}
    (first,) = company.clear("Anna Meyer").tokens
    company.clock.tick(days=KEPT_FOR.days + 1)
    (second,) = company.clear("ANNA MEYER").tokens
    assert first != second


def test_after_forgetting_a_conversation_nothing_of_it_restores(company: Company) -> None:
    company.spotter.values = VALUES
    answer, other = said(company, "Anna Meyer writes."), said(company, "Anna Meyer writes.", "another")
    with company.database.writing() as session:
        assert erase.forget_conversation(session, company.vault, "talk") == 1
    assert company.shown(answer) == ["[person] writes."]
    assert company.shown(other) == ["Anna Meyer writes."]


def test_after_forgetting_a_person_nothing_of_theirs_restores_anywhere(company: Company) -> None:
    company.spotter.values = VALUES | {"anna.meyer@x.example": "EMAIL_ADDRESS"}
    anna = Known(company.ana, ("Anna Meyer",), ("anna.meyer@x.example",))
    company.crowd.known = [anna]
    own = said(company, "Ben Okafor is on +49 30 5550 123.", "own", company.ana)
    others = said(company, "Anna Meyer (anna.meyer@x.example) asks Ben Okafor.", "others", company.ben)
    with company.database.writing() as session:
        assert erase.forget(session, company.vault, company.ana, [anna]) == 4
    assert company.shown(own) == ["[person] is on [phone number]."]
    assert company.shown(others, company.ben) == ["[person] ([e-mail address]) asks Ben Okafor."]


def test_forgetting_reaches_values_from_before_the_person_was_known(company: Company) -> None:
    company.spotter.values = VALUES
    answer = said(company, "Anna Meyer asks Ben Okafor.", "others", company.ben)
    anna = Known("later", ("Anna Meyer",), ())
    with company.database.writing() as session:
        assert erase.forget(session, company.vault, "later", [anna]) == 1
    assert company.shown(answer, company.ben) == ["[person] asks Ben Okafor."]


def test_a_value_passes_to_its_person_when_they_become_known(company: Company) -> None:
    company.spotter.values = VALUES
    said(company, "Anna Meyer asks.")
    company.crowd.known = [Known("p1", ("Anna Meyer",), ())]
    answer = said(company, "Anna Meyer asks again.")
    assert company.shown(answer) == ["Anna Meyer asks again."]
    with company.database.writing() as session:
        assert company.vault.forget(session, (), ["p1"]) == 1
    assert company.shown(answer) == ["[person] asks again."]


def test_what_was_forgotten_leaves_no_bytes_behind(company: Company) -> None:
    engine = company.database.engine
    engine.dispose()

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: object) -> None:
        # Some builds of SQLite overwrite what is deleted unasked.
        connection.execute("PRAGMA secure_delete = OFF")

    company.spotter.values = VALUES
    company.clear("Anna Meyer")
    with company.database.reading() as session:
        wrapped = session.scalars(select(VaultKeyRow.wrapped)).one()
    with company.database.writing() as session:
        erase.forget_conversation(session, company.vault, "talk")
    engine.dispose()
    connection = engine.raw_connection()
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert wrapped not in bytes_of(company.directory)


def test_a_conversation_whose_key_is_damaged_takes_no_more(company: Company) -> None:
    company.spotter.values = VALUES
    company.clear("Anna Meyer")
    with company.database.writing() as session:
        session.execute(text("UPDATE vault_keys SET wrapped = zeroblob(60)"))
    with pytest.raises(Refused):
        company.clear("Ben Okafor")


def test_the_time_to_live_is_counted_from_now(company: Company) -> None:
    company.spotter.values = VALUES
    company.clear("Anna Meyer")
    with company.database.reading() as session:
        row = session.scalars(select(VaultRow)).one()
    assert row.expires_at - company.clock() == KEPT_FOR == timedelta(days=90)


def test_a_token_that_is_given_out_anew_never_speaks_for_an_older_answer(company: Company) -> None:
    company.spotter.values = {"Bob Meyer": "PERSON", "Anna Meyer": "PERSON", "Meyer": "PERSON"}
    passage = company.publish("Meyer called. Then Bob Meyer was dismissed.")
    cleared = company.clear("Who was dismissed?", passage)
    token = next(token for token in cleared.tokens if token.endswith(".2]"))
    answer = company.answer(cleared, f"{token} was dismissed.", cites=passage)
    assert company.shown(answer) == ["Bob Meyer was dismissed."]
    bob = Known("bob", ("Bob Meyer",), ("bob@company.example",))
    with company.database.writing() as session:
        erase.forget(session, company.vault, "bob", [bob])
    company.clock.tick(days=1)
    later = company.clear("And?", company.publish("Anna Meyer was promoted. Meyer called."), passage)
    assert later.tokens
    assert company.shown(answer) == ["[person] was dismissed."]
    chunks = (company.publish("Bob.", labelled="internal").chunk_id,)
    said = f"{token} was dismissed."
    turn = Turn("answer", said, redaction=cleared.map_id, written_at=company.clock.now - DAY, chunks=chunks)
    followed = company.clear("Why?", history=[turn])
    assert token not in followed.history[0].body.text


def test_with_a_name_go_the_short_names_that_were_taken_for_it(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON", "Ms Meyer": "PERSON", "A. Meyer": "PERSON"}
    company.clear("Who?", company.publish("Anna Meyer, called Ms Meyer, or A. Meyer."))
    anna = Known("later", ("Anna Meyer",), ("anna@company.example",))
    with company.database.writing() as session:
        erase.forget(session, company.vault, "later", [anna])
    with company.database.reading() as session:
        assert company.vault.read(session, "talk", company.clock()) == ([], [])


def test_forgetting_reaches_what_was_kept_under_the_key_of_before_an_account(company: Company) -> None:
    (before,) = unlinked_keys(["anna@company.example"])
    company.crowd.known = [Known(before, ("Anna Meyer",), ("anna@company.example",))]
    company.clear("Who?", company.publish("Anna Meyer leads."))
    anna = Known("person-id", ("Anna Meyer",), ("anna@company.example",))
    with company.database.writing() as session:
        assert erase.forget(session, company.vault, "person-id", [anna]) == 1
