"""The composition root: everything an installation is made of, wired once."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from answer.archive import Archive
from answer.ask import MODEL, Asker
from answer.batching.desk import Batches
from answer.batching.means import Means
from answer.evidence.snapshots import Snapshots
from answer.feedback import Feedback
from answer.recording import Recorder
from answer.remembering import RememberedVectors, without_tokens
from answer.review.drawing import Sampler
from answer.review.live import Reader
from answer.review.looking import Looking
from answer.review.queue import Reviews
from answer.review.replay import Means as Replaying
from answer.sharing import Sharing
from answer.structured.filling import Filler
from answer.support import shipped
from api import once
from api.connecting import Connecting, connect
from api.identity.open import Identity, open_identity
from api.limits import Limiter
from api.ownership import Owner, Ownership, Shared
from api.parts.index import open_index
from api.parts.modelled import grounds_on, open_modelled
from api.parts.models import Models
from api.parts.redaction import Redaction
from api.parts.services import Resolve, queue_url
from api.parts.shift import Shift
from api.parts.stores import head_file, open_database, open_sequencer, resolver, take_directory
from api.parts.witnessing import open_witnesses
from api.policies import Policies
from api.settings import Settings
from api.webhooks.desk import Webhooks
from api.webhooks.open import open_webhooks
from connectors.sources.base import Item
from core import people
from core.access import Principal
from core.audit import AuditLog, Event, Sequencer
from core.audit.events import NO_SUBJECT
from core.audit.finding import Finder
from core.audit.witnesses import Witnesses
from core.clock import Clock, utc_now
from core.database import Database
from core.jobs import Job, MemoryQueue
from core.leases import Leases
from core.secrets import COMMITMENT, Keyring
from ingest.blobs import BlobStore
from ingest.embed.base import Embedder
from ingest.embed.open import open_embedder
from ingest.index.base import VectorIndex
from ingest.keep import Keeper
from ingest.parse import ParserPool
from ingest.parsed import Chunk, Parsed
from ingest.pipeline import Pipeline
from ingest.shared import SharedDrain
from ingest.split import split_with_packaged_tokens
from ingest.sync import Sync
from retrieval.desk import Desk
from retrieval.recheck import Rechecker
from retrieval.rerank import CrossEncoderReranker, Reranker
from retrieval.search import Searcher

if TYPE_CHECKING:
    from api.jobs import Jobs

log = structlog.get_logger()
VERSION = "0.1.0"
ERASING_SECONDS = 0.2
"""Between two looks whether another process has erased what came back."""


@dataclass(slots=True)
class Runtime:
    """The parts of one installation, and how to close them."""

    settings: Settings
    database: Database
    keyring: Keyring
    audit: AuditLog
    sequencer: Sequencer
    witnesses: Witnesses
    finder: Finder
    blobs: BlobStore
    pool: ParserPool
    split: Callable[[Parsed], tuple[Chunk, ...]]
    embedder: Embedder
    index: VectorIndex
    pipeline: Pipeline
    sync: Sync
    desk: Desk
    asker: Asker
    archive: Archive
    sharing: Sharing
    feedback: Feedback
    snapshots: Snapshots
    looking: Looking
    reviews: Reviews
    sampler: Sampler
    batches: Batches
    policies: Policies
    redaction: Redaction
    models: Models
    vectors: RememberedVectors
    identity: Identity
    limiter: Limiter
    connecting: Connecting
    webhooks: Webhooks
    jobs: Jobs | None
    """What hands out and does jobs; None in a process that serves nobody else."""
    ownership: Ownership | Shared
    operator_token: str
    clock: Clock
    closing: ExitStack

    @property
    def head_file(self) -> Path:
        return head_file(self.settings)

    def principal(self, person_id: str) -> Principal:
        with self.database.reading() as session:
            return people.principal(session, person_id, self.audit.subject)

    def announce(self, url: str, pid: int) -> None:
        self.ownership.announce(Owner(pid, url, self.operator_token))

    def warm(self) -> Future[Any]:
        """Start one parser beside everything else, so that the first documents do not wait for it. The future is done
        when it is ready."""
        text = "A sentence for the parser to begin with, so that all it needs is there. " * 40
        return self.pool.parse(Item("warm", text.encode(), "warm.txt"), self.split)

    def work_off(self) -> None:
        """Do what stands in the outbox: here, or by whoever does jobs."""
        if self.jobs is None:
            self.pipeline.drain()
        else:
            self.jobs.queue.send(Job("ingest"))

    def sweep(self) -> None:
        """Drop what has had its time: values of the vault, counts of minutes long over, what providers still have of
        people who were forgotten. Draw the samples for review that are due."""
        self.redaction.sweep()
        self.models.budgets.sweep()
        self.identity.sweep()
        self.audit.close_open_intents(self.clock() - _longest(self.settings))
        self.webhooks.sender.sweep()
        self.batches.withdraw()
        self.sampler.sweep()
        self.finder.follow()
        # Imported here: they are made of the whole runtime.
        from api.retention import sweep
        from api.subjects.returning import finish

        finish(self)
        sweep(self)
        with self.database.writing() as session:
            once.sweep(session, self.clock())

    @property
    def session_life(self) -> timedelta:
        return timedelta(hours=self.settings.session_hours)

    def close(self) -> None:
        self.closing.close()


def open_runtime(
    settings: Settings, tell: Callable[[str], None] = lambda line: None, *, serving: bool = False
) -> Runtime:
    """Open the installation that ``settings`` describe, creating it when it is new. ``tell`` gets a line a step.

    ``serving``: jobs are going to be worked off, so that whoever sends one need not do it himself.
    """
    with ExitStack() as undo:
        directory = settings.data_dir.resolve()
        ownership = take_directory(settings)
        undo.callback(ownership.release)
        clock = utc_now
        resolve = resolver(settings)
        keyring = Keyring(directory / "keys")
        database = open_database(settings, resolve)
        undo.callback(database.close)
        leases = Leases(database, clock)
        audit = AuditLog(database, keyring, clock)
        finder = Finder(database)
        sequencer = open_sequencer(settings, audit, database, keyring, clock)
        witnesses = open_witnesses(settings, database, leases, resolve, clock)
        undo.callback(witnesses.stop)
        sequencer.start()
        undo.callback(sequencer.stop)
        witnesses.start()
        # Alone here, whoever began something is dead; beside other processes only time tells.
        audit.close_open_intents(None if settings.mode == "embedded" else clock() - _longest(settings))
        policies = Policies(database, audit, clock, settings.policy)
        policies.seed()
        models = Models(database, audit, clock, resolve, settings.egress, settings.models, settings.budgets)
        undo.callback(models.close)
        redaction = Redaction(database, keyring, audit, clock, settings.redaction, policies, models.narrowed)
        undo.callback(redaction.close)

        identity = open_identity(settings, database, keyring, audit, resolve, clock)
        undo.callback(identity.close)

        tell("Opening the embedder")
        embedder = open_embedder(
            settings.embedder.model, cache_dir=_model_cache(directory), threads=settings.embedder.threads
        )
        undo.callback(embedder.close)
        index = open_index(settings, embedder, database, leases, resolve, tell)
        undo.callback(index.close)
        pool = ParserPool(
            workers=settings.ingest.parser_processes,
            timeout_seconds=settings.ingest.parse_timeout_seconds,
            memory_mb=settings.ingest.parse_memory_mb,
        )
        undo.callback(pool.close)
        split = partial(split_with_packaged_tokens, settings=settings.split)
        blobs = BlobStore(directory / "blobs")
        pipeline = Pipeline(database, blobs, pool, split, embedder, index, clock, settings.ingest, redaction.admits)
        drain = pipeline if settings.mode == "embedded" else SharedDrain(pipeline, leases)
        shift = Shift()
        sync = Sync(database, Keeper(database, blobs, clock), drain, clock, shift)

        def principal_of(person_id: str) -> Principal:
            with database.reading() as session:
                return people.principal(session, person_id, audit.subject)

        jobs = _open_jobs(settings, resolve, database, leases, serving=serving)
        queue = MemoryQueue() if jobs is None else jobs.queue
        webhooks = open_webhooks(database, keyring, audit, settings.egress, clock)
        connecting = connect(
            settings, database, audit, sync, pipeline, redaction.labeller, queue, clock, webhooks.telling, shift
        )
        recheck = Rechecker(database, connecting.open)
        undo.callback(recheck.close)
        reranker = _reranker(settings, tell)
        searcher = Searcher(database, index, embedder, settings.retrieval, reranker, recheck=recheck)
        vectors = RememberedVectors(embedder.embed)
        modelled = open_modelled(
            database, keyring, models, redaction, vectors.embed, embedder.identity, settings.answer, clock
        )
        snapshots = Snapshots(keyring, audit, clock)
        recorder = Recorder(database, audit, clock, redaction.vault, webhooks.telling.answered, snapshots.keep)
        asker = Asker(
            database, searcher, vectors.embed, shipped(), recorder, clock, settings.answer, principal_of, modelled,
            connecting.destinations.outbox,
        )  # fmt: skip
        reader = Reader(connecting.open, pool)
        undo.callback(reader.close)
        grounds = grounds_on(without_tokens(vectors.embed), settings.answer.verify)
        replaying = Replaying(snapshots, redaction.vault, split, grounds, audit.subject, keyring.key(COMMITMENT))

        def follow() -> None:
            sequencer.drain()
            finder.follow()

        looking = Looking(database, audit, clock, replaying, reader, follow)
        means = Means(
            database, searcher, vectors.embed, shipped(), settings.answer, models.register, models.budgets,
            redaction.policy, modelled.writer, Filler(modelled), recorder, recheck.confirmed, principal_of, leases,
            models.batches, clock, webhooks.telling.batch_done,
        )  # fmt: skip
        runtime = Runtime(
            settings=settings,
            database=database,
            keyring=keyring,
            audit=audit,
            sequencer=sequencer,
            witnesses=witnesses,
            finder=finder,
            blobs=blobs,
            pool=pool,
            split=split,
            embedder=embedder,
            index=index,
            pipeline=pipeline,
            sync=sync,
            desk=Desk(database, searcher, audit, clock),
            asker=asker,
            archive=Archive(database, audit, clock, redaction.vault),
            sharing=Sharing(database, audit, clock, redaction.vault, redaction.redactor),
            feedback=Feedback(database, audit, clock, redaction.vault, redaction.redactor),
            snapshots=snapshots,
            looking=looking,
            reviews=Reviews(database, audit, clock, alone=settings.review.single_reviewer),
            sampler=Sampler(database, audit, clock),
            batches=Batches(means),
            policies=policies,
            redaction=redaction,
            models=models,
            vectors=vectors,
            identity=identity,
            limiter=Limiter(settings.ask_per_minute),
            connecting=connecting,
            webhooks=webhooks,
            jobs=jobs,
            ownership=ownership,
            operator_token=secrets.token_urlsafe(32),
            clock=clock,
            closing=undo.pop_all(),
        )
        if jobs is not None:
            runtime.closing.callback(jobs.stop)
            runtime.closing.callback(shift.end)
    _record_start(runtime, embedder.identity)
    _erase_again(runtime, tell)
    _resume(runtime, tell)
    return runtime


def _open_jobs(
    settings: Settings, resolve: Resolve, database: Database, leases: Leases, *, serving: bool
) -> Jobs | None:
    if not serving and settings.mode == "embedded":
        return None
    # Imported here: a command of a moment need not wait for it.
    from api.jobs import Jobs

    return Jobs(queue_url(settings, resolve), database, leases, utc_now)


def _erase_again(runtime: Runtime, tell: Callable[[str], None]) -> None:
    """What was erased and came back with a backup goes before anything is served. One process does it."""
    # Imported here: it is made of the whole runtime.
    from api.subjects.returning import erase_again

    leases = Leases(runtime.database, runtime.clock)
    try:
        while True:
            with leases.hold("erasures") as lease:
                if lease is not None:
                    erased = erase_again(runtime)
                    break
            time.sleep(ERASING_SECONDS)
    except BaseException:
        runtime.close()
        raise
    if erased:
        tell(f"Erased again what {erased} requests had erased before")


def _resume(runtime: Runtime, tell: Callable[[str], None]) -> None:
    """Complete what the last stop cut off. In server mode the index is made to agree; workers do the rest."""
    if runtime.settings.mode == "server":
        SharedDrain(runtime.pipeline, Leases(runtime.database, runtime.clock)).reconcile()
        return
    resumed = runtime.sync.resume()
    if resumed.documents:
        tell(f"Completed {resumed.documents} documents that the last stop had cut off")


def _reranker(settings: Settings, tell: Callable[[str], None]) -> Reranker | None:
    rerank = settings.retrieval.rerank
    if rerank.model is None:
        return None
    tell(f"Loading the cross-encoder {rerank.model}")
    return CrossEncoderReranker(rerank.model, rerank.candidates, settings.embedder.threads)


def _model_cache(directory: Path) -> Path:
    """Where converted models lie: beside the installed packages they come from, so that every data directory shares
    them; in the data directory where the installation may not be written."""
    shared = Path(sys.prefix) / "share" / "vouch" / "models"
    try:
        shared.mkdir(parents=True, exist_ok=True)
    except OSError:
        return directory / "models"
    return shared if os.access(shared, os.W_OK) else directory / "models"


def _longest(settings: Settings) -> timedelta:
    return timedelta(hours=settings.audit.intent_hours)


def _record_start(runtime: Runtime, embedder: str) -> None:
    runtime.audit.append(
        Event(
            kind="installation.started",
            subject=NO_SUBJECT,
            action="start",
            outcome="done",
            at=runtime.clock(),
            details={"version": VERSION, "mode": runtime.settings.mode, "model": MODEL},
        )
    )
    log.debug("installation.started", embedder=embedder)
