"""Questions, answers, verification, models and redaction, as events count them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from answer.calling.call import Call
from answer.redact import STORE
from api.reports import took
from api.reports.shape import Section, Table, columns, people, rows
from api.reports.tally import Count, Counted, Event, Tally, figure, plus, table
from core.policy import Policy

UNASKED = "unknown"


@dataclass(slots=True)
class Asked:
    """Counts what has to be put together of several events: intents are remembered until their outcome comes."""

    policy: Policy
    """Says of which class a kind of value is."""
    _found: dict[str, int] = field(default_factory=dict[str, int])
    """By answer, how many passages were found."""
    _calls: dict[tuple[str, str], list[Event]] = field(default_factory=dict[tuple[str, str], list[Event]])
    """By answer and model, the intents that have no outcome yet."""

    def counts(self) -> Mapping[str, Count]:
        return {
            "ask.intent": self._intent,
            "ask.outcome": self._outcome,
            "model.intent": self._calling,
            "model.outcome": self._called,
            "redaction.done": self._redacted,
            "redaction.restored": self._restored,
        }

    def _intent(self, event: Event, details: Mapping[str, Any]) -> Counted:
        self._found[details["answer"]] = len(details.get("passages", ()))
        yield ("asked",), 1

    def _outcome(self, event: Event, details: Mapping[str, Any]) -> Counted:
        found = self._found.pop(details["answer"], None)
        status = details["status"]
        yield ("status", status), 1
        yield ("by", details.get("tier") or UNASKED, status), 1
        for name in ("shown", "dropped", "replaced"):
            yield ("sentences", name), details.get(name) or 0
        if status == "abstained":
            yield ("why", status, _why_abstained(found, details)), 1
        elif status in ("refused", "failed", "unknown"):
            yield ("why", status, details.get("reason") or "not_said"), 1
        if details.get("stale"):
            yield ("cited_stale",), 1
        yield from took.taken(details)

    def _calling(self, event: Event, details: Mapping[str, Any]) -> Counted:
        self._calls.setdefault((details["answer"], details["model"]), []).append(event)
        yield ("calls", details["model"], details["tier"], details["provider"]), 1
        if details.get("reason") == "batch":
            yield ("batched",), 1

    def _called(self, event: Event, details: Mapping[str, Any]) -> Counted:
        begun = self._calls.get((details["answer"], details["model"]))
        intent: Mapping[str, Any] = begun.pop(0)["details"] if begun else {}
        if not begun:
            self._calls.pop((details["answer"], details["model"]), None)
        model = details["model"]
        yield ("ended", model, event["outcome"]), 1
        for name in ("attempts", "tokens_in", "tokens_out", "tokens_cached"):
            yield ("used", model, name), details.get(name) or 0
        if details.get("micros"):
            yield ("cost", model, details.get("currency") or ""), details["micros"]
        if event["outcome"] != "done":
            yield ("errors", model, details.get("reason") or "not_said"), 1
        if details.get("returned"):
            yield ("versions", model, details["version"], details["returned"]), 1
        placed, answered = intent.get("region"), details.get("region")
        if answered:
            strayed = Call(model, "", "", placed=placed, region=answered).strayed
            yield ("regions", model, placed or "", answered, "strayed" if strayed else "as declared"), 1

    def _redacted(self, event: Event, details: Mapping[str, Any]) -> Counted:
        if details["destination"] == STORE.name:
            yield ("stored_without",), sum(each["count"] for each in details.get("transformations", ()))
            return
        yield ("cleared", event["outcome"]), 1
        for each in details.get("transformations", ()):
            yield ("treated", self.policy.class_of(each["kind"]), each["treatment"]), each["count"]
        for each in details.get("withheld", ()):
            what = "question" if each["place"] == "question" else _what(each["place"])
            yield ("withheld", what), 1
            for name in sorted({self.policy.class_of(kind) for kind in each.get("kinds", ())}) or ["as a whole"]:
                yield ("withheld_for", name), 1

    def _restored(self, event: Event, details: Mapping[str, Any]) -> Counted:
        for each in details.get("values", ()):
            name = self.policy.class_of(each["kind"])
            yield ("restored", name), each["restored"]
            yield ("kept", name), each["kept"]


def questions(tally: Tally) -> Section:
    asked = tally.n("asked")
    of = ("questions", asked)
    askers = tally.people("ask.intent")
    states = (
        ("answered", "Answered"), ("abstained", "Abstained"), ("refused", "Refused"),
        ("failed", "Failed"), ("unknown", "Outcome unknown"),
    )  # fmt: skip
    head = columns("status", "reason", ("now", "Count", "count"), ("before", "Before", "count"))
    tiers = columns("tier", "status", ("now", "Count", "count"), ("before", "Before", "count"))
    return Section(
        "questions",
        "Questions and answers",
        (
            figure("questions", "Questions", asked),
            *(figure(name, title, tally.n("status", name), of) for name, title in states),
            figure("cited_stale", "Answers that cite a source as out of date", tally.n("cited_stale"), of),
            people("askers", "People who asked", askers.now, askers.before),
        ),
        (
            table(tally, "reasons", "Why there was no answer", ("why",), head, bars="now"),
            table(tally, "tiers", "By what answered", ("by",), tiers),
        ),
    )  # fmt: skip


def verification(tally: Tally) -> Section:
    shown, dropped, replaced = (tally.n("sentences", name) for name in ("shown", "dropped", "replaced"))
    of = ("checked", plus(shown, dropped))
    return Section(
        "verification",
        "Verification of sentences",
        (
            figure("checked", "Sentences checked", of[1]),
            figure("shown", "Shown, with a verified citation", shown, of),
            figure("replaced", "Of these, replaced by the source's own words", replaced, of),
            figure("dropped", "Dropped, because the evidence does not say it", dropped, of),
        ),
    )


def models(tally: Tally) -> Section:
    calls = tally.sum("calls")
    head = columns(
        "model", "tier", "provider", ("calls", "Calls", "count"), ("failed", "Failed", "count"),
        ("attempts", "Attempts", "count"), ("tokens_in", "Tokens in", "count"),
        ("tokens_cached", "of these cached", "count"), ("tokens_out", "Tokens out", "count"),
        ("calls_before", "Calls before", "count"), ("failed_before", "Failed before", "count"),
    )  # fmt: skip
    used = ("attempts", "tokens_in", "tokens_cached", "tokens_out")
    lines = [
        (
            model, tier, provider, each.now, tally.n("ended", model, "failed").now,
            *(tally.n("used", model, name).now for name in used),
            each.before, tally.n("ended", model, "failed").before,
        )
        for (model, tier, provider), each in tally.under("calls").items()
    ]  # fmt: skip
    cost = columns("model", "currency", ("now", "Cost", "micros"), ("before", "Before", "micros"))
    errors = columns("model", "reason", ("now", "Count", "count"), ("before", "Before", "count"))
    versions = columns(
        "model", "requested", "returned", "same", ("now", "Calls", "count"), ("before", "Before", "count")
    )
    regions = columns(
        "model", "declared", "returned", "state", ("now", "Calls", "count"), ("before", "Before", "count")
    )
    two = (
        ("cost", "Cost", cost),
        ("errors", "Errors", errors),
        ("regions", "Regions, by the provider's word", regions),
    )
    return Section(
        "models",
        "Models",
        (
            figure("calls", "Calls", calls),
            figure("failed", "Failed", tally.sum("ended", None, "failed"), ("calls", calls)),
            figure("batched", "In batches", tally.n("batched"), ("calls", calls)),
            figure("attempts", "Attempts", tally.sum("used", None, "attempts")),
        ),
        (
            Table("by_model", "By model", head, rows(head, lines), bars="calls", counted={
                **dict.fromkeys(("calls", "calls_before"), ("calls", "{model}", "{tier}", "{provider}")),
                **dict.fromkeys(("failed", "failed_before"), ("ended", "{model}", "failed")),
                **{name: ("used", "{model}", name) for name in used},
            }),
            *(table(tally, name, title, (name,), cells) for name, title, cells in two),
            Table(
                "versions", "Versions requested and returned", versions,
                rows(versions, (
                    (model, asked, gave, "yes" if asked == gave else "differs", each.now, each.before)
                    for (model, asked, gave), each in tally.under("versions").items()
                )),
                counted=dict.fromkeys(("now", "before"), ("versions", "{model}", "{requested}", "{returned}")),
            ),
        ),
    )  # fmt: skip


def redaction(tally: Tally) -> Section:
    treated = columns("data_class", "treatment", ("now", "Values", "count"), ("before", "Before", "count"))
    held = columns("data_class", ("now", "Texts", "count"), ("before", "Before", "count"))
    back = columns(
        "data_class", ("restored", "Shown to readers", "count"), ("kept", "Kept as pseudonyms", "count"),
        ("restored_before", "Shown before", "count"), ("kept_before", "Kept before", "count"),
    )  # fmt: skip
    classes = sorted({key[0] for name in ("restored", "kept") for key in tally.under(name)})
    cleared = plus(tally.n("cleared", "done"), tally.n("cleared", "refused"))
    return Section(
        "redaction",
        "Redaction",
        (
            figure("cleared", "Texts made ready for a destination", cleared),
            figure(
                "questions_refused", "Questions that may not go there", tally.n("cleared", "refused"),
                ("cleared", cleared),
            ),
            figure("values", "Values redacted", tally.sum("treated")),
            figure("passages_withheld", "Passages withheld", tally.n("withheld", "passage")),
            figure("turns_withheld", "Turns of a conversation withheld", tally.n("withheld", "turn")),
            figure("stored_without", "Values taken out before an answer was stored", tally.n("stored_without")),
        ),
        (
            table(tally, "treated", "Values by class and treatment", ("treated",), treated, bars="now"),
            table(
                tally, "withheld", "Texts withheld, by the class they were withheld for", ("withheld_for",), held,
                note="A text with values of several classes is counted with each.",
            ),
            Table(
                "restored", "Values when answers were read", back,
                rows(back, (
                    (
                        name, tally.n("restored", name).now, tally.n("kept", name).now,
                        tally.n("restored", name).before, tally.n("kept", name).before,
                    )
                    for name in classes
                )),
                counted={
                    name: (name.removesuffix("_before"), "{data_class}")
                    for name in ("restored", "kept", "restored_before", "kept_before")
                },
            ),
        ),
    )  # fmt: skip


def _why_abstained(found: int | None, details: Mapping[str, Any]) -> str:
    if details.get("dropped"):
        return "nothing_held"
    if details.get("left_out"):
        return "sources_out_of_date"
    return "nothing_found" if found == 0 else "evidence_insufficient"


def _what(place: str) -> str:
    return "turn" if place.startswith("history.") else "passage"
