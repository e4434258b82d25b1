"""What a budget says: how much of what, in which time, for whom. Times are those of UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scope = Literal["person", "department", "source", "model"]
Per = Literal["minute", "hour", "day", "month"]
Unit = Literal["money", "tokens", "calls"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PERS: tuple[Per, ...] = get_args(Per)
UNITS: tuple[Unit, ...] = get_args(Unit)
EVERYBODY = "*"
MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``most`` of ``unit`` in each ``per``, money in millionths of ``currency``. ``name`` is whose: a person's
    pseudonym, a group, a source's or a model's name, or ``*``: everybody of that scope, each for themselves, except
    those who have one of their own for the same time and unit."""

    scope: Scope
    name: str = field(repr=False)
    per: Per
    unit: Unit
    most: int
    currency: str = ""

    @property
    def key(self) -> tuple[Scope, str, Per, Unit]:
        return self.scope, self.name, self.per, self.unit


class BudgetEntry(BaseModel):
    """A budget as vouch.yaml says it: one of ``money``, ``tokens`` and ``calls``. A person is named by their address.
    """  # fmt: skip

    model_config = ConfigDict(extra="forbid", frozen=True)

    scope: Scope
    name: str = Field(default=EVERYBODY, min_length=1, max_length=300)
    per: Per
    money: float | None = Field(default=None, ge=0, le=1e12)
    tokens: int | None = Field(default=None, ge=0, le=10**15)
    calls: int | None = Field(default=None, ge=0, le=10**12)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")

    @model_validator(mode="after")
    def _one_unit(self) -> BudgetEntry:
        if sum(value is not None for value in (self.money, self.tokens, self.calls)) != 1:
            raise ValueError("say one of money, tokens and calls")
        return self

    def budget(self, name: str) -> Budget:
        """The budget for ``name``, which is the pseudonym where this one's is a person's address."""
        if self.money is not None:
            return Budget(self.scope, name, self.per, "money", round(self.money * MICROS), self.currency)
        if self.tokens is not None:
            return Budget(self.scope, name, self.per, "tokens", self.tokens)
        return Budget(self.scope, name, self.per, "calls", self.calls or 0)


class BudgetSettings(BaseModel):
    """Section ``budgets`` of the configuration. ``departments`` are groups; whoever is in several belongs to the first
    of them. A group that has a budget as a department is one too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    departments: tuple[str, ...] = ()
    limits: tuple[BudgetEntry, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _list_of_limits(cls, given: Any) -> Any:
        return {"limits": given} if isinstance(given, list) else given  # pyright: ignore[reportUnknownVariableType]


def began(per: Per, now: datetime) -> datetime:
    """When the minute, hour, day or month of ``now`` began."""
    start = now.replace(second=0, microsecond=0)
    if per == "minute":
        return start
    start = start.replace(minute=0)
    if per == "hour":
        return start
    start = start.replace(hour=0)
    return start if per == "day" else start.replace(day=1)


def resets(per: Per, now: datetime) -> datetime:
    """When the next one begins."""
    start = began(per, now)
    if per == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}[per]


def binding(budgets: Iterable[Budget], spent_by: dict[Scope, tuple[str, ...]]) -> list[tuple[Budget, str]]:
    """The budgets that bind a call, each with the name it is counted under. ``spent_by``: the names of the call in
    each scope."""
    known = {budget.key: budget for budget in budgets}
    found: list[tuple[Budget, str]] = []
    for scope, names in spent_by.items():
        for name in names:
            for per in PERS:
                for unit in UNITS:
                    own = known.get((scope, name, per, unit)) or known.get((scope, EVERYBODY, per, unit))
                    if own is not None:
                        found.append((own, name))
    return found
