"""A batch whose process is killed, or whose connection breaks, is sent once and makes one answer of each question."""

from __future__ import annotations

from typing import Any

import pytest

from answer.models.base import ModelBusy
from answer.recording import Record
from core.errors import Conflict, Unavailable
from tests.answer.batching.office import (
    HOW_LONG,
    WHO,
    Office,
    cut_once,
)
from tests.fakes.batch_anthropic import FakeAnthropicBatches
from tests.fakes.loopback import Reply
from tests.fakes.model_vendor import KEY


class Killed(BaseException):
    """The process ends here."""


def test_a_submit_that_is_killed_while_it_prepares_goes_on_without_a_trace(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    calling = Record.calling

    def dying(record: Record, *given: Any) -> None:
        calling(record, *given)
        if record.asking.question == WHO:
            raise Killed

    monkeypatch.setattr(Record, "calling", dying)
    with pytest.raises(Killed):
        office.submit(HOW_LONG, WHO)
    assert office.vendor.asked == []
    assert len(office.used()) == 2
    monkeypatch.undo()
    monkeypatch.setenv("MODEL_KEY", KEY)
    batch = office.submit(HOW_LONG, WHO)
    assert len(office.desk.batches(office.ana)) == 1
    assert len(office.vendor.taken) == 1
    assert len(office.used()) == 2
    office.vendor.done()
    assert {each.state for each in office.fetch(batch)} == {"answered"}
    assert all(row.settled for row in office.used())


def test_a_submit_that_is_killed_before_it_arrives_is_sent_once(both: Office) -> None:
    vendor = both.vendor
    vendor.down = True
    with pytest.raises(ModelBusy):
        both.submit(HOW_LONG)
    vendor.down = False
    assert both.desk.batches(both.ana)[0].state == "sending"
    batch = both.submit(HOW_LONG)
    assert (batch.state, len(vendor.taken), len(both.used())) == ("running", 1, 1)
    vendor.done()
    assert [each.state for each in both.fetch(batch)] == ["answered"]


def test_a_submit_that_is_killed_after_it_arrived_is_not_sent_again(both: Office) -> None:
    both.vendor.came.append(cut_once(both))
    with pytest.raises(ModelBusy):
        both.submit(HOW_LONG, WHO)
    assert len(both.vendor.taken) == 1
    if isinstance(both.vendor, FakeAnthropicBatches):
        with pytest.raises(ModelBusy):
            both.submit(HOW_LONG, WHO)
    both.vendor.done()
    batch = both.submit(HOW_LONG, WHO)
    assert (batch.state, len(both.vendor.taken)) == ("running", 1)
    assert {each.state for each in both.fetch(batch)} == {"answered"}
    assert len(both.used()) == 2


def test_right_after_it_was_cut_off_nobody_can_tell(office: Office) -> None:
    office.vendor.spoil_next("batches", lambda asked, reply: Reply(503))
    with pytest.raises(ModelBusy):
        office.submit(HOW_LONG)
    (batch,) = office.desk.batches(office.ana)
    with pytest.raises(Unavailable) as raised:
        office.installed.runtime.batches.send(batch.id, office.ana)
    assert raised.value.retry_after is not None


def test_a_fetch_that_is_killed_goes_on_and_makes_one_answer_of_each(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = office.submit(HOW_LONG, WHO)
    office.vendor.done()

    def dying(record: Record, *given: Any) -> None:
        raise Killed

    monkeypatch.setattr(Record, "finish", dying)
    with pytest.raises(Killed):
        office.fetch(batch)
    assert office.answers() == 1
    monkeypatch.undo()
    monkeypatch.setenv("MODEL_KEY", KEY)
    items = office.fetch(batch)
    assert {each.state for each in items} == {"answered"}
    assert office.answers() == 2
    assert all(office.texts(each) for each in items)
    assert [row.settled for row in office.used()] == [True, True]


def test_two_at_once_do_not_work_at_one_batch(office: Office) -> None:
    batch = office.open(HOW_LONG)
    with office.installed.runtime.batches._by.alone(batch.id), pytest.raises(Conflict):
        office.desk.send(batch.id, office.ana)
