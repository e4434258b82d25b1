"""Reading a database of any dialect: read-only transactions with a time limit, and errors that say what to do."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from connectors.errors import SourceRejected, SourceUnavailable
from core.secrets import Secret

LIMITS: dict[str, tuple[str, ...]] = {
    "postgresql": ("SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = {milliseconds}"),
    "mysql": ("SET TRANSACTION READ ONLY", "SET SESSION max_execution_time = {milliseconds}"),
    "mariadb": ("SET TRANSACTION READ ONLY", "SET SESSION max_statement_time = {seconds}"),
    "oracle": ("SET TRANSACTION READ ONLY",),
    "sqlite": ("PRAGMA query_only = ON",),
    "snowflake": ("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}",),
    "databricks": ("SET STATEMENT_TIMEOUT = {seconds}",),
}
"""What each transaction begins with. Where a dialect has no read-only transaction, the account's rights have to do."""
EXTRAS = ("snowflake", "bigquery", "databricks")
"""Dialects whose driver is an extra of this package."""
PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}
CLOUDS = {"snowflake": "{host}.snowflakecomputing.com", "bigquery": "bigquery.googleapis.com"}
"""Dialects whose URL names an account or a project, and the host that is behind it."""
ELSEWHERE = frozenset({"hostaddr", "service", "servicefile", "odbc_connect", "unix_socket", "read_default_file"})
"""Parameters that lead to a host which nobody could check."""
REFUSED = re.compile(
    r"authentication failed|access denied|login failed|ora-01017|no password supplied|permission denied"
    r"|role .* does not exist",
    re.IGNORECASE,
)
UNREADABLE = re.compile(r"no such (table|column)|does not exist|syntax error|permission denied|not authorized", re.I)


class SqlDatabase:
    """Opens connections to the database behind ``address``, which is resolved at the first of them. ``permit`` raises
    for a host and port that may not be reached."""

    def __init__(self, address: Callable[[], Secret], permit: Callable[[str, int], None], timeout_seconds: int) -> None:
        self._address = address
        self._permit = permit
        self._timeout = timeout_seconds
        self._engine: Engine | None = None

    @contextmanager
    def connection(self) -> Generator[Connection]:
        """One connection, closed at the end. What fails in it, too, is SourceUnavailable or SourceRejected."""
        with _translated(connecting=True):
            engine = self._opened()
            for host, port in _hosts(engine.url):
                self._permit(host, port)
            opened = engine.connect()
        try:
            with _translated(connecting=False):
                yield opened
        finally:
            opened.close()

    @contextmanager
    def reading(self, connection: Connection) -> Generator[Connection]:
        """A read-only transaction with the time limit, rolled back at its end."""
        with connection.begin() as transaction:
            values = {"seconds": self._timeout, "milliseconds": self._timeout * 1000}
            for statement in LIMITS.get(connection.dialect.name, ()):
                connection.exec_driver_sql(statement.format(**values))
            self._limit_driver(connection)
            yield connection
            transaction.rollback()

    def _limit_driver(self, connection: Connection) -> None:
        """Limits that are no statement but a property of the driver's connection."""
        driver: Any = connection.connection.dbapi_connection
        name = connection.dialect.name
        if name == "sqlite":
            deadline = time.monotonic() + self._timeout
            driver.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        elif name == "mssql" and hasattr(driver, "timeout"):
            driver.timeout = self._timeout
        elif name == "oracle" and hasattr(driver, "call_timeout"):
            driver.call_timeout = self._timeout * 1000

    def _opened(self) -> Engine:
        if self._engine is None:
            url = _url(self._address())
            try:
                # Without a pool nothing is left open between two polls. Values are kept out of errors and logs.
                self._engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
            except (NoSuchModuleError, ModuleNotFoundError, ImportError):
                name = url.get_backend_name()
                hint = f"Run: pip install 'vouch[{name}]'" if name in EXTRAS else "Install its SQLAlchemy driver."
                raise SourceRejected(f"There is no driver for {name} here.", hint=hint) from None
        return self._engine


def _url(address: Secret) -> URL:
    try:
        url = make_url(address.text())
    except (ArgumentError, ValueError):
        # The text is not repeated: it may hold the password.
        hint = "Write it as postgresql://USER:PASSWORD@HOST/DATABASE, with special characters percent-encoded."
        raise SourceRejected("The connection is not a SQLAlchemy URL.", hint=hint) from None
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and not url.database.startswith("file:"):
        # Else a file that is not there would be made.
        return url.set(database=f"file:{quote(url.database)}").update_query_dict({"mode": "ro", "uri": "true"})
    return url


def _hosts(url: URL) -> Iterator[tuple[str, int]]:
    """Every host that a URL leads to over the network. Raises SourceRejected where it does not say so itself."""
    name = url.get_backend_name()
    if name == "sqlite":
        return
    if elsewhere := sorted(ELSEWHERE.intersection(url.query)):
        hint = "Write the host into the URL: DIALECT://USER:PASSWORD@HOST:PORT/DATABASE."
        raise SourceRejected(f"The connection names its host in {', '.join(elsewhere)}.", hint=hint)
    if name in CLOUDS:
        yield CLOUDS[name].format(host=url.host), 443
        return
    given = url.query.get("host", ())
    named = [given] if isinstance(given, str) else list(given)
    for host in [url.host, *(part for each in named for part in each.split(","))]:
        # A path is a socket of this machine.
        if host and not host.startswith("/"):
            yield host.rpartition(":")[0] if host.count(":") == 1 else host, url.port or PORTS.get(name, 443)


@contextmanager
def _translated(*, connecting: bool) -> Generator[None]:
    """What the driver raises, as errors of ours. Its text may repeat values, so only what names tables is shown."""
    try:
        yield
    except DBAPIError as error:
        raise _ours(error, connecting) from None
    except SQLAlchemyError as error:
        raise SourceRejected(f"The database cannot be read ({type(error).__name__}).", hint=CONFIGURATION) from None


CONFIGURATION = "Check table, query and columns in the source's configuration."


def _ours(error: DBAPIError, connecting: bool) -> SourceRejected | SourceUnavailable:
    first = next(iter(str(error.orig).strip().splitlines()), "")[:200]
    name = type(error.orig).__name__
    if connecting and REFUSED.search(str(error.orig)):
        return SourceRejected(
            "The database refuses the account.", hint="Check user and password behind connection, and its rights."
        )
    if isinstance(error, ProgrammingError) or (isinstance(error, OperationalError) and UNREADABLE.search(first)):
        return SourceRejected(f"The database refuses the query: {first}", hint=CONFIGURATION)
    if connecting or isinstance(error, OperationalError | InterfaceError):
        what = "be reached" if connecting else "answer in time or lost the connection"
        hint = "Check that it is up; a long query may need an index or a larger statement_timeout_seconds."
        return SourceUnavailable(f"The database cannot {what} ({name}).", hint=hint)
    return SourceRejected(f"The database cannot answer the query ({name}).", hint=CONFIGURATION)
