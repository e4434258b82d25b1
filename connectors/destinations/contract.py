# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# jsonschema types its validators as Any in places.
"""The JSON schema that was agreed with a destination: what does not fit is never sent.

JSON Schema draft 2020-12 unless ``$schema`` names another. ``format`` is checked where the machine can check it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from connectors.destinations.errors import DeliveryRefused
from core.errors import Invalid


def checked_contract(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself. Raises ``Invalid`` when it is none, or points outside itself: a schema that is fetched from
    somewhere could change without anybody here agreeing to it."""
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path)) or "its top"
        raise Invalid(
            f"The contract is no JSON schema: see {place}.", hint="Write it in JSON Schema draft 2020-12."
        ) from None
    if any(not ref.startswith("#") for ref in _references(schema)):
        raise Invalid("The contract points outside itself.", hint="Copy what it refers to under $defs.")
    return schema


def fit(schema: dict[str, Any], message: dict[str, Any]) -> None:
    """Raises ``DeliveryRefused`` when the message is not as agreed. It names the rule, never the value."""
    kind = validator_for(schema, default=Draft202012Validator)
    # An empty registry, since jsonschema otherwise fetches references from the network.
    validator = kind(schema, registry=Registry(), format_checker=kind.FORMAT_CHECKER)
    try:
        errors = sorted(validator.iter_errors(message), key=lambda error: list(map(str, error.absolute_schema_path)))
    except Unresolvable:
        raise DeliveryRefused("The contract refers to a part that it does not have.", hint="Mend its $ref.") from None
    if errors:
        rules = "; ".join("/".join(map(str, error.absolute_schema_path)) for error in errors[:3])
        raise DeliveryRefused(
            f"The message does not fit the destination's contract: {rules}.",
            hint="Change the message, or agree on another contract: vouch destinations add.",
        )


def example(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The first of the contract's ``examples``, when it has one that is an object."""
    found = schema.get("examples")
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, dict) else None


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)
