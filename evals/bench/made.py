"""A system of any size that makes its records as they are asked for, so that none of them lies in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from connectors.errors import ItemGone
from connectors.record import Record
from connectors.sources.base import (
    Access,
    AccessPage,
    Account,
    Change,
    Conjunction,
    Cursor,
    Item,
    ItemAccess,
    Page,
    Step,
    source_grant,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = tuple(f"Pumps of type {number} for Noordveen, delivered in autumn." for number in range(20))
"""Few, so that embedding them is not what takes the time."""


class Reached(Cursor):
    number: int


class MadeSource:
    """``size`` records, numbered; those of a group ``group`` who also may read the model may read them."""

    cursor = Reached
    lists_everything = False

    def __init__(self, name: str, size: int, *, page_size: int = 500) -> None:
        self.name, self.size, self.page_size = name, size, page_size
        self.group = "staff"
        self.email = ""

    def check(self) -> Iterator[Step]:
        yield Step("reach", True, "It is here.")

    def poll(self, cursor: Reached | None) -> Iterator[Page]:
        first = 0 if cursor is None else cursor.number + 1
        for start in range(first, self.size, self.page_size):
            end = min(start + self.page_size, self.size)
            access, derived = self._access()
            changes = tuple(self._change(number, access) for number in range(start, end))
            yield Page(changes, cursor=Reached(number=end - 1), derived=(derived,), total=self.size)

    def fetch(self, key: str) -> Item:
        raise ItemGone("comes with its content")

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        access, derived = self._access()
        yield Page(tuple(self._change(int(key), access) for key in keys), derived=(derived,))

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        for start in range(0, self.size, self.page_size):
            yield tuple(map(_key, range(start, min(start + self.page_size, self.size))))

    def access(self, keys: Sequence[str]) -> AccessPage:
        access, derived = self._access()
        return AccessPage(tuple(ItemAccess(key, access) for key in keys), (derived,))

    def principals(self) -> Iterator[Account]:
        yield Account("reader", self.email, groups=("model", "staff"), verified=True)

    def _access(self) -> tuple[Access, Conjunction]:
        derived = Conjunction.of([source_grant(self.name, "model")], [source_grant(self.name, self.group)])
        return Access.of([derived.grant]), derived

    def _change(self, number: int, access: Access) -> Change:
        key = _key(number)
        record = Record("Delivery", TEXTS[number % len(TEXTS)], labels=(("delivery", key),))
        item = record.item(key)
        modified_at = START + number * timedelta(minutes=1)
        return Change(key, sha256(item.body).hexdigest(), access, modified_at, None, (), item)


def _key(number: int) -> str:
    return f"{number:07}"
