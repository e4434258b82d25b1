"""PATCH (RFC 7644, 3.5.2), in the shapes that Okta and Entra ID send: operations in any case, values without a path,
names with dots in them, booleans as texts, members to remove listed as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from api.identity.scim.errors import ScimRefused, invalid_path, invalid_value
from api.identity.scim.filters import Filter, Path, equals, matches, parse_path
from api.identity.scim.schemas import (
    Attribute,
    Resource,
    Schema,
    attribute_of,
    check_complete,
    read_one,
    read_value,
    with_one_primary,
)

MOST_OPERATIONS = 1000


def patched(resource: Resource, body: Mapping[str, Any], schema: Schema) -> Resource:
    """``resource`` with the operations of ``body`` applied; all or none. Raises ``ScimRefused``."""
    operations = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(operations, list) or not operations:
        raise ScimRefused(400, "The request has no Operations.", "invalidSyntax")
    listed = cast("list[Any]", operations)
    if len(listed) > MOST_OPERATIONS:
        raise ScimRefused(413, f"At most {MOST_OPERATIONS} operations at once.", "tooMany")
    changed: Resource = dict(resource)
    for operation in listed:
        if not isinstance(operation, dict):
            raise ScimRefused(400, "An operation has to be an object.", "invalidSyntax")
        _apply(changed, cast("dict[str, Any]", operation), schema)
    check_complete(changed, schema)
    return changed


def _apply(resource: Resource, operation: Mapping[str, Any], schema: Schema) -> None:
    given = {name.lower(): value for name, value in operation.items()}
    verb, path, value = str(given.get("op", "")).lower(), given.get("path"), given.get("value")
    if verb not in ("add", "replace", "remove"):
        raise ScimRefused(400, "op has to be add, replace or remove.", "invalidSyntax")
    if path is None or path == "":
        if verb == "remove":
            raise ScimRefused(400, "remove needs a path.", "noTarget")
        if not isinstance(value, dict):
            raise invalid_value("Without a path the value has to be an object.")
        for name, each in cast("dict[str, Any]", value).items():
            _apply_at(resource, verb, parse_path(name, schema), each, schema, told=False)
        return
    if not isinstance(path, str):
        raise invalid_path("The path has to be a text.")
    _apply_at(resource, verb, parse_path(path, schema), value, schema, told=True)


def _apply_at(resource: Resource, verb: str, path: Path, value: Any, schema: Schema, *, told: bool) -> None:
    """``told``: the path was written out, so that one which cannot be changed is an error."""
    attribute = None if path.attribute is None else attribute_of(schema, path.attribute)
    if attribute is None:
        return
    if attribute.mutability == "readOnly":
        if told:
            raise ScimRefused(400, f"{attribute.name} cannot be changed.", "mutability")
        return
    if path.chosen is not None:
        _apply_chosen(resource, verb, attribute, path.chosen, path.part, value)
    elif path.part is not None:
        _apply_part(resource, verb, attribute, path.part, value)
    elif verb == "remove":
        _remove(resource, attribute, value)
    elif value is None:
        resource.pop(attribute.name, None)
    elif verb == "add" and attribute.many:
        _add(resource, attribute, value)
    elif verb == "add" and attribute.kind == "complex":
        resource[attribute.name] = {**resource.get(attribute.name, {}), **read_value(attribute, value)}
    else:
        resource[attribute.name] = read_value(attribute, value)


def _add(resource: Resource, attribute: Attribute, value: Any) -> None:
    # Whatever has many values here is complex.
    new = cast("list[Resource]", read_value(attribute, value))
    if any(each.get("primary") for each in new):
        kept = [{**each, "primary": False} if each.get("primary") else each for each in _values(resource, attribute)]
    else:
        kept = _values(resource, attribute)
    # By value: a large group must not be compared with itself.
    keys = {_key(each) for each in kept}
    for each in new:
        if _key(each) not in keys:
            keys.add(_key(each))
            kept.append(each)
    resource[attribute.name] = kept


def _remove(resource: Resource, attribute: Attribute, value: Any) -> None:
    # RFC 7644 has no value here; Entra ID lists the members that go.
    if attribute.many and value:
        gone = {_key(each) for each in cast("list[Resource]", read_value(attribute, value))}
        resource[attribute.name] = [each for each in _values(resource, attribute) if _key(each) not in gone]
    else:
        resource.pop(attribute.name, None)


def _apply_part(resource: Resource, verb: str, attribute: Attribute, name: str, value: Any) -> None:
    part = attribute.part(name)
    assert part is not None
    values = _values(resource, attribute) if attribute.many else [cast("Resource", resource.get(attribute.name) or {})]
    if attribute.many and not values and verb != "remove":
        values = [Resource()]
    values = [_with_part(each, verb, part, value) for each in values]
    resource[attribute.name] = values if attribute.many else values[0]


def _apply_chosen(
    resource: Resource, verb: str, attribute: Attribute, chosen: Filter, name: str | None, value: Any
) -> None:
    if not attribute.many:
        raise invalid_path(f"{attribute.name} has one value only.")
    values = _values(resource, attribute)
    hit = [number for number, each in enumerate(values) if matches(chosen, each)]
    if verb == "remove" and name is None:
        resource[attribute.name] = [each for number, each in enumerate(values) if number not in set(hit)]
        return
    if not hit:
        made = _made(attribute, chosen) if verb == "add" else None
        if made is None:
            raise ScimRefused(400, "The path chooses no value.", "noTarget")
        values.append(made)
        hit = [len(values) - 1]
    part = attribute.part(name) if name is not None else None
    for number in hit:
        if part is not None:
            values[number] = _with_part(values[number], verb, part, value)
        else:
            values[number] = {**values[number], **cast("Resource", read_one(attribute, value))}
    resource[attribute.name] = with_one_primary(values)


def _made(attribute: Attribute, chosen: Filter) -> Resource | None:
    """A value that the filter would have chosen: Entra ID adds ``emails[type eq "work"].value`` like that."""
    made = {name: value for name, value in equals(chosen).items() if attribute.part(name) is not None}
    return cast("Resource", read_one(attribute, made)) if made else None


def _with_part(value: Resource, verb: str, part: Attribute, given: Any) -> Resource:
    if verb == "remove" or given is None:
        return {name: each for name, each in value.items() if name != part.name}
    return {**value, part.name: read_one(part, given)}


def _values(resource: Resource, attribute: Attribute) -> list[Resource]:
    return list(cast("list[Resource]", resource.get(attribute.name) or []))


def _key(value: Resource) -> str:
    """What makes a value another one: of a member its id, of an address the address."""
    return str(value.get("value", value))
