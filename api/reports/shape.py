"""What a report is made of, whatever it is shown as: sections of figures and tables.

A figure or a column has a ``name``, which stays, and a ``title`` for people. ``unit`` says how a value is to be read:

    count    a whole number
    share    0 to 1
    seconds  a duration
    micros   millionths of a currency
    moment   RFC 3339, UTC
    text     a word, an id, or a name that somebody else chose
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from api.reports.period import Period, written
from core.audit.checkpoints import Checkpoint

Unit = Literal["count", "share", "seconds", "micros", "moment", "text"]
Value = int | float | str | None
FORMAT = 1
SMALL = 5
"""Of fewer people than so many it is only said that they are fewer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the period, and of the one before. ``share`` is what part of ``of`` (a figure's name) it is.
    ``few``: it is more than none and less than ``SMALL`` people, and left out for that. ``counted``: the patterns of
    the keys of the log's records that it counts. ``listed``: the list of rows that it counts, where that is of tables
    (``api.reports.listed``)."""

    name: str
    title: str
    now: int | float | None
    before: int | float | None
    unit: Unit = "count"
    of: str | None = None
    share_now: float | None = None
    share_before: float | None = None
    few_now: bool = False
    few_before: bool = False
    counted: tuple[tuple[str | None, ...], ...] = ()
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    title: str
    unit: Unit = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` have a value for each column, by its name. ``bars``: the column that is also drawn. ``alarm``: every row
    of it is something that should not be. ``counted``: by column, the pattern of the keys that its cells count, where
    ``{NAME}`` stands for what the row has under NAME, be it a column or not; ``listed`` likewise, of lists. The
    column ``before``, and those that end so, are of the period before."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Value], ...]
    bars: str | None = None
    alarm: bool = False
    note: str = ""
    counted: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict[str, tuple[str | None, ...]])
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """``checkpoint`` is the signed state of the log that it was made over; nothing later is in it."""

    name: str
    title: str
    organisation: str
    period: Period
    made_at: str
    checkpoint: Checkpoint = field(repr=False)
    sections: tuple[Section, ...] = ()
    compared: bool = True
    """Whether figures of the period before stand beside those of this one."""

    def told(self) -> dict[str, Any]:
        """As JSON; the names of fields stay."""
        said: dict[str, Any] = {**self.head(), "sections": [asdict(each) for each in self.sections]}
        if self.compared:
            said["before"] = self.period.before.told()
        return said

    def head(self) -> dict[str, Any]:
        """What every report begins with."""
        return {
            "report": self.name, "format": FORMAT, "title": self.title, "organisation": self.organisation,
            "made_at": self.made_at, "period": self.period.told(), "checkpoint": checkpoint_told(self.checkpoint),
        }  # fmt: skip


def checkpoint_told(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex(),
        "at": written(checkpoint.moment), "note": checkpoint.note.decode("utf-8", "replace"),
    }  # fmt: skip


def columns(*said: str | tuple[str, str] | tuple[str, str, Unit]) -> tuple[Column, ...]:
    """Columns by name, or by name and title, or by name, title and unit."""
    made: list[Column] = []
    for each in said:
        if isinstance(each, str):
            made.append(Column(each, each.replace("_", " ").capitalize()))
        else:
            name, title, *unit = each
            made.append(Column(name, title, unit[0] if unit else "text"))
    return tuple(made)


def rows(of: Sequence[Column], lines: Iterable[Sequence[Value]]) -> tuple[Mapping[str, Value], ...]:
    return tuple(dict(zip((each.name for each in of), line, strict=True)) for line in lines)


def people(name: str, title: str, now: int, before: int) -> Figure:
    """How many people; few of them are not counted out."""
    return Figure(
        name, title, None if 0 < now < SMALL else now, None if 0 < before < SMALL else before,
        few_now=0 < now < SMALL, few_before=0 < before < SMALL,
    )  # fmt: skip
