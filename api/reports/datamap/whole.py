"""The data map, put together: sources, destinations, what may go from one to the other, and what did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from answer.models.register_rows import Unusable, Version
from answer.sighting import TYPED
from api.reports.datamap import flat, going, laid_out
from api.reports.datamap.going import Going, Rules
from api.reports.datamap.holdings import Holding, holdings, sent_labels
from api.reports.datamap.sent import KINDS, Calls, Sent, Where
from api.reports.given import as_json
from api.reports.html import html
from api.reports.period import Period, written
from api.reports.shape import Report
from api.reports.weekly import checkpoint_now, upto
from api.runtime import Runtime
from connectors.tables import DestinationRow
from core.audit import repository
from core.audit.finding import Sought, every
from core.errors import NotFound
from core.policy import SENSITIVITIES, TREATMENTS, Destination, Policy, Ruling
from core.policy_rows import PolicyVersion
from ingest.label.repository import Label

GONE = "(gone)"
TYPED_BY_PEOPLE = "(questions)"
"""In the place of a source: what people typed."""
ORDER: tuple[str, ...] = TREATMENTS
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DataMap:
    report: Report
    said: Mapping[str, Any] = field(repr=False)
    """As JSON. ``docs/reports.md`` describes it."""


def data_map(runtime: Runtime, period: Period) -> DataMap:
    """By the policy and the register that hold now; what was sent in ``period`` by the versions that held then."""
    checkpoint = checkpoint_now(runtime)
    now = runtime.clock()
    policy = runtime.policies.current()
    versions, history = runtime.models.register.versions(), _by_name(runtime.models.register.history())
    rules = going.rules(policy.policy, versions)
    identity = runtime.redaction.detector.identity
    held = holdings(runtime.database, identity)
    sent = Sent(lambda name, at: _destination(name, at, history))
    with repository.snapshot(runtime.database) as session:
        deliveries = session.scalars(select(DestinationRow).order_by(DestinationRow.name)).all()
        sought = Sought(since=period.since, until=period.until, kinds=KINDS)
        sent.take(upto(every(session, sought), checkpoint))
    goings = going.goings(versions, policy.document, deliveries, now)
    labelled = sent_labels(runtime.database, {chunk for _, chunk in sent.chunks}, identity)
    by = _By(rules, _Then(runtime), held, goings, sent, labelled)
    report = Report(
        "data_map", "Data map", runtime.settings.organisation, period, written(now), checkpoint, compared=False
    )
    said = {**report.head(), **by.told(policy)}
    return DataMap(laid_out.sections(report, said), said)


def map_in(made: DataMap, form: str) -> bytes:
    match form:
        case "html":
            return html(made.report)
        case "csv":
            return flat.as_csv(made.said)
        case _:
            return as_json(made.said)


class _Then:
    """The versions of the policy under which something was sent."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._known: dict[int, Policy | None] = {}

    def policy(self, version: int) -> Policy | None:
        if version not in self._known:
            try:
                self._known[version] = self._runtime.policies.numbered(version).policy
            except NotFound:
                self._known[version] = None
        return self._known[version]


@dataclass(slots=True)
class _Reaching:
    """Values of one class, and passages with them; ``held_back`` are values in passages that may not go there."""

    values: int = 0
    passages: int = 0
    held_back: int = 0


@dataclass(slots=True)
class _By:
    """Everything that the map is made of."""

    rules: Rules
    then: _Then
    held: Mapping[str, Holding]
    goings: Sequence[Going]
    sent: Sent
    labelled: Mapping[str, tuple[str, Label | None]]
    _allowed: Counter[tuple[Where, str, str]] = field(default_factory=Counter[tuple[Where, str, str]])
    """Values that went as they are: where, kind, rule."""
    _went: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    """Values by source, destination and class; whole passages by level."""
    _forbidden: Counter[tuple[str, str, int, str, str, str, str]] = field(
        default_factory=Counter[tuple[str, str, int, str, str, str, str]]
    )
    _unchecked: int = 0
    """Passages that were sent and are not stored, or not looked into, any more."""

    def told(self, policy: PolicyVersion) -> dict[str, Any]:
        self._look_at_what_was_sent()
        reach, texts = list(self._reach()), list(self._texts())
        return {
            "policy": {"version": policy.version, "changed_at": written(policy.changed_at)},
            "forbidden": [*self._forbidden_rows()],
            "unchecked_passages": self._unchecked + sum(each.unknown for each in self.sent.calls.values()),
            "strayed": [
                {"destination": name, "declared": declared, "returned": returned, "calls": number}
                for (name, declared, returned), number in sorted(self.sent.strayed.items())
            ],
            "sources": [self._source(each) for each in self.held.values() if self._shown(each)],
            "destinations": [self._destination(each) for each in self.goings],
            "reach": reach,
            "texts": texts,
            "calls": [*self._calls()],
            "sent": [*self._values()],
            "unused": [
                {name: row[name] for name in ("source", "destination", "data_class", "treatment", "entry")}
                for row in reach
                if row["values"] > row["held_back"] and not row["sent"]
            ],
        }  # fmt: skip

    # What was sent

    def _look_at_what_was_sent(self) -> None:
        for (where, chunk), times in sorted(self.sent.chunks.items(), key=lambda each: (each[0][1], str(each[0][0]))):
            source_id, label = self.labelled.get(chunk, ("", None))
            source = self.held[source_id].source.name if source_id in self.held else GONE
            if label is None:
                self._unchecked += times
            else:
                self._passage(where, source, label, times)
        for (where, kind), number in self.sent.typed.items():
            today = self.rules.of_value(kind, TYPED, where[0])
            if today.treatment == "block":
                self._forbid(TYPED_BY_PEOPLE, where, kind, "redact", today, number)

    def _passage(self, where: Where, source: str, label: Label, times: int) -> None:
        """One passage that was sent, held against the policy of then and of today, with its labels of today."""
        destination, version = where
        level = label.sensitivity
        then = self.then.policy(version)
        whole = self.rules.of_text(level, destination)
        self._went[source, destination.name, f"level:{level}"] += times
        if whole.treatment == "block":
            self._forbidden[source, destination.name, version, f"{level} text", "sent", "block", whole.entry] += times
        for kind, number in Counter(finding.kind for finding in label.findings).items():
            self._went[source, destination.name, self.rules.plain.class_of(kind)] += number * times
            today = self.rules.of_value(kind, level, destination)
            was = "allow" if then is None else then.treatment(kind, level, destination)
            blocked = today.treatment == "block" and whole.treatment != "block"
            if blocked or (today.treatment == "redact" and was == "allow"):
                self._forbid(source, where, kind, was, today, number * times)
        for finding in label.findings:
            if then is not None and then.treatment(finding.kind, level, destination) == "allow":
                self._allowed[where, finding.kind, finding.rule] += times

    def _forbid(self, source: str, where: Where, kind: str, was: str, today: Ruling, number: int) -> None:
        destination, version = where
        name = self.rules.plain.class_of(kind)
        self._forbidden[source, destination.name, version, name, was, today.treatment, today.entry] += number

    def _forbidden_rows(self) -> Iterator[Row]:
        names = ("source", "destination", "policy", "data_class", "then", "today", "entry")
        for key, number in sorted(self._forbidden.items()):
            yield {**dict(zip(names, key, strict=True)), "values": number}

    def _calls(self) -> Iterator[Row]:
        for where, calls in sorted(self.sent.calls.items(), key=_order):
            yield {"destination": where[0].name, "policy": where[1], "region": where[0].region, **_told(calls)}
        for name, number in sorted(self.sent.unsent.items()):
            yield {"destination": name, "policy": None, "region": None, **_told(Calls()), "ended_unsent": number}
        for name, number in sorted(self.sent.deliveries.items()):
            yield {"destination": name, "policy": None, "region": None, **_told(Calls()), "deliveries": number}

    def _values(self) -> Iterator[Row]:
        """Values by class and rule: those that were redacted, by the log; those that went as they are, by the labels of
        the passages that were sent."""
        counted: Counter[tuple[str, int, str, str, str, str]] = Counter()
        for (where, kind, rule, treatment), number in self.sent.values.items():
            counted[where[0].name, where[1], self.rules.plain.class_of(kind), rule, treatment, "log"] += number
        for (where, kind, rule), number in self._allowed.items():
            counted[where[0].name, where[1], self.rules.plain.class_of(kind), rule, "allow", "labels"] += number
        names = ("destination", "policy", "data_class", "rule", "treatment", "known_by")
        for key, number in sorted(counted.items()):
            yield {**dict(zip(names, key, strict=True)), "values": number}

    # What may be sent

    def _reach(self) -> Iterator[Row]:
        """Of each source what holds of its values on the way to each model, by the rule that decides."""
        for held in self.held.values():
            for to in self.goings:
                if to.state != "in use" or to.sort == "embedder":
                    continue
                for (name, treatment, entry), each in sorted(self._reaching(held, to).items(), key=_strict_last):
                    yield {
                        "source": held.source.name, "destination": to.name, "data_class": name,
                        "treatment": treatment, "entry": entry, "values": each.values, "passages": each.passages,
                        "held_back": each.held_back, "sent": self._went[held.source.name, to.name, name],
                    }  # fmt: skip

    def _reaching(self, held: Holding, to: Going) -> dict[tuple[str, str, str], _Reaching]:
        found: dict[tuple[str, str, str], _Reaching] = {}
        for (kinds, level), passages in held.alike.items():
            rulings = {kind: self.rules.of_value(kind, level, to.destination) for kind, _ in kinds}
            whole = self.rules.of_text(level, to.destination).treatment
            # Nothing of a passage goes with a value that may not.
            stays = "block" in (whole, *(each.treatment for each in rulings.values()))
            seen: set[tuple[str, str, str]] = set()
            for kind, number in kinds:
                key = self.rules.plain.class_of(kind), rulings[kind].treatment, rulings[kind].entry
                made = found.setdefault(key, _Reaching())
                made.values += number * passages
                made.held_back += number * passages if stays else 0
                made.passages += 0 if key in seen else passages
                seen.add(key)
        return found

    def _texts(self) -> Iterator[Row]:
        for held in self.held.values():
            for to in self.goings:
                if to.state != "in use":
                    continue
                for level, ruling in going.levels(self.rules, to.destination):
                    if held.passages[level]:
                        yield {
                            "source": held.source.name, "destination": to.name, "level": level,
                            "treatment": ruling.treatment, "entry": ruling.entry, "passages": held.passages[level],
                            "sent": None if to.sort == "embedder" else self._went[
                                held.source.name, to.name, f"level:{level}"
                            ],
                        }  # fmt: skip

    # Who has it, and who gets it

    def _shown(self, held: Holding) -> bool:
        return held.source.state != "removed" or bool(held.passages or held.unlabelled)

    def _source(self, held: Holding) -> Row:
        kinds: dict[str, Counter[str]] = {}
        for kind, number in held.kinds.items():
            kinds.setdefault(self.rules.plain.class_of(kind), Counter())[kind] += number
        return {
            "source": held.source.name,
            "connector": held.source.kind,
            "state": held.source.state,
            "owners": list(held.owners),
            "declared": held.declared,
            "declared_at": held.declared_at,
            "documents": held.documents,
            "passages": sum(held.passages.values()) + held.unlabelled,
            "unlabelled": held.unlabelled,
            "withheld": held.withheld,
            "levels": {level: held.passages[level] for level in SENSITIVITIES if held.passages[level]},
            "classes": [
                {"data_class": name, "values": sum(those.values()), "kinds": dict(sorted(those.items()))}
                for name, those in sorted(kinds.items())
            ],
        }

    def _destination(self, to: Going) -> Row:
        entry = to.entry
        handling = None if entry is None else entry.handling
        return {
            "destination": to.name,
            "sort": to.sort,
            "state": to.state,
            "place": to.destination.place,
            "region": to.destination.region,
            "provider": None if entry is None else entry.provider,
            "model": None if entry is None else entry.model,
            "tier": None if entry is None else entry.tier,
            "ceiling": None if entry is None else entry.ceiling,
            "agreement": None if handling is None else handling.agreement,
            "legal_basis": None if handling is None else handling.legal_basis,
            "retention_days": None if handling is None else handling.retention_days,
            "training_prohibited": None if handling is None else handling.training_prohibited,
            "zero_retention": None if entry is None else entry.zero_retention,
            "classes": [] if to.sort == "embedder" else [
                {"data_class": name, "treatment": said.treatment, "entry": said.entry}
                for name, said in going.classes(self.rules, to.destination)
            ],
            "levels": [
                {"level": level, "treatment": said.treatment, "entry": said.entry}
                for level, said in going.levels(self.rules, to.destination)
            ],
        }  # fmt: skip


def _by_name(history: Sequence[Version | Unusable]) -> dict[str, list[Version | Unusable]]:
    found: dict[str, list[Version | Unusable]] = {}
    for each in history:
        found.setdefault(each.name, []).append(each)
    return found


def _destination(name: str, at: datetime, history: Mapping[str, Sequence[Version | Unusable]]) -> Destination:
    entry = going.entry_at(history.get(name, ()), at)
    # Nobody says any more where it was: as strict as anything can be.
    return Destination(name, "external") if entry is None else entry.destination


def _told(calls: Calls) -> Row:
    return {
        "calls": calls.calls, "batches": calls.batches, "failed": calls.failed, "open": calls.open,
        "passages": calls.passages, "unknown_passages": calls.unknown, "withheld": calls.withheld,
        "ended_unsent": 0, "deliveries": 0,
    }  # fmt: skip


def _order(each: tuple[Where, Calls]) -> tuple[str, int, str]:
    (destination, version), _ = each
    return destination.name, version, destination.region or ""


def _strict_last(each: tuple[tuple[str, str, str], Any]) -> tuple[str, int, str]:
    (name, treatment, entry), _ = each
    return name, ORDER.index(treatment), entry
