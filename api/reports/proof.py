"""The log itself: how far it goes, when it was last verified, who keeps its checkpoints, what ended unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from api.reports import listed
from api.reports.period import written
from api.reports.shape import Figure, Section, Table, columns, rows
from api.reports.tally import Count, Counted, Event, Tally, figure
from core.audit.checkpoints import Checkpoint
from core.audit.witnesses import State


def counts() -> Mapping[str, Count]:
    return {"audit.verified": _verified}


def _verified(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("verified", "whole" if details["ok"] else "broken"), 1
    if details.get("reason") == "head_accepted":
        yield ("head_accepted",), 1


def log(session: Session, tally: Tally, checkpoint: Checkpoint, witnesses: Sequence[State]) -> Section:
    events = columns("kind", "outcome", ("now", "Count", "count"), ("before", "Before", "count"))
    keepers = columns(
        "witness", ("has", "Has records", "count"), ("behind", "Behind", "count"), ("at", "Since", "moment"), "failure"
    )
    unknown = tally.sum("events", None, "unknown")
    return Section(
        "log",
        "The log itself",
        (
            figure("records", "Records of the period", tally.n("records")),
            Figure("size", "Records that the checkpoint is over", checkpoint.size, None),
            figure("verified", "Verifications that found the log whole", tally.n("verified", "whole")),
            figure("broken", "Verifications that did not", tally.n("verified", "broken")),
            figure("head_accepted", "Restored heads that were accepted", tally.n("head_accepted")),
            figure("keys", "Changes of its key", tally.sum("events", "audit.rotated")),
            figure("unknown", "Intents whose outcome nobody knows", unknown),
            listed.figure(session, tally.period, "open"),
        ),
        (
            _last(tally.last.get("audit.verified")),
            Table(
                "witnesses", "Who keeps its checkpoints, as of now", keepers,
                rows(keepers, (
                    (each.name, each.size, each.behind, None if each.at is None else written(each.at), each.failure)
                    for each in witnesses
                )),
                note="" if witnesses else "Nobody outside keeps checkpoints of the log.",
            ),
            Table(
                "unknown", "Outcomes that nobody knows", events,
                rows(events, (
                    (kind, outcome, each.now, each.before)
                    for (kind, outcome), each in tally.under("events").items() if outcome == "unknown"
                )),
                counted=dict.fromkeys(("now", "before"), ("events", "{kind}", "{outcome}")),
            ),
        ),
    )  # fmt: skip


def _last(event: Event | None) -> Table:
    head = columns(("at", "At", "moment"), "found", ("records", "Records", "count"))
    lines = [] if event is None else [
        (event["at"], "whole" if event["details"]["ok"] else "broken", event["details"]["records"])
    ]  # fmt: skip
    return Table("last_verified", "The last verification of the period", head, rows(head, lines))
