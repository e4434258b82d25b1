"""The data policy: classes of data, how sensitive a text is, and what may go where.

Small words that everybody shares. What an organisation decided is a ``Policy``; it is data, and versioned
(``core.policy_document`` reads it, ``core.policy_rows`` keeps it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from core import regions as regions_of
from core.kinds import DataClass, class_of

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
    """Where text may go: a tier of models, an embedder, a parser. ``region`` as its owner names it; it is compared
    without regard to case, and lies in larger ones (``core.regions``)."""

    name: str
    place: Place
    region: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Under what a policy may speak of it, the most particular first: its name, its region, the larger one that
        this lies in, its place."""
        # A name or region that reads like a place does not move a destination there.
        name = () if self.name in PLACES or ":" in self.name else (self.name,)
        if self.region is None:
            return (*name, self.place)
        regions = (regions_of.region(self.region), regions_of.lies_in(self.region))
        return (*name, *(f"{self.place}:{each}" for each in regions if each is not None), self.place)

    def perhaps_in(self, region: str) -> bool:
        """Whether it may work there, as far as is known: part of what it says is its region lies there, or nobody can
        tell where it is."""
        if self.region is None or not regions_of.is_known(self.region):
            return True
        return regions_of.within(region, self.region)


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
    _regional: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Columns that speak of a region."""

    def __post_init__(self) -> None:
        columns = {key for _, key in (*self.by_class, *self.by_sensitivity) if ":" in key}
        object.__setattr__(self, "_regional", tuple(sorted(columns)))

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

    def ruling_of_class(self, name: DataClass, destination: Destination) -> Ruling:
        """What the class itself asks for, of kinds of which nothing else is said."""
        return self._of_class(name, destination)

    def ruling_of_text(self, sensitivity: Sensitivity, destination: Destination) -> Ruling:
        """What becomes of a text of this sensitivity as a whole, whatever is in it."""
        return self._of_text(sensitivity, destination)

    def blocks_text(self, sensitivity: Sensitivity, destination: Destination) -> bool:
        """Whether a text of this sensitivity may not go there at all, whatever is in it."""
        return self._of_text(sensitivity, destination).treatment == "block"

    def _of_value(self, kind: str, destination: Destination) -> Ruling:
        said = self._cell(self.by_class, kind, destination)
        if said is None:
            return self._of_class(self.class_of(kind), destination)
        return Ruling(said[1], f"kinds.{kind}.{said[0]}")

    def _of_class(self, name: str, destination: Destination) -> Ruling:
        said = self._cell(self.by_class, name, destination)
        return Ruling("block", UNSAID) if said is None else Ruling(said[1], f"classes.{name}.{said[0]}")

    def _of_text(self, sensitivity: Sensitivity, destination: Destination) -> Ruling:
        said = self._cell(self.by_sensitivity, sensitivity, destination)
        return Ruling("block", UNSAID) if said is None else Ruling(said[1], f"sensitivity.{sensitivity}.{said[0]}")

    def _cell(
        self, table: Mapping[tuple[Any, str], Treatment], row: str, destination: Destination
    ) -> tuple[str, Treatment] | None:
        """What a row says of a destination, with its column: the most particular word; but the strictest of what it
        says of regions that the destination may be in, where that is stricter and the destination is not named."""
        key = next((each for each in destination.keys if (row, each) in table), None)
        if key is None or key == destination.name or not self._regional:
            return None if key is None else (key, table[row, key])
        if key == f"{destination.place}:{regions_of.region(destination.region or '')}" and destination.region:
            # It is known by this very name, whatever else it may mean.
            perhaps = [each for each in self._regional if regions_of.within(each.partition(":")[2], destination.region)]
        else:
            perhaps = [each for each in self._regional if destination.perhaps_in(each.partition(":")[2])]
        keys = [key, *(each for each in perhaps if each.startswith(f"{destination.place}:") and (row, each) in table)]
        strict = max(keys, key=lambda each: TREATMENTS.index(table[row, each]))
        return strict, table[row, strict]
