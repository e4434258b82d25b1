"""The breaker alone: when it opens, whom it lets try, and how it heals."""

from __future__ import annotations

from answer.calling.breaker import Breaker, Breaking
from tests.answer.calling.builders import Seconds

BREAKING = Breaking(share=0.5, least=4, window=60, rest=10, longest=30)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        ticket = breaker.admit()
        assert ticket is not None
        breaker.failed(ticket)


def succeed(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        ticket = breaker.admit()
        assert ticket is not None
        breaker.succeeded(ticket)


def test_it_opens_by_the_share_of_failures_and_not_before_there_are_enough() -> None:
    breaker = Breaker(Seconds(), BREAKING)
    fail(breaker, 3)
    assert breaker.state == "closed"
    fail(breaker, 1)
    assert breaker.state == "open"
    mostly_well = Breaker(Seconds(), BREAKING)
    succeed(mostly_well, 5)
    fail(mostly_well, 4)
    assert mostly_well.state == "closed"


def test_failures_of_long_ago_do_not_count() -> None:
    clock = Seconds()
    breaker = Breaker(clock, BREAKING)
    fail(breaker, 3)
    clock.now += 61
    fail(breaker, 3)
    assert breaker.state == "closed"


def test_one_call_tries_and_heals_it() -> None:
    clock = Seconds()
    breaker = Breaker(clock, BREAKING)
    fail(breaker, 4)
    assert breaker.admit() is None
    clock.now += 10
    assert breaker.state == "half_open"
    trial = breaker.admit()
    assert trial is not None
    assert breaker.admit() is None
    breaker.succeeded(trial)
    assert breaker.state == "closed"
    fail(breaker, 3)
    assert breaker.state == "closed"


def test_a_failed_trial_doubles_the_rest_up_to_a_bound() -> None:
    clock = Seconds()
    breaker = Breaker(clock, BREAKING)
    fail(breaker, 4)
    for rest in (10, 20, 30, 30):
        assert breaker.seconds_left() == rest
        clock.now += rest
        fail(breaker, 1)


def test_a_trial_whose_caller_left_makes_room_for_the_next() -> None:
    clock = Seconds()
    breaker = Breaker(clock, BREAKING)
    fail(breaker, 4)
    clock.now += 10
    trial = breaker.admit()
    assert trial is not None
    breaker.left(trial)
    assert breaker.admit() is not None


def test_a_call_from_before_it_opened_does_not_close_it() -> None:
    clock = Seconds()
    breaker = Breaker(clock, BREAKING)
    early = breaker.admit()
    assert early is not None
    fail(breaker, 4)
    clock.now += 10
    breaker.succeeded(early)
    assert breaker.state == "half_open"
