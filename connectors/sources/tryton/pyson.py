"""Tryton's PYSON, as far as rules use it: expressions over what is known of a user.

A stored expression is JSON in which ``{"__class__": "Eval", ...}`` stands for a value of the user's context. Written
from the published meaning of each class (docs.tryton.org, "PYSON").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

Context = Mapping[str, Any]


class Unsupported(Exception):
    """A rule that is not understood; ``reason`` completes "because ..."."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_expression(value: Any) -> bool:
    return isinstance(value, dict) and cast(dict[str, Any], value).get("__class__") in _CLASSES


def mentions_user(value: Any) -> bool:
    """Whether anything below depends on who asks, or may: whatever is no plain value."""
    return any(part.get("__class__") not in _VALUES for part in _dicts(value))


def checked(value: Any, names: frozenset[str]) -> Any:
    """The expression itself, when it can be evaluated from ``names`` of a context. Raises ``Unsupported``."""
    for part in _dicts(value):
        kind = part.get("__class__")
        if kind not in _CLASSES and kind not in _VALUES:
            raise Unsupported(f"it uses {kind}")
        if kind == "Eval" and part.get("v") not in names:
            raise Unsupported(f"it uses {part.get('v')!r}, which is not in the context of its rules")
    return value


def evaluate(value: Any, context: Context) -> Any:
    """The value of a checked expression for one user."""
    if isinstance(value, list):
        return [evaluate(each, context) for each in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    parts = {name: evaluate(each, context) for name, each in cast(dict[str, Any], value).items()}
    compute = _CLASSES.get(parts.get("__class__", ""))
    return parts if compute is None else compute(parts, context)


def _held(parts: dict[str, Any], context: Context) -> Any:
    return context.get(parts["v"], parts["d"])


def _contains(parts: dict[str, Any], context: Context) -> bool:
    return bool(parts["v"]) and parts["k"] in parts["v"]


_CLASSES: dict[str, Callable[[dict[str, Any], Context], Any]] = {
    "Eval": _held,
    "Not": lambda parts, _: not parts["v"],
    "Bool": lambda parts, _: bool(parts["v"]),
    "And": lambda parts, _: all(parts["s"]),
    "Or": lambda parts, _: any(parts["s"]),
    "Equal": lambda parts, _: parts["s1"] == parts["s2"],
    "If": lambda parts, _: parts["t"] if parts["c"] else parts["e"],
    "In": _contains,
    "Len": lambda parts, _: len(parts["v"]),
}

_VALUES = frozenset({"Decimal"})
"""Classes that stand for the same value to everybody."""


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        found = cast(dict[str, Any], value)
        yield found
        for each in found.values():
            yield from _dicts(each)
    elif isinstance(value, list):
        for each in cast(list[Any], value):
            yield from _dicts(each)
