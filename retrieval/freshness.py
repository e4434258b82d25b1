"""Which sources are outside their bounds, for whoever shows passages: looked up every few seconds, not per passage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from connectors.freshness import repository
from connectors.freshness.repository import Outside
from core.database import Database
from ingest.index.base import Conditions
from retrieval.evidence import LeftOut, Stale

LIFE_SECONDS = 3.0
"""How long a look-up counts: a breach is told, and a refusal begins and ends, at most so much later."""


@dataclass(frozen=True, slots=True)
class StaleSources:
    """The few sources that are outside a bound now, by name."""

    stale: Mapping[str, Stale] = field(default_factory=dict[str, Stale])
    refused: frozenset[str] = frozenset()
    """Those of them whose owners want no answers from them meanwhile."""
    usable_ids: tuple[str, ...] = ()
    """The ids of all other sources; empty while none is refused."""

    def of(self, source: str) -> Stale | None:
        return self.stale.get(source)

    def refuses(self, source: str) -> bool:
        return source in self.refused

    def usable(self, conditions: Conditions) -> Conditions | None:
        """``conditions`` without the refused sources; None when they leave nothing."""
        wanted = tuple(each for each in self.usable_ids if not conditions.source_ids or each in conditions.source_ids)
        return replace(conditions, source_ids=wanted) if wanted else None


ALL_FRESH = StaleSources()


def stale_sources(session: Session) -> StaleSources:
    """Those that are outside a bound now. Of several bounds of a source the one counts that was left first."""
    outside = repository.outside(session)
    if not outside:
        return ALL_FRESH
    stale: dict[str, Stale] = {}
    # Of those left at the same moment permissions are named first: they matter most to whoever reads.
    for each in sorted(outside, key=_order):
        stale.setdefault(each.source, Stale(each.kind, each.since))
    refused = {each.source_id: each.source for each in outside if each.refuse}
    usable = tuple(each for each in repository.source_ids(session) if each not in refused) if refused else ()
    return StaleSources(stale, frozenset(refused.values()), usable)


class FreshnessWatch:
    """The stale sources, kept for a few seconds. ``clock`` counts seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._kept: tuple[float, StaleSources] | None = None

    def now(self) -> StaleSources:
        kept = self._kept
        at = self._clock()
        if kept is not None and at - kept[0] < LIFE_SECONDS:
            return kept[1]
        with self._database.reading() as session:
            found = stale_sources(session)
        self._kept = (at, found)
        return found


def told(left_out: Iterable[LeftOut]) -> str:
    """Why sources were not used, in the words of the reader; empty when all were."""
    return " ".join(
        f"{each.source} was not used: it is out of date since {each.stale.since:%Y-%m-%d %H:%M} UTC, and its owner "
        "wants no answers from it until it has been read again."
        for each in left_out
    )


def _order(each: Outside) -> tuple[float, bool, bool]:
    return each.since.timestamp(), each.kind != "permissions", each.kind != "deletions"
