"""What Vouch would let people find, and what Tryton lets them read: the two sides that the tests compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from connectors.sources.base import Account, Change, Page, source_grant
from connectors.sources.tryton import TrytonConfig, TrytonCursor, TrytonSource
from connectors.sources.tryton.access import Reading
from core.access import Access, Conjunction, Principal, permits
from tests.connectors.opening import SOURCE, opening
from tests.connectors.tryton.world import PASSWORD, World
from tests.servers.tryton import Caller, TrytonError

Permitted = tuple[Access, tuple[tuple[str, Access], ...]]
"""Who may read an item, and who its fields that are kept apart."""
Found = dict[str, set[str]]
"""Login -> keys."""


def source_of(world: World, **settings: object) -> TrytonSource:
    """Opened with the real guarded sessions, which wait for nobody's clock."""
    return TrytonSource(config_of(world, **settings), opening({"env:TRYTON": PASSWORD}))


def config_of(world: World, **settings: object) -> TrytonConfig:
    tryton = world.tryton
    given = {"url": tryton.url, "database": tryton.database, "user": "vouch", "password": "env:TRYTON", **settings}
    return TrytonConfig.model_validate({"requests_per_second": 10_000, "overlap_seconds": 2, **given})


@dataclass
class Follower:
    """Keeps what a source announces, as the engine does, and says who finds what."""

    source: TrytonSource
    cursor: TrytonCursor | None = None
    items: dict[str, Change] = field(default_factory=dict[str, Change])
    access: dict[str, Permitted] = field(default_factory=dict[str, Permitted])
    derived: dict[str, Conjunction] = field(default_factory=dict[str, Conjunction])
    accounts: dict[str, Account] = field(default_factory=dict[str, Account])

    def poll(self) -> list[Page]:
        pages = list(self.source.poll(self.cursor))
        for page in pages:
            self.keep(page)
        return pages

    def keep(self, page: Page) -> None:
        for change in page.changes:
            self.items[change.key] = change
            self.access[change.key] = (change.access, change.restricted)
        for key in page.deleted:
            self.items.pop(key, None)
            self.access.pop(key, None)
        self._intern(page.derived)
        if isinstance(page.cursor, TrytonCursor):
            self.cursor = page.cursor

    def sweep(self) -> None:
        """Forget what is not listed any more, and read what is listed and was not known."""
        there = {key for keys in self.source.list_ids() for key in keys}
        for key in set(self.items) - there:
            del self.items[key], self.access[key]
        for page in self.source.read(tuple(sorted(there - set(self.items)))):
            self.keep(page)

    def sync_access(self) -> None:
        page = self.source.access(tuple(self.items))
        self._intern(page.derived)
        now = {item.key: (item.access, item.restricted) for item in page.items}
        self.access = now
        self.items = {key: change for key, change in self.items.items() if key in now}

    def sync_principals(self) -> None:
        self.accounts = {account.key: account for account in self.source.principals()}

    def follow(self) -> None:
        self.poll()
        self.sweep()
        self.sync_access()
        self.sync_principals()

    def finds(self, world: World, logins: Iterable[str]) -> Found:
        return {
            login: {key for key in self.items if self._permits(self.access[key][0], world, login)} for login in logins
        }

    def finds_field(self, world: World, login: str, key: str, name: str) -> bool:
        item, restricted = self.access[key]
        apart = dict(restricted)
        return self._permits(item, world, login) and (name not in apart or self._permits(apart[name], world, login))

    def _permits(self, access: Access, world: World, login: str) -> bool:
        account = self.accounts[str(world.users[login])]
        groups = (*account.groups, f"@{account.key}") if account.active else ()
        plain = frozenset(source_grant(SOURCE, group) for group in groups)
        derived = frozenset(grant for grant, each in self.derived.items() if each.satisfied_by(plain))
        return permits(access, Principal("p", "s", frozenset(), plain | derived))

    def _intern(self, conjunctions: Iterable[Conjunction]) -> None:
        self.derived.update((each.grant, each) for each in conjunctions)


@dataclass
class Oracle:
    """Asks Tryton itself, signed in as each user."""

    world: World
    source: TrytonSource
    callers: dict[str, Caller] = field(default_factory=dict[str, Caller])

    def reads(self, logins: Iterable[str], models: Iterable[str] | None = None) -> Found:
        """The records of which a user may read everything that their documents show to whoever finds them."""
        shown = {model: _shown(reading) for model, reading in self.readings.items()}
        wanted = shown if models is None else {model: shown[model] for model in models}
        return {login: _reads(self._signed_in(login), wanted) for login in logins}

    @property
    def readings(self) -> Mapping[str, Reading]:
        return self.source._open().readings  # pyright: ignore[reportPrivateUsage]

    def showing(self, model: str) -> set[str]:
        """The models whose documents show something that the rules of ``model`` are about."""
        graph = self.source._open().graph  # pyright: ignore[reportPrivateUsage]
        return {
            each
            for each, reading in self.readings.items()
            if any(model in graph.holders(place) for place in reading.places.values())
        }

    def _signed_in(self, login: str) -> Caller:
        if login not in self.callers:
            self.callers[login] = self.world.sign_in(login)
        self.callers[login] = self.callers[login].renewed()
        return self.callers[login]


def _reads(caller: Caller, shown: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    for model, names in shown.items():

        def read(some: list[int], model: str = model, names: list[str] = names) -> object:
            return caller.read(model, some, names)

        try:
            ids = caller.search(model)
        except TrytonError:
            continue
        found |= {f"{model}/{each}" for each in _readable(read, ids)}
    return found


def _shown(reading: Reading) -> list[str]:
    """Everything but the fields that are kept apart."""
    priced = tuple(f"{prices.relation}." for prices in reading.spec.prices)
    return [
        name
        for name in reading.spec.names
        if not name.startswith(priced or ("-",)) and name.split(".")[0] not in reading.apart
    ]


def _readable(read: Callable[[list[int]], object], ids: list[int]) -> set[int]:
    """Those that can be read, found by halves."""
    if not ids:
        return set()
    try:
        read(ids)
    except TrytonError:
        if len(ids) == 1:
            return set()
        half = len(ids) // 2
        return _readable(read, ids[:half]) | _readable(read, ids[half:])
    return set(ids)
