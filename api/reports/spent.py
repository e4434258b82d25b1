"""What departments spent on models, as the accounts of budgets have it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from answer import usage_rows
from api.reports.period import Period
from api.reports.shape import SMALL, Section, Table, Value, columns, rows

NONE = "(in none)"
FEW = f"(departments of fewer than {SMALL} people)"


@dataclass(slots=True)
class _Spent:
    """By department and currency; ``people`` by department, of those that are still known."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    micros: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    people: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def departments(session: Session, period: Period) -> Section:
    """Departments of which few people asked stand together, so that a line tells of no single person."""
    now, before = _spent(session, period), _spent(session, period.before)
    names = {name for each in (now, before) for name, _ in each.calls}
    shown = {name: name or NONE if _many(name, now) and _many(name, before) else FEW for name in names}
    joined = (_joined(now, shown), _joined(before, shown))
    head = columns(
        "department", "currency", ("calls", "Calls", "count"), ("now", "Cost", "micros"),
        ("calls_before", "Calls before", "count"), ("before", "Before", "micros"),
    )  # fmt: skip
    keys = sorted({key for each in joined for key in each.calls}, key=lambda key: (-joined[0].micros[key], *key))
    lines: list[list[Value]] = [
        [*key, *(figure for each in joined for figure in (each.calls[key], each.micros[key]))] for key in keys
    ]
    # Whose calls a line counts, for who may list them; of those that stand together, nobody's.
    of = {said: name for name, said in shown.items() if said != FEW}
    named = tuple({**row, "of": of.get(str(row["department"]))} for row in rows(head, lines))
    note = "The department is the first one that whoever asked belonged to when they asked."
    return Section("departments", "Cost by department", tables=(Table("cost", "Cost", head, named, note=note),))


def _spent(session: Session, period: Period) -> _Spent:
    found = _Spent()
    for row in usage_rows.usage_between(session, period.since, period.until):
        key = row.department, row.currency
        found.calls[key] += 1
        found.micros[key] += row.micros
        if row.subject:
            found.people[row.department].add(row.subject)
    return found


def _many(name: str, spent: _Spent) -> bool:
    """Whether a line of it tells of nobody: nobody asked, or enough people did."""
    return not any(department == name for department, _ in spent.calls) or len(spent.people[name]) >= SMALL


def _joined(spent: _Spent, shown: dict[str, str]) -> _Spent:
    made = _Spent()
    for name, currency in spent.calls:
        made.calls[shown[name], currency] += spent.calls[name, currency]
        made.micros[shown[name], currency] += spent.micros[name, currency]
    return made
