"""Filters and paths (RFC 7644, 3.4.2.2 and 3.5.2): read, and asked of a resource."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

import orjson

from api.identity.scim.errors import ScimRefused, invalid_path
from api.identity.scim.schemas import Resource, Schema, attribute_of

LONGEST = 2000
DEEPEST = 20
_TOKEN = re.compile(r'\s*(?:([()\[\]])|("(?:[^"\\]|\\.)*")|([^\s()\[\]"]+))')
_PATH = re.compile(r"^(?P<attribute>[^\[\]]+?)(?:\[(?P<filter>.*)\](?:\.(?P<part>[A-Za-z$][\w$-]*))?)?$", re.DOTALL)
Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"]
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr")
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Compare:
    """``part`` of ``attribute``, by their proper names where the schema has them; None: the attribute itself."""

    attribute: str
    part: str | None
    operator: Operator
    value: Value
    exact: bool


@dataclass(frozen=True, slots=True)
class Both:
    left: Filter
    right: Filter


@dataclass(frozen=True, slots=True)
class Either:
    left: Filter
    right: Filter


@dataclass(frozen=True, slots=True)
class Not:
    inner: Filter


@dataclass(frozen=True, slots=True)
class Within:
    """One value of a multi-valued attribute satisfies all of ``inner``, whose names are those of its parts."""

    attribute: str
    inner: Filter


Filter = Compare | Both | Either | Not | Within


@dataclass(frozen=True, slots=True)
class Path:
    """``attribute`` None: one that is not kept here."""

    attribute: str | None
    part: str | None = None
    chosen: Filter | None = None


def parse(text: str, schema: Schema) -> Filter:
    """Raises ``ScimRefused`` (invalidFilter)."""
    if len(text) > LONGEST or "\0" in text or "u0000" in text:
        raise _invalid()
    reader = _Reader(_tokens(text), schema, None)
    found = reader.either(0)
    if not reader.ended:
        raise _invalid()
    return found


def parse_path(text: str, schema: Schema) -> Path:
    """``name``, ``name.part``, ``name[filter]`` or ``name[filter].part``. Raises ``ScimRefused``."""
    match = _PATH.match(text.strip()) if len(text) <= LONGEST else None
    if match is None:
        raise invalid_path("The path cannot be read.")
    name, part = _split(match["attribute"].strip(), schema)
    attribute = attribute_of(schema, name)
    if attribute is None:
        return Path(None)
    part = match["part"] or part
    if part is not None:
        known = attribute.part(part)
        if known is None:
            return Path(None)
        part = known.name
    if match["filter"] is None:
        return Path(attribute.name, part)
    reader = _Reader(_tokens(match["filter"]), schema, attribute.name)
    chosen = reader.either(0)
    if not reader.ended:
        raise _invalid()
    return Path(attribute.name, part, chosen)


def matches(found: Filter, resource: Resource) -> bool:
    if isinstance(found, Both):
        return matches(found.left, resource) and matches(found.right, resource)
    if isinstance(found, Either):
        return matches(found.left, resource) or matches(found.right, resource)
    if isinstance(found, Not):
        return not matches(found.inner, resource)
    if isinstance(found, Within):
        return any(matches(found.inner, each) for each in _objects(resource.get(found.attribute)))
    values = [_part(each, found.part) for each in _many(resource.get(found.attribute))]
    if found.operator == "ne":
        return not any(_compare(found, value, _COMPARED["eq"]) for value in values)
    if found.operator == "pr":
        return any(value not in (None, "", [], {}) for value in values)
    return any(_compare(found, value, _COMPARED[found.operator]) for value in values)


def equals(found: Filter | None) -> dict[str, Value]:
    """What a filter made of ``eq`` and ``and`` alone asks for, by part; else nothing."""
    if isinstance(found, Compare) and found.operator == "eq" and found.part is None:
        return {found.attribute: found.value}
    if isinstance(found, Both):
        left, right = equals(found.left), equals(found.right)
        return {**left, **right} if left and right else {}
    return {}


class _Reader:
    """Recursive descent: ``or`` binds weakest, then ``and``, then ``not``. ``within`` names the attribute whose parts
    are compared."""

    def __init__(self, tokens: list[str], schema: Schema, within: str | None) -> None:
        self._tokens, self._at = tokens, 0
        self._schema, self._within = schema, within

    @property
    def ended(self) -> bool:
        return self._at == len(self._tokens)

    def either(self, depth: int) -> Filter:
        found = self._both(depth)
        while self._taken("or"):
            found = Either(found, self._both(depth))
        return found

    def _both(self, depth: int) -> Filter:
        found = self._one(depth)
        while self._taken("and"):
            found = Both(found, self._one(depth))
        return found

    def _one(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise _invalid()
        if self._taken("not"):
            self._expect("(")
            inner = self.either(depth + 1)
            self._expect(")")
            return Not(inner)
        if self._taken("("):
            inner = self.either(depth + 1)
            self._expect(")")
            return inner
        name = self._next()
        if name.startswith('"') or name in "()[]":
            raise _invalid()
        if self._within is None and self._taken("["):
            attribute = attribute_of(self._schema, _split(name, self._schema)[0])
            inner_reader = _Reader(self._tokens, self._schema, attribute.name if attribute else name)
            inner_reader._at = self._at
            inner = inner_reader.either(depth + 1)
            self._at = inner_reader._at
            self._expect("]")
            return Within(attribute.name if attribute else name, inner)
        return self._compare(name)

    def _compare(self, name: str) -> Filter:
        attribute, part, exact = self._resolved(name)
        operator = self._next().lower()
        if operator not in OPERATORS:
            raise _invalid()
        value = None if operator == "pr" else _value(self._next())
        return Compare(attribute, part, operator, value, exact)

    def _resolved(self, name: str) -> tuple[str, str | None, bool]:
        if self._within is not None:
            outer = attribute_of(self._schema, self._within)
            inner = outer.part(name) if outer is not None else None
            return (inner.name, None, inner.exact) if inner is not None else (name, None, False)
        first, second = _split(name, self._schema)
        attribute = attribute_of(self._schema, first)
        if attribute is None:
            # Meta can be asked for as well; whatever else is unknown has no value.
            return first, second, True
        part = attribute.part(second) if second is not None else None
        # An attribute with many values is compared by what its value is (RFC 7643, 2.4).
        if second is None and attribute.kind == "complex":
            part = attribute.part("value")
        if part is not None:
            return attribute.name, part.name, part.exact
        return attribute.name, second, attribute.exact

    def _next(self) -> str:
        if self.ended:
            raise _invalid()
        self._at += 1
        return self._tokens[self._at - 1]

    def _taken(self, token: str) -> bool:
        if self.ended or self._tokens[self._at].lower() != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._taken(token):
            raise _invalid()


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _invalid()
        found.append(match.group().strip())
        at = match.end()
    return found


def _split(name: str, schema: Schema) -> tuple[str, str | None]:
    """Attribute and part of ``name.familyName``, which may have the schema before it."""
    prefix = f"{schema.id}:".lower()
    if name.lower().startswith(prefix):
        name = name[len(prefix) :]
    elif name.lower().startswith("urn:"):
        return name, None
    first, dot, second = name.partition(".")
    return first, second if dot else None


def _value(token: str) -> Value:
    """A JSON literal. Some directories write booleans with a capital letter."""
    try:
        found = orjson.loads(token.lower() if token in ("True", "False") else token)
    except orjson.JSONDecodeError:
        raise _invalid() from None
    return found


def _many(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _objects(value: Any) -> list[Resource]:
    return [cast("Resource", each) for each in _many(value) if isinstance(each, dict)]


def _part(value: Any, part: str | None) -> Any:
    if part is None:
        return value
    return cast("Resource", value).get(part) if isinstance(value, dict) else None


def _compare(found: Compare, value: Any, test: Callable[[Any, Any], bool]) -> bool:
    wanted: Any = found.value
    if isinstance(value, str) and isinstance(wanted, str):
        return test(value, wanted) if found.exact else test(value.casefold(), wanted.casefold())
    if isinstance(value, bool) and isinstance(wanted, str):
        wanted = {"true": True, "false": False}.get(wanted.lower(), wanted)
    if type(value) is not type(wanted) or value is None:
        return test is _COMPARED["eq"] and value is None and wanted is None
    return test in (_COMPARED["eq"],) and value == wanted


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "co": lambda value, wanted: wanted in value,
    "sw": lambda value, wanted: value.startswith(wanted),
    "ew": lambda value, wanted: value.endswith(wanted),
    "gt": lambda value, wanted: value > wanted,
    "ge": lambda value, wanted: value >= wanted,
    "lt": lambda value, wanted: value < wanted,
    "le": lambda value, wanted: value <= wanted,
}


def _invalid() -> ScimRefused:
    return ScimRefused(400, "The filter cannot be read.", "invalidFilter")
