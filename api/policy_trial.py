"""A dry run of a data policy: what it would do to the values that are known, beside what the present one does.

Nothing is changed, and no value is shown: only how many there are, of which class, in how many documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from core.kinds import CLASSES
from core.policy import TREATMENTS, Destination, Policy, Sensitivity, Treatment, strictest
from ingest.label.findings import Finding

Levels = tuple[Sensitivity, Sensitivity]
"""How sensitive a text is now, and under the policy that is tried: that may put a kind into another class."""
Which = Literal[0, 1]
WHOLE = "passages"
"""In the place of a class: whole passages, which are blocked when one of their values is."""


@dataclass(slots=True)
class Count:
    """So many values (or passages), in so many documents."""

    values: int = 0
    documents: set[str] = field(default_factory=set[str], repr=False)

    def add(self, values: int, documents: Iterable[str]) -> None:
        self.values += values
        self.documents.update(documents)


Counts = dict[Treatment, Count]


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of one class of values on the way to one destination, now and under the policy that is tried."""

    destination: str
    name: str
    now: Counts
    then: Counts

    @property
    def changes(self) -> bool:
        return any(
            (self.now[each].values, self.now[each].documents) != (self.then[each].values, self.then[each].documents)
            for each in TREATMENTS
        )


class Tally:
    """Values and passages as they are counted, by what a policy can tell apart."""

    def __init__(self) -> None:
        self.passages = 0
        self._values: defaultdict[tuple[str, Levels], Count] = defaultdict(Count)
        self._passages: defaultdict[tuple[frozenset[str], Levels], Count] = defaultdict(Count)

    def add(self, document: str, findings: Iterable[Finding], levels: Levels) -> None:
        """Count one passage."""
        found = tuple(findings)
        self.passages += 1
        for finding in found:
            self._values[finding.kind, levels].add(1, (document,))
        self._passages[frozenset(finding.kind for finding in found), levels].add(1, (document,))

    def compared(self, now: Policy, then: Policy, destinations: Iterable[Destination]) -> Iterator[Row]:
        """A row for each destination and class that has values, and one for its passages."""
        for destination in destinations:
            for name in CLASSES:
                row = Row(
                    destination.name,
                    name,
                    self._class(now, 0, name, destination),
                    self._class(then, 1, name, destination),
                )
                if any(count.values for count in (*row.now.values(), *row.then.values())):
                    yield row
            yield Row(destination.name, WHOLE, self._whole(now, 0, destination), self._whole(then, 1, destination))

    def _class(self, policy: Policy, which: Which, name: str, destination: Destination) -> Counts:
        counts = _none()
        for (kind, levels), count in self._values.items():
            if policy.class_of(kind) == name:
                counts[policy.treatment(kind, levels[which], destination)].add(count.values, count.documents)
        return counts

    def _whole(self, policy: Policy, which: Which, destination: Destination) -> Counts:
        counts = _none()
        for (kinds, levels), count in self._passages.items():
            treatments: list[Treatment] = [policy.treatment(kind, levels[which], destination) for kind in kinds]
            if policy.blocks_text(levels[which], destination):
                treatments.append("block")
            counts[strictest(treatments)].add(count.values, count.documents)
        return counts


def _none() -> Counts:
    return {each: Count() for each in TREATMENTS}
