"""Every kind of destination, and the way from a stored configuration to one that can be written to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from connectors.destinations import jira, servicenow, webhook
from connectors.destinations.base import Destination, DestinationConfig, DestinationKind, Means
from core.errors import Invalid

KINDS: Mapping[str, DestinationKind] = {kind.name: kind for kind in (webhook.KIND, servicenow.KIND, jira.KIND)}


def kind_named(name: str) -> DestinationKind:
    if name not in KINDS:
        raise Invalid(f"There is no kind of destination named {name!r}.", hint=f"There are {', '.join(KINDS)}.")
    return KINDS[name]


def checked(kind: str, config: Mapping[str, Any]) -> DestinationConfig:
    """The configuration, if the kind can use it. ``Invalid`` names the setting, never its value: it may be a secret
    that somebody wrote where a reference belongs."""
    try:
        return kind_named(kind).config.model_validate(config)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "its settings"
        raise Invalid(
            f"The destination cannot be used: {place}: {first['msg']}.", hint=f"See vouch destinations kinds {kind}."
        ) from None


def open_destination(kind: str, config: Mapping[str, Any], means: Means) -> Destination:
    """Touches no network. Raises ``Invalid`` when the configuration does not fit the kind (any more)."""
    return kind_named(kind).open(checked(kind, config), means)
