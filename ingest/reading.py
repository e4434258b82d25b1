"""What one turn with a source does: read its changes, sweep its keys, read permissions, try failed items again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from connectors import failures
from connectors import repository as sources
from connectors.errors import SourceMisbehaves
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource, Cursor, Page
from core.errors import Unavailable
from core.leases import Lease
from ingest import repository
from ingest.keep import Keeper, Tally

BATCH = 200
"""Keys in one question to a source."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One run's hold of a source. ``began`` is when it started, ``since`` when its task last saw everything, if ever.

    ``over`` says that its slice of time has ended; ``tell`` gets items done and items expected.
    """

    record: SourceRecord
    source: AnySource
    lease: Lease
    began: datetime
    since: datetime | None
    tell: Callable[[int, int | None], None]
    over: Callable[[], bool]
    confirm_empty: bool = False
    tally: Tally = field(default_factory=Tally)


def read_changes(keeper: Keeper, turn: Turn, *, full: bool) -> bool:
    """Read from the stored cursor on, or everything. Returns False when the turn was over before the source's end."""
    source, tally = turn.source, turn.tally
    if source.lists_everything:
        _read_listing(keeper, turn)
        return True
    done = 0
    before: Page | None = None
    for page in source.poll(None if full else _stored_cursor(keeper, turn)):
        if before is not None and _stands_still(before, page):
            raise SourceMisbehaves(
                f"The source sent the same {len(page.changes)} items twice, with a cursor that does not move.",
                hint="Reading on would never end. Check the paging of its declaration, or tell its vendor.",
            )
        before = page
        keeper.keep(turn.lease, turn.record.id, source, page, turn.since, tally)
        done += len(page.changes) + len(page.faults) + len(page.deleted)
        turn.tell(done, page.total)
        if turn.over() and page.cursor is not None:
            return False
    return True


def sweep(keeper: Keeper, turn: Turn) -> None:
    """Compare what exists with what is known: what is gone leaves the answers, what was missed is read."""
    listed = 0
    missed: list[str] = []
    for keys in turn.source.list_ids():
        listed += len(keys)
        missed.extend(keeper.confirm(turn.record.id, keys))
        turn.tell(listed, None)
    _refuse_empty(keeper, turn, listed)
    keeper.drop_unconfirmed(turn.lease, turn.record.id, turn.began, missed, turn.since, turn.tally)
    _read_keys(keeper, turn, missed)


def read_access(keeper: Keeper, turn: Turn) -> None:
    """Ask for the permissions of everything that is known."""
    done = 0
    anew: list[str] = []
    for keys in _known_keys(keeper, turn.record.id):
        page = turn.source.access(keys)
        anew.extend(keeper.keep_access(turn.lease, turn.record.id, keys, page, turn.since, turn.tally))
        done += len(keys)
        turn.tell(done, None)
    _read_keys(keeper, turn, anew)


def retry(keeper: Keeper, turn: Turn) -> None:
    """Read just the items that failed and are due."""
    with keeper.database.reading() as session:
        keys = failures.due(session, turn.record.id, turn.began, limit=5000)
    _read_keys(keeper, turn, keys)


def _read_listing(keeper: Keeper, turn: Turn) -> None:
    done = 0
    faulty: list[str] = []
    for page in turn.source.poll(None):
        keeper.keep(turn.lease, turn.record.id, turn.source, page, turn.since, turn.tally)
        # An item that could not be looked at was not seen to be gone.
        faulty.extend(fault.key for fault in page.faults)
        done += len(page.changes) + len(page.faults)
        turn.tell(done, page.total)
    _refuse_empty(keeper, turn, done)
    keeper.drop_unconfirmed(turn.lease, turn.record.id, turn.began, faulty, turn.since, turn.tally)


def _read_keys(keeper: Keeper, turn: Turn, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), BATCH):
        for page in turn.source.read(keys[start : start + BATCH]):
            keeper.keep(turn.lease, turn.record.id, turn.source, page, turn.since, turn.tally)
            turn.tell(start + len(page.changes), len(keys))


def _refuse_empty(keeper: Keeper, turn: Turn, listed: int) -> None:
    if listed or turn.confirm_empty:
        return
    with keeper.database.reading() as session:
        held = repository.held_count(session, turn.record.id)
    if held:
        raise Unavailable(
            f"The source is empty, but had {held} items; nothing was deleted.",
            hint="If it is mounted and really empty, run again with --confirm-empty.",
        )


def _stands_still(before: Page, page: Page) -> bool:
    keys = [change.key for change in page.changes]
    return bool(keys) and page.cursor == before.cursor and keys == [change.key for change in before.changes]


def _stored_cursor(keeper: Keeper, turn: Turn) -> Cursor | None:
    with keeper.database.reading() as session:
        value = sources.cursor(session, turn.record.id)
    if value is None:
        return None
    try:
        return turn.source.cursor.model_validate(value)
    except ValidationError:
        # Written for another kind or by another release: reading everything again is right, and costs no parsing.
        return None


def _known_keys(keeper: Keeper, source_id: str) -> Iterator[list[str]]:
    after = ""
    while True:
        with keeper.database.reading() as session:
            keys = repository.held_keys(session, source_id, after, BATCH)
        if not keys:
            return
        yield keys
        after = keys[-1]
