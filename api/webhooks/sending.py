"""Deliveries of webhooks, sent until they are taken or dead.

A claim is committed before each attempt: it counts the attempt and hides the delivery from other processes. One that is
killed between sending and writing that down is sent again under the same id, which the receiver passes over.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from urllib.parse import urlsplit

import orjson
import structlog

from api.webhooks import repository
from api.webhooks.recording import Recording
from api.webhooks.repository import LONGEST_TEXT, Delivery, Webhook
from api.webhooks.secrets import Safe
from api.webhooks.telling import may_have
from connectors import repository as connectors
from connectors.destinations.errors import DeliveryRefused
from connectors.destinations.exchange import send, taken
from connectors.destinations.outbox import Patience
from connectors.destinations.webhook import ID, SIGNATURE, TIMESTAMP, sign, signing_key
from connectors.http import Http
from core.clock import Clock
from core.database import Database
from core.errors import Refused, Unavailable, VouchError

log = structlog.get_logger()
TIMEOUT_SECONDS = 15
KEPT = timedelta(days=30)
"""How long what was sent, or is dead, stays on record."""


class Sender:
    """``http`` reaches what egress allows, at the addresses that it checked, and follows no redirect."""

    def __init__(
        self, database: Database, safe: Safe, http: Http, recording: Recording, clock: Clock, random: Random,
        patience: Patience = Patience(),
    ) -> None:  # fmt: skip
        self._database, self._safe, self._http, self._recording = database, safe, http, recording
        self._clock, self._random, self._patience = clock, random, patience

    def send_due(self, limit: int = 100) -> dict[str, int]:
        """Send what is due, at most ``limit``; how many came to which end. One that fails puts off the others to its
        webhook, so that a receiver that is down is asked once a pass."""
        counts: dict[str, int] = {}
        for _ in range(limit):
            now = self._clock()
            with self._database.writing() as session:
                until = now + timedelta(seconds=self._patience.claim_seconds)
                claimed = repository.claim(session, now, until)
                webhook = None if claimed is None else repository.by_id(session, claimed.webhook_id)
            if claimed is None or webhook is None:
                break
            ended = self._try(claimed, webhook)
            counts[ended] = counts.get(ended, 0) + 1
        return counts

    def send_now(self, webhook: Webhook, delivery_id: str) -> int:
        """Send one at once, not in its turn; the status of the answer. Raises what stands in the way."""
        with self._database.reading() as session:
            return self._send(webhook, repository.delivery(session, delivery_id))

    def sweep(self) -> int:
        with self._database.writing() as session:
            return repository.retain(session, self._clock() - KEPT)

    def _try(self, claimed: Delivery, webhook: Webhook) -> str:
        try:
            if claimed.attempts > self._patience.attempts:
                raise DeliveryRefused("The process stopped at each attempt.", hint="Look for the reason in its log.")
            self._confirm(claimed, webhook)
            self._send(webhook, claimed)
        except (DeliveryRefused, Refused) as error:
            return self._give_up(claimed, webhook, error)
        except VouchError as error:
            if claimed.attempts >= self._patience.attempts:
                return self._give_up(claimed, webhook, error)
            return self._later(claimed, error)
        now = self._clock()
        with self._database.writing() as session:
            settled = repository.settle(session, claimed, state="sent", sent_at=now, next_at=None, error=None)
            if settled:
                self._recording.delivered(session, webhook, claimed, "sent")
        return "sent"

    def _confirm(self, claimed: Delivery, webhook: Webhook) -> None:
        """Who subscribed may have lost the source since. Raises ``Refused``."""
        with self._database.reading() as session:
            source = connectors.find(session, str(claimed.payload["data"].get("source", "")))
            if not may_have(session, webhook, claimed.event, None if source is None else source.id):
                raise Refused("Who subscribed does not look after this source any more.", hint="Remove the webhook.")

    def _send(self, webhook: Webhook, delivery: Delivery) -> int:
        now = self._clock()
        body, timestamp = orjson.dumps(delivery.payload), int(now.timestamp())
        signatures = [
            sign(signing_key(secret), delivery.id, timestamp, body)
            for secret in self._safe.valid(webhook.id, webhook.secrets, now)
        ]
        headers = {
            "Content-Type": "application/json", ID: delivery.id, TIMESTAMP: str(timestamp),
            SIGNATURE: " ".join(signatures),
        }  # fmt: skip
        with self._http.session(f"webhook:{urlsplit(webhook.url).netloc}", timeout_seconds=TIMEOUT_SECONDS) as session:
            # What it writes back is not read: nobody here wants to know, and it may be long.
            with send(session, "POST", webhook.url, data=body, headers=headers, stream=True) as response:
                return taken(response, "The receiver").status_code

    def _later(self, claimed: Delivery, error: VouchError) -> str:
        asked = error.retry_after if isinstance(error, Unavailable) else None
        pause = max(self._patience.pause(claimed.attempts, self._random), asked or 0.0)
        others = max(self._patience.first_seconds, asked or 0.0)
        now = self._clock()
        with self._database.writing() as session:
            later = now + timedelta(seconds=pause)
            repository.settle(session, claimed, next_at=later, error=str(error)[:LONGEST_TEXT])
            repository.postpone(session, claimed.webhook_id, now, now + timedelta(seconds=others))
        log.warning("webhook.postponed", delivery=claimed.id, attempt=claimed.attempts, code=error.code)
        return "postponed"

    def _give_up(self, claimed: Delivery, webhook: Webhook, error: VouchError) -> str:
        with self._database.writing() as session:
            text = str(error)[:LONGEST_TEXT]
            if repository.settle(session, claimed, state="dead", next_at=None, error=text):
                self._recording.delivered(session, webhook, claimed, "dead")
        log.error("webhook.given_up", webhook=webhook.name, delivery=claimed.id, code=error.code)
        return "dead"
