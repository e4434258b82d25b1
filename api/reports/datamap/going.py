"""Where text may go: each model of the register, the embedder, and every other destination that the data policy
speaks of; with what the policy itself rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from answer.models.entries import narrowed, overdue
from answer.models.entry import ModelEntry
from answer.models.register_rows import Unusable, Version
from api.parts.redaction import EMBEDDER
from connectors.tables import DestinationRow
from core.kinds import CLASSES, DataClass
from core.policy import SENSITIVITIES, Destination, Policy, Ruling, Sensitivity
from core.policy_document import Document, columns, destination_named

Sort = Literal["model", "embedder", "delivery", "named"]


@dataclass(frozen=True, slots=True)
class Going:
    """A destination. ``entry`` is that of a model; ``callable``: it may be called today."""

    destination: Destination
    sort: Sort
    entry: ModelEntry | None = None
    state: str = "in use"

    @property
    def name(self) -> str:
        return self.destination.name


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy that holds, with what the register says of every model that ever stood in it (``narrow``), and without
    (``plain``), so that it can be told which of both decides."""

    plain: Policy
    narrow: Policy

    def of_value(self, kind: str, level: Sensitivity, to: Destination) -> Ruling:
        return _whose(self.plain.ruling(kind, level, to), self.narrow.ruling(kind, level, to), to)

    def of_class(self, name: DataClass, to: Destination) -> Ruling:
        return self.narrow.ruling_of_class(name, to)

    def of_text(self, level: Sensitivity, to: Destination) -> Ruling:
        return _whose(self.plain.ruling_of_text(level, to), self.narrow.ruling_of_text(level, to), to)


def _whose(plain: Ruling, narrow: Ruling, to: Destination) -> Ruling:
    """What holds is what both say together. Where the policy alone says the same, it is by its entry; else the register
    is stricter, which says one thing only: the ceiling of the model."""
    return plain if plain.treatment == narrow.treatment else Ruling(narrow.treatment, f"register.{to.name}.ceiling")


def rules(policy: Policy, versions: Sequence[Version]) -> Rules:
    return Rules(policy, narrowed(policy, (each.entry for each in versions)))


def goings(
    versions: Sequence[Version], document: Document, deliveries: Sequence[DestinationRow], now: datetime
) -> list[Going]:
    """Models by name, with those that were retired; then the embedder; then what the policy names beside."""
    found = [Going(each.entry.destination, "model", each.entry, _state(each, now)) for each in versions]
    found.append(Going(EMBEDDER, "embedder"))
    known, kinds = {each.name for each in found}, {each.name for each in deliveries}
    for name in columns(document):
        if ":" not in name and name not in ("on_premise", "external") and name not in known:
            found.append(Going(destination_named(name), "delivery" if name in kinds else "named"))
    return found


def entry_at(history: Sequence[Version | Unusable], moment: datetime) -> ModelEntry | None:
    """What the register said of a model then, as far as it can be read today; ``history`` has the newest change
    first."""
    found = next((each for each in history if each.changed_at <= moment), history[-1] if history else None)
    return found.entry if isinstance(found, Version) else None


def classes(of: Rules, to: Destination) -> Iterator[tuple[DataClass, Ruling]]:
    return ((name, of.of_class(name, to)) for name in CLASSES)


def levels(of: Rules, to: Destination) -> Iterator[tuple[Sensitivity, Ruling]]:
    return ((level, of.of_text(level, to)) for level in SENSITIVITIES)


def _state(version: Version, now: datetime) -> str:
    if version.change == "retired":
        return "retired"
    return "overdue" if overdue(version.entry, now) else "in use"
