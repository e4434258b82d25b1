"""How a filled form is stored: the shape of its value with the numbers of its leaves, and for each leaf the claim that
carries it. The value itself is put together anew for each reader."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from answer.answers import Sentence, Structured, StructuredLeaf
from answer.structured.form import Form, Given, Group, Items, Leaf, Node, Path, pointer

Outcome = Literal["filled", "nulls", "literal", "refused"]
Missing = Literal["not_stated", "unsupported"]
_LEAF, _GIVEN = "leaf", "given"


@dataclass(frozen=True, slots=True)
class Result:
    """What a leaf came to: the number of its claim, or why it has none."""

    claim: int | None
    missing: Missing = "not_stated"


@dataclass(slots=True)
class Shaping:
    """Lays out results by the paths that a model gave them. What was found in no item is left out of its list."""

    results: Mapping[Path, Result]
    leaves: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def shape(self, node: Node, at: Path = (), to: Path = ()) -> Any:
        """``at``: where the model put it; ``to``: where it comes to stand."""
        match node:
            case Given(value=value):
                return {_GIVEN: value}
            case Leaf():
                return self._leaf(node, at, to)
            case Items(of=of):
                kept = [number for number in range(self._items(at)) if self._holds((*at, number))]
                return [self.shape(of, (*at, number), (*to, place)) for place, number in enumerate(kept)]
            case Group(fields=fields):
                shaped: dict[str, Any] = {}
                for each in fields:
                    inner = self.shape(each.node, (*at, each.name), (*to, each.name))
                    empty = not isinstance(each.node, Given) and not self._holds((*at, each.name))
                    if empty and each.nullable and isinstance(each.node, Group):
                        inner = {_GIVEN: None}
                    if not (empty and each.spare):
                        shaped[each.name] = inner
                return {"group": shaped}

    def _leaf(self, leaf: Leaf, at: Path, to: Path) -> dict[str, int]:
        result = self.results.get(at, Result(None))
        self.leaves.append(
            {
                "path": pointer(to),
                "label": leaf.label,
                "kind": leaf.kind,
                "claim": result.claim,
                "state": "verified" if result.claim is not None else result.missing,
            }
        )
        return {_LEAF: len(self.leaves) - 1}

    def _items(self, at: Path) -> int:
        numbers = [path[len(at)] for path in self.results if path[: len(at)] == at and len(path) > len(at)]
        return max((number for number in numbers if isinstance(number, int)), default=-1) + 1

    def _holds(self, at: Path) -> bool:
        return any(path[: len(at)] == at and each.claim is not None for path, each in self.results.items())


def laid_out(form: Form, results: Mapping[Path, Result], outcome: Outcome) -> dict[str, Any]:
    """As it is stored. Claims keep the numbers that ``results`` have."""
    shaping = Shaping(results)
    shape = shaping.shape(form.root)
    return {"outcome": outcome, "shape": shape, "leaves": shaping.leaves}


def literal(value: dict[str, Any] | None, outcome: Outcome) -> dict[str, Any]:
    """The same for a value that nothing was filled in of."""
    return {"outcome": outcome, "shape": {_GIVEN: value}, "leaves": []}


def value_of(stored: Mapping[str, Any], values: Sequence[Any]) -> Any:
    """The value, given that of each leaf."""

    def put(shape: Any) -> Any:
        if isinstance(shape, list):
            return [put(each) for each in cast("list[Any]", shape)]
        if _GIVEN in shape:
            return shape[_GIVEN]
        if _LEAF in shape:
            return values[shape[_LEAF]]
        return {name: put(each) for name, each in shape["group"].items()}

    return put(stored["shape"])


def decoded(kind: str, text: str) -> Any:
    """What the text of a claim says as the value of a leaf; None where it says none."""
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return None


def encoded(value: str | float | bool) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def opened(stored: Mapping[str, Any], sentences: Sequence[Sentence], veiled: Sequence[bool]) -> Structured:
    """A stored form for one reader. ``sentences`` are its claims as this reader may read them; of those that are
    ``veiled`` a value stays a pseudonym for them, so that they do not say what the leaf is."""
    leaves: list[StructuredLeaf] = []
    for each in stored["leaves"]:
        number: int | None = each["claim"]
        if number is None:
            leaves.append(StructuredLeaf(each["path"], None, (), each["state"]))
            continue
        text = None if veiled[number] else sentences[number].text
        if text is None:
            leaves.append(StructuredLeaf(each["path"], None, (), "withheld"))
            continue
        leaves.append(
            StructuredLeaf(each["path"], decoded(each["kind"], text), sentences[number].citations, "verified")
        )
    return Structured(
        value=value_of(stored, [leaf.value for leaf in leaves]),
        leaves=tuple(leaves),
        outcome=stored["outcome"],
        destination=stored.get("destination"),
        delivery=stored.get("delivery"),
        problem=stored.get("problem"),
    )


def labelled(stored: Mapping[str, Any], sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """The claims as sentences that say of what they are the value."""
    labels = {each["claim"]: each["label"] for each in stored["leaves"]}
    return tuple(
        Sentence(None if each.text is None else f"{labels.get(number, '')}: {each.text}", each.citations, each.withheld)
        for number, each in enumerate(sentences)
    )
