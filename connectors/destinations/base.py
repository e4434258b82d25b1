"""How a system is written to: one message at a time, under a key that makes sending it twice harmless.

A destination knows nothing of the database. ``connectors.destinations.outbox`` decides when it is called, and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import orjson
from pydantic import BaseModel, ConfigDict

from connectors.http import Http
from core.access import EVERYONE
from core.clock import Clock
from core.secrets import Secret


class DestinationConfig(BaseModel):
    """Base of the configuration of a kind. A setting that is a secret is a reference, typed ``SecretRef``."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Means:
    """What destinations are opened with."""

    secret: Callable[[str], Secret]
    """The secret behind a reference."""
    http: Http
    clock: Clock


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way. ``id`` is the idempotency key: the same at every attempt, another for another message or
    another destination. ``body`` is a JSON object in UTF-8, the same bytes at every attempt."""

    id: str
    body: bytes = field(repr=False)

    def message(self) -> dict[str, Any]:
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the destination made of it: ``reference`` is what its people call it (``INC0010023``)."""

    reference: str
    url: str | None = None
    found: bool = False
    """It had arrived before: an earlier attempt got through without our learning of it."""
    note: str = ""
    """What the administrator of the destination should know, when something is not as it should be."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check, with what was found, or what to do."""

    name: Literal["secrets", "reach", "authenticate", "write"]
    ok: bool
    detail: str
    hint: str = ""


class Destination(Protocol):
    """A system that can be written to.

    Methods raise ``DestinationUnavailable`` where trying again can help and ``DeliveryRefused`` where it cannot.
    """

    @property
    def settles_seconds(self) -> float:
        """How long after an attempt the destination may not yet find what that attempt has created: the next attempt
        waits at least this long."""
        ...

    def check(self) -> Iterator[Step]:
        """Try it step by step without writing anything; stops after the first step that is not ok."""
        ...

    def deliver(self, delivery: Delivery) -> Receipt:
        """Bring it there, once: when the destination holds ``delivery.id`` already, nothing is made."""
        ...


@dataclass(frozen=True, slots=True)
class DestinationKind:
    """One kind of destination, in the words of an administrator."""

    name: str
    """As in ``vouch destinations add KIND``: lower case, with hyphens."""
    title: str
    auth: str
    idempotency: str
    """How a message that was sent twice arrives once."""
    tested: str
    """Against what: named as a fake where it is one."""
    config: type[DestinationConfig]
    open: Callable[[Any, Means], Destination] = field(repr=False)
    """Given the checked configuration. Touches no network."""
    example: str = field(repr=False)
    """An example configuration, in YAML."""


def covers(written_for: tuple[str, ...], audience: tuple[str, ...]) -> bool:
    """Whether a message that was written for some groups may be read by an audience: by none but those groups."""
    return bool(audience) and (EVERYONE in written_for or set(audience) <= set(written_for))
