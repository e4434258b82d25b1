"""What one turn with a source does: read its changes, sweep its keys, read permissions, try failed items again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from connectors import failures
from connectors import repository as sources
from connectors.errors import SourceMisbehaves
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource, Cursor, Fault, Page
from core.errors import Unavailable
from ingest import repository
from ingest.keep import Hold, Keeper

BATCH = 200
"""Keys in one question to a source."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of a source. ``over`` says that its slice of time has ended; ``tell`` gets items done and items
    expected."""

    record: SourceRecord
    source: AnySource
    hold: Hold
    tell: Callable[[int, int | None], None]
    over: Callable[[], bool]
    confirm_empty: bool = False


@dataclass(slots=True)
class _Repeats:
    """Notices what comes a second time within one listing."""

    what: str
    seen: set[int] = field(default_factory=set[int])

    def refuse(self, *parts: Hashable) -> None:
        """Raises ``SourceMisbehaves`` when these parts have been here before."""
        mark = hash(parts)
        if mark in self.seen:
            raise SourceMisbehaves(
                f"The source sent the same {self.what} twice: its paging does not move.",
                hint="Reading on would never end. Check the paging of its declaration, or tell its vendor.",
            )
        self.seen.add(mark)

    def refuse_page(self, page: Page) -> None:
        """A page without anything on it may come as often as it likes."""
        changes = tuple((change.key, change.fingerprint) for change in page.changes)
        faults = tuple(fault.key for fault in page.faults)
        if changes or faults or page.deleted:
            cursor = "" if page.cursor is None else page.cursor.model_dump_json()
            self.refuse(changes, page.deleted, faults, cursor)


def read_changes(keeper: Keeper, turn: Turn, *, full: bool) -> bool:
    """Read from the stored cursor on, or everything. Returns False when the turn was over before the source's end."""
    source = turn.source
    if source.lists_everything:
        _read_listing(keeper, turn)
        return True
    done = 0
    repeats = _Repeats("page")
    for page in source.poll(None if full else _stored_cursor(keeper, turn)):
        repeats.refuse_page(page)
        keeper.keep(turn.hold, source, page)
        done += len(page.changes) + len(page.faults) + len(page.deleted)
        turn.tell(done, page.total)
        if turn.over() and page.cursor is not None:
            return False
    return True


def sweep(keeper: Keeper, turn: Turn) -> None:
    """Compare what exists with what is known: what is gone leaves the answers, what was missed is read."""
    listed = 0
    missed: list[str] = []
    repeats = _Repeats("keys")
    for keys in turn.source.list_ids():
        if keys:
            repeats.refuse(*keys)
        listed += len(keys)
        missed.extend(keeper.confirm(turn.hold, keys))
        turn.tell(listed, None)
    _refuse_empty(keeper, turn, listed)
    keeper.drop_unconfirmed(turn.hold, missed)
    _read_keys(keeper, turn, missed)


def read_access(keeper: Keeper, turn: Turn) -> None:
    """Ask for the permissions of everything that is known."""
    done = 0
    anew: list[str] = []
    for keys in _known_keys(keeper, turn.record.id):
        anew.extend(keeper.keep_access(turn.hold, keys, turn.source.access(keys)))
        done += len(keys)
        turn.tell(done, None)
    _read_keys(keeper, turn, anew)


def retry(keeper: Keeper, turn: Turn) -> None:
    """Read just the items that failed and are due."""
    with keeper.database.reading() as session:
        keys = failures.due(session, turn.record.id, turn.hold.began, limit=5000)
    _read_keys(keeper, turn, keys)


def _read_listing(keeper: Keeper, turn: Turn) -> None:
    done = 0
    faulty: list[str] = []
    repeats = _Repeats("page")
    for page in turn.source.poll(None):
        repeats.refuse_page(page)
        keeper.keep(turn.hold, turn.source, page)
        # An item that could not be looked at was not seen to be gone.
        faulty.extend(fault.key for fault in page.faults)
        done += len(page.changes) + len(page.faults)
        turn.tell(done, page.total)
    _refuse_empty(keeper, turn, done)
    keeper.drop_unconfirmed(turn.hold, faulty)


def _read_keys(keeper: Keeper, turn: Turn, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), BATCH):
        asked = keys[start : start + BATCH]
        unanswered = set(asked)
        for page in turn.source.read(asked):
            keeper.keep(turn.hold, turn.source, page)
            unanswered -= {*(change.key for change in page.changes), *page.deleted}
            unanswered -= {fault.key for fault in page.faults}
        if unanswered:
            # Else they would be due again at once, and for ever.
            reason = "The source was asked for this item, and did not answer for it."
            faults = tuple(Fault(key, reason, "unanswered") for key in sorted(unanswered))
            keeper.keep(turn.hold, turn.source, Page((), faults=faults))
        turn.tell(start + len(asked), len(keys))


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
