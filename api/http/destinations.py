"""Routes for the operator of this machine: the systems that Vouch writes to, and what became of each message."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

import yaml
from fastapi import APIRouter, Depends, Request
from pydantic import computed_field

from api.configuring import By
from api.destinations import Destinations
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.paging import Cursor, Limit
from connectors.destinations import repository
from connectors.destinations.catalogue import KINDS
from connectors.destinations.declare import Declared
from connectors.destinations.repository import DestinationRecord

managing = deciding("destination.manage")
router = APIRouter(prefix="/v1/operator", dependencies=[Depends(managing)])
Managing = Annotated[By, Depends(managing)]


class DestinationKindOut(Model):
    """``example`` is a configuration in YAML; ``example_config`` the same as an object."""

    name: str
    title: str
    auth: str
    idempotency: str
    tested: str
    example: str

    @computed_field
    @property
    def example_config(self) -> dict[str, Any]:
        return yaml.safe_load(self.example)


class DestinationIn(Model):
    """``config`` is that of the kind, secrets by reference; ``contract`` a JSON schema; ``audience`` the groups of
    those who read what arrives there; ``fallback`` another destination, or ``review``."""

    kind: str
    config: dict[str, Any]
    contract: dict[str, Any]
    audience: list[str]
    fallback: str | None = None


class DestinationOut(DestinationIn):
    name: str
    changed_at: datetime
    deliveries: dict[str, int]
    """State -> how many."""


class DestinationConfiguredOut(DestinationOut):
    change: Literal["created", "changed", "unchanged"]


class DestinationStepOut(Model):
    name: str
    ok: bool
    detail: str
    hint: str


class DestinationCheckOut(Model):
    ok: bool
    steps: list[DestinationStepOut]


class DestinationTestIn(Model):
    message: dict[str, Any] | None = None


class ReceiptOut(Model):
    reference: str
    url: str | None = None
    found: bool = False
    note: str = ""


class DeliveryOut(Model):
    """A message on its way, without its content."""

    id: str
    destination: str
    key: str
    state: Literal["waiting", "sent", "dead", "review"]
    attempts: int
    error: str | None
    receipt: ReceiptOut | None
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None


class DestinationsOut(Model):
    destinations: list[DestinationOut]
    next: str | None = None


class DestinationKindsOut(Model):
    kinds: list[DestinationKindOut]


class DeliveriesOut(Model):
    deliveries: list[DeliveryOut]
    next: str | None = None


class ReplayedOut(Model):
    replayed: int


def destinations_of(request: Request) -> Destinations:
    return request.app.state.runtime.connecting.destinations


CurrentDestinations = Annotated[Destinations, Depends(destinations_of)]


@router.get("/destination-kinds")
def list_destination_kinds() -> DestinationKindsOut:
    """Every kind of system that can be written to."""
    return DestinationKindsOut(
        kinds=[DestinationKindOut.model_validate(each, from_attributes=True) for each in KINDS.values()]
    )


@router.get("/destinations")
def list_destinations(runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = "") -> DestinationsOut:
    """Every destination by name, with how many deliveries are in which state."""
    with runtime.database.reading() as session:
        counts, found = repository.counts(session), repository.everything(session)
    shown, following = paging.cut(found, limit, cursor, lambda each: (each.name,), "destinations")
    return DestinationsOut(
        destinations=[_destination(record, counts.get(record.name, {})) for record in shown], next=following
    )


@router.put("/destinations/{name}")
def configure_destination(
    name: str, body: DestinationIn, by: Managing, destinations: CurrentDestinations
) -> DestinationConfiguredOut:
    """Create a destination, or say anew what it is."""
    wanted = Declared(name, body.kind, body.config, body.contract, tuple(body.audience), body.fallback)
    record, change = destinations.configure(wanted, by.trace_id, by=by.who, subject=by.subject)
    return DestinationConfiguredOut(**_destination(record, {}).model_dump(), change=change)


@router.get("/destinations/{name}")
def show_destination(name: str, runtime: CurrentRuntime) -> DestinationOut:
    with runtime.database.reading() as session:
        record = repository.by_name(session, name)
        return _destination(record, repository.counts(session).get(name, {}))


@router.delete("/destinations/{name}", status_code=204)
def remove_destination(name: str, by: Managing, destinations: CurrentDestinations) -> None:
    """Forget a destination. What waits for it becomes dead."""
    destinations.remove(name, by.trace_id, by.subject)


@router.post("/destinations/{name}/check")
def check_destination(name: str, destinations: CurrentDestinations) -> DestinationCheckOut:
    """Try it step by step, writing nothing."""
    steps = [DestinationStepOut.model_validate(each, from_attributes=True) for each in destinations.check(name)]
    return DestinationCheckOut(ok=all(step.ok for step in steps), steps=steps)


@router.post("/destinations/{name}/test")
def test_destination(name: str, body: DestinationTestIn, by: Managing, destinations: CurrentDestinations) -> ReceiptOut:
    """Deliver one message now. It really arrives."""
    receipt = destinations.test(name, body.message, by.trace_id, by.subject)
    return ReceiptOut.model_validate(receipt, from_attributes=True)


@router.post("/destinations/{name}/replay")
def replay_destination(name: str, by: Managing, destinations: CurrentDestinations) -> ReplayedOut:
    """Send everything again that is dead or in review there."""
    return ReplayedOut(replayed=destinations.replay_all(name, by.trace_id, by.subject))


@router.get("/deliveries")
def list_deliveries(
    runtime: CurrentRuntime, destination: str | None = None,
    state: Literal["waiting", "sent", "dead", "review"] | None = None,
    limit: Limit = 100, cursor: Cursor = "",
) -> DeliveriesOut:  # fmt: skip
    """The newest deliveries, without what they say."""
    after = cast("tuple[datetime, str]", paging.read(cursor, datetime, str, of="deliveries")) if cursor else None
    with runtime.database.reading() as session:
        found = repository.deliveries(session, destination, state, limit + 1, after)
    shown, following = paging.page_of(found, limit, lambda each: (each.created_at, each.id), "deliveries")
    return DeliveriesOut(
        deliveries=[DeliveryOut.model_validate(each, from_attributes=True) for each in shown], next=following
    )


@router.post("/deliveries/{delivery_id}/replay", status_code=204)
def replay_delivery(delivery_id: str, by: Managing, destinations: CurrentDestinations) -> None:
    """Send a dead or reviewed delivery again, under its id."""
    destinations.replay(delivery_id, by.trace_id, by.subject)


def _destination(record: DestinationRecord, counts: dict[str, int]) -> DestinationOut:
    return DestinationOut(
        name=record.name,
        kind=record.kind,
        config=record.config,
        contract=record.contract,
        audience=list(record.audience),
        fallback=record.fallback,
        changed_at=record.changed_at,
        deliveries=counts,
    )
