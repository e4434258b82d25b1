"""The data map as sections and tables, for reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.reports.shape import Column, Figure, Report, Section, Table, Unit, Value, columns
from core.policy import SENSITIVITIES


def sections(report: Report, said: Mapping[str, Any]) -> Report:
    """``report`` with what ``said`` says. What must be empty comes first."""
    return replace(
        report,
        sections=(
            _wrong(said), _sources(said["sources"]), _destinations(said["destinations"]), _rules(said["destinations"]),
            _reach(said), _sent(said), _unused(said["unused"]),
        ),
    )  # fmt: skip


def _wrong(said: Mapping[str, Any]) -> Section:
    forbidden = columns(
        "source", "destination", ("policy", "Sent under policy", "count"), "data_class", ("then", "Then"),
        ("today", "Today"), ("entry", "By"), ("values", "Values or texts", "count"),
    )  # fmt: skip
    strayed = columns("destination", "declared", "returned", ("calls", "Calls", "count"))
    figures = (
        Figure("policy", "Version of the data policy that holds", said["policy"]["version"], None),
        Figure("forbidden", "Kinds of text or value sent that today's policy forbids", len(said["forbidden"]), None),
        Figure("strayed", "Regions that answered and were not declared", len(said["strayed"]), None),
        Figure("unchecked", "Passages sent that cannot be held against it any more", said["unchecked_passages"], None),
    )
    return Section(
        "findings",
        "What should not be",
        figures,
        (
            _table("forbidden", "Sent, though today's policy forbids it", forbidden, said["forbidden"], alarm=True),
            _table("strayed", "Answered in another region than declared", strayed, said["strayed"], alarm=True),
        ),
        ("What was sent is held against the policy of today with the labels of today, so that a text that has become "
         "more sensitive since shows here too.",),
    )  # fmt: skip


def _sources(sources: Sequence[Mapping[str, Any]]) -> Section:
    head = columns(
        "source", "connector", "state", "owners", "declared", ("documents", "Documents", "count"),
        ("passages", "Passages", "count"), ("unlabelled", "Not looked into", "count"),
        ("withheld", "Kept from the embedder", "count"),
        *(_count(level) for level in SENSITIVITIES),
    )  # fmt: skip
    held = columns("source", "data_class", ("values", "Values", "count"), "kinds")
    rows = [{**each, **{level: each["levels"].get(level, 0) for level in SENSITIVITIES}} for each in sources]
    classes = [{"source": each["source"], **one} for each in sources for one in each["classes"]]
    return Section(
        "sources",
        "Sources and what they hold",
        (),
        (
            _table("sources", "Sources, with their passages by sensitivity", head, rows),
            _table("classes", "Values that were found in them, by class", held, classes),
        ),
    )


def _destinations(destinations: Sequence[Mapping[str, Any]]) -> Section:
    head = columns(
        "destination", "sort", "state", "place", "region", "provider", "model", "ceiling", "agreement", "legal_basis",
        ("retention_days", "Retention in days", "count"), "training_prohibited",
    )  # fmt: skip
    return Section("destinations", "Where text may go", (), (_table("all", "Destinations", head, destinations),))


def _rules(destinations: Sequence[Mapping[str, Any]]) -> Section:
    """A table for each destination in use would be long: classes are rows, destinations beside each other by name."""
    classes = columns("destination", "data_class", "treatment", ("entry", "By"))
    levels = columns("destination", "level", "treatment", ("entry", "By"))
    in_use = [each for each in destinations if each["state"] == "in use"]
    return Section(
        "rules",
        "What the policy says",
        (),
        (
            _table("classes", "Of values, by class", classes, _under(in_use, "classes")),
            _table("levels", "Of whole texts, by sensitivity", levels, _under(in_use, "levels")),
        ),
        ("Of a value the stricter word counts: that of its class or kind, or that of the text around it.",),
    )


def _reach(said: Mapping[str, Any]) -> Section:
    values = columns(
        "source", "destination", "data_class", "treatment", ("entry", "By"), ("values", "Values", "count"),
        ("passages", "Passages", "count"), ("held_back", "Held back", "count"), ("sent", "Sent in the period", "count"),
    )  # fmt: skip
    texts = columns(
        "source", "destination", "level", "treatment", ("entry", "By"), ("passages", "Passages", "count"),
        ("sent", "Sent in the period", "count"),
    )  # fmt: skip
    return Section(
        "reach",
        "What may go from each source, and what did",
        (),
        (
            _table("values", "Values", values, said["reach"]),
            _table("texts", "Passages", texts, said["texts"]),
        ),
        (
            "A value is held back where it stands in a passage that may not go there as a whole.",
            "Sent counts a value or passage once for each call, whether it went as it is or as a pseudonym.",
        ),
    )


def _sent(said: Mapping[str, Any]) -> Section:
    calls = columns(
        "destination", ("policy", "Policy", "count"), "region", ("calls", "Calls", "count"),
        ("batches", "In batches", "count"), ("failed", "Failed", "count"), ("open", "Without outcome", "count"),
        ("passages", "Passages", "count"), ("unknown_passages", "of these not on record", "count"),
        ("withheld", "Withheld", "count"), ("ended_unsent", "Ended before sending", "count"),
        ("deliveries", "Deliveries", "count"),
    )  # fmt: skip
    values = columns(
        "destination", ("policy", "Policy", "count"), "data_class", "rule", "treatment", ("known_by", "Known by"),
        ("values", "Values", "count"),
    )  # fmt: skip
    return Section(
        "sent",
        "What was sent in the period, and which policy allowed it",
        (),
        (
            _table("calls", "Calls", calls, said["calls"]),
            _table("values", "Values by class and rule", values, said["sent"]),
        ),
        ("What was redacted is counted by the log. What went as it is is counted by the labels of the passages that "
         "were sent, and without those that are not stored any more.",),
    )  # fmt: skip


def _unused(unused: Sequence[Mapping[str, Any]]) -> Section:
    head = columns("source", "destination", "data_class", "treatment", ("entry", "By"))
    return Section(
        "unused",
        "Possible by the policy, and never used in the period",
        (),
        (_table("all", "Never used", head, unused),),
    )


def _count(level: str) -> tuple[str, str, Unit]:
    return level, level.capitalize(), "count"


def _under(destinations: Iterable[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{"destination": each["destination"], **one} for each in destinations for one in each[name]]


def _table(
    name: str, title: str, head: Sequence[Column], rows: Iterable[Mapping[str, Any]], *, alarm: bool = False
) -> Table:
    shown = tuple({each.name: _plain(row.get(each.name)) for each in head} for row in rows)
    return Table(name, title, tuple(head), shown, alarm=alarm)


def _plain(said: Any) -> Value:
    if isinstance(said, bool):
        return "yes" if said else "no"
    if isinstance(said, Mapping):
        return ", ".join(f"{name} {number}" for name, number in said.items())  # pyright: ignore[reportUnknownVariableType]
    return ", ".join(map(str, said)) or None if isinstance(said, list) else said  # pyright: ignore[reportUnknownArgumentType]
