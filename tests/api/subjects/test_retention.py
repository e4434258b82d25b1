"""What is older than its class is kept for goes by itself; what is held stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from answer.models.tables import UsageRow
from answer.tables import AnswerRow, ConversationRow
from api import retention
from api.settings import RetentionSettings
from api.subjects.tables import RetentionRow
from connectors.tables import DeliveryRow
from core import holds
from core.audit import tail
from core.audit.stored import verify as verify_log
from core.errors import NotFound
from ingest.tables import VersionRow
from tests.api.subjects.house import ASKS_LEAVE, ASKS_PARKING, BO, RULES, answered, document, fill, in_files, snapshots
from tests.installation import Installation


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(
        tmp_path, retention=RetentionSettings(answers_days=100, evidence_days=300, usage_days=50, deliveries_days=50)
    )
    fill(made)
    yield made
    made.close()


def later(made: Installation, **by: float) -> None:
    now = made.runtime.clock() + timedelta(**by)
    made.runtime.clock = lambda: now


def count(made: Installation, table: type) -> int:
    with made.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def put(made: Installation) -> None:
    now = made.runtime.clock()
    with made.runtime.database.writing() as session:
        session.add(
            UsageRow(
                id="u1", at=now, answer_id=None, subject="a" * 32, department="", sources=[], model="m",
                purpose="answer", input=1, output=1, cache_read=0, cache_write=0, micros=1, saved=0,
                currency="EUR", settled=True,
            )
        )  # fmt: skip
        session.add(
            DeliveryRow(
                id="d1", destination="desk", key="desk/a1", payload=b"{}", state="sent", attempts=1, created_at=now
            )
        )
        session.add(
            DeliveryRow(
                id="d2", destination="desk", key="desk/a2", payload=b"{}", state="waiting", attempts=1, created_at=now
            )
        )


def test_each_class_goes_when_its_time_is_over(office: Installation) -> None:
    answer = answered(office, ASKS_PARKING, BO)
    put(office)
    assert not any(retention.run(office.runtime).removed.values())
    later(office, days=60)
    assert dict(+retention.run(office.runtime).removed) == {"usage": 1, "deliveries": 1}
    assert count(office, DeliveryRow) == 1
    later(office, days=50)
    assert dict(+retention.run(office.runtime).removed) == {"answers": 1, "conversations": 1}
    assert count(office, AnswerRow) == count(office, ConversationRow) == 0
    [row] = snapshots(office)
    assert row.sealed is not None
    later(office, days=200)
    assert dict(+retention.run(office.runtime).removed) == {"evidence": 1}
    [row] = snapshots(office)
    assert (row.sealed, row.wrapped, row.gone_why) == (None, None, "retired")
    with office.runtime.database.reading() as session, pytest.raises(NotFound):
        office.runtime.snapshots.open(session, answer.id, 1)


def test_a_run_is_an_event_with_counts_and_the_log_stays_whole(office: Installation) -> None:
    answered(office, ASKS_PARKING, BO)
    records = len(tail(office.runtime.database, 1000))
    later(office, days=500)
    retention.run(office.runtime)
    office.runtime.sequencer.drain(sealing=True)
    events = list(tail(office.runtime.database, 1000))
    told = [each["details"] for each in events if each["kind"] == "retention.run"]
    assert told[0]["removed"] == {"answers": 1, "conversations": 1, "evidence": 1}
    assert told[0]["days"]["answers"] == 100
    assert len(events) > records
    runtime = office.runtime
    assert verify_log(runtime.database, runtime.keyring.public_key(), runtime.head_file).ok


def test_what_is_held_is_not_retired(office: Installation) -> None:
    leave, parking = answered(office, ASKS_LEAVE, BO), answered(office, ASKS_PARKING, BO)
    with office.runtime.database.writing() as session:
        hold = holds.place(session, "answer", leave.id, "Case 14", "ruth", office.runtime.clock())
    later(office, days=500)
    done = retention.run(office.runtime)
    assert (done.removed["answers"], done.held["answers"]) == (1, 1)
    assert (done.removed["evidence"], done.held["evidence"]) == (1, 1)
    with office.runtime.database.reading() as session:
        assert office.runtime.snapshots.open(session, leave.id, 1)
        assert session.get(AnswerRow, parking.id) is None
    with office.runtime.database.writing() as session:
        holds.lift(session, hold.id, "Closed", "ruth", office.runtime.clock())
    done = retention.run(office.runtime)
    assert (done.removed["answers"], done.removed["evidence"]) == (1, 1)


def test_holds_on_documents_and_sources_spare_their_evidence(office: Installation) -> None:
    answered(office, ASKS_LEAVE, BO)
    answered(office, ASKS_PARKING, BO)
    row = document(office, "r1")
    with office.runtime.database.writing() as session:
        holds.place(session, "document", row.id, "Case 14", "ruth", office.runtime.clock())
    later(office, days=500)
    assert retention.run(office.runtime).removed["evidence"] == 1
    assert [each.document_id for each in snapshots(office) if each.sealed is not None] == [row.id]


def test_a_document_that_left_its_source_goes_and_may_come_back(tmp_path: Path) -> None:
    made = Installation(tmp_path, retention=RetentionSettings(documents_days=30))
    try:
        fill(made)
        made.records("rules", RULES[1:])
        assert not +retention.run(made.runtime).removed
        assert in_files(made.settings.data_dir, "Lauwerdam")
        later(made, days=31)
        with made.runtime.database.writing() as session:
            hold = holds.place(session, "source", document(made, "r1").source_id, "Case", "ruth", made.runtime.clock())
        assert dict(retention.run(made.runtime).held) == {"documents": 1}
        with made.runtime.database.writing() as session:
            holds.lift(session, hold.id, "Closed", "ruth", made.runtime.clock())
        assert dict(+retention.run(made.runtime).removed) == {"documents": 1}
        assert document(made, "r1").state == "gone"
        with made.runtime.database.reading() as session:
            assert session.scalars(select(VersionRow.id).where(VersionRow.title.contains("Anna"))).all() == []
        made.records("rules", RULES)
        assert made.found("annual leave", BO) >= {"r1"}
    finally:
        made.close()


def test_a_sensitivity_shortens_and_never_lengthens(tmp_path: Path) -> None:
    settings = RetentionSettings(by_sensitivity={"internal": 10, "restricted": 9_000})
    made = Installation(tmp_path, retention=settings)
    try:
        fill(made)
        answered(made, ASKS_PARKING, BO)
        level = snapshots(made)[0].sensitivity
        assert level == "internal"
        later(made, days=11)
        assert dict(+retention.run(made.runtime).removed)["evidence"] == 1
    finally:
        made.close()


def test_the_sweep_runs_it_once_a_day(office: Installation) -> None:
    office.runtime.sweep()
    assert count(office, RetentionRow) == 1
    later(office, hours=2)
    office.runtime.sweep()
    assert count(office, RetentionRow) == 1
    later(office, hours=23)
    office.runtime.sweep()
    assert count(office, RetentionRow) == 2


def test_the_values_of_a_held_conversation_stay(office: Installation) -> None:
    answer = answered(office, ASKS_PARKING, BO)
    vault = office.runtime.redaction.vault
    with office.runtime.database.writing() as session:
        holds.place(session, "answer", answer.id, "Case 14", "ruth", office.runtime.clock())
        key = vault._new_key(session, answer.conversation_id, "")  # pyright: ignore[reportPrivateUsage]
        assert key
    office.runtime.archive.delete_conversation(answer.conversation_id, office.principal(BO))
    with office.runtime.database.reading() as session:
        assert vault._keys(session, answer.conversation_id)  # pyright: ignore[reportPrivateUsage]
