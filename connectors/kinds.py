"""The catalogue: every kind of system that Vouch can read, with how it does it and how that was tested.

A module of ``connectors/sources`` declares one ``Kind``; ``connectors.catalogue`` gathers them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, StringConstraints

from connectors.http import Http
from connectors.sources.base import AnySource
from core.clock import Clock
from core.secrets import Secret

Category = Literal["files", "records", "sql", "web", "erp", "crm", "hris", "itsm", "content"]


REFERENCE = r"^(env|file|vault):.+"
SecretRef = Annotated[str, StringConstraints(pattern=REFERENCE)]
"""Where a secret is, never what it is: ``env:NAME``, ``file:PATH``, ``vault:MOUNT/PATH#FIELD``."""


class SourceConfig(BaseModel):
    """Base of the configuration of a kind. A setting that is a secret is a reference, typed ``SecretRef``."""

    # What stands below a setting in the code is its help in a form.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def secrets_in(config: SourceConfig) -> Iterator[str]:
    """Everything in it that reads like a reference to a secret."""
    waiting: list[Any] = [config.model_dump(mode="json")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if re.match(REFERENCE, value, re.DOTALL):
                yield value
        elif isinstance(value, dict):
            waiting.extend(cast("dict[Any, Any]", value).values())
        elif isinstance(value, list):
            waiting.extend(cast("list[Any]", value))


@dataclass(frozen=True, slots=True)
class Opening:
    """What a source is opened with. ``name`` is the source's: its groups are ``source_grant(name, group)``."""

    name: str
    secret: Callable[[str], Secret]
    """The secret behind a reference."""
    http: Http
    """Opens sessions that obey egress, rate limits and Retry-After."""
    clock: Clock
    max_bytes: int
    """Bound of one item's content."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of system, in the words of a connector owner."""

    name: str
    """As in ``vouch sources add KIND``: lower case, with hyphens."""
    title: str
    category: Category
    auth: str
    cursor: str
    deletions: str
    permissions: str
    tested: str
    """Against what: named as a fake where it is one."""
    config: type[SourceConfig]
    open: Callable[[Any, Opening], AnySource] = field(repr=False)
    """Given the checked configuration. Touches no network."""
    example: str = field(repr=False)
    """An example configuration, in YAML."""
