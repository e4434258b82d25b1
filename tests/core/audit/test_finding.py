"""Records are found by what they speak of; the index follows the log and never says more than the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from core.audit import Event
from core.audit.events import DETAILS
from core.audit.finding import Finder, Sought, answers, count_answers, every, find, mentions_of
from core.audit.tables import FoundRow, MentionRow, RecordRow
from core.clock import utc_now
from tests.core.audit.installation import Installation

ANA, BEN = "a" * 32, "b" * 32


@pytest.fixture
def finder(installation: Installation) -> Finder:
    return Finder(installation.database)


def happened(installation: Installation, kind: Any, subject: str = ANA, outcome: Any = "done", **details: Any) -> Event:
    event = Event(kind, subject, "test", outcome, utc_now(), details=details, salt="0" * 32)
    installation.log.append(event)
    return event


def asked(installation: Installation, answer: str, subject: str, document: str, outcome: str, model: str) -> None:
    passage = {"chunk": "c", "version": f"{document}-v1", "document": document, "content": "0" * 64}
    decision = {"access": "ab" * 16, "grants": 1}
    happened(
        installation, "ask.intent", subject, "started", answer=answer, question="0" * 64, passages=[passage],
        sources=[f"of-{document}"], **decision,
    )  # fmt: skip
    happened(installation, "ask.outcome", subject, outcome, answer=answer, status=outcome, model=model)


def sequences(installation: Installation, finder: Finder, sought: Sought) -> list[str]:
    installation.sequencer.drain()
    finder.follow()
    with installation.database.reading() as session:
        newest = [each.event["id"] for each in find(session, sought, 100)]
        assert [each.event["id"] for each in every(session, sought)] == newest[::-1]
        return newest


def test_each_way_of_asking_finds_exactly_what_fits(installation: Installation, finder: Finder) -> None:
    signed = happened(installation, "sign_in", ANA, method="link")
    failed = happened(installation, "sign_in", BEN, "failed", method="password")
    for_ben = happened(installation, "person.acted_for", ANA, target=BEN, grant="g-1", command="v1.ask")
    read = happened(installation, "document.read", BEN, document="d-1", access="ab" * 16, grants=1, version="v-1")
    run = happened(installation, "source.run", "", source="s-1")
    expected: list[tuple[Sought, list[Event]]] = [
        (Sought(person=ANA), [for_ben, signed]),
        (Sought(person=BEN), [read, for_ben, failed]),
        (Sought(subject=BEN), [read, failed]),
        (Sought(document="d-1"), [read]),
        (Sought(source="s-1"), [run]),
        (Sought(mentions=(("version", "v-1"),)), [read]),
        (Sought(mentions=(("grant", "g-1"),)), [for_ben]),
        (Sought(kinds=("sign_in",)), [failed, signed]),
        (Sought(kinds=("sign_in", "source.run"), outcomes=("done",)), [run, signed]),
        (Sought(actions=("nothing",)), []),
        (Sought(document="d-1", person=ANA), []),
        (Sought(until=signed.at), []),
        (Sought(since=read.at, until=run.at), [read]),
        (Sought(since=read.at, until=run.at + timedelta(microseconds=1)), [run, read]),
        (Sought(document="d' OR '1'='1"), []),
    ]
    for sought, events in expected:
        assert sequences(installation, finder, sought) == [event.id for event in events], sought


def test_answers_are_found_by_what_they_were_made_of(installation: Installation, finder: Finder) -> None:
    asked(installation, "x-1", ANA, "d-1", "answered", "small")
    asked(installation, "x-2", BEN, "d-1", "abstained", "small")
    asked(installation, "x-3", ANA, "d-2", "answered", "large")
    decision = {"access": "ab" * 16, "grants": 1}
    happened(installation, "evidence.read", BEN, answer="x-3", number=1, document="d-1", **decision)
    installation.sequencer.drain()
    finder.follow()

    def found(**sought: Any) -> list[str]:
        with installation.database.reading() as session:
            listed = answers(session, Sought(**sought), 10)
            assert count_answers(session, Sought(**sought)) == len(listed)
            return [each.answer for each in listed]

    assert found() == ["x-3", "x-2", "x-1"]
    assert found(person=ANA) == ["x-3", "x-1"]
    # Looking at it with a document in hand does not make it one of that document.
    assert found(document="d-1") == ["x-2", "x-1"]
    assert found(source="of-d-2") == ["x-3"]
    assert found(model="small", person=ANA) == ["x-1"]
    assert found(outcomes=("abstained",)) == ["x-2"]
    with installation.database.reading() as session:
        first = answers(session, Sought(), 2)
        rest = answers(session, Sought(), 2, before=first[-1].seq)
    assert [each.answer for each in (*first, *rest)] == ["x-3", "x-2", "x-1"]


def test_pages_go_on_where_the_one_before_ended(installation: Installation, finder: Finder) -> None:
    installation.write(7)
    finder.follow()
    seen: list[int] = []
    with installation.database.reading() as session:
        while page := find(session, Sought(kinds=("search",)), 3, before=seen[-1] if seen else None):
            seen += [each.seq for each in page]
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_following_takes_in_each_record_once(installation: Installation, finder: Finder) -> None:
    installation.write(3)
    assert finder.follow() == 3
    assert finder.follow() == 0
    installation.write(2)
    assert Finder(installation.database).follow() == 2
    with installation.database.reading() as session:
        assert list(session.scalars(select(FoundRow.seq).order_by(FoundRow.seq))) == [1, 2, 3, 4, 5]


def test_an_index_that_lies_makes_nothing_up_and_is_made_anew(installation: Installation, finder: Finder) -> None:
    happened(installation, "sign_in", ANA, method="link")
    installation.sequencer.drain()
    finder.follow()
    with installation.database.writing() as session:
        session.execute(update(FoundRow).values(subject=BEN))
        session.execute(delete(MentionRow))
        session.execute(insert(MentionRow).values(what="person", ref=BEN, seq=1))
    with installation.database.reading() as session:
        assert find(session, Sought(person=BEN), 10) == []
        assert find(session, Sought(subject=BEN), 10) == []
        assert find(session, Sought(person=ANA), 10) == []
    assert finder.rebuild() == 1
    with installation.database.reading() as session:
        assert [each.seq for each in find(session, Sought(person=ANA), 10)] == [1]


def test_a_damaged_record_is_passed_over_and_hides_no_other(installation: Installation, finder: Finder) -> None:
    installation.write(3)
    with installation.database.writing() as session:
        session.execute(update(RecordRow).where(RecordRow.seq == 2).values(record=b"\xff{"))
    assert finder.follow() == 3
    with installation.database.reading() as session:
        assert [each.seq for each in find(session, Sought(), 10)] == [3, 1]


def test_each_kind_of_event_can_be_found(installation: Installation, finder: Finder) -> None:
    """A field may be a list in one kind and a number in another."""
    asked(installation, "x-1", ANA, "d-1", "answered", "small")
    sent = happened(
        installation, "model.intent", ANA, "started", answer="x-1", model="small", version="v", provider="compatible",
        tier="small", prompt="0" * 64, policy=1, redaction="m-1", passages=3,
    )  # fmt: skip
    assert sequences(installation, finder, Sought(kinds=("model.intent",), model="small")) == [sent.id]
    assert sequences(installation, finder, Sought(kinds=("damaged",))) == []


def test_every_field_that_names_something_is_one_to_search_by(installation: Installation) -> None:
    """Whoever adds a kind of event with a person, a document or a source in it finds it by these."""
    wanted = {"person", "target", "asked_by", "account", "assignee", "document", "source", "conversation", "model"}
    for kind, details in DETAILS.items():
        for name in wanted & set(details.model_fields):
            value = ANA if name in ("person", "target", "asked_by", "account", "assignee") else "x-1"
            event = {"kind": kind, "subject": "", "details": {name: value}}
            assert value in [ref for _, ref in mentions_of(event)], (kind, name)
    assert replace(Sought(), document="d").about == (("document", "d"),)
