"""What a model wrote into a form, taken as far as it can be: anything else than what was asked for is nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from answer.structured.form import MOST_ITEMS, Form, Given, Group, Items, Leaf, Node, Path

LONGEST_REPLY = 200_000
LONGEST_VALUE = 4_000
MOST_SOURCES = 12
MOST_VALUES = 256
"""Of all lists together. What comes after is as if it had not been written."""
Scalar = str | int | float | bool
_LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class Proposed:
    """A leaf as the model filled it in; ``value`` is None where it says that nothing states it. ``cites`` are numbers
    of units, as the model gave them."""

    path: Path
    leaf: Leaf
    value: Scalar | None = field(repr=False)
    cites: tuple[int, ...]


def read_reply(form: Form, text: str, asked: Mapping[Path, Leaf]) -> tuple[Proposed, ...] | None:
    """The leaves of a reply in the order of the form, each as it was ``asked`` for; None where it is no object of
    JSON."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start or len(text) > LONGEST_REPLY:
        return None
    try:
        found = json.loads(text[start : end + 1], parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return None
    return tuple(islice(_leaves(form.root, found, (), asked), MOST_VALUES)) if isinstance(found, dict) else None


def _leaves(node: Node, found: Any, at: Path, asked: Mapping[Path, Leaf]) -> Iterator[Proposed]:
    match node:
        case Group(fields=fields):
            held = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
            for each in fields:
                yield from _leaves(each.node, held.get(each.name), (*at, each.name), asked)
        case Items(of=of):
            items = cast("list[Any]", found)[:MOST_ITEMS] if isinstance(found, list) else []
            for number, each in enumerate(items):
                yield from _leaves(of, each, (*at, number), asked)
        case Leaf():
            value, cites = _said(found)
            leaf = asked[general(at)]
            yield Proposed(at, leaf, _value(leaf, value), cites)
        case Given():
            return


def _said(found: Any) -> tuple[Any, tuple[int, ...]]:
    if not isinstance(found, dict):
        return found, ()
    held = cast("dict[str, Any]", found)
    sources = held.get("sources")
    cites = cast("list[Any]", sources) if isinstance(sources, list) else []
    numbers = [each for each in cites if isinstance(each, int) and not isinstance(each, bool) and each > 0]
    return held.get("value"), tuple(dict.fromkeys(numbers))[:MOST_SOURCES]


def _value(leaf: Leaf, value: Any) -> Scalar | None:
    if leaf.choices:
        return value if value in leaf.choices else None
    match leaf.kind:
        case "boolean":
            return value if isinstance(value, bool) else None
        case "string":
            text = " ".join(value.split()) if isinstance(value, str) else ""
            return text if any(each.isalnum() for each in text) and len(text) <= LONGEST_VALUE else None
        case "integer" | "number":
            return _number(value, whole=leaf.kind == "integer")


def _number(value: Any, *, whole: bool) -> int | float | None:
    # Whole numbers of any length are compared as they are; what is no number is not within the bound either.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        return None
    exact = int(value) if float(value).is_integer() else value
    return exact if isinstance(exact, int) or not whole else None


def general(at: Path) -> Path:
    """The path of a leaf in its form: the same for every item of a list."""
    return tuple("-" if isinstance(step, int) else step for step in at)
