# celery and kombu have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportUntypedFunctionDecorator=false
"""Jobs over Celery: Redis between processes in server mode, this process's memory in embedded mode.

Messages carry ids, expire, and are acknowledged when the job is done. Whatever is lost is sent again, because the
database says what is due. Workers run threads: documents are parsed in child processes of their own, which bound time
and memory, embedding leaves the interpreter, and the rest waits for databases and other systems; forked workers would
each hold a model and a pool of parsers, and could not be forked once those have threads.
"""

from __future__ import annotations

import secrets
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import structlog
from celery import Celery
from celery.bootsteps import CLOSE
from celery.concurrency.thread import TaskPool
from celery.exceptions import WorkerShutdown
from celery.worker.consumer.consumer import STOP_CONDITIONS, Consumer
from kombu.exceptions import OperationalError

from connectors.destinations.outbox import Outbox
from connectors.repository import end_abandoned
from connectors.tasks import RESEND_AFTER
from core.clock import Clock
from core.database import Database
from core.errors import Unavailable, VouchError
from core.jobs import Job, JobKind
from core.leases import Leases
from ingest.work import Work

PERFORM = "vouch.perform"
EXPIRE_SECONDS = RESEND_AFTER.total_seconds()
TICK_SECONDS = 5.0
SWEEP_SECONDS = 3600.0
_VISIBLE_AGAIN_SECONDS = 600
_SILENT_SECONDS = 15
_LOOK_SECONDS = 0.1
log = structlog.get_logger()


def make_app(url: str, queue: str = "vouch") -> Celery:
    """The Celery application on the broker ``url``. Touches no network."""
    app = Celery("vouch", broker=url, set_as_current=False)
    app.conf.update(
        task_default_queue=queue,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=5,
        broker_transport_options=_transport(url),
        broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if url.startswith("rediss:") else None,
    )
    return app


def _transport(url: str) -> dict[str, Any]:
    if url.startswith("memory:"):
        # Its queues are polled.
        return {"polling_interval": 0.05}
    waits = {"socket_connect_timeout": 5, "socket_timeout": _SILENT_SECONDS, "socket_keepalive": True}
    return {"visibility_timeout": _VISIBLE_AGAIN_SECONDS, **waits}


class CeleryQueue:
    """A ``JobQueue`` on a Celery application."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send(self, job: Job) -> None:
        retry = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2}
        arguments = (job.kind, job.source_id, job.task)
        try:
            self._app.send_task(PERFORM, arguments, expires=EXPIRE_SECONDS, retry=True, retry_policy=retry)
        except (OperationalError, OSError) as error:
            raise Unavailable(
                f"The job queue does not answer ({type(error).__name__}).",
                hint="Check queue.url. Nothing is lost: what is due is sent again.",
                retry_after=RESEND_AFTER.total_seconds(),
            ) from None


def bind(app: Celery, work: Work) -> None:
    """Let workers of ``app`` perform jobs."""

    # Shared, it would also become a task of every other application in this process.
    @app.task(name=PERFORM, throws=(VouchError,), shared=False)
    def perform(kind: str, source_id: str, task: str) -> None:  # pyright: ignore[reportUnusedFunction]
        told(lambda: work.perform(Job(cast("JobKind", kind), source_id, task)), kind)


def told(action: Callable[[], object], name: str) -> None:
    """Do it. What goes wrong stands in the log and is raised: the database says when it is tried again."""
    try:
        action()
    except VouchError as error:
        log.warning("job.failed", job=name, reason=error.message, hint=error.hint)
        raise
    except Exception:
        log.exception("job.broken", job=name)
        raise


class Threads(TaskPool):
    """Celery finds the task by the application that is current in the thread; several may live in one process."""

    def __init__(self, *args: Any, app: Celery, **options: Any) -> None:
        super().__init__(*args, app=app, **options)
        self.executor = ThreadPoolExecutor(self.limit, "job", initializer=app.set_current)


class Taker(Consumer):
    """Celery's, which ends when it is told so even while it waits for a queue that does not answer."""

    def ensure_connected(self, conn: Any) -> Any:
        def away(error: Exception, seconds: float) -> None:
            log.warning("jobs.queue_away", error=type(error).__name__, again_in_seconds=seconds)

        def look() -> None:
            if self.blueprint.state in STOP_CONDITIONS:
                raise WorkerShutdown(0)

        return conn.ensure_connection(away, callback=look)


class Worker:
    """Takes jobs from the queue until it is stopped, ``concurrency`` at a time."""

    def __init__(self, app: Celery, concurrency: int) -> None:
        self._controller = app.WorkController(
            pool=Threads, concurrency=concurrency, without_heartbeat=True, without_mingle=True, without_gossip=True,
            quiet=True, consumer_cls=Taker,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more jobs, and return when those at work have ended."""
        while self._thread.is_alive():
            # Told again until it ends: one that connects at this moment sets its state back to running.
            consumer = getattr(self._controller, "consumer", None)
            if consumer is not None:
                consumer.blueprint.state = CLOSE
            self._thread.join(_LOOK_SECONDS)

    def _run(self) -> None:
        # Ended in the thread that reads from the queue: two threads on one connection would take each other's replies.
        self._controller.start()
        self._controller.stop()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()


class Beat:
    """Does something every few seconds, in one of all processes that have one: the others stand by."""

    def __init__(
        self, name: str, action: Callable[[], object], database: Database, leases: Leases, seconds: float = TICK_SECONDS
    ) -> None:
        self._name, self._action, self._database, self._leases = name, action, database, leases
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return when the round at work has ended."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._leases.hold(self._name) as lease:
                    while lease is not None and not self._stopping.is_set():
                        with self._database.writing() as session:
                            lease.confirm(session)
                        told(self._action, self._name)
                        self._stopping.wait(self._seconds)
            except Exception as error:
                # It stands in the log; the next round may go well, and nothing else would begin it.
                log.warning("beat.round", beat=self._name, error=type(error).__name__)
            self._stopping.wait(self._seconds)


class Jobs:
    """The jobs of an installation: handed out through ``queue``, and done in this process once it is told to."""

    def __init__(self, url: str, database: Database, leases: Leases, clock: Clock) -> None:
        # Queues in memory are known to the whole process by their name.
        name = f"vouch-{secrets.token_hex(8)}" if url.startswith("memory:") else "vouch"
        self._app = make_app(url, name)
        self._database, self._leases, self._clock = database, leases, clock
        self._running: list[Worker | Beat] = []
        self.queue = CeleryQueue(self._app)

    def work(self, work: Work, concurrency: int) -> None:
        """Do jobs, so many at a time."""
        bind(self._app, work)
        self._start(Worker(self._app, concurrency))

    def beat(self, work: Work, outbox: Outbox, sweep: Callable[[], object], **more: Callable[[], object]) -> None:
        """See every few seconds to what is due, and to ``more`` by its name; ``sweep``, every hour, to what has had
        its time."""

        def tick() -> None:
            with self._database.writing() as session:
                end_abandoned(session, self._clock())
            work.tick()

        self._start(Beat("beat", tick, self._database, self._leases))
        self._start(Beat("deliveries", outbox.send_due, self._database, self._leases))
        for name, action in more.items():
            self._start(Beat(name, action, self._database, self._leases))
        self._start(Beat("sweep", sweep, self._database, self._leases, SWEEP_SECONDS))

    @property
    def alive(self) -> bool:
        """Whether everything that was started still runs."""
        return all(each.alive for each in self._running)

    def stop(self) -> None:
        """Return when what is at work has ended; what waits is done after the next start."""
        while self._running:
            self._running.pop().stop()
        self._app.close()

    def _start(self, part: Worker | Beat) -> None:
        part.start()
        self._running.append(part)
