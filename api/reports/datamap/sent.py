"""What was sent in a period, put together of the log: the question's intent names the passages that were found, the
redaction what was taken out of them and which were withheld, the model's intent where they went, and its outcome
whether they did. Calls of batches are the same events."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from answer.calling.call import Call
from answer.redact import STORE
from core.audit.finding import Found
from core.policy import Destination

T = TypeVar("T")
KINDS = ("ask.intent", "redaction.done", "model.intent", "model.outcome", "delivery.intent")
REMEMBERED = 50_000
"""Questions, or redactions, that may wait for what comes after them."""
Where = tuple[Destination, int]
"""Where something went, and the version of the policy under which it did."""


@dataclass(slots=True)
class Calls:
    """``unknown`` passages are those of which the log does not say which they were. Of ``calls``, ``open`` ones have no
    outcome in the period."""

    calls: int = 0
    batches: int = 0
    failed: int = 0
    open: int = 0
    passages: int = 0
    unknown: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class _Cleared:
    """``values`` by kind, rule and treatment; ``typed`` are those of the question and of what was said before."""

    values: Counter[tuple[str, str, str]]
    typed: Counter[str]
    withheld: frozenset[str]
    passages: int


@dataclass(frozen=True, slots=True)
class _Begun:
    """A call whose outcome is waited for. ``chunks`` is None where nobody can tell which they were."""

    where: Where
    batch: bool
    region: str | None
    cleared: _Cleared | None
    chunks: tuple[str, ...] | None
    passages: int


@dataclass(slots=True)
class Sent:
    """``chunks`` how often each passage went where; ``values`` what was redacted in what went; ``typed`` what of it
    stood in questions; ``regions`` by model: declared, returned, and how often."""

    destination: Callable[[str, datetime], Destination]
    """A model by its name, as the register had it then."""
    calls: dict[Where, Calls] = field(default_factory=dict[Where, Calls])
    unsent: Counter[str] = field(default_factory=Counter[str])
    """Calls, by model, that ended before anything was sent."""
    chunks: Counter[tuple[Where, str]] = field(default_factory=Counter[tuple[Where, str]])
    documents: dict[str, str] = field(default_factory=dict[str, str])
    """By passage."""
    values: Counter[tuple[Where, str, str, str]] = field(default_factory=Counter[tuple[Where, str, str, str]])
    typed: Counter[tuple[Where, str]] = field(default_factory=Counter[tuple[Where, str]])
    strayed: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    deliveries: Counter[str] = field(default_factory=Counter[str])
    _asked: OrderedDict[str, dict[str, str]] = field(default_factory=OrderedDict[str, dict[str, str]])
    _cleared: OrderedDict[str, _Cleared] = field(default_factory=OrderedDict[str, _Cleared])
    _begun: dict[tuple[str, str], list[_Begun]] = field(default_factory=dict[tuple[str, str], list[_Begun]])

    def take(self, found: Iterable[Found]) -> None:
        """Events in their order, all of the period."""
        for each in found:
            details = each.details
            match each.event["kind"]:
                case "ask.intent":
                    passages = {one["chunk"]: one.get("document") or "" for one in details.get("passages", ())}
                    _remember(self._asked, details["answer"], passages)
                case "redaction.done":
                    if details["destination"] != STORE.name and each.event["outcome"] == "done":
                        _remember(self._cleared, details["map"], _cleared(details))
                case "model.intent":
                    self._begin(details, datetime.fromisoformat(each.event["at"]))
                case "model.outcome":
                    self._end(each.event["outcome"], details)
                case "delivery.intent":
                    self.deliveries[details["destination"]] += 1
                case _:
                    pass
        for begun in self._begun.values():
            for one in begun:
                self._count(one).open += 1
        self._begun.clear()

    def _begin(self, details: Mapping[str, Any], at: datetime) -> None:
        cleared = self._cleared.pop(details["redaction"], None)
        asked = self._asked.get(details["answer"], {})
        passages = int(details.get("passages") or 0)
        chunks = None if cleared is None else tuple(each for each in asked if each not in cleared.withheld)
        if chunks is None or cleared is None or len(chunks) != cleared.passages:
            # It was asked of other texts than were found for the question: what they were is not on record.
            chunks = () if not passages else None
        else:
            self.documents.update((each, asked[each]) for each in chunks)
        where = self.destination(details["model"], at), int(details["policy"])
        begun = _Begun(where, details.get("reason") == "batch", details.get("region"), cleared, chunks, passages)
        self._begun.setdefault((details["answer"], details["model"]), []).append(begun)

    def _end(self, outcome: str, details: Mapping[str, Any]) -> None:
        waiting = self._begun.get((details["answer"], details["model"]))
        if not waiting:
            return
        begun = waiting.pop(0)
        if not waiting:
            del self._begun[details["answer"], details["model"]]
        # A batch was handed over before its outcome; any other call without an attempt was not.
        if outcome == "failed" and not begun.batch and not details.get("attempts"):
            self.unsent[details["model"]] += 1
            return
        self._count(begun).failed += outcome == "failed"
        region = details.get("region")
        if region and Call(details["model"], "", "", placed=begun.region, region=region).strayed:
            self.strayed[details["model"], begun.region or "", region] += 1

    def _count(self, begun: _Begun) -> Calls:
        made = self.calls.setdefault(begun.where, Calls())
        made.calls += 1
        made.batches += begun.batch
        made.passages += begun.passages
        for chunk in begun.chunks or ():
            self.chunks[begun.where, chunk] += 1
        if begun.chunks is None:
            made.unknown += begun.passages
        if begun.cleared is not None:
            made.withheld += len(begun.cleared.withheld)
            for (kind, rule, treatment), number in begun.cleared.values.items():
                self.values[begun.where, kind, rule, treatment] += number
            for kind, number in begun.cleared.typed.items():
                self.typed[begun.where, kind] += number
        return made


def _cleared(details: Mapping[str, Any]) -> _Cleared:
    values: Counter[tuple[str, str, str]] = Counter()
    typed: Counter[str] = Counter()
    for each in details.get("transformations", ()):
        values[each["kind"], each["rule"], each["treatment"]] += each["count"]
        if each["place"] == "question" or each["place"].startswith("history."):
            typed[each["kind"]] += each["count"]
    withheld = frozenset(each["place"] for each in details.get("withheld", ()))
    return _Cleared(values, typed, withheld, int(details["passages"]))


def _remember(into: OrderedDict[str, T], name: str, what: T) -> None:
    into[name] = what
    if len(into) > REMEMBERED:
        into.popitem(last=False)
