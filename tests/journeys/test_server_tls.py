"""Every hop inside an installation in server mode by TLS: a certificate of the authority that was declared is taken,
any other one is not, and then nothing is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api.jobs import CeleryQueue, Worker, bind, make_app
from core.database import open_engine
from core.errors import Unavailable
from core.jobs import Job
from ingest.index.server import ServerIndex
from tests.core.audit import postgres
from tests.installation import Installation
from tests.servers import redis_server
from tests.servers.certificates import Certificate, certificate
from tests.servers.qdrant_standin import StandIn


@pytest.fixture
def theirs(tmp_path: Path) -> Certificate:
    return certificate(tmp_path / "theirs")


@pytest.fixture
def another(tmp_path: Path) -> Certificate:
    return certificate(tmp_path / "another")


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> Callable[[Certificate], None]:
    """The machine's authorities are this one from here on."""
    return lambda authority: monkeypatch.setenv("SSL_CERT_FILE", str(authority.public))


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_database_is_spoken_to_by_tls_with_the_declared_authority_only(
    theirs: Certificate, another: Certificate
) -> None:
    with postgres.server(theirs) as url:

        def encrypted(query: str) -> bool:
            engine = open_engine(f"{url}?{query}")
            try:
                with engine.connect() as connection:
                    return bool(connection.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")))
            finally:
                engine.dispose()

        assert encrypted(f"sslmode=verify-full&sslrootcert={theirs.public}")
        with pytest.raises(OperationalError, match="certificate verify failed"):
            encrypted(f"sslmode=verify-full&sslrootcert={another.public}")
        with pytest.raises(OperationalError):
            encrypted("sslmode=disable")


def test_jobs_are_handed_over_by_tls_with_an_authority_of_the_machine_only(
    theirs: Certificate, another: Certificate, trusting: Callable[[Certificate], None], installation: Installation,
    tmp_path: Path,
) -> None:  # fmt: skip
    with redis_server.server(tmp_path, theirs) as redis:
        trusting(another)
        with pytest.raises(Unavailable, match="The job queue does not answer"):
            CeleryQueue(make_app(redis.url)).send(Job("read", "nowhere", "poll"))

        trusting(theirs)
        app = make_app(redis.url)
        with Redis("127.0.0.1", redis.port, ssl=True, ssl_ca_certs=str(theirs.public)) as direct:
            assert direct.llen("vouch") == 0
            CeleryQueue(app).send(Job("read", "nowhere", "poll"))
            assert direct.llen("vouch") == 1
            bind(app, installation.runtime.connecting.work)
            worker = Worker(app, 1)
            worker.start()
            until(lambda: direct.llen("vouch") == 0)
        worker.stop()
        app.close()


def test_passages_are_looked_up_by_tls_with_an_authority_of_the_machine_only(
    theirs: Certificate, another: Certificate, trusting: Callable[[Certificate], None]
) -> None:
    with standing(theirs) as url:
        trusting(another)
        with pytest.raises(Unavailable):
            ServerIndex(url, embedder="test", dimensions=4)
        trusting(theirs)
        index = ServerIndex(url, embedder="test", dimensions=4)
        assert index.count() == 0
        index.close()


@contextmanager
def standing(authority: Certificate) -> Generator[str]:
    server = StandIn(tls=authority.context())
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()
