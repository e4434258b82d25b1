"""Lists, a page at a time, and which attributes of a resource were asked for (RFC 7644, 3.4.2 and 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from api.identity.scim.errors import ScimRefused
from api.identity.scim.filters import Filter, parse
from api.identity.scim.schemas import Resource, Schema

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PAGE = 200
ALWAYS = ("schemas", "id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """``start`` counts from 1. ``only`` and ``without``: attributes, in lower case."""

    filter: Filter | None
    start: int
    count: int
    only: frozenset[str]
    without: frozenset[str]

    def shows(self, name: str) -> bool:
        if self.only:
            return any(each == name.lower() or each.startswith(f"{name.lower()}.") for each in self.only)
        return name.lower() not in self.without


def wanted(query: Mapping[str, str], schema: Schema) -> Wanted:
    """Raises ``ScimRefused``."""
    text = query.get("filter", "").strip()
    return Wanted(
        filter=parse(text, schema) if text else None,
        start=max(1, _number(query, "startIndex", 1)),
        count=min(PAGE, max(0, _number(query, "count", PAGE))),
        only=_names(query.get("attributes", ""), schema),
        without=_names(query.get("excludedAttributes", ""), schema),
    )


def searched(body: Mapping[str, Any]) -> dict[str, str]:
    """The query of a search by POST (RFC 7644, 3.4.3)."""
    found: dict[str, str] = {}
    for name in ("filter", "startIndex", "count", "attributes", "excludedAttributes"):
        value = body.get(name)
        if isinstance(value, list):
            found[name] = ",".join(str(each) for each in cast("list[Any]", value))
        elif value is not None:
            found[name] = str(value)
    return found


def shown(resource: Resource, wanted: Wanted) -> Resource:
    if not (wanted.only or wanted.without):
        return resource
    found: Resource = {}
    for name, value in resource.items():
        if name in ALWAYS:
            found[name] = value
        elif wanted.shows(name):
            found[name] = _parts(name, value, wanted)
    return found


def listed(resources: Iterable[Resource], total: int, wanted: Wanted) -> Resource:
    page = [shown(resource, wanted) for resource in resources]
    return {
        "schemas": [LIST], "totalResults": total, "startIndex": wanted.start, "itemsPerPage": len(page),
        "Resources": page,
    }  # fmt: skip


def _parts(name: str, value: Any, wanted: Wanted) -> Any:
    """Of a complex attribute those parts that are shown."""
    prefix = f"{name.lower()}."
    only = {each.removeprefix(prefix) for each in wanted.only if each.startswith(prefix)}
    without = {each.removeprefix(prefix) for each in wanted.without if each.startswith(prefix)}
    if (not only or name.lower() in wanted.only) and not without:
        return value

    def kept(each: Any) -> Any:
        if not isinstance(each, dict):
            return each
        return {
            part: inner
            for part, inner in cast("Resource", each).items()
            if (not only or part.lower() in only) and part.lower() not in without
        }

    return [kept(each) for each in cast("list[Any]", value)] if isinstance(value, list) else kept(value)


def _names(text: str, schema: Schema) -> frozenset[str]:
    prefix = f"{schema.id}:".lower()
    return frozenset(name.removeprefix(prefix) for part in text.split(",") if (name := part.strip().lower()))


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return otherwise
    try:
        return int(text[:10])
    except ValueError:
        raise ScimRefused(400, f"{name} has to be a number.", "invalidValue") from None
