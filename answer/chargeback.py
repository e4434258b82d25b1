"""Who used what: by person, department, source or model in a month, and which calls those are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy.orm import Session

from answer import usage_rows
from answer.budget import resets
from answer.models.tables import UsageRow
from answer.usage_rows import Calls
from core.database import Database
from core.errors import Invalid

By = Literal["person", "department", "source", "model"]
BY: tuple[By, ...] = get_args(By)


@dataclass(slots=True)
class Charge:
    """``name`` is a pseudonym for a person, and empty where there is none. Money is in millionths of ``currency``.
    ``calls`` are those that it served: of several sources each counts the call, while tokens and money are shared.
    ``unsettled`` of them count by their estimate."""

    name: str
    currency: str
    calls: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    micros: int = 0
    saved: int = 0
    unsettled: int = 0


@dataclass(frozen=True, slots=True)
class Chargeback:
    month: str
    by: By
    charges: tuple[Charge, ...]
    total: tuple[Charge, ...]
    """One for each currency."""


def month_of(text: str | None, now: datetime) -> datetime:
    """The beginning of a month (UTC), written ``2026-11``; of ``now``'s where it is None. Raises ``Invalid``."""
    if text is None:
        return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(f"{text!r} is no month.", hint="Write it as 2026-11.") from None


def chargeback(database: Database, start: datetime, by: By) -> Chargeback:
    """The month that begins at ``start``. A call that several sources served is shared among them equally, so that
    every report adds up to the same."""
    charges: dict[tuple[str, str], Charge] = {}
    total: dict[str, Charge] = {}
    with database.reading() as session:
        for row in usage_rows.usage_between(session, start, resets("month", start)):
            _add(total.setdefault(row.currency, Charge("", row.currency)), row, 0, 1)
            names = _names(row, by)
            for part, name in enumerate(names):
                _add(charges.setdefault((name, row.currency), Charge(name, row.currency)), row, part, len(names))
    ordered = sorted(charges.values(), key=lambda charge: (-charge.micros, -charge.input, charge.name))
    return Chargeback(f"{start:%Y-%m}", by, tuple(ordered), tuple(total.values()))


def summed(session: Session, wanted: Calls) -> list[Charge]:
    """What these calls used together, one for each currency. Of calls that several sources served and one is asked
    for, its share."""
    total: dict[str, Charge] = {}
    for row in usage_rows.calls(session, wanted, newest=False):
        names = _names(row, "source") if wanted.source is not None else ("",)
        part = 0 if wanted.source is None else names.index(wanted.source)
        _add(total.setdefault(row.currency, Charge("", row.currency)), row, part, len(names))
    return [total[currency] for currency in sorted(total)]


def _names(row: UsageRow, by: By) -> tuple[str, ...]:
    match by:
        case "person":
            return (row.subject,)
        case "department":
            return (row.department,)
        case "model":
            return (row.model,)
        case "source":
            return tuple(row.sources) or ("",)


def _add(charge: Charge, row: UsageRow, part: int, parts: int) -> None:
    charge.calls += 1
    charge.unsettled += not row.settled
    for name in ("input", "output", "cache_read", "cache_write", "micros", "saved"):
        setattr(charge, name, getattr(charge, name) + _share(getattr(row, name), part, parts))


def _share(value: int, part: int, parts: int) -> int:
    """The shares of all parts add up to ``value``."""
    return value * (part + 1) // parts - value * part // parts


def exported(rows: Iterable[UsageRow]) -> list[dict[str, object]]:
    """What is kept of one person's calls, for that person."""
    return [
        {
            "at": row.at.isoformat(), "answer": row.answer_id, "department": row.department, "sources": row.sources,
            "model": row.model, "purpose": row.purpose, "tokens_in": row.input, "tokens_out": row.output,
        }
        for row in rows
    ]  # fmt: skip
