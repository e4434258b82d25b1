"""What an answer rested on stays readable to reviewers, whatever becomes of the document."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from answer.evidence.snapshots import SALT, Snapshots
from answer.evidence.tables import SnapshotRow
from answer.tables import AnswerRow
from api.configuring import By, remove
from connectors.repository import by_name
from core.audit import Commitments, tail
from core.errors import NotFound, Refused, VouchError
from core.secrets import COMMITMENT
from tests.api.subjects.house import ANNA, ASKS_LEAVE, ASKS_PARKING, BO, PARKING, RULES, answered, snapshots
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

RUTH = "ruth@x.example"


def opened(made: Installation, answer_id: str, number: int = 1) -> str:
    with made.runtime.database.reading() as session:
        return made.runtime.snapshots.open(session, answer_id, number).kept.text


def test_an_answer_keeps_each_cited_version_once(company: Installation) -> None:
    answered(company, ASKS_PARKING, BO)
    answered(company, ASKS_PARKING, ANNA)
    answered(company, ASKS_LEAVE, BO)
    assert len(snapshots(company)) == 2


def test_the_log_has_the_address_of_a_snapshot(company: Installation) -> None:
    answer = answered(company, ASKS_PARKING, BO)
    company.runtime.sequencer.drain()
    [event] = [each for each in tail(company.runtime.database, 200) if each["kind"] == "evidence.kept"]
    [row] = snapshots(company)
    assert event["details"]["answer"] == answer.id
    assert [each["commitment"] for each in event["details"]["snapshots"]] == [row.commitment]
    assert event["salt"] == SALT


def test_a_changed_a_deleted_and_a_removed_document_stay_readable_to_reviewers(company: Installation) -> None:
    answer = answered(company, ASKS_PARKING, BO)
    first = opened(company, answer.id)
    assert PARKING in first
    company.records("rules", [RULES[0], {**RULES[1], "text": "The car park in Oslo is closed."}])
    assert opened(company, answer.id) == first
    company.records("rules", [RULES[0]])
    assert opened(company, answer.id) == first
    with company.runtime.database.reading() as session:
        found = company.runtime.snapshots.open(session, answer.id, 1)
        assert (found.document_state, found.current) == ("gone", False)
        assert found.kept.text[found.spans[0].start : found.spans[0].end] in PARKING
    with company.runtime.database.reading() as session:
        record = by_name(session, "rules")
    remove(company.runtime, record, By())
    assert opened(company, answer.id) == first


def test_a_snapshot_is_sealed_with_a_key_of_its_own(company: Installation) -> None:
    answered(company, ASKS_PARKING, BO)
    answered(company, ASKS_LEAVE, BO)
    one, other = snapshots(company)
    assert one.wrapped != other.wrapped
    assert one.sealed is not None
    assert b"Oslo" not in one.sealed
    with company.runtime.database.writing() as session:
        session.get_one(SnapshotRow, one.commitment).sealed = other.sealed
    with company.runtime.database.reading() as session, pytest.raises(Refused):
        company.runtime.snapshots.content(session.get_one(SnapshotRow, one.commitment))


def test_without_a_snapshot_there_is_no_answer(company: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise Refused("The disk is full.", hint="Make room.")

    monkeypatch.setattr(Snapshots, "_make", full)
    with pytest.raises(VouchError):
        company.ask(ASKS_PARKING, BO)
    with company.runtime.database.reading() as session:
        kept = session.scalars(select(AnswerRow)).all()
    assert all(not row.claims for row in kept)


def test_the_asker_is_told_that_the_document_has_gone(company: Installation) -> None:
    answer = answered(company, ASKS_PARKING, BO)
    company.records("rules", [RULES[0]])
    with pytest.raises(NotFound, match="has gone since"):
        company.runtime.archive.evidence(answer.id, 1, company.principal(BO))


def test_whoever_lost_access_is_not_told_that_the_document_has_gone(company: Installation) -> None:
    company.records("pay", [{"id": "p1", "title": "Pay", "text": "The bonus in Bergen is 900 euros."}], allow=["staff"])
    answer = answered(company, "How much is the bonus in Bergen?", BO)
    company.person(BO, "other")
    company.records("pay", [{"id": "p2", "title": "Pay", "text": "Nothing."}], allow=["staff"])
    with pytest.raises(NotFound, match="or you may not read it"):
        company.runtime.archive.evidence(answer.id, 1, company.principal(BO))


def test_a_reviewer_opens_evidence_and_nobody_else_does(company: Installation) -> None:
    answer = answered(company, ASKS_PARKING, BO)
    company.person(RUTH, roles=["employee", "reviewer"])
    house = House(company)
    path = f"/v1/answers/{answer.id}/evidence-snapshot/1"
    found = house.browser(RUTH).get(path)
    assert found.status_code == 200, found.text
    [row] = snapshots(company)
    assert PARKING in found.json()["text"]
    assert found.json()["commitment"] == row.commitment
    assert_problem(house.browser(BO).get(path), 403, "forbidden")
    assert_problem(house.operator().get(path), 401, "unauthenticated")
    assert_problem(house.operator(RUTH).get(path), 403, "forbidden")
    company.runtime.sequencer.drain()
    kinds = [each["kind"] for each in tail(company.runtime.database, 50)]
    assert kinds.count("evidence.reviewed") == 1


def test_the_address_is_the_keyed_commitment_to_the_content(company: Installation) -> None:
    answered(company, ASKS_PARKING, BO)
    [row] = snapshots(company)
    other = Commitments(company.runtime.keyring.key(COMMITMENT), "00" * 16)
    assert other.of(b"x") != Commitments(company.runtime.keyring.key(COMMITMENT), SALT).of(b"x")
    with company.runtime.database.writing() as session:
        moved = session.get_one(SnapshotRow, row.commitment)
        session.delete(moved)
        session.flush()
        values = {each.name: getattr(row, each.name) for each in SnapshotRow.__table__.columns}
        session.add(SnapshotRow(**{**values, "commitment": "0" * 64}))
    with company.runtime.database.reading() as session, pytest.raises(Refused, match="not what its address says"):
        company.runtime.snapshots.content(session.get_one(SnapshotRow, "0" * 64))
