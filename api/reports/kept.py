"""Who came in and who decided what, who looked, what was said of answers, what is held and what went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from answer.review import queue_rows
from answer.review.tables import ReviewRow
from api.reports import listed
from api.reports.shape import Figure, Section, Table, columns, rows
from api.reports.tally import Count, Counted, Event, Tally, figure, plus, table

_CHANGES = (
    "people.changed", "role.changed", "service.changed", "credential.changed", "group.changed", "policy.changed",
    "model.changed", "budget.changed", "source.configured", "destination.configured", "webhook.configured",
    "document.suppressed", "sensitivity.changed",
)  # fmt: skip
_LOOKS = (
    ("audit.read", "Records of the log read"), ("audit.searched", "Searches of the log"),
    ("answer.reviewed", "Answers of others opened"), ("evidence.reviewed", "Evidence of answers opened"),
    ("audit.identified", "Pseudonyms looked up"), ("audit.exported", "Exports of the log"),
    ("subject.exported", "Exports of what is kept of a person"), ("report.made", "Reports made"),
)  # fmt: skip


def counts() -> Mapping[str, Count]:
    return {
        "sign_in": _signed_in,
        **{kind: _changed(kind) for kind in _CHANGES},
        "answer.reviewed": _look,
        "audit.identified": _identified,
        "report.made": _report,
        "passage.flagged": _flagged,
        "feedback.given": _feedback,
        "review.changed": _review,
        "hold.changed": _hold,
        "subject.erased": _erased,
        "retention.run": _retired,
        "delivery.outcome": _delivered,
        "webhook.delivered": _told,
        "sample.drawn": _drawn,
    }


def _signed_in(event: Event, details: Mapping[str, Any]) -> Counted:
    if event["outcome"] == "done":
        yield ("sign_in", "done", details["method"], ""), 1
        return
    reason = details.get("reason") or "not_said"
    yield ("sign_in", "failed", details["method"], reason), 1
    if reason in ("locked_out", "locked"):
        # The attempt that began it, and those that were not even heard while it lasted.
        yield ("locked", reason), 1


def _changed(kind: str) -> Count:
    def count(event: Event, details: Mapping[str, Any]) -> Counted:
        yield ("changed", kind, details.get("change") or event["action"], _of_what(details)), 1
        if details.get("lowered"):
            yield ("lowered",), 1

    return count


def _of_what(details: Mapping[str, Any]) -> str:
    """Closed words, never who or which."""
    said = (details.get(name) for name in ("role", "credential", "scope"))
    return next((each for each in said if isinstance(each, str)), "")


def _look(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("look", details["look"]), 1


def _identified(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("identified", "found" if details["found"] else "nobody"), 1


def _report(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("reports", details["report"], details["form"]), 1


def _flagged(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("flagged", details["destination"]), 1
    for sign in details["signs"]:
        yield ("signs", sign), 1


def _feedback(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("feedback", details["change"], details.get("rating") or ""), 1
    for reason in details.get("reasons", ()):
        yield ("feedback_reasons", reason), 1


def _review(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("review", details["change"]), 1
    if details["change"] == "labelled" and details.get("label"):
        yield ("labels", details["label"]), 1


def _drawn(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("drawn", "answers"), details["drawn"]


def _hold(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("holds", details["change"], details["kind"]), 1


def _erased(event: Event, details: Mapping[str, Any]) -> Counted:
    if event["outcome"] != "done":
        return
    yield ("erased", "requests"), 1
    yield ("erased", "restored"), 1 if details.get("restored") else 0
    yield ("erased", "unreached"), details.get("unreached") or 0
    for what in ("removed", "held"):
        for place, number in details.get(what, {}).items():
            yield ("erased_rows", place, what), number


def _retired(event: Event, details: Mapping[str, Any]) -> Counted:
    for what in ("removed", "held"):
        for name, number in details.get(what, {}).items():
            yield ("retired", name, what), number


def _delivered(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("delivered", details["destination"], details["result"]), 1


def _told(event: Event, details: Mapping[str, Any]) -> Counted:
    yield ("webhooks", details["event"], details["result"]), 1


def access(tally: Tally) -> Section:
    signed, failed = tally.sum("sign_in", "done"), tally.sum("sign_in", "failed")
    of = ("attempts", plus(signed, failed))
    methods = columns("outcome", "method", "reason", ("now", "Count", "count"), ("before", "Before", "count"))
    return Section(
        "access",
        "Signing in, and acting for others",
        (
            figure("signed_in", "Sign-ins", signed, of),
            figure("failed", "Failed sign-ins", failed, of),
            figure("locked", "Lock-outs begun", tally.n("locked", "locked_out")),
            figure("unheard", "Attempts while locked out", tally.n("locked", "locked")),
            _events(tally, "person.acted_for", "Service accounts that acted for a person"),
            _events(tally, "operator.impersonation", "The operator acted for a person"),
            _events(tally, "role.changed", "Roles asked for, given or declined"),
            _events(tally, "service.changed", "Changes of service accounts, their keys and grants"),
        ),
        (table(tally, "sign_ins", "Sign-ins by method", ("sign_in",), methods, bars="now"),),
    )


def changes(tally: Tally) -> Section:
    head = columns("kind", "change", "what", ("now", "Count", "count"), ("before", "Before", "count"))
    return Section(
        "changes",
        "Changes of people, rules and configuration",
        (
            figure("changes", "Changes", tally.sum("changed")),
            _events(tally, "policy.changed", "Versions of the data policy"),
            _events(tally, "model.changed", "Changes of the model register"),
            figure("lowered", "Sources declared less sensitive than before", tally.n("lowered")),
        ),
        (table(tally, "changed", "By kind", ("changed",), head),),
    )


def reviewing(session: Session, tally: Tally) -> Section:
    looks = columns("look", ("now", "Count", "count"), ("before", "Before", "count"))
    labels = columns("label", ("now", "Answers", "count"), ("before", "Before", "count"))
    steps = columns("change", ("now", "Count", "count"), ("before", "Before", "count"))
    reports = columns("report", "form", ("now", "Count", "count"), ("before", "Before", "count"))
    return Section(
        "reviewing",
        "Reviewers: what they looked at, and what they said",
        (
            *(_events(tally, kind, title) for kind, title in _LOOKS),
            figure("drawn", "Answers drawn into samples", tally.n("drawn", "answers")),
        ),
        (
            table(tally, "labels", "Reviews by label", ("labels",), labels, bars="now"),
            _queue(session),
            table(tally, "reviews", "Steps of reviews", ("review",), steps),
            table(tally, "looks", "Answers opened, by what was looked at", ("look",), looks),
            table(tally, "reports", "Reports made, by form", ("reports",), reports),
        ),
    )


def _queue(session: Session) -> Table:
    head = columns("state", "label", ("answers", "Answers", "count"))
    found = queue_rows.counted(session, queue_rows.Filters(), ReviewRow.state, ReviewRow.label)
    lines = sorted((state, label or "", number) for state, label, number in found)
    return Table("queue", "The queue of reviews as of now", head, rows(head, lines))


def said(tally: Tally) -> Section:
    feedback = columns("change", "rating", ("now", "Count", "count"), ("before", "Before", "count"))
    reasons = columns("reason", ("now", "Count", "count"), ("before", "Before", "count"))
    signs = columns("sign", ("now", "Count", "count"), ("before", "Before", "count"))
    sent = columns("destination", ("now", "Count", "count"), ("before", "Before", "count"))
    return Section(
        "content",
        "Flagged passages and feedback",
        (
            figure("flagged", "Passages that read like instructions to a model", tally.sum("flagged")),
            figure("up", "Answers found good", tally.n("feedback", "given", "up")),
            figure("down", "Answers found bad", tally.n("feedback", "given", "down")),
        ),
        (
            table(tally, "signs", "Flagged passages by sign", ("signs",), signs, bars="now"),
            table(tally, "flagged", "Flagged passages by where they went", ("flagged",), sent),
            table(tally, "feedback", "Feedback", ("feedback",), feedback),
            table(tally, "feedback_reasons", "Reasons given", ("feedback_reasons",), reasons, bars="now"),
        ),
    )


def keeping(session: Session, tally: Tally) -> Section:
    holds = columns("change", "kind", ("now", "Count", "count"), ("before", "Before", "count"))
    erased = columns("place", "what", ("now", "Rows", "count"), ("before", "Before", "count"))
    retired = columns("data_class", "what", ("now", "Rows", "count"), ("before", "Before", "count"))
    return Section(
        "keeping",
        "Holds, erasure and retention",
        (
            listed.figure(session, tally.period, "held"),
            figure("placed", "Holds placed", tally.sum("holds", "placed")),
            figure("lifted", "Holds lifted", tally.sum("holds", "lifted")),
            figure("erasures", "Erasures completed", tally.n("erased", "requests")),
            figure("erased_again", "Of these, because it came back with a backup", tally.n("erased", "restored")),
            figure("unreached", "Places that an erasure did not reach", tally.n("erased", "unreached")),
            _events(tally, "retention.run", "Steps of retention"),
        ),
        (
            table(tally, "holds", "Holds by kind", ("holds",), holds),
            table(tally, "erased", "Erased, by place", ("erased_rows",), erased),
            table(tally, "retired", "Retention, by class", ("retired",), retired, bars="now"),
        ),
    )


def delivering(tally: Tally) -> Section:
    head = columns("destination", "result", ("now", "Count", "count"), ("before", "Before", "count"))
    hooks = columns("event", "result", ("now", "Count", "count"), ("before", "Before", "count"))
    return Section(
        "deliveries",
        "Deliveries to other systems",
        (
            _events(tally, "delivery.intent", "Messages sent to destinations"),
            figure("accepted", "Accepted", tally.sum("delivered", None, "accepted")),
            figure("webhooks", "Webhooks sent", tally.sum("webhooks", None, "sent")),
        ),
        (
            table(tally, "results", "By destination", ("delivered",), head),
            table(tally, "webhooks", "Webhooks by event", ("webhooks",), hooks),
        ),
    )  # fmt: skip


def _events(tally: Tally, kind: str, title: str) -> Figure:
    return figure(kind.replace(".", "_"), title, tally.sum("events", kind))
