"""Webhooks of an installation, wired."""

from __future__ import annotations

from random import Random

from api.webhooks.desk import Webhooks
from api.webhooks.recording import Recording
from api.webhooks.secrets import Safe
from api.webhooks.sending import Sender
from api.webhooks.telling import Telling
from connectors.outbound import Outbound
from connectors.rates import DatabaseBuckets
from core.audit import AuditLog
from core.clock import Clock
from core.database import Database
from core.egress import Egress, EgressSettings
from core.secrets import Keyring


def open_webhooks(
    database: Database, keyring: Keyring, audit: AuditLog, egress: EgressSettings, clock: Clock
) -> Webhooks:
    """Touches no network."""
    outbound = Outbound(Egress(egress), DatabaseBuckets(database, clock), clock=clock)
    safe, recording, telling = Safe(keyring), Recording(audit, clock), Telling(clock)
    sender = Sender(database, safe, outbound, recording, clock, Random())  # noqa: S311 (jitter, not a secret)
    return Webhooks(database, safe, sender, telling, recording, clock, outbound.permit)
