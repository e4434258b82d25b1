"""Budgets: what may be used is reserved before a call leaves, by estimate, and settled by what was used.

Reservations are made one at a time, under the database's write lock, and count as used: callers at the same time cannot
use more together than one could alone. A reservation that nobody settles stays counted, as the call may have been
made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer import usage_rows as rows
from answer.budget import (
    EVERYBODY,
    MICROS,
    Budget,
    BudgetEntry,
    BudgetSettings,
    Per,
    Scope,
    began,
    binding,
    resets,
)
from answer.models.base import Prompt, Usage
from answer.models.entry import ModelEntry
from answer.models.tables import BudgetRow
from answer.usage import FRAME, Cost, Purpose, Reservation, Spender, ceiling_of, cost_of, estimated
from answer.usage_rows import Counted, Key
from core import access
from core.access import Principal
from core.audit import AuditLog, Event
from core.audit.events import NO_SUBJECT
from core.clock import Clock
from core.database import Database
from core.decided import OPERATOR, SEEDED_BY, reason
from core.errors import NotFound, Refused, TooMany
from core.ids import stable_id
from core.tables import PersonRow

ALWAYS: tuple[Per, ...] = ("day", "month")
"""Counted whether or not there is a budget, so that one that is set later knows what was used before."""


class OverBudget(TooMany):
    """A budget would be passed; which one, and when it starts anew, is in the message."""

    code = "over_budget"


class Budgets:
    """The budgets that hold, and the account of every call."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, settings: BudgetSettings) -> None:
        self._database, self._audit, self._clock, self._settings = database, audit, clock, settings
        self._seeded = not settings.limits

    # What holds

    def held(self) -> list[BudgetRow]:
        self._seed_once()
        with self._database.reading() as session:
            return rows.budgets(session)

    def used(self) -> list[tuple[BudgetRow, int | None]]:
        """Each budget, and what of it is used or reserved by now; None where it is one for each of several."""
        self._seed_once()
        now = self._clock()
        with self._database.reading() as session:
            held = rows.budgets(session)
            keys = {(row.scope, row.name, row.per): _key(_budget(row), row.name, now) for row in held}
            spent = rows.spent(session, list(keys.values()))
        return [
            (row, None if row.name == EVERYBODY else _spent(_budget(row), spent[keys[row.scope, row.name, row.per]]))
            for row in held
        ]

    def name_of(self, scope: str, name: str) -> str:
        """Under which name it is kept: a person's pseudonym for their address as it is now, else as it is."""
        if scope != "person" or name == EVERYBODY:
            return name
        address = name.strip().lower()
        with self._database.reading() as session:
            person_id = session.scalar(select(PersonRow.id).where(PersonRow.email == address))
        # Whoever is not here yet gets this id; and whose address was changed since has it from the one before.
        return self._audit.subject(person_id or stable_id("person", address))

    def set(
        self, entry: BudgetEntry, why: str, *, by: str = OPERATOR, subject: str = NO_SUBJECT, trace_id: str = ""
    ) -> BudgetRow:
        """It holds from the next call on, and counts what was used before in the same day or month."""
        why = reason(why, "a budget")
        self._seed_once()
        budget = entry.budget(self.name_of(entry.scope, entry.name))
        with self._database.writing() as session:
            self._put(session, budget, why, by)
            self._record(session, budget, "set", why, subject, trace_id)
        with self._database.reading() as session:
            row = rows.budget(session, budget.key)
        assert row is not None
        return row

    def remove(
        self, key: tuple[str, str, str, str], why: str, *, by: str = OPERATOR, subject: str = NO_SUBJECT,
        trace_id: str = "",
    ) -> None:  # fmt: skip
        """By scope, name (as it is kept), per and unit. Raises ``NotFound``."""
        why = reason(why, "a budget")
        self._seed_once()
        with self._database.writing() as session:
            row = rows.budget(session, key)
            if row is None or row.most is None:
                raise NotFound("There is no such budget.", hint="vouch budgets list shows them.")
            budget = _budget(row)
            row.most, row.why, row.changed_by, row.changed_at = None, why, by, self._clock()
            self._record(session, budget, "removed", why, subject, trace_id)

    # Whose call it is

    def spender(
        self, principal: Principal, sources: Sequence[str] = (), answer_id: str | None = None,
        purpose: Purpose = "answer",
    ) -> Spender:  # fmt: skip
        return Spender(
            principal.subject, self.department(principal), tuple(sorted(set(sources))), answer_id, purpose
        )  # fmt: skip

    def department(self, principal: Principal) -> str:
        """The first department among the person's groups; empty where they are in none."""
        named = [row.name for row in self.held() if row.scope == "department" and row.name != EVERYBODY]
        for name in (*self._settings.departments, *named):
            if access.group(name) in principal.grants:
                return name
        return ""

    # The account of a call

    def used_up(self, spender: Spender, entries: Sequence[ModelEntry]) -> frozenset[str]:
        """The models of which not even the shortest call would be covered by every budget."""
        self._seed_once()
        now = self._clock()
        with self._database.reading() as session:
            budgets = [_budget(row) for row in rows.budgets(session)]
            bound = {entry.name: binding(budgets, _names(spender, entry.name)) for entry in entries}
            spent = rows.spent(session, [_key(budget, name, now) for each in bound.values() for budget, name in each])
        short: set[str] = set()
        for entry in entries:
            least = Usage(input=FRAME, output=entry.output_tokens)
            wanted = Counted(ceiling_of(entry, least).micros, least.input + least.output, 1)
            for budget, name in bound[entry.name]:
                if _need(budget, wanted) > _left(budget, spent[_key(budget, name, now)]):
                    short.add(entry.name)
        return frozenset(short)

    def reserve(self, spender: Spender, entry: ModelEntry, prompt: Prompt, *, batch: bool = False) -> Reservation:
        """Count the call as if it used all that it may. Raises ``OverBudget`` before anything is sent, and ``Refused``
        where a budget is in another currency than the model's prices."""
        self._seed_once()
        estimate = estimated(prompt)
        cost = ceiling_of(entry, estimate, batch=batch)
        now = self._clock()
        wanted = Counted(cost.micros, estimate.input + estimate.output, 1)
        names = _names(spender, entry.name)
        with self._database.writing() as session:
            budgets = [_budget(row) for row in rows.budgets(session)]
            bound = binding(budgets, names)
            spent = rows.spent(session, [_key(budget, name, now) for budget, name in bound])
            for budget, name in bound:
                _check(budget, name, spent[_key(budget, name, now)], wanted, cost, entry, now)
            pers: tuple[Per, ...] = tuple({*ALWAYS, *(budget.per for budget in budgets)})
            made = Reservation(str(uuid4()), spender, entry, estimate, cost, now, pers)
            rows.count(session, _keys(names, pers, now), cost.currency, wanted)
            rows.add_usage(session, **_values(made, estimate, Cost(cost.micros, 0, cost.currency), settled=False))
        return made

    def settle(self, reservation: Reservation, usage: Usage, *, batch: bool = False) -> Cost:
        """Count what was used in place of the estimate. A second time changes nothing."""
        cost = cost_of(reservation.entry.prices, usage, batch=batch)
        with self._database.writing() as session:
            row = rows.usage_row(session, reservation.id)
            if row is None or row.settled:
                return cost
            self._recount(session, reservation, Counted(cost.micros, usage.input + usage.output, 1), row.subject)
            row.input, row.output, row.cache_read, row.cache_write = (
                usage.input, usage.output, usage.cache_read, usage.cache_write,
            )  # fmt: skip
            row.micros, row.saved, row.settled = cost.micros, cost.saved, True
        return cost

    def release(self, reservation: Reservation) -> None:
        """Nothing was sent: as if it had not been."""
        with self._database.writing() as session:
            row = rows.usage_row(session, reservation.id)
            if row is None or row.settled:
                return
            self._recount(session, reservation, Counted(0, 0, 0), row.subject)
            rows.drop_usage(session, reservation.id)

    def sweep(self) -> int:
        with self._database.writing() as session:
            return rows.sweep(session, self._clock())

    def _recount(self, session: Session, made: Reservation, actual: Counted, subject: str) -> None:
        names = _names(made.spender, made.entry.name)
        if not subject:
            # They were forgotten meanwhile.
            names.pop("person", None)
        estimate = Counted(made.cost.micros, made.estimate.input + made.estimate.output, 1)
        rows.count(session, _keys(names, made.pers, made.at), made.cost.currency, actual.less(estimate))

    # Writing

    def _seed_once(self) -> None:
        if self._seeded:
            return
        wanted = [entry.budget(self.name_of(entry.scope, entry.name)) for entry in self._settings.limits]
        with self._database.reading() as session:
            missing = [budget for budget in wanted if rows.budget(session, budget.key) is None]
        if missing:
            why = "As the configuration said when the budget was first seen."
            with self._database.writing() as session:
                for budget in missing:
                    if rows.budget(session, budget.key) is None:
                        self._put(session, budget, why, SEEDED_BY)
                        self._record(session, budget, "seeded", why, NO_SUBJECT, "")
        self._seeded = True

    def _put(self, session: Session, budget: Budget, why: str, by: str) -> None:
        rows.put_budget(
            session, scope=budget.scope, name=budget.name, per=budget.per, unit=budget.unit, most=budget.most,
            currency=budget.currency, why=why, changed_by=by, changed_at=self._clock(),
        )  # fmt: skip

    def _record(self, session: Session, budget: Budget, change: str, why: str, subject: str, trace_id: str) -> None:
        commitments = self._audit.commitments()
        event = Event(
            kind="budget.changed",
            subject=subject,
            action=f"budget.{change}",
            outcome="done",
            at=self._clock(),
            trace_id=trace_id,
            salt=commitments.salt,
            details={
                "scope": budget.scope,
                "name": commitments.of(budget.name),
                "per": budget.per,
                "unit": budget.unit,
                "change": change,
                "most": budget.most,
                "why": commitments.of(why),
                **({"currency": budget.currency} if budget.currency else {}),
            },
        )
        self._audit.enlist(session, event)


def amount(value: int, unit: str, currency: str = "") -> str:
    """As people read it: ``12.50 EUR``, ``4,000 tokens``, ``1 call``."""
    if unit == "money":
        return f"{value / MICROS:,.2f} {currency}"
    return f"{value:,} {unit if value != 1 else unit.removesuffix('s')}"


def _check(
    budget: Budget, name: str, spent: dict[str, Counted], wanted: Counted, cost: Cost, entry: ModelEntry,
    now: datetime,
) -> None:  # fmt: skip
    if budget.unit == "money" and cost.micros and budget.currency != cost.currency:
        raise Refused(
            f"{_whose(budget, name)} is in {budget.currency}, and the model {entry.name} costs {cost.currency}.",
            hint="Let an administrator set the budget anew, in the currency of the models' prices.",
        )
    need, left = _need(budget, wanted), _left(budget, spent)
    if need <= left:
        return
    anew = resets(budget.per, now)
    most, rest = (amount(value, budget.unit, budget.currency) for value in (budget.most, max(0, left)))
    raise OverBudget(
        f"{_whose(budget, name)} for this {budget.per} ({most}) does not suffice: {rest} left, and the call may need "
        f"{amount(need, budget.unit, budget.currency)}.",
        hint=f"It starts anew at {anew:%Y-%m-%d %H:%M} UTC. An administrator can change it: vouch budgets set.",
        retry_after=(anew - now).total_seconds(),
    )


def _whose(budget: Budget, name: str) -> str:
    return "Your budget" if budget.scope == "person" else f"The budget of the {budget.scope} {name}"


def _spent(budget: Budget, counted: dict[str, Counted]) -> int:
    if budget.unit == "money":
        return counted[budget.currency].micros if budget.currency in counted else 0
    return sum(each.tokens if budget.unit == "tokens" else each.calls for each in counted.values())


def _need(budget: Budget, wanted: Counted) -> int:
    return {"money": wanted.micros, "tokens": wanted.tokens, "calls": wanted.calls}[budget.unit]


def _left(budget: Budget, spent: dict[str, Counted]) -> int:
    return budget.most - _spent(budget, spent)


def _names(spender: Spender, model: str) -> dict[Scope, tuple[str, ...]]:
    """The call's names in each scope; none where it has no person or department."""
    named: dict[Scope, tuple[str, ...]] = {"source": spender.sources, "model": (model,)}
    if spender.subject:
        named["person"] = (spender.subject,)
    if spender.department:
        named["department"] = (spender.department,)
    return named


def _keys(names: dict[Scope, tuple[str, ...]], pers: Sequence[Per], now: datetime) -> list[Key]:
    return [(scope, name, per, began(per, now)) for scope, some in names.items() for name in some for per in pers]


def _key(budget: Budget, name: str, now: datetime) -> Key:
    return budget.scope, name, budget.per, began(budget.per, now)


def _budget(row: BudgetRow) -> Budget:
    return Budget(row.scope, row.name, row.per, row.unit, row.most or 0, row.currency)  # pyright: ignore[reportArgumentType]


def _values(made: Reservation, usage: Usage, cost: Cost, *, settled: bool) -> dict[str, object]:
    return {
        "id": made.id,
        "at": made.at,
        "answer_id": made.spender.answer_id,
        "subject": made.spender.subject,
        "department": made.spender.department,
        "sources": list(made.spender.sources),
        "model": made.entry.name,
        "purpose": made.spender.purpose,
        "input": usage.input,
        "output": usage.output,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write,
        "micros": cost.micros,
        "saved": cost.saved,
        "currency": cost.currency,
        "settled": settled,
    }
