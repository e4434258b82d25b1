"""The data policy: classes of data, how sensitive a text is, and what may go where.

Small words that everybody shares. What an organisation decided is a ``Policy``; it is data, and versioned
(``core.policy_document`` reads it, ``core.policy_rows`` keeps it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.kinds import CLASSES, DataClass, class_of

Sensitivity = Literal["public", "internal", "confidential", "restricted"]
"""How sensitive a text is, least first."""
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)
Treatment = Literal["allow", "redact", "block"]
"""What becomes of a value on its way to a destination, mildest first. ``block``: nothing with it goes there."""
TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)
Place = Literal["on_premise", "external"]
PLACES: tuple[Place, ...] = get_args(Place)
UNSAID = "unsaid"
"""In the place of an entry, where a policy says nothing: then nothing goes."""

# What a value of the class makes of the text around it. Names and addresses of work are in nearly every text of a
# company; numbers that open an account or an identity are not.
_SENSITIVITY: Mapping[DataClass, Sensitivity] = {
    "person": "internal",
    "contact": "internal",
    "address": "internal",
    "financial": "confidential",
    "government": "confidential",
    "health": "confidential",
    "network": "internal",
    "credential": "restricted",
    "organisation": "public",
    "place": "public",
    "time": "public",
    "work": "internal",
    "other": "confidential",
}
_NO_KINDS: Mapping[str, DataClass] = {}


def highest(levels: Iterable[Sensitivity]) -> Sensitivity:
    """The most sensitive of them; of none, ``public``."""
    return max((SENSITIVITIES[0], *levels), key=SENSITIVITIES.index)


def strictest(treatments: Iterable[Treatment]) -> Treatment:
    return max((TREATMENTS[0], *treatments), key=TREATMENTS.index)


def sensitivity_of(kind: str, kinds: Mapping[str, DataClass] = _NO_KINDS) -> Sensitivity:
    """How sensitive a text is at least that holds a value of this kind. ``kinds`` are the classes that the policy gives
    to kinds (``Policy.kinds``)."""
    return _SENSITIVITY[kinds.get(kind) or class_of(kind)]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where text may go: a tier of models, an embedder, a parser. ``region`` as its owner names it."""

    name: str
    place: Place
    region: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Under what a policy may speak of it, the most particular first: its name, its region, its place."""
        # A name or region that reads like a place does not move a destination there.
        name = () if self.name in PLACES or ":" in self.name else (self.name,)
        region = () if self.region is None else (f"{self.place}:{self.region}",)
        return (*name, *region, self.place)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A treatment, and the entry of the policy that asks for it, by its path (``classes.person.external``)."""

    treatment: Treatment
    entry: str


@dataclass(frozen=True, slots=True)
class Policy:
    """``treatment`` is the one question that is asked of it.

    ``by_class`` maps (class or kind, key of a destination) to a treatment: what is said of a kind replaces what is said
    of its class. ``by_sensitivity`` does the same for whole texts. ``kinds`` are the classes of an organisation's own
    kinds, and of those that it has moved to another class.
    """

    version: int
    by_class: Mapping[tuple[str, str], Treatment] = field(repr=False)
    by_sensitivity: Mapping[tuple[Sensitivity, str], Treatment] = field(repr=False)
    kinds: Mapping[str, DataClass] = field(default_factory=dict[str, DataClass], repr=False)

    def class_of(self, kind: str) -> DataClass:
        return self.kinds.get(kind) or class_of(kind)

    def treatment(self, kind: str, sensitivity: Sensitivity, destination: Destination) -> Treatment:
        """What becomes of a value of ``kind`` in a text of ``sensitivity`` on its way there: the strictest of what the
        class and the sensitivity say. Where nothing is said, ``block``."""
        return self.ruling(kind, sensitivity, destination).treatment

    def ruling(self, kind: str, sensitivity: Sensitivity, destination: Destination) -> Ruling:
        """The same, with the entry that decides; of two equally strict ones that of the value."""
        of_value = self._of_value(kind, destination)
        of_text = self._of_text(sensitivity, destination)
        milder = TREATMENTS.index(of_text.treatment) <= TREATMENTS.index(of_value.treatment)
        return of_value if milder else of_text

    def treatment_of_text(
        self, sensitivity: Sensitivity, destination: Destination, kinds: Iterable[str] | None = None
    ) -> Treatment:
        """What becomes of a text that would go there as a whole (to be embedded or parsed), with values of ``kinds``
        in it. Where nobody has looked for values (None), it may hold any: the strictest class counts."""
        if kinds is None:
            rulings = [self._of_class(name, destination) for name in CLASSES]
            rulings += [self._of_value(name, destination) for name, _ in self.by_class if name not in CLASSES]
        else:
            rulings = [self._of_value(kind, destination) for kind in kinds]
        text = self._of_text(sensitivity, destination)
        return strictest((text.treatment, *(each.treatment for each in rulings)))

    def blocks_text(self, sensitivity: Sensitivity, destination: Destination) -> bool:
        """Whether a text of this sensitivity may not go there at all, whatever is in it."""
        return self._of_text(sensitivity, destination).treatment == "block"

    def _of_value(self, kind: str, destination: Destination) -> Ruling:
        for key in destination.keys:
            if (kind, key) in self.by_class:
                return Ruling(self.by_class[kind, key], f"kinds.{kind}.{key}")
        return self._of_class(self.class_of(kind), destination)

    def _of_class(self, name: str, destination: Destination) -> Ruling:
        for key in destination.keys:
            if (name, key) in self.by_class:
                return Ruling(self.by_class[name, key], f"classes.{name}.{key}")
        return Ruling("block", UNSAID)

    def _of_text(self, sensitivity: Sensitivity, destination: Destination) -> Ruling:
        for key in destination.keys:
            if (sensitivity, key) in self.by_sensitivity:
                return Ruling(self.by_sensitivity[sensitivity, key], f"sensitivity.{sensitivity}.{key}")
        return Ruling("block", UNSAID)
