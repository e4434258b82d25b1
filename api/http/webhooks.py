"""Routes for those who have other systems told what happens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends
from pydantic import Field

from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.paging import Cursor, Limit
from api.webhooks.desk import Shown, Wanted
from api.webhooks.repository import Delivery
from api.webhooks.telling import EVENTS

router = APIRouter(prefix="/v1/webhooks")
Manager = Annotated[By, Depends(deciding("webhook.manage"))]


class WebhookIn(Model):
    """``sources`` by name; empty for all. ``unencrypted``: an http address is meant."""

    name: str
    url: str
    events: list[str]
    sources: list[str] = Field(default_factory=list[str])
    unencrypted: bool = False


class WebhookOut(Model):
    """``sources``: null for all, or all that who subscribed looks after. ``secrets``: how many sign now."""

    name: str
    url: str
    events: list[str]
    sources: list[str] | None
    own: bool
    """Whether a connector owner subscribed, for sources of theirs."""
    secrets: int
    made_at: datetime
    deliveries: dict[str, int]


class WebhookMadeOut(WebhookOut):
    """``secret`` is shown this once."""

    secret: str


class WebhooksOut(Model):
    webhooks: list[WebhookOut]
    events: list[str]
    """All that can be subscribed to."""
    next: str | None = None


class SecretOut(Model):
    secret: str


class WebhookTriedOut(Model):
    ok: bool
    said: str


class WebhookDeliveryOut(Model):
    id: str
    webhook: str
    event: str
    state: Literal["waiting", "sent", "dead"]
    attempts: int
    error: str | None
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    payload: dict[str, Any]


class WebhookDeliveriesOut(Model):
    deliveries: list[WebhookDeliveryOut]
    next: str | None = None


class WebhookReplayIn(Model):
    """``delivery``: one of them; null for all that are dead."""

    delivery: str | None = None


class WebhookReplayedOut(Model):
    replayed: int


@router.get("")
def list_webhooks(by: Manager, runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = "") -> WebhooksOut:
    """Those that the asker manages, by name."""
    found = runtime.webhooks.listed(by)
    shown, following = paging.cut(found, limit, cursor, lambda each: (each.webhook.name,), "webhooks")
    return WebhooksOut(webhooks=[_shown(each) for each in shown], events=list(EVENTS), next=following)


@router.post("", status_code=201)
def add_webhook(body: WebhookIn, by: Manager, runtime: CurrentRuntime) -> WebhookMadeOut:
    """Subscribe an address to events."""
    wanted = Wanted(body.name, body.url, tuple(body.events), tuple(body.sources), body.unencrypted)
    shown, secret = runtime.webhooks.add(wanted, by)
    return WebhookMadeOut(**_shown(shown).model_dump(), secret=secret)


@router.get("/deliveries")
def list_webhook_deliveries(
    by: Manager, runtime: CurrentRuntime, webhook: str | None = None,
    state: Literal["waiting", "sent", "dead"] | None = None, limit: Limit = 100, cursor: Cursor = "",
) -> WebhookDeliveriesOut:  # fmt: skip
    """The newest first; the dead ones with ``state=dead``."""
    of = "webhook deliveries"
    after = cast("tuple[datetime, str]", paging.read(cursor, datetime, str, of=of)) if cursor else None
    found = runtime.webhooks.deliveries(by, webhook, state, limit + 1, after)
    shown, following = paging.page_of(found, limit, lambda each: (each[1].created_at, each[1].id), of)
    return WebhookDeliveriesOut(deliveries=[_delivery(name, each) for name, each in shown], next=following)


@router.get("/{name}")
def show_webhook(name: str, by: Manager, runtime: CurrentRuntime) -> WebhookOut:
    """One of them."""
    return _shown(runtime.webhooks.show(name, by))


@router.delete("/{name}", status_code=204)
def remove_webhook(name: str, by: Manager, runtime: CurrentRuntime) -> None:
    """Tell it nothing more, also not what is on its way."""
    runtime.webhooks.remove(name, by)


@router.post("/{name}/test")
def test_webhook(name: str, by: Manager, runtime: CurrentRuntime) -> WebhookTriedOut:
    """Send it an event that tells nothing, now."""
    return WebhookTriedOut.model_validate(runtime.webhooks.test(name, by), from_attributes=True)


@router.post("/{name}/rotate")
def rotate_webhook(name: str, by: Manager, runtime: CurrentRuntime) -> SecretOut:
    """A new secret. The one before signs along for a day."""
    return SecretOut(secret=runtime.webhooks.rotate(name, by))


@router.post("/{name}/replay")
def replay_webhook(body: WebhookReplayIn, name: str, by: Manager, runtime: CurrentRuntime) -> WebhookReplayedOut:
    """Send again what is dead, under its ids."""
    return WebhookReplayedOut(replayed=runtime.webhooks.replay(name, by, body.delivery))


def _shown(shown: Shown) -> WebhookOut:
    webhook = shown.webhook
    return WebhookOut(
        name=webhook.name,
        url=webhook.url,
        events=list(webhook.events),
        sources=None if shown.sources is None else list(shown.sources),
        own=webhook.owner_id is not None,
        secrets=shown.secrets,
        made_at=webhook.made_at,
        deliveries=shown.deliveries,
    )


def _delivery(name: str, each: Delivery) -> WebhookDeliveryOut:
    return WebhookDeliveryOut(
        id=each.id,
        webhook=name,
        event=each.event,
        state=each.state,
        attempts=each.attempts,
        error=each.error,
        created_at=each.created_at,
        next_at=each.next_at,
        sent_at=each.sent_at,
        payload=each.payload,
    )
