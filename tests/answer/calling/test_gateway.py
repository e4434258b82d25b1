"""One call through the gateway: what leaves, what comes back, and what is told of it."""

from __future__ import annotations

import threading
from threading import Thread

import pytest

from answer.budgets import OverBudget
from answer.calling import pulling
from answer.calling.breaker import Breaking
from answer.calling.retrying import Retrying
from answer.calling.slots import Queueing
from answer.gateway import Cancelled, Resting, TooSlow
from answer.models.base import ChatModel, Ended, ModelBusy, ModelDeclined, ModelError, ModelFailed, Usage, Wrote
from answer.models.entry import ModelEntry
from answer.models.scripted import Delay, Hold, says
from core.errors import Invalid, Refused, TooMany, Unavailable, VouchError
from tests.answer.calling.builders import ANA, Line, entry, text_of

GOOD = says("Employees have 27 days.", usage=Usage(900, 6, cache_read=800))
BUSY = ModelBusy("The server is overloaded.", status=503, request_id="r-1")


def test_a_reply_comes_piece_by_piece_and_is_recorded() -> None:
    line = Line((Delay(2), *GOOD), region="eu")
    reply = line.stream()
    pieces = list(reply)
    assert text_of(pieces) == "Employees have 27 days."
    assert isinstance(pieces[-1], Ended)
    call = reply.call
    assert (call.model, call.asked, call.returned) == ("small", "tiny-2026-05-01", "scripted-1")
    assert (call.sdk, call.api_version, call.placed, call.finish) == ("scripted 1", "2026-11", "eu", "stop")
    assert (call.first_seconds, call.seconds) == (2, 2)
    assert [attempt.reason for attempt in call.attempts] == ["answered"]
    assert call.usage == Usage(900, 6, cache_read=800)
    assert call.cost is not None
    assert call.cost.micros == 900 + 24
    assert line.book.settled == [call.usage]


def test_a_prompt_goes_only_where_it_was_cleared_for() -> None:
    line = Line(GOOD)
    for other in (entry("other"), entry(region="us"), entry(place="on_premise")):
        with pytest.raises(Refused):
            line.gateway.stream(other, line.prompt(), ANA)
    assert line.model.sent == []


def test_a_model_that_may_not_be_called_any_more_is_not_called() -> None:
    line = Line((BUSY,), GOOD)

    def confirm(asked: object) -> None:
        if line.model.sent:
            raise Refused("It was retired.")

    line.gateway._confirm = confirm  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Refused):
        list(line.stream())
    assert len(line.model.sent) == 1


def test_a_budget_that_is_used_up_stops_the_call_before_it_leaves() -> None:
    line = Line(GOOD)
    line.book.empty = True
    with pytest.raises(OverBudget):
        list(line.stream())
    assert line.model.sent == []


def test_what_is_busy_is_tried_again_after_a_pause_with_jitter() -> None:
    line = Line((BUSY,), (BUSY,), GOOD)
    reply = line.stream()
    assert text_of(list(reply)) == "Employees have 27 days."
    assert [attempt.reason for attempt in reply.call.attempts] == ["model_busy", "model_busy", "answered"]
    assert [attempt.waited for attempt in reply.call.attempts] == [0, 0.25, 0.5]
    assert reply.call.attempts[0].status == 503
    assert sum(line.clock.slept) == pytest.approx(0.75)


def test_it_is_tried_so_often_and_no_more() -> None:
    line = Line((BUSY,))
    with pytest.raises(ModelBusy):
        list(line.stream())
    assert len(line.model.sent) == 3
    assert line.book.released == 1


def test_what_will_not_work_is_not_tried_again() -> None:
    line = Line((ModelFailed("No such model.", status=404),), GOOD)
    with pytest.raises(ModelFailed):
        list(line.stream())
    assert len(line.model.sent) == 1


def test_nothing_is_tried_again_once_a_piece_was_given_out() -> None:
    line = Line((Wrote("Employees "), BUSY), GOOD)
    reply = line.stream()
    seen: list[object] = []
    with pytest.raises(ModelBusy):
        seen.extend(reply)
    assert len(line.model.sent) == 1
    assert reply.call.attempts[-1].pieces == 1
    # What had been written is paid for.
    assert line.book.settled[0].output >= 3


def test_retry_after_is_kept_to() -> None:
    line = Line((ModelBusy("Slow down.", status=429, retry_after=20),), GOOD)
    reply = line.stream()
    list(reply)
    assert reply.call.attempts[1].waited == pytest.approx(20.25)


def test_retry_after_beyond_the_deadline_is_not_waited_for() -> None:
    line = Line((ModelBusy("Slow down.", status=429, retry_after=20),), GOOD)
    with pytest.raises(ModelBusy) as failed:
        list(line.stream(seconds=15))
    assert failed.value.retry_after == 20
    assert line.clock.slept == []


def test_retries_do_not_multiply_an_outage() -> None:
    line = Line((BUSY,), retrying=Retrying(burst=4, share=0.1), breaking=Breaking(least=1000))
    for _ in range(20):
        with pytest.raises(ModelBusy):
            list(line.stream())
    assert len(line.model.sent) <= 20 + 4 + 2


def test_a_model_that_does_not_begin_in_time_is_left() -> None:
    line = Line((Delay(200), *GOOD), first_seconds=30)
    with pytest.raises(ModelBusy):
        list(line.stream(seconds=20))
    assert line.clock.now <= 100 + 20 + 1


def test_the_deadline_is_for_the_whole_reply() -> None:
    slow = [step for word in range(50) for step in (Delay(5), Wrote(f"{word} "))]
    line = Line(slow, deadline_seconds=60)
    reply = line.stream()
    seen: list[object] = []
    with pytest.raises(TooSlow):
        seen.extend(reply)
    assert 0 < len(seen) <= 12
    assert reply.call.reason == "model_too_slow"


def test_a_model_that_hangs_without_a_word_is_left_by_the_clock() -> None:
    stuck = threading.Event()
    line = Line((Wrote("One "), Hold(stuck.wait), *GOOD))
    reply = line.stream()
    next(reply)
    line.clock.now += 1000
    with pytest.raises(TooSlow):
        next(reply)
    stuck.set()


def test_a_caller_who_leaves_ends_the_call_and_pays_for_what_was_written() -> None:
    stuck = threading.Event()
    line = Line((Wrote("One "), Wrote("two "), Hold(stuck.wait), *GOOD))
    reply = line.stream()
    next(reply)
    reply.close()
    stuck.set()
    wait_until_idle(line)
    assert line.model.closed == 1
    assert reply.call.reason == "cancelled"
    assert line.book.settled[0].input > 0


def test_a_caller_who_leaves_while_nothing_has_come_is_let_go() -> None:
    stuck, gone = threading.Event(), threading.Event()

    def hang() -> None:
        gone.set()
        stuck.wait()

    line = Line((Hold(hang), *GOOD))
    with pytest.raises(Cancelled):
        list(line.stream(cancelled=gone.is_set))
    assert line.gateway.state("small") == ("closed", 1)
    stuck.set()
    wait_until_idle(line)


def test_a_deployment_that_keeps_failing_is_left_alone_and_comes_back() -> None:
    line = Line(*[(BUSY,)] * 5, GOOD, retrying=Retrying(attempts=1), breaking=Breaking(least=5, rest=15))
    for _ in range(5):
        with pytest.raises(ModelBusy):
            list(line.stream())
    with pytest.raises(Resting) as resting:
        list(line.stream())
    assert len(line.model.sent) == 5
    assert resting.value.retry_after == pytest.approx(15)
    assert line.gateway.state("small")[0] == "open"
    line.clock.now += 15
    assert text_of(list(line.stream()))
    assert line.gateway.state("small")[0] == "closed"


def test_requests_that_it_does_not_take_do_not_close_it_for_others() -> None:
    declined = ModelDeclined("Its content rules.", status=400)
    line = Line(*[(declined,)] * 20, GOOD, breaking=Breaking(least=5))
    for _ in range(20):
        with pytest.raises(ModelDeclined):
            list(line.stream())
    assert text_of(list(line.stream()))


def test_more_calls_than_it_takes_are_told_to_come_back() -> None:
    stuck, busy = threading.Event(), threading.Event()

    def hang() -> None:
        busy.set()
        stuck.wait()

    line = Line((Hold(hang), *GOOD), concurrency=1, queueing=Queueing(share=0))
    first = threading.Thread(target=lambda: list(line.stream()))
    first.start()
    busy.wait()
    with pytest.raises(TooMany) as refused:
        list(line.stream())
    assert refused.value.retry_after >= 1
    assert line.book.released == 1
    assert len(line.model.sent) == 1
    stuck.set()
    first.join()


def test_a_short_queue_waits_for_a_free_slot() -> None:
    stuck, busy = threading.Event(), threading.Event()

    def hang() -> None:
        busy.set()
        stuck.wait()

    line = Line((Hold(hang), *GOOD), GOOD, concurrency=1, queueing=Queueing(share=1))
    texts: list[str] = []
    callers = [threading.Thread(target=lambda: texts.append(text_of(list(line.stream())))) for _ in range(2)]
    callers[0].start()
    busy.wait()
    callers[1].start()
    stuck.set()
    for caller in callers:
        caller.join()
    assert texts == ["Employees have 27 days."] * 2


def test_a_changed_entry_is_another_deployment_and_the_old_one_is_closed() -> None:
    line = Line(GOOD)
    list(line.stream())
    assert line.model.open
    changed = entry(concurrency=2)
    list(line.gateway.stream(changed, line.prompt(), ANA))
    wait_until_idle(line)
    assert not line.model.open


def test_a_server_that_does_not_say_what_was_used_is_charged_by_estimate() -> None:
    line = Line((Wrote("word " * 30), Ended("stop", Usage(), "tiny")))
    reply = line.stream()
    list(reply)
    assert reply.call.usage.output == 50
    assert reply.call.usage.input > 50


def test_a_fault_of_an_adapter_reaches_the_caller_and_frees_its_slot() -> None:
    def break_down() -> None:
        raise KeyError("choices")

    line = Line((Hold(break_down),), GOOD, concurrency=1)
    with pytest.raises(KeyError):
        list(line.stream())
    wait_until_idle(line)
    assert text_of(list(line.stream()))


def wait_until_idle(line: Line) -> None:
    """The threads that pull end by themselves, once nothing holds them."""
    for thread in threading.enumerate():
        if thread.name == "model call":
            thread.join(10)
    assert line.gateway.state("small")[1] == 0


def test_a_model_that_was_silent_for_its_whole_limit_is_not_asked_again() -> None:
    line = Line((Delay(200), *GOOD), GOOD, first_seconds=30)
    with pytest.raises(ModelBusy):
        list(line.stream())
    assert len(line.model.sent) == 1


def test_a_pause_that_the_provider_asks_for_holds_for_everybody() -> None:
    line = Line((ModelBusy("Slow down.", status=429, retry_after=40),), GOOD, retrying=Retrying(attempts=1))
    with pytest.raises(ModelBusy):
        list(line.stream())
    with pytest.raises(Resting) as resting:
        list(line.stream())
    assert resting.value.retry_after == 40
    line.clock.now += 37
    # A short one is waited for.
    assert text_of(list(line.stream()))
    assert line.clock.now >= 140
    assert len(line.model.sent) == 2


def test_a_reply_from_another_region_than_the_registers_is_told() -> None:
    line = Line((Wrote("Yes."), Ended("stop", Usage(1, 1), "tiny", region="us")), region="EU")
    reply = line.stream()
    list(reply)
    assert (reply.call.placed, reply.call.region, reply.call.strayed) == ("EU", "us", True)
    same = Line((Wrote("Yes."), Ended("stop", Usage(1, 1), "tiny", region="eu")), region="EU").stream()
    list(same)
    assert not same.call.strayed


def test_what_stands_in_the_way_of_a_model_is_told_as_its_failure() -> None:
    line = Line(GOOD, retrying=Retrying(attempts=2))
    trouble: list[VouchError] = [Invalid("It has no key.", hint="Set api_key."), Unavailable("The vault is down.")]

    def opened(entry: ModelEntry) -> ChatModel:
        if trouble:
            raise trouble.pop(0)
        return line.model

    line.gateway._opened = opened  # pyright: ignore[reportPrivateUsage]
    reply = line.stream()
    with pytest.raises(ModelFailed, match=r"The model small cannot be called: It has no key. Set api_key."):
        list(reply)
    assert [attempt.reason for attempt in reply.call.attempts] == ["invalid"]
    assert line.book.released == 1
    # What may work later is tried again.
    again = line.stream()
    assert text_of(list(again))
    assert [attempt.reason for attempt in again.call.attempts] == ["unavailable", "answered"]


def test_a_model_whose_provider_answered_elsewhere_is_reported_to_the_register() -> None:
    line = Line((Wrote("Yes."), Ended("stop", Usage(1, 1), "tiny", region="us")), region="eu")
    stopped: list[tuple[str, str]] = []
    line.gateway._strayed = lambda entry, call: stopped.append(  # pyright: ignore[reportPrivateUsage]
        (entry.name, call.why_strayed)
    )
    list(line.stream())
    assert stopped == [("small", "Its provider says that it answered in us, and the register says eu.")]


@pytest.mark.parametrize("kind", [ModelBusy, ModelFailed])
def test_a_model_that_was_not_reached_costs_nothing(kind: type[ModelError]) -> None:
    line = Line([kind("No connection.", sent=False)], retrying=Retrying(attempts=1))
    with pytest.raises(kind):
        list(line.stream())
    assert (line.book.settled, line.book.released) == ([], 1)
    # A silence after the prompt was sent is paid for.
    silent = Line([kind("It stopped.")], retrying=Retrying(attempts=1))
    with pytest.raises(kind):
        list(silent.stream())
    assert len(silent.book.settled) == 1


def test_a_trial_that_could_not_begin_leaves_the_next_one_free(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = [[ModelBusy("Down.", status=503)]] * 5
    line = Line(*busy, GOOD, retrying=Retrying(attempts=1), breaking=Breaking(least=5))
    for _ in range(5):
        with pytest.raises(ModelBusy):
            list(line.stream())
    line.clock.now += 20

    def cannot(thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(pulling.Thread, "start", cannot)
        with pytest.raises(RuntimeError):
            list(line.stream())
    line.clock.now += 100_000
    assert text_of(list(line.stream()))
    assert len(line.book.settled) == 1
