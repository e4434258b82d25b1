"""The outbox against destinations that do as they are told, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest

from connectors.destinations import repository
from connectors.destinations.base import Delivery, Receipt, Step
from connectors.destinations.declare import Declared, declare, withdraw
from connectors.destinations.errors import DeliveryRefused, DestinationUnavailable
from connectors.destinations.outbox import Outbox, Patience
from connectors.destinations.repository import DeliveryRecord, DestinationRecord
from core.database import Database
from core.errors import Conflict, Invalid, NotFound, Refused
from tests.conftest import StandingClock

CONTRACT = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {"title": {"type": "string", "maxLength": 20}, "text": {"type": "string"}},
}
WEBHOOK = {"url": "https://hooks.company.example/in", "keys": ["env:KEY"]}
MESSAGE = {"title": "Pump 7 leaks"}
STAFF = ("it", "staff")


class Stop(BaseException):
    """Stands for the end of the process."""


class Told:
    """Destinations by name that take everything, unless they are told what to raise next."""

    settles_seconds = 0.0

    def __init__(self) -> None:
        self.effects: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls: list[str] = []
        self.raises: dict[str, list[BaseException | None]] = {}
        self.always: dict[str, Exception] = {}
        self.name = ""

    def opened(self, record: DestinationRecord) -> Told:
        made = Told()
        made.__dict__ = {**self.__dict__, "name": record.name}
        return made

    def check(self) -> Iterator[Step]:
        return iter(())

    def deliver(self, delivery: Delivery) -> Receipt:
        self.calls.append(self.name)
        script = self.raises.get(self.name)
        error = script.pop(0) if script else self.always.get(self.name)
        if error is not None and not isinstance(error, Stop):
            raise error
        found = (self.name, delivery.id) in self.effects
        self.effects[(self.name, delivery.id)] = orjson.loads(delivery.body)
        if error is not None:
            raise error
        return Receipt("T-1", "https://there.example/T-1", found)

    def arrived(self, name: str) -> list[dict[str, Any]]:
        return [message for (at, _), message in self.effects.items() if at == name]


class Bench:
    def __init__(self, store: Database, clock: StandingClock) -> None:
        self.store, self.clock, self.told = store, clock, Told()
        self.outbox = Outbox(store, self.told.opened, clock, Random(7), Patience(attempts=4))

    def declare(self, name: str, fallback: str | None = None, audience: tuple[str, ...] = ("it",), **more: Any) -> None:
        with self.store.writing() as session:
            wanted = Declared(name, "webhook", WEBHOOK, more.pop("contract", CONTRACT), audience, fallback)
            declare(session, wanted, by="operator", now=self.clock())

    def put(self, name: str, key: str = "k1", message: dict[str, Any] | None = None) -> str:
        with self.store.writing() as session:
            return self.outbox.enqueue(session, name, key, MESSAGE if message is None else message, written_for=STAFF)

    def stand(self, delivery_id: str) -> DeliveryRecord:
        with self.store.reading() as session:
            return repository.delivery(session, delivery_id)

    def at(self, name: str) -> tuple[DeliveryRecord, ...]:
        with self.store.reading() as session:
            return repository.deliveries(session, name)

    def run(self, passes: int = 30) -> None:
        """Passes with pauses that are long enough for everything to become due."""
        for _ in range(passes):
            self.outbox.send_due()
            self.clock.tick(hours=5)


@pytest.fixture
def bench(store: Database, clock: StandingClock) -> Bench:
    made = Bench(store, clock)
    made.declare("alerts")
    return made


DOWN = DestinationUnavailable("It is down.")
REFUSED = DeliveryRefused("It does not want this.")


def test_a_message_is_sent_once_and_its_receipt_kept(bench: Bench) -> None:
    sent = bench.put("alerts")
    assert bench.outbox.send_due().sent == 1
    assert bench.outbox.send_due().sent == 0
    stand = bench.stand(sent)
    assert (stand.state, stand.attempts, stand.error) == ("sent", 1, None)
    assert stand.receipt == {"reference": "T-1", "found": False, "url": "https://there.example/T-1"}
    assert bench.told.arrived("alerts") == [MESSAGE]


def test_the_same_key_is_one_message_and_another_destination_another(bench: Bench) -> None:
    bench.declare("tickets")
    assert bench.put("alerts") == bench.put("alerts", message={"title": "changed"})
    assert bench.put("tickets") != bench.put("alerts")
    bench.run(2)
    assert (len(bench.told.arrived("alerts")), len(bench.told.arrived("tickets"))) == (1, 1)


def test_a_message_is_put_in_line_with_the_callers_transaction_or_not_at_all(bench: Bench) -> None:
    with pytest.raises(RuntimeError), bench.store.writing() as session:  # noqa: PT012
        bench.outbox.enqueue(session, "alerts", "k1", MESSAGE, written_for=STAFF)
        raise RuntimeError("the caller fails")
    bench.run(1)
    assert not bench.told.calls


def test_a_stop_between_sending_and_writing_it_down_has_one_effect(bench: Bench) -> None:
    sent = bench.put("alerts")
    bench.told.raises["alerts"] = [Stop()]
    with pytest.raises(Stop):
        bench.outbox.send_due()
    assert bench.stand(sent).state == "waiting"
    # Nobody else takes it while the claim may still be alive.
    assert bench.outbox.send_due().sent == 0
    bench.clock.tick(minutes=16)
    assert bench.outbox.send_due().sent == 1
    assert len(bench.told.arrived("alerts")) == 1
    assert (bench.stand(sent).receipt or {})["found"] is True


def test_a_message_that_stops_the_process_each_time_is_dead_in_the_end(bench: Bench) -> None:
    sent = bench.put("alerts")
    bench.told.raises["alerts"] = [Stop() for _ in range(9)]
    for _ in range(4):
        with pytest.raises(Stop):
            bench.outbox.send_due()
        bench.clock.tick(hours=1)
    assert bench.outbox.send_due().dead == 1
    assert "stopped at each attempt" in (bench.stand(sent).error or "")


def test_pauses_grow_and_end_as_a_dead_letter(bench: Bench) -> None:
    sent = bench.put("alerts")
    bench.told.always["alerts"] = DOWN
    pauses: list[float] = []
    for _ in range(3):
        assert bench.outbox.send_due().postponed == 1
        due = bench.stand(sent).next_at
        assert due is not None
        pauses.append((due - bench.clock()).total_seconds())
        bench.clock.now = due
    assert bench.outbox.send_due().dead == 1
    assert pauses == sorted(pauses)
    assert all(0.8 * 30 * 2**n <= pause <= 1.2 * 30 * 2**n for n, pause in enumerate(pauses))
    stand = bench.stand(sent)
    assert (stand.state, stand.error, stand.next_at) == ("dead", "It is down.", None)


def test_a_destination_is_left_alone_for_as_long_as_it_asks(bench: Bench) -> None:
    bench.put("alerts", "k1")
    bench.put("alerts", "k2")
    bench.told.raises["alerts"] = [DestinationUnavailable("Busy.", retry_after=7200)]
    bench.outbox.send_due()
    bench.clock.tick(minutes=119)
    bench.outbox.send_due()
    assert len(bench.told.calls) == 1
    bench.clock.tick(minutes=2)
    assert bench.outbox.send_due().sent == 2


def test_a_destination_that_is_down_is_asked_once_and_delays_no_other(bench: Bench) -> None:
    bench.declare("tickets")
    for number in range(20):
        bench.put("alerts", f"k{number}")
    bench.clock.tick()
    bench.put("tickets")
    bench.told.always["alerts"] = DOWN
    outcome = bench.outbox.send_due()
    assert (outcome.sent, outcome.postponed) == (1, 1)
    assert bench.told.calls == ["alerts", "tickets"]
    assert [each.attempts for each in bench.at("alerts")].count(1) == 1


def test_a_message_that_fails_each_time_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.put("alerts", "bad")
    bench.told.raises["alerts"] = [DOWN]
    bench.outbox.send_due()
    bench.put("alerts", "good")
    assert bench.outbox.send_due().sent == 1


def test_a_refusal_is_final_at_once(bench: Bench) -> None:
    sent = bench.put("alerts")
    bench.told.always["alerts"] = REFUSED
    bench.run(3)
    assert bench.told.calls == ["alerts"]
    assert bench.stand(sent).state == "dead"


def test_a_dead_letter_is_replayed_under_its_id(bench: Bench) -> None:
    sent = bench.put("alerts")
    bench.told.raises["alerts"] = [REFUSED]
    bench.run(1)
    with bench.store.writing() as session:
        bench.outbox.replay(session, sent)
    bench.run(1)
    assert bench.stand(sent).state == "sent"
    assert list(bench.told.effects) == [("alerts", sent)]
    with pytest.raises(Invalid), bench.store.writing() as session:
        bench.outbox.replay(session, sent)
    with pytest.raises(NotFound), bench.store.writing() as session:
        bench.outbox.replay(session, "unknown")


def test_everything_dead_is_replayed_together(bench: Bench) -> None:
    for number in range(3):
        bench.put("alerts", f"k{number}")
    bench.told.raises["alerts"] = [REFUSED] * 3
    bench.run(1)
    with bench.store.writing() as session:
        assert bench.outbox.replay_all(session, "alerts") == 3
    bench.run(1)
    assert len(bench.told.arrived("alerts")) == 3


def test_the_fallback_takes_over_and_its_fallback_after_it(bench: Bench) -> None:
    bench.declare("third", fallback="review")
    bench.declare("second", fallback="third")
    bench.declare("first", fallback="second")
    first = bench.put("first")
    bench.told.always |= {"first": REFUSED, "second": DOWN, "third": REFUSED}
    bench.run()
    assert bench.stand(first).state == "dead"
    assert "Handed to second" in (bench.stand(first).error or "")
    assert [each.state for each in bench.at("second")] == ["dead"]
    assert [each.state for each in bench.at("third")] == ["review"]
    bench.told.always.clear()
    with bench.store.writing() as session:
        bench.outbox.replay(session, bench.at("third")[0].id)
    bench.run(1)
    assert bench.told.arrived("third") == [MESSAGE]
    assert not bench.told.arrived("first") + bench.told.arrived("second")


def test_a_replay_that_fails_again_tries_the_fallback_again(bench: Bench) -> None:
    bench.declare("second")
    bench.declare("first", fallback="second")
    first = bench.put("first")
    bench.told.always |= {"first": REFUSED, "second": REFUSED}
    bench.run(3)
    del bench.told.always["second"]
    with bench.store.writing() as session:
        bench.outbox.replay(session, first)
    bench.run(3)
    assert bench.told.arrived("second") == [MESSAGE]


def test_what_does_not_fit_the_contract_is_not_put_in_line(bench: Bench) -> None:
    for message in ({}, {"title": 7}, {"title": "Pump 7 leaks, said a longer title"}, {"title": "x", "salary": "y"}):
        with pytest.raises(DeliveryRefused, match="contract") as caught:
            bench.put("alerts", message=message)
        assert "Pump" not in str(caught.value)
        assert "salary" not in str(caught.value)


def test_a_contract_that_was_changed_binds_what_waits(bench: Bench) -> None:
    sent = bench.put("alerts")
    bench.declare("alerts", contract={**CONTRACT, "required": ["title", "text"]})
    bench.run(1)
    assert bench.stand(sent).state == "dead"
    assert not bench.told.calls


def test_a_message_for_others_is_refused(bench: Bench) -> None:
    with pytest.raises(Refused), bench.store.writing() as session:
        bench.outbox.enqueue(session, "alerts", "k", MESSAGE, written_for=("hr",))
    with bench.store.writing() as session:
        bench.outbox.enqueue(session, "alerts", "k", MESSAGE, written_for=("everyone",))


def test_an_audience_that_was_widened_does_not_read_what_was_written_before(bench: Bench) -> None:
    sent = bench.put("alerts")
    bench.declare("alerts", audience=("it", "contractors"))
    bench.run(1)
    assert bench.stand(sent).state == "dead"
    assert not bench.told.calls


def test_a_fallback_that_others_read_is_refused(bench: Bench) -> None:
    bench.declare("wide", audience=("it", "contractors"))
    with pytest.raises(Invalid, match="do not read"):
        bench.declare("narrow", fallback="wide")
    bench.declare("also-narrow", fallback="alerts")
    with pytest.raises(Invalid, match="do not read"):
        bench.declare("alerts", audience=("it", "contractors"))


def test_a_chain_of_fallbacks_ends(bench: Bench) -> None:
    bench.declare("second", fallback="alerts")
    with pytest.raises(Invalid, match="itself"):
        bench.declare("alerts", fallback="second")
    with pytest.raises(Invalid, match="no destination"):
        bench.declare("third", fallback="nowhere")


def test_a_destination_in_use_as_a_fallback_stays(bench: Bench) -> None:
    bench.declare("second", fallback="alerts")
    with pytest.raises(Conflict), bench.store.writing() as session:
        withdraw(session, "alerts")


def test_what_waits_for_a_destination_that_is_removed_is_dead(bench: Bench) -> None:
    sent = bench.put("alerts")
    with bench.store.writing() as session:
        withdraw(session, "alerts")
    bench.run(1)
    assert bench.stand(sent).state == "dead"
    with pytest.raises(NotFound):
        bench.put("alerts", "k2")


def test_workers_beside_each_other_send_each_message_once(bench: Bench) -> None:
    for number in range(12):
        bench.put("alerts", f"k{number}")
    workers = [threading.Thread(target=bench.outbox.send_due) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(bench.told.calls) == 12
    assert len(bench.told.arrived("alerts")) == 12


def test_a_worker_that_was_overtaken_changes_nothing(bench: Bench) -> None:
    sent = bench.put("alerts")
    with bench.store.writing() as session:
        late = repository.claim(session, bench.clock(), bench.clock())
        current = repository.claim(session, bench.clock(), bench.clock())
    assert late is not None
    assert current is not None
    with bench.store.writing() as session:
        assert not repository.settle(session, late, state="dead")
    assert bench.stand(sent).state == "waiting"
    bench.outbox.send_due()
    with bench.store.writing() as session:
        assert not repository.settle(session, late, state="dead")
    assert bench.stand(sent).state == "sent"


def test_what_was_sent_is_not_kept_for_ever(bench: Bench) -> None:
    bench.put("alerts", "k1")
    bench.run(1)
    waiting = bench.put("alerts", "k2")
    with bench.store.writing() as session:
        assert repository.retain(session, bench.clock()) == 1
    assert [each.id for each in bench.at("alerts")] == [waiting]


def test_a_key_is_bounded_and_so_is_a_message(bench: Bench) -> None:
    with pytest.raises(Invalid, match="key"):
        bench.put("alerts", "k" * 101)
    bench.declare("free", contract={})
    with pytest.raises(DeliveryRefused, match="KiB"):
        bench.put("free", message={"text": "x" * 300_000})
