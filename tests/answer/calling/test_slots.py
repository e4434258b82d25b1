"""How many calls run at once, and who waits."""

from __future__ import annotations

import threading

import pytest

from answer.calling.slots import Queueing, Slots
from core.errors import TooMany
from tests.answer.calling.builders import Seconds


def never() -> bool:
    return False


def waiting(slots: Slots, until: float = 1e9) -> tuple[threading.Thread, list[int | TooMany]]:
    """A caller who wants a slot; what they saw once they had one, or why they had none."""
    saw: list[int | TooMany] = []

    def take() -> None:
        try:
            slots.take(until, never)
            saw.append(slots.held)
        except TooMany as refused:
            saw.append(refused)

    caller = threading.Thread(target=take)
    caller.start()
    while caller.is_alive() and not slots.waiting:
        caller.join(0.001)
    return caller, saw


def test_whoever_waits_gets_the_slot_that_is_given_back_and_no_other() -> None:
    slots = Slots("small", 1, Queueing(), Seconds())
    taken = slots.take(1e9, never)
    caller, saw = waiting(slots)
    assert saw == []
    slots.give(taken)
    caller.join(10)
    assert saw == [1]
    assert (slots.held, slots.waiting) == (1, 0)


def test_the_queue_is_short_and_the_rest_is_sent_away_at_once() -> None:
    slots = Slots("small", 1, Queueing(), Seconds())
    taken = slots.take(1e9, never)
    caller, _ = waiting(slots)
    with pytest.raises(TooMany) as refused:
        slots.take(1e9, never)
    assert refused.value.retry_after >= 1
    slots.give(taken)
    caller.join(10)


def test_nobody_waits_longer_than_the_queue_lasts_nor_after_they_left() -> None:
    clock = Seconds()
    slots = Slots("small", 1, Queueing(seconds=5), clock)
    slots.take(1e9, never)
    caller, saw = waiting(slots)
    clock.now += 5
    caller.join(10)
    assert isinstance(saw[0], TooMany)
    with pytest.raises(TooMany):
        slots.take(1e9, lambda: True)
    assert (slots.held, slots.waiting) == (1, 0)


def test_retry_after_follows_how_long_calls_take() -> None:
    clock = Seconds()
    slots = Slots("small", 1, Queueing(share=0), clock)
    for _ in range(30):
        taken = slots.take(1e9, never)
        clock.now += 20
        slots.give(taken)
    slots.take(1e9, never)
    with pytest.raises(TooMany) as refused:
        slots.take(1e9, never)
    assert 15 < refused.value.retry_after <= 20
