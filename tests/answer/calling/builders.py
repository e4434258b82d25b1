"""Entries, prompts and a gateway whose time moves only when told to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from answer.budgets import OverBudget
from answer.calling.breaker import Breaking
from answer.calling.retrying import Retrying
from answer.calling.slots import Queueing
from answer.gateway import Conduct, Gateway
from answer.models.base import Prompt, Usage
from answer.models.entry import Handling, ModelEntry, Prices
from answer.models.scripted import Script, ScriptedModel
from answer.usage import Cost, Reservation, Spender, ceiling_of, cost_of, estimated
from tests.contracts.chat_models.builders import prompt as _prompt

HANDLING = Handling(agreement="DPA-7", training_prohibited=True, retention_days=0, legal_basis="Art. 28 GDPR")
ANA = Spender("a" * 32, "sales", ("files",), "answer-1")


def entry(name: str = "small", **more: Any) -> ModelEntry:
    return ModelEntry(
        **{
            "name": name, "provider": "compatible", "model": "tiny-2026-05-01", "tier": "small",
            "base_url": "http://127.0.0.1:9", "handling": HANDLING, "prices": Prices(input=1, output=4),
            **more,
        }
    )  # fmt: skip


class Seconds:
    """A clock of seconds; ``sleep`` passes its time at once."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Book:
    """In place of ``answer.budgets``: writes down what was reserved and settled."""

    def __init__(self) -> None:
        self.reserved: list[Reservation] = []
        self.settled: list[Usage] = []
        self.released = 0
        self.empty = False

    def reserve(self, spender: Spender, entry: ModelEntry, prompt: Prompt) -> Reservation:
        if self.empty:
            raise OverBudget("Your budget is used up.", retry_after=60)
        usage = estimated(prompt)
        now = datetime(2026, 11, 22, tzinfo=UTC)
        made = Reservation(str(len(self.reserved)), spender, entry, usage, ceiling_of(entry, usage), now, ())
        self.reserved.append(made)
        return made

    def settle(self, reservation: Reservation, usage: Usage) -> Cost:
        self.settled.append(usage)
        return cost_of(reservation.entry.prices, usage)

    def release(self, reservation: Reservation) -> None:
        self.released += 1


class Line:
    """A gateway before one scripted model."""

    def __init__(
        self, *scripts: Script, retrying: Retrying | None = None, breaking: Breaking | None = None,
        queueing: Queueing | None = None, **more: Any,
    ) -> None:  # fmt: skip
        self.clock = Seconds()
        self.model = ScriptedModel(scripts, name="small", sleep=self.clock.sleep)
        self.book = Book()
        self.entry = entry(**more)
        self.confirmed: list[ModelEntry] = []
        conduct = Conduct(breaking or Breaking(), retrying or Retrying(), queueing or Queueing())
        self.gateway = Gateway(
            lambda entry: self.model, self.book, self.confirmed.append, conduct=conduct, clock=self.clock,
            sleep=self.clock.sleep, random=lambda: 0.5,
        )  # fmt: skip

    def prompt(self, question: str = "How many days of leave are there?") -> Prompt:
        return _prompt(self.entry, question=question)

    def stream(self, **more: Any) -> Any:
        return self.gateway.stream(self.entry, self.prompt(), ANA, **more)


def text_of(pieces: Sequence[Any]) -> str:
    return "".join(getattr(piece, "text", "") for piece in pieces)
