# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# jsonschema types its validators as Any in places.
"""The JSON schema that a caller gives, read as a form: groups and lists of leaves that evidence can fill in.

Everything that would make the shape of a reply depend on its content is refused, as is what points outside the schema,
repeats without end, or could keep a validator busy for long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

import orjson
from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry

from core.errors import Invalid

Kind = Literal["string", "number", "integer", "boolean"]
Step = str | int
Path = tuple[Step, ...]

MOST_BYTES = 32 * 1024
MOST_DEPTH = 6
MOST_LEAVES = 64
MOST_CHOICES = 100
MOST_ITEMS = 50
LONGEST_LABEL = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_REFUSED = (
    "oneOf", "allOf", "not", "if", "then", "else", "pattern", "patternProperties", "prefixItems", "contains",
    "dependentSchemas", "dependentRequired", "propertyNames", "unevaluatedProperties", "unevaluatedItems",
    "$dynamicRef", "$dynamicAnchor", "$anchor", "$id",
)  # fmt: skip
_WORDS = re.compile(r"[_-]+|(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that evidence has to state. ``choices`` are those of an enum; ``dated``: a day is asked for."""

    kind: Kind
    label: str = field(repr=False)
    about: str = field(repr=False)
    choices: tuple[str, ...] = field(default=(), repr=False)
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A ``const``: the caller says what it is, so it rests on nothing."""

    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Items:
    of: Node
    about: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Field:
    """``spare``: without a value it is left out, since it need not be there and may not be null."""

    name: str
    node: Node
    spare: bool
    nullable: bool


Node = Leaf | Given | Group | Items


@dataclass(frozen=True)
class Form:
    """``schema`` as the caller gave it, and the form that it describes."""

    schema: dict[str, Any] = field(repr=False)
    root: Group

    @cached_property
    def _validator(self) -> Draft202012Validator:
        # An empty registry, since jsonschema otherwise fetches references from the network.
        kind = Draft202012Validator
        return kind(self.schema, registry=Registry(), format_checker=kind.FORMAT_CHECKER)

    def faults(self, value: Any) -> tuple[str, ...]:
        """What of a value is not as the schema says: where, and which rule; never the value."""
        found = sorted(self._validator.iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
        return tuple(dict.fromkeys(f"{pointer(tuple(error.absolute_path))}: {error.validator}" for error in found))


def read_form(schema: Mapping[str, Any]) -> Form:
    """Raises ``Invalid`` with what of the schema cannot be filled in."""
    whole = dict(schema)
    try:
        size = len(orjson.dumps(whole))
    except (TypeError, orjson.JSONEncodeError):
        raise Invalid("The schema is no JSON.", hint="Give an object of JSON.") from None
    if size > MOST_BYTES:
        raise Invalid(f"The schema is larger than {MOST_BYTES // 1024} KiB.", hint="Ask for less at once.")
    _check(whole)
    reading = _Reading(whole)
    root = reading.node(whole, (), 0)
    if not isinstance(root, Group) or not reading.leaves:
        raise Invalid("The schema does not describe an object with fields.", hint='Begin with {"type": "object", ...}.')
    return Form(whole, root)


def pointer(path: Path) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def leaves(node: Node, at: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """All leaves, with ``-`` in the place of each number of an item."""
    match node:
        case Leaf():
            yield at, node
        case Group(fields=fields):
            for each in fields:
                yield from leaves(each.node, (*at, each.name))
        case Items(of=of):
            yield from leaves(of, (*at, "-"))
        case Given():
            return


def _check(schema: dict[str, Any]) -> None:
    if refs := [ref for ref in _values_of(schema, "$ref") if not (isinstance(ref, str) and ref.startswith("#"))]:
        raise Invalid(
            f"The schema points outside itself ({len(refs)} times).", hint="Copy what it refers to under $defs."
        )
    if schema.get("$schema", Draft202012Validator.META_SCHEMA["$id"]) != Draft202012Validator.META_SCHEMA["$id"]:
        raise Invalid("The schema is of another draft.", hint="Write it in JSON Schema draft 2020-12.")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise Invalid(
            f"This is no JSON schema: see {pointer(tuple(error.absolute_path)) or 'its top'}.",
            hint="Write it in JSON Schema draft 2020-12.",
        ) from None
    except RecursionError:
        raise Invalid("The schema is nested too deeply.", hint="Make it flatter.") from None


def _values_of(schema: Any, name: str) -> Iterator[Any]:
    waiting = [schema]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            if name in at:
                yield at[name]
            waiting.extend(at.values())
        elif isinstance(at, list):
            waiting.extend(at)


@dataclass(slots=True)
class _Reading:
    whole: dict[str, Any]
    leaves: int = 0

    def node(self, schema: Any, at: Path, depth: int) -> Node:
        if depth > MOST_DEPTH:
            raise _refused(at, f"is nested more than {MOST_DEPTH} deep, or refers to itself", "Make it flatter.")
        schema, _ = self._plain(schema, at, depth)
        if "const" in schema:
            return Given(schema["const"])
        kind = _type(schema)
        if kind == "object":
            return self._group(schema, at, depth)
        if kind == "array":
            if not isinstance(schema.get("items"), dict):
                raise _refused(at, "is a list of anything", "Say in items what is in it.")
            return Items(self.node(schema["items"], (*at, "-"), depth + 1), _about(schema))
        return self._leaf(schema, kind, at)

    def _group(self, schema: dict[str, Any], at: Path, depth: int) -> Group:
        named = cast("dict[str, Any]", schema.get("properties") or {})
        if not named:
            raise _refused(at, "is an object without properties", "Name its properties.")
        if bad := [name for name in named if not _NAME.fullmatch(name)]:
            raise _refused((*at, bad[0]), "has a name that models do not take", "Use letters, digits, _ and -.")
        required: set[Any] = set(schema.get("required") or ())
        fields: list[Field] = []
        for name, each in named.items():
            nullable = self._null(each, (*at, name))
            fields.append(
                Field(name, self.node(each, (*at, name), depth + 1), name not in required and not nullable, nullable)
            )
        return Group(tuple(fields))

    def _leaf(self, schema: dict[str, Any], kind: str | None, at: Path) -> Leaf:
        self.leaves += 1
        if self.leaves > MOST_LEAVES:
            raise Invalid(f"The schema has over {MOST_LEAVES} fields.", hint="Ask for less at once.")
        choices: tuple[str, ...] = ()
        if "enum" in schema:
            options = [option for option in schema["enum"] if option is not None]
            if not options or len(options) > MOST_CHOICES or not all(isinstance(each, str) for each in options):
                raise _refused(at, "has choices that are no texts, or too many", f"Give 1 to {MOST_CHOICES} texts.")
            choices, kind = tuple(options), "string"
        if kind not in ("string", "number", "integer", "boolean"):
            raise _refused(at, "has no type", "Say string, number, integer, boolean, object or array.")
        name = next((str(step) for step in reversed(at) if step != "-"), "value")
        label = schema.get("title") or " ".join(_WORDS.split(name)).strip().lower()
        dated = schema.get("format") in ("date", "date-time")
        return Leaf(kind, str(label)[:LONGEST_LABEL], _about(schema), choices, dated)

    def _null(self, schema: Any, at: Path) -> bool:
        plain, nullable = self._plain(schema, at, 0)
        choices = cast("list[Any]", plain.get("enum") or [])
        return nullable or "null" in _types(plain) or any(each is None for each in choices)

    def _plain(self, schema: Any, at: Path, depth: int) -> tuple[dict[str, Any], bool]:
        """The schema without references and without "or null", and whether it had that."""
        nullable, passed = False, 0
        while True:
            if not isinstance(schema, dict):
                raise _refused(at, "may be anything", "Give it a type.")
            if found := next((name for name in _REFUSED if name in schema), None):
                raise _refused(at, f"uses {found}", "Leave that out; use type, enum, format and lengths.")
            if "$ref" in schema:
                passed += 1
                if passed > MOST_DEPTH:
                    raise _refused(at, "refers to itself", "Write out what it means.")
                beside = {name: value for name, value in schema.items() if name in ("title", "description")}
                schema = {**self._behind(schema["$ref"], at), **beside}
            elif "anyOf" in schema:
                others = [each for each in schema["anyOf"] if each != {"type": "null"}]
                if len(others) != 1:
                    raise _refused(at, "may be one of several", "Choose one; or it or null.")
                nullable = nullable or len(schema["anyOf"]) > 1
                beside = {name: value for name, value in schema.items() if name in ("title", "description")}
                schema = {**others[0], **beside} if isinstance(others[0], dict) else others[0]
            else:
                return schema, nullable

    def _behind(self, ref: str, at: Path) -> dict[str, Any]:
        found: Any = self.whole
        for step in ref.removeprefix("#").split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise _refused(at, "refers to what is not there", "Mend its $ref.")
        return found


def _types(schema: dict[str, Any]) -> list[str]:
    said = schema.get("type")
    return [said] if isinstance(said, str) else list(said or ())


def _type(schema: dict[str, Any]) -> str | None:
    said = [each for each in _types(schema) if each != "null"]
    if len(said) == 1:
        return said[0]
    return "object" if "properties" in schema and not said else None


def _about(schema: dict[str, Any]) -> str:
    return " ".join(str(schema.get("description") or "").split())[:LONGEST_LABEL]


def _refused(at: Path, what: str, hint: str) -> Invalid:
    return Invalid(f"{pointer(at) or 'The schema'} {what}.", hint=hint)
