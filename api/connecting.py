"""Everything of an installation that reaches other systems: sources, destinations, and the work that keeps them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import structlog

from api.destinations import Destinations
from api.settings import Settings
from api.webhooks.telling import Telling
from connectors.announcements import Intake
from connectors.catalogue import Catalogue, load_catalogue
from connectors.destinations.base import Means
from connectors.freshness.breaches import FreshnessEvent
from connectors.kinds import Opening
from connectors.outbound import Outbound
from connectors.rates import DatabaseBuckets
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource
from core.audit import AuditLog, Event
from core.audit.events import NO_SUBJECT
from core.clock import Clock
from core.database import Database
from core.egress import Egress
from core.errors import VouchError
from core.jobs import JobQueue
from core.secrets import Resolver
from core.vault import Vault
from ingest.label.labeller import Labeller
from ingest.pipeline import Pipeline
from ingest.sync import Sync, Turned
from ingest.work import Work

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Connecting:
    """``open`` makes a source of its stored configuration; it touches no network."""

    catalogue: Catalogue
    secrets: Resolver
    outbound: Outbound
    destinations: Destinations
    intake: Intake
    work: Work
    queue: JobQueue
    max_bytes: int
    clock: Clock

    def open(self, record: SourceRecord) -> AnySource:
        return self.catalogue.open(record.kind, record.config, self.opening(record.name))

    def opening(self, name: str) -> Opening:
        return Opening(name, self.secrets, self.outbound, self.clock, self.max_bytes)


def connect(
    settings: Settings, database: Database, audit: AuditLog, sync: Sync, pipeline: Pipeline, labeller: Labeller,
    queue: JobQueue, clock: Clock, telling: Telling, elapsed: Callable[[], float] = time.monotonic,
) -> Connecting:  # fmt: skip
    random = Random()  # noqa: S311 (jitter, not a secret)
    egress = Egress(settings.egress)
    secrets = Resolver(Vault(egress, os.environ, clock).read)
    outbound = Outbound(egress, DatabaseBuckets(database, clock), clock=clock)
    catalogue = load_catalogue(settings.sources.declarations)
    max_bytes = settings.ingest.max_file_mb * 2**20

    def opened(record: SourceRecord) -> AnySource:
        opening = Opening(record.name, secrets, outbound, clock, max_bytes)
        return catalogue.open(record.kind, record.config, opening)

    destinations = Destinations(database, audit, Means(secret=secrets, http=outbound, clock=clock), random)

    def told(record: SourceRecord, task: str, turned: Turned | None) -> None:
        audit.append(run_event(record, task, turned, clock))
        state, counts = ("failed", {}) if turned is None else ("done", dict(turned.tally.counts))
        with database.writing() as session:
            telling.ran(session, record, task, state, counts)

    def alert(event: FreshnessEvent) -> None:
        log.warning("source.freshness", turn=event.turn, source=event.source, kind=event.kind, message=event.message)
        with database.writing() as session:
            telling.fresh(session, event)
        for name in settings.sources.alert:
            try:
                with database.writing() as session:
                    key = f"{event.payload['event']}:{event.source_id}:{event.kind}:{event.payload['at']}"
                    destinations.outbox.enqueue(session, name, key, event.payload, written_for=())
            except VouchError as error:
                log.error("source.alert_failed", destination=name, reason=str(error))

    work = Work(database, sync, pipeline, queue, opened, told, alert, clock, random, elapsed, labeller)
    intake = Intake(database, opened, clock)
    return Connecting(catalogue, secrets, outbound, destinations, intake, work, queue, max_bytes, clock)


def run_event(record: SourceRecord, task: str, turned: Turned | None, clock: Clock) -> Event:
    """What the log says of a run that ended; without what it came to, it failed."""
    counts = turned.tally.counts if turned is not None else {}
    return Event(
        kind="source.run",
        subject=NO_SUBJECT,
        action=f"source.{task}",
        outcome="done" if turned is not None else "failed",
        at=clock(),
        details={
            "source": record.id,
            "connector": record.kind,
            **{name: counts.get(name, 0) for name in ("new", "changed", "unchanged", "deleted", "failed")},
        },
    )
