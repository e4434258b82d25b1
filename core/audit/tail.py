"""The newest records, decoded for a person to read."""

from __future__ import annotations

from typing import Any

import orjson

from core.audit import repository
from core.database import Database
from core.errors import Conflict


def tail(database: Database, n: int) -> list[dict[str, Any]]:
    """The last ``n`` records, oldest first. Raises Conflict when one of them is no longer readable."""
    with database.reading() as session:
        links = repository.latest(session, n)
    records: list[dict[str, Any]] = []
    for link in reversed(links):
        try:
            record = orjson.loads(link.record)
        except ValueError:
            raise Conflict(f"Audit record {link.seq} is damaged.", hint="Run: vouch audit verify") from None
        records.append(record | {"hash": link.hash.hex()})
    return records
