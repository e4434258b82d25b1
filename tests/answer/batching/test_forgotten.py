"""Of somebody who is forgotten nothing stays in a batch: neither here, nor at its provider."""

from __future__ import annotations

from typing import Any

import pytest

from answer.models.base import ModelBusy
from answer.recording import Record
from api.forgetting import forget
from tests.answer.batching.office import (
    ANA,
    HOW_LONG,
    WHO,
    Office,
    cut_once,
)


def test_a_forgotten_person_leaves_no_question_and_no_value(office: Office) -> None:
    batch = office.submit("Does Zoltan Kovacs approve parental leave of 16 weeks?")
    forget(office.installed.runtime, ANA)
    (row,) = office.rows(batch)
    assert (row.question, row.sent) == ("", None)
    with office.installed.runtime.database.reading() as session:
        vault = office.installed.runtime.redaction.vault
        assert vault.read(session, row.conversation_id, office.installed.runtime.clock()) == ([], [])


def test_what_a_forgotten_person_asked_is_cancelled_and_deleted_at_the_provider(both: Office) -> None:
    batch = both.submit(HOW_LONG)
    forget(both.installed.runtime, ANA)
    (taken,) = both.vendor.taken.values()
    assert taken.cancelled
    assert len(both.rows(batch)) == 1, "it is not over there yet"

    both.vendor.done()
    both.installed.runtime.sweep()

    assert both.vendor.deleted
    assert both.rows(batch) == []
    assert both.answers() == 0
    asked = len(both.vendor.asked)
    both.installed.runtime.sweep()
    assert len(both.vendor.asked) == asked


def test_a_provider_that_does_not_answer_is_asked_again_to_forget(both: Office) -> None:
    batch, another = both.submit(HOW_LONG), both.submit(WHO)
    both.vendor.throttle_next("batches", 503)
    forget(both.installed.runtime, ANA)
    assert [taken.cancelled for taken in both.vendor.taken.values()] == [False, False]

    both.installed.runtime.sweep()

    assert [taken.cancelled for taken in both.vendor.taken.values()] == [True, True]
    both.vendor.done()
    both.installed.runtime.sweep()
    assert both.rows(batch) == both.rows(another) == []


def test_a_batch_that_is_gone_at_the_provider_needs_no_cancelling(office: Office) -> None:
    batch = office.submit(HOW_LONG)
    office.vendor.taken.clear()
    forget(office.installed.runtime, ANA)
    assert office.rows(batch) == []


def test_a_batch_that_was_never_sent_goes_at_once(office: Office) -> None:
    batch = office.open(HOW_LONG)
    forget(office.installed.runtime, ANA)
    assert office.rows(batch) == []
    assert office.vendor.asked == []


def test_a_batch_of_which_nobody_saw_whether_it_arrived_is_found_and_cancelled(office: Office) -> None:
    office.vendor.came.append(cut_once(office))
    with pytest.raises(ModelBusy):
        office.submit(HOW_LONG)
    forget(office.installed.runtime, ANA)
    office.desk.withdraw()
    (taken,) = office.vendor.taken.values()
    assert taken.cancelled


def test_who_is_forgotten_while_a_batch_is_handed_over_has_it_cancelled(office: Office) -> None:
    office.vendor.came.append(lambda: forget(office.installed.runtime, ANA))
    batch = office.open(HOW_LONG)
    assert office.desk.send(batch.id, office.ana).state == "ended"
    office.desk.withdraw()
    (taken,) = office.vendor.taken.values()
    assert taken.cancelled


def test_who_is_forgotten_while_a_batch_is_prepared_sends_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    calling = Record.calling

    def forgetting(record: Record, *given: Any) -> None:
        calling(record, *given)
        forget(office.installed.runtime, ANA)

    monkeypatch.setattr(Record, "calling", forgetting)
    batch = office.open(HOW_LONG)
    office.desk.send(batch.id, office.ana)
    assert office.vendor.taken == {}
