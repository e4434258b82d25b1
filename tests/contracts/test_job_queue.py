"""What every job queue has to do: jobs arrive as they were sent, whoever is on the other side."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from api.jobs import CeleryQueue, Worker, bind, make_app
from core.errors import Unavailable
from core.jobs import Job, JobQueue, MemoryQueue
from tests.servers import redis_server
from tests.servers.redis_server import RedisServer

# Said whenever the broker goes: that a later release is going to cancel what runs then, unless it is told not to.
pytestmark = pytest.mark.filterwarnings("ignore::celery.exceptions.CPendingDeprecationWarning")
READ = Job("read", "5b0c0a38-0000-4000-8000-000000000001", "poll")
SECONDS = 60
"""Until a job that does not come is missed."""
Take = Callable[[], Job]


class Performed:
    """In place of ``ingest.work.Work``: keeps what it is to perform, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[Job] = queue.Queue()
        self.faults = 0

    def perform(self, job: Job) -> None:
        self.jobs.put(job)
        if self.faults:
            self.faults -= 1
            raise Unavailable("The source does not answer.")


@contextmanager
def worked_off(url: str) -> Generator[tuple[JobQueue, Performed]]:
    app = make_app(url, f"test-{uuid4().hex}")
    performed = Performed()
    bind(app, performed)  # pyright: ignore[reportArgumentType]
    worker = Worker(app, 2)
    worker.start()
    try:
        yield CeleryQueue(app), performed
    finally:
        worker.stop()
        app.close()


@pytest.fixture(params=["memory", "celery in memory", "celery on redis"])
def sent_and_taken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[JobQueue, Take]]:
    if request.param == "memory":
        simple = MemoryQueue()

        def take() -> Job:
            job = simple.take()
            assert job is not None
            return job

        yield simple, take
        return
    with ExitStack() as undo:
        url = "memory://localhost"
        if request.param == "celery on redis":
            url = undo.enter_context(redis_server.server(tmp_path)).url
        sent, performed = undo.enter_context(worked_off(url))
        yield sent, lambda: performed.jobs.get(timeout=SECONDS)


def test_a_job_arrives_as_it_was_sent(sent_and_taken: tuple[JobQueue, Take]) -> None:
    jobs, take = sent_and_taken
    for job in (READ, Job("ingest"), Job("dispatch")):
        jobs.send(job)
        assert take() == job


def test_jobs_sent_from_many_threads_all_arrive(sent_and_taken: tuple[JobQueue, Take]) -> None:
    jobs, take = sent_and_taken
    sent = [Job("read", str(number), "poll") for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(jobs.send, sent))
    assert {take() for _ in sent} == set(sent)


def test_one_that_fails_does_not_stop_the_next() -> None:
    with worked_off("memory://localhost") as (jobs, performed):
        performed.faults = 1
        jobs.send(READ)
        jobs.send(Job("ingest"))
        assert {performed.jobs.get(timeout=SECONDS), performed.jobs.get(timeout=SECONDS)} == {READ, Job("ingest")}


def test_installations_in_one_process_do_not_share_a_queue_in_memory() -> None:
    with worked_off("memory://localhost") as (jobs, performed), worked_off("memory://localhost") as (_, other):
        jobs.send(READ)
        assert performed.jobs.get(timeout=SECONDS) == READ
        assert other.jobs.empty()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server.server(tmp_path) as running:
        yield running


def test_a_queue_that_is_gone_is_unavailable_and_works_again_when_it_is_back(redis: RedisServer) -> None:
    with worked_off(redis.url) as (jobs, performed):
        jobs.send(READ)
        assert performed.jobs.get(timeout=SECONDS) == READ
        redis.stop()
        with pytest.raises(Unavailable, match="queue does not answer"):
            jobs.send(READ)
        redis.start()
        jobs.send(Job("ingest"))
        assert performed.jobs.get(timeout=SECONDS) == Job("ingest")
