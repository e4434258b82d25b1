"""Webhooks as those see them who manage them: administrators all, connector owners their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy.orm import Session

from api.webhooks import repository
from api.webhooks.recording import Recording
from api.webhooks.repository import Delivery, Webhook
from api.webhooks.secrets import Safe, Signing, new_secret
from api.webhooks.sending import Sender
from api.webhooks.telling import EVENTS, OF_SOURCES, TEST, Telling
from connectors import owners
from connectors import repository as connectors
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, Forbidden, Invalid, NotFound, VouchError

if TYPE_CHECKING:
    from api.configuring import By

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LONGEST_URL = 2_000
OVERLAP = timedelta(hours=24)
"""How long the secret before still signs after a new one was made."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``sources`` by name; empty for all. ``unencrypted``: http is meant."""

    name: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    sources: tuple[str, ...] = ()
    unencrypted: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """``sources`` by name. ``secrets``: how many sign now."""

    webhook: Webhook
    sources: tuple[str, ...] | None
    secrets: int
    deliveries: dict[str, int]


@dataclass(frozen=True, slots=True)
class Tried:
    ok: bool
    said: str


class Webhooks:
    """``permit`` raises unless a host may be reached."""

    def __init__(
        self, database: Database, safe: Safe, sender: Sender, telling: Telling, recording: Recording, clock: Clock,
        permit: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        self._database, self._safe, self._recording, self._clock = database, safe, recording, clock
        self._permit = permit
        self.sender, self.telling = sender, telling

    def add(self, wanted: Wanted, by: By) -> tuple[Shown, str]:
        """A new webhook, and its secret, which is shown this once."""
        self._check(wanted)
        webhook_id, secret = str(uuid4()), new_secret()
        with self._database.writing() as session:
            if repository.find(session, wanted.name) is not None:
                raise Conflict(f"There is a webhook named {wanted.name} already.", hint="Choose another name.")
            sources = _sources(session, wanted, by)
            webhook = Webhook(
                webhook_id, wanted.name, wanted.url, tuple(sorted(set(wanted.events))), sources,
                None if _all(by) else by.who, self._clock(), self._safe.seal(webhook_id, (Signing(secret),)),
            )  # fmt: skip
            repository.add(session, webhook, by.who)
            self._recording.changed(session, webhook, "created", by)
            return self._shown(session, webhook), secret

    def listed(self, by: By) -> list[Shown]:
        with self._database.reading() as session:
            return [self._shown(session, each) for each in repository.everything(session) if _is_theirs(each, by)]

    def show(self, name: str, by: By) -> Shown:
        with self._database.reading() as session:
            return self._shown(session, _theirs(session, name, by))

    def remove(self, name: str, by: By) -> None:
        """With everything on its way to it."""
        with self._database.writing() as session:
            webhook = _theirs(session, name, by)
            repository.remove(session, webhook.id)
            self._recording.changed(session, webhook, "removed", by)

    def rotate(self, name: str, by: By) -> str:
        """A new secret, shown this once. The one before signs along for a day, so that the receiver can change over."""
        now, secret = self._clock(), new_secret()
        with self._database.writing() as session:
            webhook = _theirs(session, name, by)
            try:
                held = self._safe.open(webhook.id, webhook.secrets)
            except VouchError:
                held = ()
            before = tuple(replace(each, until=now + OVERLAP) for each in held if each.until is None)
            repository.set_secrets(session, webhook.id, self._safe.seal(webhook.id, (Signing(secret), *before)))
            self._recording.changed(session, webhook, "rotated", by)
        return secret

    def test(self, name: str, by: By) -> Tried:
        """Send an event that tells nothing, now; what came of it."""
        with self._database.writing() as session:
            webhook = _theirs(session, name, by)
            delivery_id = self.telling.test(session, webhook, f"{TEST}:{uuid4()}")
            self._recording.changed(session, webhook, "tested", by)
        try:
            status, error = self.sender.send_now(webhook, delivery_id), ""
        except VouchError as failure:
            status, error = 0, str(failure)
        with self._database.writing() as session:
            repository.finish_test(session, delivery_id, error, self._clock())
        return Tried(not error, error or f"The receiver answered {status}.")

    def deliveries(
        self, by: By, name: str | None, state: str | None, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[tuple[str, Delivery]]:
        """With the name of the webhook, the newest first; those behind the one of this time and id."""
        with self._database.reading() as session:
            those = repository.everything(session) if name is None else [_theirs(session, name, by)]
            names = {each.id: each.name for each in those if _is_theirs(each, by)}
            found = repository.deliveries(session, names, state, limit, after)
            return [(names[each.webhook_id], each) for each in found]

    def replay(self, name: str, by: By, delivery_id: str | None = None) -> int:
        """Put what is dead in line again; returns how many."""
        with self._database.writing() as session:
            webhook = _theirs(session, name, by)
            count = repository.revive(session, webhook.id, delivery_id, self._clock())
            if delivery_id is not None and not count:
                raise NotFound("There is no dead delivery of this id.", hint="See vouch webhooks deliveries.")
            self._recording.changed(session, webhook, "replayed", by, count)
        return count

    def _check(self, wanted: Wanted) -> None:
        if not NAME.fullmatch(wanted.name):
            raise Invalid("This is no name for a webhook.", hint="Use a-z, 0-9 and hyphens, at most 64.")
        unknown = sorted(set(wanted.events) - set(EVENTS))
        if unknown or not wanted.events:
            raise Invalid("Name at least one event, of those that there are.", hint=f"They are: {', '.join(EVENTS)}.")
        host, port = _address(wanted)
        self._permit(host, port)

    def _shown(self, session: Session, webhook: Webhook) -> Shown:
        names = None
        if webhook.sources is not None:
            known = {each.id: each.name for each in connectors.everything(session)}
            names = tuple(known[each] for each in webhook.sources if each in known)
        try:
            secrets = len(self._safe.valid(webhook.id, webhook.secrets, self._clock()))
        except VouchError:
            secrets = 0
        return Shown(webhook, names, secrets, repository.counts(session).get(webhook.id, {}))


def _address(wanted: Wanted) -> tuple[str, int]:
    """Host and port. Raises ``Invalid`` for what cannot be sent to."""
    try:
        parts = urlsplit(wanted.url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if len(wanted.url) > LONGEST_URL or host is None or parts.scheme not in ("https", "http"):
        raise Invalid("The address cannot be used.", hint="Write it as https://HOST/PATH.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid("The address holds a password or a fragment.", hint="The signature is the proof; leave it out.")
    if parts.scheme == "http" and not wanted.unencrypted:
        raise Invalid("Others on the way could read along.", hint="Use https, or say that http is meant.")
    return host, port or (443 if parts.scheme == "https" else 80)


def _sources(session: Session, wanted: Wanted, by: By) -> tuple[str, ...] | None:
    """Ids. Raises ``Forbidden`` for what ``by`` may not subscribe to."""
    if not _all(by) and not set(wanted.events) <= set(OF_SOURCES):
        raise Forbidden(
            "Connector owners subscribe to what happens to their sources.", hint=f"Of: {', '.join(OF_SOURCES)}."
        )
    if not wanted.sources:
        return None
    theirs = None if _all(by) else owners.owned_by(session, by.who)
    found = [connectors.find(session, name) for name in wanted.sources]
    ids = tuple(sorted({each.id for each in found if each is not None and (theirs is None or each.id in theirs)}))
    if len(ids) < len(set(wanted.sources)):
        raise NotFound("There is no such source, or you do not look after it.", hint="See vouch sources list.")
    return ids


def _all(by: By) -> bool:
    return by.operator or by.admin


def _is_theirs(webhook: Webhook, by: By) -> bool:
    return _all(by) or webhook.owner_id == by.who


def _theirs(session: Session, name: str, by: By) -> Webhook:
    webhook = repository.find(session, name)
    if webhook is None or not _is_theirs(webhook, by):
        raise NotFound("There is no such webhook.", hint="See vouch webhooks list.")
    return webhook
