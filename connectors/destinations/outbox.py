"""Messages to destinations: put in line with the transaction that causes them, and sent until they have arrived.

A claim is committed before each attempt: it counts the attempt and hides the delivery from other workers for a while.
A worker that is killed between sending and writing that down leaves it claimed; when the claim runs out it is sent
again under the same id, which the destination recognises. So it takes effect once, at whichever moment a stop falls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
import structlog
from sqlalchemy.orm import Session

from connectors.destinations import repository
from connectors.destinations.base import Delivery, Destination, Receipt, covers
from connectors.destinations.contract import fit
from connectors.destinations.errors import DeliveryRefused
from connectors.destinations.recorded import DeliveryLog, Result
from connectors.destinations.repository import LONGEST_TEXT, REVIEW, Claim, DestinationRecord
from connectors.tables import DeliveryRow
from core.clock import Clock
from core.database import Database
from core.errors import Invalid, NotFound, Refused, Unavailable, VouchError

log = structlog.get_logger()
KEY_CHARACTERS = 100
MESSAGE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a delivery is tried and with which pauses. As it is here, the last of 12 attempts comes after about 15
    hours. ``claim_seconds`` is longer than any attempt can take."""

    attempts: int = 12
    first_seconds: float = 30
    most_seconds: float = 4 * 3600
    claim_seconds: float = 900

    def pause(self, attempt: int, random: Random) -> float:
        """Seconds after the failed attempt (1 is the first): doubled each time, give or take a fifth."""
        return min(self.most_seconds, self.first_seconds * 2 ** min(attempt - 1, 30)) * random.uniform(0.8, 1.2)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a pass did."""

    sent: int = 0
    postponed: int = 0
    dead: int = 0
    review: int = 0


class Outbox:
    """``opened`` gives the destination of a record; ``random`` spreads the pauses. What is sent is told in
    ``recorded``."""

    def __init__(
        self, database: Database, opened: Callable[[DestinationRecord], Destination], clock: Clock, random: Random,
        patience: Patience = Patience(), recorded: DeliveryLog | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._opened = opened
        self._clock = clock
        self._random = random
        self._patience = patience
        self._recorded = recorded

    def enqueue(
        self, session: Session, destination: str, key: str, message: dict[str, Any], *, written_for: tuple[str, ...]
    ) -> str:
        """Put a message in line within the caller's transaction; returns the delivery's id. The same key to the same
        destination is one message, however often it is put in line.

        ``written_for`` are the groups that may read the message: ``Refused`` when others read what arrives there.
        Raises ``DeliveryRefused`` when it does not fit the contract, ``NotFound`` when there is no such destination.
        """
        if not 0 < len(key) <= KEY_CHARACTERS:
            raise Invalid("A delivery needs a key of 1 to 100 characters.", hint="Use an id.")
        record = repository.by_name(session, destination)
        if not covers(written_for, record.audience):
            raise _for_others(record.name)
        fit(record.contract, message)
        if len(orjson.dumps(message)) > MESSAGE_BYTES:
            raise DeliveryRefused(f"The message is larger than {MESSAGE_BYTES // 1024} KiB.", hint="Send a link.")
        return repository.add(session, record.name, key, message, written_for, self._clock())

    def unsent(self, session: Session, destination: str, key: str, reason: str) -> None:
        """Tell that a message was not put in line."""
        if self._recorded is not None:
            self._recorded.unsent(session, destination, key, reason)

    def send_due(self, limit: int = 100) -> Sent:
        """Send up to ``limit`` deliveries that are due. One that fails puts off the others to its destination, so that
        a system that is down is asked once a pass, and the others do not wait for it."""
        counts: dict[str, int] = {}
        for _ in range(limit):
            now = self._clock()
            with self._database.writing() as session:
                until = now + timedelta(seconds=self._patience.claim_seconds)
                claimed = repository.claim(session, now, until)
            if claimed is None:
                break
            outcome = self._send(claimed)
            counts[outcome] = counts.get(outcome, 0) + 1
        return Sent(**counts)

    def replay(self, session: Session, delivery_id: str) -> None:
        """Send a dead or reviewed delivery again, as if for the first time. The id stays: had it arrived after all,
        the destination recognises it."""
        repository.delivery(session, delivery_id)
        if not repository.revive(session, self._clock(), DeliveryRow.id == delivery_id):
            raise Invalid("This delivery is neither dead nor in review.", hint="Only those can be replayed.")

    def replay_all(self, session: Session, destination: str) -> int:
        """The same for everything that could not be delivered to a destination; returns how many."""
        repository.by_name(session, destination)
        return repository.revive(session, self._clock(), DeliveryRow.destination == destination)

    def _send(self, claimed: Claim) -> str:
        try:
            with self._database.reading() as session:
                record = repository.by_name(session, claimed.destination)
            # Both may have changed since it was put in line.
            if not covers(claimed.written_for, record.audience):
                raise _for_others(record.name)
            fit(record.contract, claimed.message)
            if claimed.attempt > self._patience.attempts:
                raise DeliveryRefused("The process stopped at each attempt.", hint="Look for the reason in its log.")
            destination = self._opened(record)
        except (DeliveryRefused, Refused, NotFound) as error:
            return self._give_up(claimed, error)
        except VouchError as error:
            return self._try_later(claimed, error, 0.0)
        body = orjson.dumps(claimed.message)
        if self._recorded is not None:
            with self._database.writing() as session:
                self._recorded.begins(session, claimed, record.kind, body)
        try:
            receipt = destination.deliver(Delivery(claimed.id, body))
        except DeliveryRefused as error:
            return self._give_up(claimed, error)
        except VouchError as error:
            return self._try_later(claimed, error, destination.settles_seconds)
        return self._arrived(claimed, receipt)

    def _arrived(self, claimed: Claim, receipt: Receipt) -> str:
        with self._database.writing() as session:
            repository.settle(
                session, claimed, state="sent", sent_at=self._clock(), next_at=None, error=None, receipt=_kept(receipt)
            )
            self._tell(session, claimed, "accepted", found=receipt.found)
        log.info("delivery.sent", destination=claimed.destination, delivery=claimed.id, attempt=claimed.attempt)
        return "sent"

    def _try_later(self, claimed: Claim, error: VouchError, settles_seconds: float) -> str:
        if claimed.attempt >= self._patience.attempts:
            return self._give_up(claimed, error)
        asked = error.retry_after if isinstance(error, Unavailable) else None
        pause = max(self._patience.pause(claimed.attempt, self._random), asked or 0.0, settles_seconds)
        now = self._clock()
        # The others do not pay for how often this one has failed: it may be the only one that is at fault.
        others = max(self._patience.first_seconds, asked or 0.0)
        with self._database.writing() as session:
            later = now + timedelta(seconds=pause)
            repository.settle(session, claimed, next_at=later, error=str(error)[:LONGEST_TEXT])
            repository.postpone(session, claimed.destination, now, now + timedelta(seconds=others))
            self._tell(session, claimed, "postponed", reason=error.code)
        log.warning(
            "delivery.postponed", destination=claimed.destination, delivery=claimed.id, attempt=claimed.attempt,
            code=error.code,
        )  # fmt: skip
        return "postponed"

    def _give_up(self, claimed: Claim, error: VouchError) -> str:
        """Dead, in review, or handed to the fallback: in one transaction, so that it is not lost in between."""
        now = self._clock()
        with self._database.writing() as session:
            record = repository.find(session, claimed.destination)
            fallback = record.fallback if record is not None else None
            state = "review" if fallback == REVIEW else "dead"
            text = str(error)
            if fallback not in (None, REVIEW):
                text = f"{text} Handed to {fallback}."
            if not repository.settle(session, claimed, state=state, next_at=None, error=text[-LONGEST_TEXT:]):
                return "postponed"
            self._tell_given_up(session, claimed, fallback, error)
            if fallback is not None and fallback != REVIEW:
                self._hand_over(session, claimed, fallback, now)
        log.error("delivery.given_up", destination=claimed.destination, delivery=claimed.id, fallback=fallback)
        return state

    def _tell_given_up(self, session: Session, claimed: Claim, fallback: str | None, error: VouchError) -> None:
        if fallback == REVIEW:
            self._tell(session, claimed, "review", reason=error.code)
        elif fallback is not None:
            self._tell(session, claimed, "fallback", reason=error.code, fallback=fallback)
        else:
            final = isinstance(error, DeliveryRefused | Refused | NotFound)
            self._tell(session, claimed, "refused" if final else "given_up", reason=error.code)

    def _tell(self, session: Session, claimed: Claim, result: Result, **more: Any) -> None:
        if self._recorded is not None:
            self._recorded.ended(session, claimed, result, **more)

    def _hand_over(self, session: Session, claimed: Claim, fallback: str, now: datetime) -> None:
        """Contract and audience of the fallback are looked at when its turn comes, as those of any delivery."""
        there = repository.add(session, fallback, claimed.key, claimed.message, claimed.written_for, now)
        # It may have died there at an earlier time, before this one was replayed.
        repository.revive(session, now, DeliveryRow.id == there)


def _for_others(name: str) -> Refused:
    return Refused(
        f"The message was not written for all who read {name}.",
        hint="Narrow the audience of the destination, or write the message for it.",
    )


def _kept(receipt: Receipt) -> str:
    """The receipt as JSON within the column's width; an address that does not fit is left out."""
    full = {"reference": receipt.reference[:200], "found": receipt.found}
    if receipt.note:
        full["note"] = receipt.note[:200]
    with_url = orjson.dumps({**full, "url": receipt.url}).decode()
    return with_url if len(with_url) <= LONGEST_TEXT else orjson.dumps(full).decode()[:LONGEST_TEXT]
