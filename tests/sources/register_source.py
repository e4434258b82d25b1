"""The source that reads a register (``tests.sources.register``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import requests

from connectors.errors import ItemGone, SourceMisbehaves
from connectors.record import Record
from connectors.sources.base import (
    Access,
    AccessPage,
    Account,
    Change,
    Conjunction,
    Cursor,
    Fault,
    Item,
    ItemAccess,
    Page,
    Step,
    source_grant,
)
from tests.sources.scripted import granted

OVERLAP = timedelta(minutes=5)
"""How far the clocks of a register may go back."""


class Reached(Cursor):
    modified: datetime
    key: str


class RegisterSource:
    cursor = Reached
    lists_everything = False

    def __init__(self, name: str, url: str, http: requests.Session, page_size: int = 100) -> None:
        self.name, self._url, self._http, self._size = name, url, http, page_size

    def check(self) -> Iterator[Step]:
        self._ask("accounts", {})
        yield Step("reach", True, "It answers.")

    def poll(self, cursor: Reached | None) -> Iterator[Page]:
        # A change may be stamped before what was read last: the overlap is read again, then it goes on page by page.
        modified = (cursor.modified - OVERLAP).isoformat() if cursor is not None else ""
        key = ""
        while True:
            entries = self._ask("entries", {"modified": modified, "key": key, "limit": self._size})
            if not entries:
                return
            last = entries[-1]
            reached = Reached(modified=datetime.fromisoformat(last["modified"]), key=last["key"])
            if cursor is None or reached.modified >= cursor.modified:
                cursor = reached
            changes, faults, derived = self._read(entries)
            yield Page(changes, faults=faults, cursor=cursor, derived=derived)
            if (last["modified"], last["key"]) <= (modified, key):
                raise SourceMisbehaves("The register repeats a page.", hint="Ask again.")
            modified, key = last["modified"], last["key"]

    def fetch(self, key: str) -> Item:
        raise ItemGone("Entries come with their content.")

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        entries = self._ask("read", {"keys": list(keys)})
        changes, faults, derived = self._read(entries)
        gone = set(keys) - {entry["key"] for entry in entries}
        yield Page(changes, tuple(sorted(gone)), faults, derived=derived)

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        after = ""
        while keys := self._ask("keys", {"after": after}):
            yield tuple(keys)
            after = keys[-1]

    def access(self, keys: Sequence[str]) -> AccessPage:
        changes, faults, derived = self._read(self._ask("read", {"keys": list(keys)}), damaged=False)
        assert not faults
        return AccessPage(tuple(ItemAccess(c.key, c.access, c.restricted) for c in changes), derived)

    def principals(self) -> Iterator[Account]:
        for row in self._ask("accounts", {}):
            yield Account(
                row["key"], row["email"], row["key"], tuple(row["groups"]), bool(row["active"]), bool(row["verified"])
            )

    def _ask(self, path: str, asked: dict[str, Any]) -> Any:
        answer = self._http.post(f"{self._url}/{path}", json=asked)
        answer.raise_for_status()
        return answer.json()

    def _read(
        self, entries: Sequence[Mapping[str, Any]], *, damaged: bool = True
    ) -> tuple[tuple[Change, ...], tuple[Fault, ...], tuple[Conjunction, ...]]:
        good = [entry for entry in entries if not (damaged and entry["damaged"])]
        pairs = [self._change(entry) for entry in good]
        faults = tuple(Fault(e["key"], "it is damaged", "damaged") for e in entries if damaged and e["damaged"])
        return tuple(change for change, _ in pairs), faults, tuple(each for _, each in pairs)

    def _change(self, entry: Mapping[str, Any]) -> tuple[Change, Conjunction]:
        access, conjunction = granted(self.name, entry["groups"])
        salary, groups = entry["salary"], entry["salary_groups"]
        record = Record(
            "Entry", entry["text"], fields=() if salary is None else (("salary", salary),),
            restricted=frozenset() if groups is None else frozenset({"salary"}),
        )  # fmt: skip
        restricted = (
            () if groups is None else (("salary", Access.of(source_grant(self.name, each) for each in groups)),)
        )
        modified = datetime.fromisoformat(entry["modified"])
        fingerprint = sha256(record.body()).hexdigest()
        item = record.item(entry["key"])
        return Change(entry["key"], fingerprint, access, modified, None, restricted, item), conjunction
