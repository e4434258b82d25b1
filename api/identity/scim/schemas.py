"""What a directory can write here (RFC 7643): the attributes of users and groups, and resources read by them.

Attributes that are not among these are passed over: what nobody uses is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from api.identity.scim.errors import invalid_value

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LONGEST_TEXT = 1024
MOST_VALUES = 20_000
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """RFC 7643, 7. ``parts`` are the sub-attributes of a complex one."""

    name: str
    about: str
    kind: Literal["string", "boolean", "reference", "complex"] = "string"
    many: bool = False
    required: bool = False
    otherwise: bool = False
    """Where it is missing, something else stands for it: directories are told that it is required, and need not."""
    exact: bool = False
    mutability: Literal["readWrite", "readOnly", "immutable"] = "readWrite"
    returned: Literal["default", "always"] = "default"
    unique: bool = False
    parts: tuple[Attribute, ...] = ()
    suggested: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()

    def part(self, name: str) -> Attribute | None:
        return _named(self.parts, name)


@dataclass(frozen=True, slots=True)
class Schema:
    id: str
    name: str
    endpoint: str
    about: str
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        """By its name, in any case, with the schema before it or without."""
        prefix = f"{self.id}:".lower()
        return _named(self.attributes, name[len(prefix) :] if name.lower().startswith(prefix) else name)


USERS = Schema(
    USER, "User", "/Users", "Somebody who may sign in.",
    (
        Attribute("userName", "By what the directory knows them.", required=True, unique=True),
        Attribute(
            "name", "The parts of their name.", "complex",
            parts=(
                Attribute("formatted", "The whole name."),
                Attribute("familyName", "The family name."),
                Attribute("givenName", "The given name."),
            ),
        ),
        Attribute("displayName", "The name that is shown."),
        Attribute("title", "Their job title."),
        Attribute("active", "Whether they may come in.", "boolean", required=True, otherwise=True),
        Attribute(
            "emails", "Their addresses. The primary one is theirs here.", "complex", many=True, required=True,
            otherwise=True,
            parts=(
                Attribute("value", "An address.", required=True),
                Attribute("type", "Of what kind it is.", suggested=("work", "home", "other")),
                Attribute("primary", "Whether it is the one to use.", "boolean"),
            ),
        ),
        Attribute(
            "groups", "The groups that they are in.", "complex", many=True, mutability="readOnly",
            parts=(
                Attribute("value", "The group's id.", exact=True, mutability="readOnly"),
                Attribute("$ref", "Where the group is.", "reference", exact=True, mutability="readOnly",
                          refers_to=("Group",)),
                Attribute("display", "The group's name.", mutability="readOnly"),
            ),
        ),
    ),
)  # fmt: skip
GROUPS = Schema(
    GROUP, "Group", "/Groups", "People who hold the same group here.",
    (
        Attribute("displayName", "The group's name.", required=True, unique=True),
        Attribute(
            "members", "Who is in it.", "complex", many=True,
            parts=(
                Attribute("value", "The user's id.", exact=True, mutability="immutable"),
                Attribute("$ref", "Where the user is.", "reference", exact=True, mutability="immutable",
                          refers_to=("User",)),
                Attribute("type", "Always User.", suggested=("User",), mutability="immutable"),
            ),
        ),
    ),
)  # fmt: skip
SCHEMAS = (USERS, GROUPS)
COMMON = (
    Attribute("id", "The id here.", exact=True, mutability="readOnly", returned="always"),
    Attribute("externalId", "The id in the directory.", exact=True),
)
"""Of every resource; not repeated in its schema (RFC 7643, 3.1)."""


def attribute_of(schema: Schema, name: str) -> Attribute | None:
    return schema.attribute(name) or _named(COMMON, name)


def cleaned(raw: Mapping[str, Any], schema: Schema) -> Resource:
    """What of a resource is kept, by its proper names. Raises ``ScimRefused`` for a value of another kind."""
    found: Resource = {}
    for name, value in raw.items():
        attribute = attribute_of(schema, name)
        if attribute is None or attribute.mutability == "readOnly" or value is None:
            continue
        value = read_value(attribute, value)
        if value not in (None, [], {}):
            found[attribute.name] = value
    check_complete(found, schema)
    return found


def check_complete(resource: Resource, schema: Schema) -> None:
    """Raises ``ScimRefused`` where something that is required is missing."""
    for attribute in schema.attributes:
        if attribute.required and not attribute.otherwise and not resource.get(attribute.name):
            raise invalid_value(f"{attribute.name} is required.")


def read_value(attribute: Attribute, value: Any) -> Any:
    """A value of an attribute. Raises ``ScimRefused``."""
    if attribute.many:
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        if len(values) > MOST_VALUES:
            raise invalid_value(f"{attribute.name} has more than {MOST_VALUES} values.")
        return with_one_primary([_complex(attribute, each) for each in values])
    return read_one(attribute, value)


def read_one(attribute: Attribute, value: Any) -> Any:
    """One value of an attribute that may have many."""
    if attribute.kind == "complex":
        return _complex(attribute, value)
    if attribute.kind == "boolean":
        return _boolean(attribute, value)
    # Not every database takes a NUL.
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise invalid_value(f"{attribute.name} has to be a text of at most {LONGEST_TEXT} characters.")
    return value


def with_one_primary(values: list[Resource]) -> list[Resource]:
    """RFC 7643, 2.4: only one of the values is the primary one. Here it is the last that says so."""
    primary = [number for number, each in enumerate(values) if each.get("primary") is True]
    return [{**each, "primary": False} if number in primary[:-1] else each for number, each in enumerate(values)]


def rendered(schema: Schema, base: str) -> Resource:
    """The schema as a resource (RFC 7643, 7)."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.about,
        "attributes": [_rendered(attribute) for attribute in schema.attributes],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{schema.id}"},
    }


def _rendered(attribute: Attribute) -> Resource:
    found: Resource = {
        "name": attribute.name,
        "type": attribute.kind,
        "multiValued": attribute.many,
        "description": attribute.about,
        "required": attribute.required,
        "mutability": attribute.mutability,
        "returned": attribute.returned,
    }
    if attribute.kind in ("string", "reference"):
        found["caseExact"] = attribute.exact
        found["uniqueness"] = "server" if attribute.unique else "none"
    if attribute.suggested:
        found["canonicalValues"] = list(attribute.suggested)
    if attribute.refers_to:
        found["referenceTypes"] = list(attribute.refers_to)
    if attribute.parts:
        found["subAttributes"] = [_rendered(part) for part in attribute.parts]
    return found


def _complex(attribute: Attribute, value: Any) -> Resource:
    if isinstance(value, str) and attribute.part("value") is not None:
        value = {"value": value}
    if not isinstance(value, dict):
        raise invalid_value(f"{attribute.name} has to be an object.")
    found: Resource = {}
    for name, each in cast("dict[str, Any]", value).items():
        part = attribute.part(name)
        if part is not None and each is not None:
            found[part.name] = read_one(part, each)
    return found


def _boolean(attribute: Attribute, value: Any) -> bool:
    # Entra ID writes booleans as texts.
    said = value.lower() if isinstance(value, str) else value
    if said in (True, "true"):
        return True
    if said in (False, "false"):
        return False
    raise invalid_value(f"{attribute.name} has to be true or false.")


def _named(attributes: tuple[Attribute, ...], name: str) -> Attribute | None:
    return next((attribute for attribute in attributes if attribute.name.lower() == name.lower()), None)
