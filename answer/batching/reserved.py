"""A reservation of the budgets, from when a question is sent until its answer is fetched: as a row, and back."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from answer.models.base import Usage
from answer.models.entry import ModelEntry
from answer.usage import Cost, Reservation, Spender


def as_row(made: Reservation) -> dict[str, Any]:
    """The model stands in the batch."""
    return {
        "id": made.id,
        "spender": asdict(made.spender),
        "estimate": asdict(made.estimate),
        "cost": asdict(made.cost),
        "at": made.at.isoformat(),
        "pers": list(made.pers),
    }


def reservation(row: dict[str, Any], entry: ModelEntry) -> Reservation:
    spender = Spender(**row["spender"])
    return Reservation(
        id=row["id"],
        spender=replace(spender, sources=tuple(spender.sources)),
        entry=entry,
        estimate=Usage(**row["estimate"]),
        cost=Cost(**row["cost"]),
        at=datetime.fromisoformat(row["at"]),
        pers=tuple(row["pers"]),
    )
