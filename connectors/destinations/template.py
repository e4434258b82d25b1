"""Templates that make the fields of a ticket from a message: ``{{ title }}``, in Jinja's sandbox.

The templates are the administrator's; what they are filled with is never read as a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator

from connectors.destinations.errors import DeliveryRefused

# The text goes into JSON fields, never into HTML that this program writes.
_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _compiles(template: str) -> str:
    try:
        _JINJA.from_string(template)
    except TemplateError as error:
        raise ValueError(f"this is no template: {error}") from None
    return template


Template = Annotated[str, AfterValidator(_compiles)]


def render(name: str, template: str, message: Mapping[str, Any]) -> str:
    """The text of the field ``name``. Raises ``DeliveryRefused`` when the message lacks what the template names."""
    try:
        return _JINJA.from_string(template).render(message)
    except (TemplateError, TypeError, ValueError, ArithmeticError):
        # The original error may repeat a part of the message.
        raise DeliveryRefused(
            f"The template of {name} cannot be filled from this message.",
            hint="Give it only what the contract requires, or write {{ name | default('') }}.",
        ) from None
