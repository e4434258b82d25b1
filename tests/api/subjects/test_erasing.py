"""A person is erased, as somebody who asked and as somebody who is written about, and does not come back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from answer.tables import AnswerRow, ConversationRow, FeedbackRow, VaultRow
from api.runtime import open_runtime
from api.subjects import erasing
from api.subjects.erasing import erase, ledger_of
from api.subjects.report import verify
from api.subjects.tables import ErasureRow
from connectors.accounts import replace_accounts
from connectors.sources.base import Account
from connectors.tables import AccountRow
from core import holds, people_changes
from core.audit.keys import Generations
from core.audit.stored import verify as verify_log
from core.errors import Conflict, Invalid, NotFound
from core.tables import PersonRow
from ingest.tables import BlobRow, ChunkRow, VectorRow
from tests.api.subjects.house import (
    ANNA,
    ASKS_LEAVE,
    ASKS_PARKING,
    BO,
    LEAVE,
    RULES,
    answered,
    document,
    in_files,
    snapshots,
)
from tests.installation import Installation


def reopen(made: Installation) -> None:
    made.runtime = open_runtime(made.settings)


def count(made: Installation, table: type) -> int:
    with made.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def places(envelope: dict[str, Any], which: str = "removed") -> dict[str, int]:
    return {name: each[which] for name, each in envelope["report"]["places"].items() if each[which]}


def test_what_is_written_of_a_person_goes_everywhere(company: Installation) -> None:
    told = answered(company, ASKS_LEAVE, BO)
    parking = answered(company, ASKS_PARKING, BO)
    chunks, vectors, blobs = count(company, ChunkRow), count(company, VectorRow), count(company, BlobRow)
    envelope = erase(company.runtime, ANNA, "about", "suppress")
    gone = places(envelope)
    assert gone["documents"] == gone["snapshots"] == gone["retold"] == 1
    assert document(company, "r1").state == "suppressed"
    assert not company.found("Anna Meyer annual leave", BO) & {"r1"}
    assert count(company, ChunkRow) == chunks - 1
    assert count(company, VectorRow) == vectors - 1
    assert count(company, BlobRow) == blobs - 1
    assert company.runtime.index.count() == chunks - 1
    again = company.runtime.archive.answer(told.id, company.principal(BO))
    assert all(sentence.text is None for sentence in again.sentences)
    assert "Meyer" not in again.question
    kept = company.runtime.archive.answer(parking.id, company.principal(BO))
    assert [each.text for each in kept.sentences] == [each.text for each in parking.sentences]
    # Whoever asks goes on.
    assert company.principal(ANNA).person_id
    assert in_files(company.settings.data_dir, "27 days of annual leave") == []
    assert in_files(company.settings.data_dir, "Lauwerdam") == []


def test_who_asked_goes_and_what_is_written_stays(company: Installation) -> None:
    mine, others = answered(company, ASKS_PARKING, ANNA), answered(company, ASKS_PARKING, BO)
    with company.runtime.database.writing() as session:
        person = session.scalars(select(PersonRow).where(PersonRow.email == ANNA)).one().id
        now = company.runtime.clock()
        session.add(
            FeedbackRow(
                answer_id=others.id, person_id=person, rating="down", reasons=[], comment="No", created_at=now,
                updated_at=now,
            )
        )  # fmt: skip
    envelope = erase(company.runtime, ANNA, "asker", "suppress")
    assert places(envelope)["answers"] == places(envelope)["conversations"] == places(envelope)["profile"] == 1
    assert company.found("annual leave", BO) >= {"r1"}
    with company.runtime.database.reading() as session:
        assert session.get(AnswerRow, mine.id) is None
        assert session.get(AnswerRow, others.id) is not None
        assert session.get(PersonRow, person) is None
    assert count(company, ConversationRow) == 1
    assert count(company, FeedbackRow) == 0
    assert set(envelope["report"]["standing"]) <= {"versions.title", "versions.text", "chunks.text", "chunks.context",
                                                   "documents.title", "blobs.body"}  # fmt: skip


def test_an_asker_who_is_not_here_is_not_found(company: Installation) -> None:
    with pytest.raises(NotFound):
        erase(company.runtime, "nobody@x.example", "asker", "suppress")


def test_nothing_comes_back_with_the_next_sync(company: Installation) -> None:
    erase(company.runtime, ANNA, "about", "suppress")
    report = company.records("rules", RULES)
    assert report.counts["suppressed"] == 1
    assert document(company, "r1").state == "suppressed"
    assert in_files(company.settings.data_dir, "Lauwerdam") == []


def test_a_restored_backup_is_erased_before_anything_is_served(company: Installation, tmp_path: Path) -> None:
    answered(company, ASKS_LEAVE, BO)
    mine = answered(company, ASKS_PARKING, ANNA)
    company.runtime.close()
    data, backup = company.settings.data_dir, tmp_path / "backup"
    shutil.copytree(data, backup)
    reopen(company)
    erase(company.runtime, ANNA, "both", "suppress")
    ledger = ledger_of(company.runtime).path.read_bytes()
    company.runtime.close()
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    assert in_files(data, "Lauwerdam")
    (data / "erasures.ledger").write_bytes(ledger)
    reopen(company)
    assert document(company, "r1").state == "suppressed"
    assert company.runtime.index.count() == 1
    with company.runtime.database.reading() as session:
        assert session.get(AnswerRow, mine.id) is None
        assert session.scalars(select(PersonRow.email).where(PersonRow.email == ANNA)).all() == []
    assert all(row.sealed is None for row in snapshots(company) if row.document_id == document(company, "r1").id)
    assert in_files(data, "Lauwerdam") == []
    assert count(company, ErasureRow) == 1
    # The second start has nothing to do.
    before = len(erasing.reports(data))
    company.reopen()
    assert len(erasing.reports(data)) == before


def test_an_account_that_came_after_an_erasure_stays(company: Installation) -> None:
    erase(company.runtime, ANNA, "both", "suppress")
    company.person(ANNA, "staff")
    with company.runtime.database.writing() as session:
        for row in session.scalars(select(ErasureRow)):
            session.delete(row)
    company.reopen()
    assert company.principal(ANNA).person_id


def test_what_a_kill_cut_off_is_finished_by_the_next_start(
    company: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(company, ASKS_LEAVE, ANNA)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_told", killed)
        with pytest.raises(Killed):
            erase(company.runtime, ANNA, "both", "suppress")
    assert document(company, "r1").state == "suppressed"
    assert count(company, AnswerRow) == 1
    company.reopen()
    assert count(company, AnswerRow) == 0
    assert all(row.sealed is None for row in snapshots(company))
    assert len(erasing.reports(company.settings.data_dir)) == 1


def test_the_log_verifies_after_an_erasure(company: Installation) -> None:
    answered(company, ASKS_LEAVE, ANNA)
    erase(company.runtime, ANNA, "both", "suppress")
    company.runtime.sequencer.drain(sealing=True)
    runtime = company.runtime
    assert verify_log(runtime.database, runtime.keyring.public_key(), runtime.head_file).ok


def test_a_report_holds_and_one_that_was_changed_does_not(company: Installation) -> None:
    envelope = erase(company.runtime, ANNA, "both", "suppress")
    keys = Generations(company.runtime.keyring).keys
    assert verify(envelope, keys) == keys[0]
    envelope["report"]["places"]["documents"]["removed"] += 1
    with pytest.raises(Invalid):
        verify(envelope, keys)


def test_a_dry_run_says_the_same_and_erases_nothing(company: Installation) -> None:
    answered(company, ASKS_LEAVE, ANNA)
    dry = erase(company.runtime, ANNA, "both", "suppress", dry_run=True)
    assert dry["report"]["dry_run"]
    assert places(dry) == {}
    assert document(company, "r1").state == "ready"
    assert count(company, AnswerRow) == 1
    done = erase(company.runtime, ANNA, "both", "suppress")
    assert places(dry, "found").items() <= places(done, "found").items()


def test_an_account_of_a_source_does_not_get_its_name_back(company: Installation) -> None:
    source = document(company, "r1").source_id
    accounts = [Account("a7", ANNA, "Anna Meyer", groups=("hr",), verified=True)]

    def sync() -> AccountRow:
        with company.runtime.database.writing() as session:
            replace_accounts(session, source, "rules", accounts, {}, company.runtime.clock())
            return session.scalars(select(AccountRow)).one()

    assert sync().name == "Anna Meyer"
    erase(company.runtime, ANNA, "about", "suppress")
    row = sync()
    assert (row.name, row.email) == ("", None)
    # What they may read does not change.
    assert row.person_id == company.principal(ANNA).person_id


def test_labels_only_leaves_the_documents(company: Installation) -> None:
    told = answered(company, ASKS_LEAVE, BO)
    erase(company.runtime, ANNA, "about", "labels-only")
    assert document(company, "r1").state == "ready"
    again = company.runtime.archive.answer(told.id, company.principal(BO))
    assert [each.text for each in again.sentences] == [each.text for each in told.sentences]
    assert count(company, VaultRow) == 0


def test_a_name_that_two_people_share_is_reported_and_not_touched(company: Installation) -> None:
    with company.runtime.database.writing() as session:
        person = session.scalars(select(PersonRow).where(PersonRow.email == BO)).one()
        person.name = "Anna Meyer"
        people_changes.note(session, people_changes.PEOPLE, (person.id,))
    envelope = erase(company.runtime, ANNA, "about", "suppress")
    assert document(company, "r1").state == "ready"
    assert any("several people" in each["where"] for each in envelope["report"]["unreached"])


def test_what_is_held_is_not_erased(company: Installation) -> None:
    answered(company, ASKS_LEAVE, BO)
    mine = answered(company, ASKS_PARKING, ANNA)
    with company.runtime.database.writing() as session:
        hold = holds.place(session, "document", document(company, "r1").id, "Case 14", "ruth", company.runtime.clock())
        other = holds.place(session, "answer", mine.id, "Case 15", "ruth", company.runtime.clock())
    envelope = erase(company.runtime, ANNA, "both", "suppress")
    assert document(company, "r1").state == "ready"
    assert all(row.sealed is not None for row in snapshots(company))
    assert {each["kind"] for each in envelope["report"]["held"]} >= {"document", "answer", "snapshot"}
    with company.runtime.database.reading() as session:
        assert session.get(AnswerRow, mine.id) is not None
    with company.runtime.database.writing() as session:
        for each in (hold, other):
            holds.lift(session, each.id, "Closed", "ruth", company.runtime.clock())
    company.reopen()
    assert document(company, "r1").state == "suppressed"
    with company.runtime.database.reading() as session:
        assert session.get(AnswerRow, mine.id) is None


def test_a_person_who_is_held_is_left_alone(company: Installation) -> None:
    answered(company, ASKS_LEAVE, BO)
    mine = answered(company, ASKS_PARKING, ANNA)
    person = company.principal(ANNA).person_id
    with company.runtime.database.writing() as session:
        holds.place(session, "person", person, "Case 14", "ruth", company.runtime.clock())
    envelope = erase(company.runtime, ANNA, "both", "suppress")
    assert places(envelope) == {}
    assert document(company, "r1").state == "ready"
    with company.runtime.database.reading() as session:
        assert session.get(AnswerRow, mine.id) is not None
    assert company.principal(ANNA).person_id == person


def test_a_damaged_ledger_stops_the_start(company: Installation) -> None:
    erase(company.runtime, ANNA, "about", "suppress")
    erase(company.runtime, BO, "asker", "suppress")
    path = ledger_of(company.runtime).path
    lines = path.read_bytes().splitlines(keepends=True)
    assert LEAVE.encode() not in path.read_bytes()
    assert b"@" not in path.read_bytes()
    path.write_bytes(lines[1])
    with pytest.raises(Conflict):
        company.reopen()
    # One that was torn while it was written was never acted upon.
    path.write_bytes(lines[0] + lines[1][:20])
    reopen(company)
    assert len(ledger_of(company.runtime).lines()) == 1
