"""The events of a period and of the one before, counted in one pass. What is counted of a kind of event says a function
of its own; a key is a tuple of words, and sections read keys by how they begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.reports.period import Period
from api.reports.shape import Column, Figure, Table, Unit, rows
from core.audit.finding import Found

Key = tuple[str, ...]
Pattern = tuple[str | None, ...]
"""Keys that begin so; None stands for any word."""
Counted = Iterator[tuple[Key, int]]
Event = Mapping[str, Any]
Count = Callable[[Event, Mapping[str, Any]], Counted]


@dataclass(frozen=True, slots=True)
class Both:
    """A count in the period, and in the one before. ``counted``: the keys that it is the sum of."""

    now: int
    before: int
    counted: tuple[Pattern, ...] = ()


@dataclass(slots=True)
class Tally:
    """``counts`` by kind of event."""

    period: Period
    counts: Mapping[str, Count]
    _now: Counter[Key] = field(default_factory=Counter[Key])
    _before: Counter[Key] = field(default_factory=Counter[Key])
    _who: tuple[dict[str, set[str]], dict[str, set[str]]] = field(default_factory=lambda: ({}, {}))
    """By kind, the pseudonyms that events of the period, and of the one before, were done by."""
    last: dict[str, Event] = field(default_factory=dict[str, Event])
    """The last event of a kind in the period."""

    def take(self, found: Iterable[Found]) -> None:
        """In their order."""
        for each in found:
            event = each.event
            within = self.period.holds(datetime.fromisoformat(event["at"]))
            into = self._now if within else self._before
            for key, amount in self.of(each):
                into[key] += amount
            kind: str = event["kind"]
            if event["subject"]:
                self._who[0 if within else 1].setdefault(kind, set()).add(event["subject"])
            if within:
                self.last[kind] = event

    def of(self, found: Found) -> Counted:
        """What is counted of one record. All of them have to come by in their order."""
        event = found.event
        yield ("records",), 1
        yield ("events", event["kind"], event["outcome"]), 1
        if (count := self.counts.get(event["kind"])) is not None:
            yield from count(event, found.details)

    def n(self, *key: str) -> Both:
        return Both(self._now[key], self._before[key], (key,))

    def under(self, *start: str) -> dict[Key, Both]:
        """What comes behind ``start`` in keys, in order, with the counts."""
        length = len(start)
        keys = {key[length:] for some in (self._now, self._before) for key in some if key[:length] == start}
        return {
            key: self.n(*start, *key)
            for key in sorted(keys)
            if self._now[(*start, *key)] or self._before[(*start, *key)]
        }

    def sum(self, *pattern: str | None) -> Both:
        """Of all keys that begin like ``pattern``."""
        now, before = (
            sum(amount for key, amount in some.items() if begins(key, pattern)) for some in (self._now, self._before)
        )
        return Both(now, before, (pattern,))

    def people(self, kind: str) -> Both:
        """How many did such a thing."""
        now, before = (len(some.get(kind, ())) for some in self._who)
        return Both(now, before)


def figure(name: str, title: str, both: Both, of: tuple[str, Both] | None = None, unit: Unit = "count") -> Figure:
    """``of``: the name and the count of what this is a part of."""
    whole = None if of is None else of[1]
    return Figure(
        name, title, both.now, both.before, unit, None if of is None else of[0],
        _share(both.now, whole.now) if whole else None, _share(both.before, whole.before) if whole else None,
        counted=both.counted,
    )  # fmt: skip


def plus(*some: Both) -> Both:
    return Both(
        sum(each.now for each in some),
        sum(each.before for each in some),
        tuple(pattern for each in some for pattern in each.counted),
    )


def table(
    tally: Tally, name: str, title: str, start: Sequence[str], head: Sequence[Column], *, bars: str | None = None,
    note: str = "",
) -> Table:  # fmt: skip
    """Counts under ``start``, a row for each key: a column for each of its words, one for now, and one for before."""
    pattern = (*start, *(f"{{{column.name}}}" for column in head[:-2]))
    return Table(
        name, title, tuple(head),
        rows(head, ((*key, each.now, each.before) for key, each in tally.under(*start).items())),
        bars=bars, note=note, counted={"now": pattern, "before": pattern},
    )  # fmt: skip


def begins(key: Key, pattern: Pattern) -> bool:
    return len(key) >= len(pattern) and all(
        word is None or word == said for word, said in zip(pattern, key, strict=False)
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
