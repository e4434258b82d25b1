"""Declared kinds as tests read them: opened as the catalogue opens them, and asked who may read what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.kinds import Kind
from connectors.sources.base import Access, Account, AnySource, Change, Cursor, Fault, account_grant, source_grant
from connectors.sources.rest.kinds import declared_kinds
from core.access import Conjunction
from tests.connectors.opening import SOURCE, Time, opening


def opened(
    kind: str | Kind, config: Mapping[str, Any], secrets: Mapping[str, str], time: Time | None = None
) -> AnySource:
    found = kind if isinstance(kind, Kind) else next(each for each in declared_kinds() if each.name == kind)
    return found.open(found.config.model_validate(dict(config)), opening(secrets, time=time))


@dataclass
class Seen:
    """What polls have told so far, as ``ingest`` would hold it."""

    changes: dict[str, Change] = field(default_factory=dict[str, Change])
    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    derived: dict[str, Conjunction] = field(default_factory=dict[str, Conjunction])
    cursor: Cursor | None = None
    told: list[str] = field(default_factory=list[str])
    """Keys whose content was new at the last poll."""

    def poll(self, source: AnySource, pages: int | None = None) -> Seen:
        """``pages`` committed, then the process dies; all of them when None."""
        self.told = []
        for number, page in enumerate(source.poll(self.cursor)):
            if number == pages:
                break
            for change in page.changes:
                known = self.changes.get(change.key)
                if known is None or known.fingerprint != change.fingerprint:
                    self.told.append(change.key)
                self.changes[change.key] = change
            for key in page.deleted:
                self.changes.pop(key, None)
            self.faults |= {fault.key: fault for fault in page.faults}
            self.derived |= {each.grant: each for each in page.derived}
            self.cursor = page.cursor if page.cursor is not None else self.cursor
        # A cursor is stored as JSON.
        if self.cursor is not None:
            self.cursor = type(self.cursor).model_validate_json(self.cursor.model_dump_json())
        return self

    def sweep(self, source: AnySource) -> list[str]:
        """What the sweep finds gone."""
        existing = {key for keys in source.list_ids() for key in keys}
        gone = sorted(set(self.changes) - existing)
        for key in gone:
            del self.changes[key]
        return gone

    def sync_access(self, source: AnySource) -> None:
        page = source.access(sorted(self.changes))
        self.derived |= {each.grant: each for each in page.derived}
        for item in page.items:
            old = self.changes[item.key]
            self.changes[item.key] = Change(
                old.key, old.fingerprint, item.access, old.modified_at, old.url, item.restricted, old.item
            )

    def readable(self, account: Account) -> set[str]:
        return {key for key, change in self.changes.items() if self.may(account, change.access)}

    def fields(self, account: Account, key: str) -> set[str]:
        """The restricted fields of an item that the account may read."""
        return {name for name, access in self.changes[key].restricted if self.may(account, access)}

    def may(self, account: Account, access: Access, groups: Iterable[str] = ()) -> bool:
        held = grants(account) | {f"group:{name}" for name in groups}
        held |= {grant for grant, each in self.derived.items() if each.satisfied_by(frozenset(held))}
        return held.isdisjoint(access.deny) and not held.isdisjoint(access.allow)


def grants(account: Account) -> set[str]:
    if not account.active:
        return set()
    return {account_grant(SOURCE, account.key), *(source_grant(SOURCE, name) for name in account.groups)}


def text(change: Change) -> str:
    """What a person reads: title, text and fields."""
    assert change.item is not None
    body = orjson.loads(change.item.body)
    fields = "\n".join(f"{name}: {value}" for name, value in body["fields"])
    return f"{body['title']}\n{body['text']}\n{fields}"


def field_of(change: Change, name: str) -> str | None:
    assert change.item is not None
    return dict(orjson.loads(change.item.body)["fields"]).get(name)
