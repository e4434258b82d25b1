"""What the log says of one answer: every record that names it, and those that tell more of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from core.audit.finding import Found, Sought, every

MOST_RECORDS = 2000
"""Records of one answer that are read: those that it was made by are the first."""
ACTED = ("operator.impersonation", "person.acted_for")

Records = Callable[[Session, str], "Logged"]


@dataclass(frozen=True, slots=True)
class Logged:
    """``records`` in their order. ``more``: there are others behind them."""

    records: tuple[Found, ...] = field(repr=False)
    more: bool = False

    def of(self, kind: str) -> Iterator[Found]:
        return (each for each in self.records if each.event["kind"] == kind)

    def first(self, kind: str) -> Found | None:
        return next(self.of(kind), None)

    def last(self, kind: str) -> Found | None:
        found: Found | None = None
        for each in self.of(kind):
            found = each
        return found

    @property
    def intent(self) -> Found | None:
        return self.first("ask.intent")

    @property
    def asked_by(self) -> str | None:
        """The pseudonym of who asked."""
        made = self.intent or self.first("ask.outcome")
        return None if made is None else made.event["subject"] or None

    @property
    def at(self) -> datetime | None:
        """When what was found for it was written down."""
        made = self.intent or self.first("ask.outcome")
        return None if made is None else moment(made.event)


def read(session: Session, answer_id: str) -> Logged:
    """Records of an answer that the index of the log has taken in. No record where nobody has heard of it."""
    own = list(islice(every(session, Sought(answer=answer_id)), MOST_RECORDS + 1))
    more = len(own) > MOST_RECORDS
    by_seq = {each.seq: each for each in own[:MOST_RECORDS]}
    for sought in _beside(own):
        for each in islice(every(session, sought), MOST_RECORDS):
            by_seq[each.seq] = each
    return Logged(tuple(by_seq[seq] for seq in sorted(by_seq)), more)


def _beside(own: list[Found]) -> Iterator[Sought]:
    """Redactions that its texts were made with, and who acted for the person who asked."""
    maps = {each.details.get("redaction") for each in own} | {
        name for each in own for name in each.details.get("maps", ()) if each.event["kind"] == "redaction.restored"
    }
    for name in sorted(each for each in maps if each):
        yield Sought(mentions=(("map", name),), kinds=("redaction.done",))
    traces = {each.event["trace_id"] for each in own if each.event["kind"] == "ask.intent"}
    for trace in sorted(each for each in traces if each):
        yield Sought(trace_id=trace, kinds=ACTED)


def moment(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])
