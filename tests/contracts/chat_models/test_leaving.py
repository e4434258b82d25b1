"""A caller who leaves a silent model: the call ends with them, whichever provider is behind it, wherever it waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from answer.gateway import Cancelled, Gateway
from answer.models.base import Leavable, Limits, ModelBusy, Wrote
from answer.models.entry import ModelEntry
from tests.answer.calling.builders import ANA, Book
from tests.contracts.chat_models.builders import prompt
from tests.contracts.chat_models.conftest import Desk, pieces, text
from tests.fakes.model_vendor import Mute, Script, Told

CEILING = 20.0
"""Seconds for what happens at once; the limits of the calls are far beyond."""
PATIENT = Limits(first=60, between=60, connect=5)
SILENCES = {"before-it-answers": Mute(), "before-it-writes": Script(pieces=(), then="hold")}


@pytest.fixture(params=list(SILENCES.values()), ids=list(SILENCES))
def silence(request: pytest.FixtureRequest) -> Told:
    return request.param


class Office:
    """A gateway with one place before a model at the desk's vendor."""

    def __init__(self, desk: Desk) -> None:
        self.book = Book()
        self.gateway = Gateway(desk.open, self.book, lambda entry: None)
        self.entry: ModelEntry = desk.vendor.entry(first_seconds=60, deadline_seconds=120, concurrency=1)

    @property
    def held(self) -> int:
        return self.gateway.state(self.entry.name)[1]


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    made = Office(desk)
    yield made
    made.gateway.close()
    assert threads_end(), "a call goes on"


def threads_end() -> bool:
    running = [thread for thread in threading.enumerate() if thread.name == "model call"]
    for thread in running:
        thread.join(CEILING)
    return not any(thread.is_alive() for thread in running)


def test_leaving_a_silent_model_frees_its_place_and_its_connection(desk: Desk, office: Office, silence: Told) -> None:
    desk.vendor.told = silence
    left = threading.Event()
    told: list[BaseException] = []

    def ask() -> None:
        try:
            list(office.gateway.stream(office.entry, prompt(office.entry), ANA, cancelled=left.is_set))
        except Cancelled as error:
            told.append(error)

    caller = threading.Thread(target=ask)
    caller.start()
    assert desk.vendor.silent.wait(CEILING)
    assert office.held == 1
    left.set()
    caller.join(CEILING)
    assert len(told) == 1
    assert office.held == 0
    assert desk.vendor.gone.wait(CEILING), "the connection is still open"
    assert threads_end(), "the call goes on"
    assert len(office.book.settled) + office.book.released == len(office.book.reserved) == 1
    desk.vendor.told = Script()
    assert "sixteen" in text(list(office.gateway.stream(office.entry, prompt(office.entry), ANA)))


def test_leaving_in_the_middle_of_a_reply_frees_its_place_and_its_connection(desk: Desk, office: Office) -> None:
    desk.vendor.told = Script(pieces=("Notice is ",), then="hold")
    reply = office.gateway.stream(office.entry, prompt(office.entry), ANA)
    assert next(reply) == Wrote("Notice is ")
    assert desk.vendor.silent.wait(CEILING)
    reply.close()
    assert office.held == 0
    assert desk.vendor.gone.wait(CEILING), "the connection is still open"
    assert len(office.book.settled) == 1


def test_who_waits_for_a_reply_that_is_left_is_told(desk: Desk, silence: Told) -> None:
    desk.vendor.told = silence
    stream = desk.open().stream(prompt(desk.vendor.entry()), PATIENT)
    assert isinstance(stream, Leavable)
    told: list[BaseException] = []

    def read() -> None:
        try:
            next(stream)
        except ModelBusy as error:
            told.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    assert desk.vendor.silent.wait(CEILING)
    stream.leave()
    stream.leave()
    reader.join(CEILING)
    assert [str(error) for error in told] == [f"The call of the model {desk.vendor.entry().name} was left. Ask again."]


def test_a_reply_that_was_left_before_it_began_asks_nothing(desk: Desk) -> None:
    stream = desk.open().stream(prompt(desk.vendor.entry()), PATIENT)
    assert isinstance(stream, Leavable)
    stream.leave()
    with pytest.raises(ModelBusy):
        list(stream)
    assert desk.vendor.asked == []


def test_leaving_a_reply_that_is_over_does_not_touch_the_next(desk: Desk) -> None:
    model = desk.open()
    first = model.stream(prompt(desk.vendor.entry()), PATIENT)
    assert isinstance(first, Leavable)
    list(first)
    desk.vendor.told = Script(pieces=("Notice is ",), then="hold")
    second = model.stream(prompt(desk.vendor.entry()), PATIENT)
    assert next(second) == Wrote("Notice is ")
    first.leave()
    assert not desk.vendor.gone.is_set()
    assert isinstance(second, Leavable)
    second.leave()
    with pytest.raises(ModelBusy):
        next(second)
    assert desk.vendor.gone.wait(CEILING)
    desk.vendor.told = Script()
    assert "sixteen" in text(pieces(model, prompt(desk.vendor.entry()), PATIENT))
