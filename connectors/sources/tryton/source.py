"""Tryton as a source: passes over the models by id, what its log says was deleted, permissions as grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from connectors.errors import ItemFailed, ItemGone, SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.http import Rate
from connectors.kinds import Opening
from connectors.sources.base import AccessPage, Account, Cursor, Item, ItemAccess, Page, Step
from connectors.sources.tryton.client import Domain, TrytonClient, moved
from connectors.sources.tryton.config import TrytonConfig
from connectors.sources.tryton.directory import accounts, read_directory
from connectors.sources.tryton.reader import Reader, key_of
from connectors.sources.tryton.values import stamp
from core.access import Conjunction

StepName = Literal["reach", "authenticate", "read", "permissions"]
IDS_PAGE = 5000
MOST_GAPS = 5000
"""Ids of a model that are announced as gone at once."""


class TrytonCursor(Cursor):
    """A poll is a pass over the models, each by ascending id. ``upto`` is when the pass that is under way began, by
    the server's clock; ``model`` and ``after`` say how far it is."""

    since: dict[str, datetime] = Field(default_factory=dict[str, datetime])
    """Model -> the beginning of the last whole pass over it."""
    highest: dict[str, int] = Field(default_factory=dict[str, int])
    """Model -> the highest id that was ever read."""
    log: int = 0
    """The entry of Tryton's log up to which deletions are known."""
    upto: datetime | None = None
    model: str | None = None
    after: int = 0


class TrytonSource:
    """One database. What a record needs to be read is a conjunction of any-of lists of account groups."""

    cursor = TrytonCursor
    lists_everything = False

    def __init__(self, config: TrytonConfig, opening: Opening) -> None:
        self._config, self._opening = config, opening
        self._reader: Reader | None = None

    def check(self) -> Iterator[Step]:
        client = self._client()
        attempts: tuple[tuple[StepName, Callable[[], Step]], ...] = (
            ("reach", lambda: Step("reach", True, f"A Tryton {client.version()} answers at {self._config.url}.")),
            ("authenticate", lambda: _signed_in(client, self._config.user)),
            ("read", lambda: _check_read(self._open(), self._config)),
            ("permissions", lambda: _check_permissions(self._open(), self._config.user)),
        )
        for name, attempt in attempts:
            try:
                step = attempt()
            except (SourceRejected, SourceUnavailable, SourceMisbehaves) as error:
                step = Step(name, False, error.message, error.hint or "")
            yield step
            if not step.ok:
                return

    def poll(self, cursor: TrytonCursor | None) -> Iterator[Page]:
        reader = self._open()
        now = cursor or TrytonCursor()
        if now.upto is None:
            log = now.log if cursor else _last_logged(reader.client)
            # The time before the first call of the pass: whatever changes from here on belongs to the next one.
            now = now.model_copy(update={"upto": reader.client.server_time, "log": log, "model": None, "after": 0})
        models = list(reader.readings)
        start = models.index(now.model) if now.model in reader.readings else 0
        for model in models[start:]:
            for page in self._changed(reader, model, now):
                now = page.cursor if isinstance(page.cursor, TrytonCursor) else now
                if page.changes or page.deleted or page.faults:
                    yield page
        deleted, log = self._logged(reader, now)
        yield Page((), deleted=deleted, cursor=TrytonCursor(since=now.since, highest=now.highest, log=log))

    def _changed(self, reader: Reader, model: str, now: TrytonCursor) -> Iterator[Page]:
        """The rest of the pass over one model, each page with the cursor behind it."""
        since = now.since.get(model)
        after = now.after if model == now.model else 0
        size = self._config.page_size
        while True:
            beyond = ["id", ">", after]
            if since is None:
                page, last = reader.page(model, [*self._alive(reader, model), beyond], size)
            else:
                page, last = reader.page_of_any(model, [self._stamped(reader, model, since), beyond], size)
            if last is None:
                yield replace(page, cursor=_passed(_risen(now, model, page), model, list(reader.readings)))
                return
            after = moved(last, after, model)
            now = _risen(now, model, page).model_copy(update={"model": model, "after": after})
            yield replace(page, cursor=now)

    def _stamped(self, reader: Reader, model: str, since: datetime) -> Domain:
        """What may have changed, by its own stamps and those of what belongs to it."""
        begin = stamp(since - timedelta(seconds=self._config.overlap_seconds))
        changed: Domain = ["OR"]
        for prefix in ("", *(f"{relation}." for relation in reader.readings[model].spec.watched)):
            # A record that was never written has no write_date.
            changed += [[f"{prefix}write_date", ">=", begin], [f"{prefix}create_date", ">=", begin]]
        return changed

    def _alive(self, reader: Reader, model: str) -> Domain:
        if not reader.graph.has(model, "active"):
            return []
        return [["active", "in", [True, False] if self._config.include_inactive else [True]]]

    def _logged(self, reader: Reader, now: TrytonCursor) -> tuple[tuple[str, ...], int]:
        """The last entry of Tryton's log, and where it has seen a deletion, the keys of all ids that are not taken.

        The log says that something was deleted, not what. Ids are never given twice, so that whatever is missing up to
        the highest one has gone or never was; keys that were never known are passed over."""
        entries = reader.client.search("ir.model.log", [["event", "=", "delete"], ["id", ">", now.log]])
        if not entries:
            return (), now.log
        gone: list[str] = []
        for model in reader.readings:
            ids = [each for page in self._ids(reader, model, []) for each in page]
            highest = max([now.highest.get(model, 0), *ids[-1:]])
            missing = set(range(1, highest + 1)).difference(ids)
            # A database with very many gaps waits for the sweep.
            if len(missing) <= MOST_GAPS:
                gone += [key_of(model, each) for each in sorted(missing)]
        return tuple(gone), entries[-1]

    def fetch(self, key: str) -> Item:
        for page in self.read([key]):
            for change in page.changes:
                if change.item is not None:
                    return change.item
            for fault in page.faults:
                raise ItemFailed(fault.reason, transient=fault.transient)
        raise ItemGone("is not in Tryton any more")

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        reader = self._open()
        for model, ids in self._parted(reader, keys):
            page, _ = reader.page(model, reader.among(model, ids), len(ids) + 1)
            asked = {key_of(model, each) for each in ids}
            changes = tuple(change for change in page.changes if change.key in asked)
            faults = tuple(fault for fault in page.faults if fault.key in asked)
            gone = asked.difference(each.key for each in (*changes, *faults))
            yield Page(changes, deleted=tuple(sorted(gone)), faults=faults, derived=page.derived)
        unknown = [key for key in keys if _model_of(key) not in reader.readings]
        if unknown:
            yield Page((), deleted=tuple(unknown))

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        reader = self._open()
        for model in reader.readings:
            for ids in self._ids(reader, model, self._alive(reader, model)):
                yield tuple(key_of(model, each) for each in ids)

    @staticmethod
    def _ids(reader: Reader, model: str, domain: Domain) -> Iterator[list[int]]:
        after = 0
        while True:
            ids = reader.client.search(model, [*domain, ["id", ">", after]], limit=IDS_PAGE, inactive=True)
            yield ids
            if len(ids) < IDS_PAGE:
                return
            after = moved(ids[-1], after, model)

    def access(self, keys: Sequence[str]) -> AccessPage:
        reader = self._open()
        items: list[ItemAccess] = []
        conjunctions: list[Conjunction] = []
        for model, ids in self._parted(reader, keys):
            found, derived = reader.access(model, ids)
            items += found
            conjunctions += derived
        return AccessPage(tuple(items), tuple(dict.fromkeys(conjunctions)))

    def principals(self) -> Iterator[Account]:
        reader = self._open()
        directory = read_directory(reader.client, reader.graph)
        yield from accounts(directory, reader.rules.now(), reader.readings.values(), verified=self._config.trust_email)

    def _parted(self, reader: Reader, keys: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
        """The ids of each model, as many at once as a page has."""
        by_model: dict[str, list[int]] = {}
        for key in dict.fromkeys(keys):
            model, _, number = key.rpartition("/")
            if model in reader.readings and number.isdigit():
                by_model.setdefault(model, []).append(int(number))
        for model, ids in by_model.items():
            for start in range(0, len(ids), self._config.page_size):
                yield model, ids[start : start + self._config.page_size]

    def _client(self) -> TrytonClient:
        config = self._config
        account = f"tryton:{config.url}/{config.database}"
        http = self._opening.http.session(account, rate=Rate(config.requests_per_second, burst=20))
        return TrytonClient(
            http, config.url, config.database, config.user, lambda: self._opening.secret(config.password),
            self._opening.clock,
        )  # fmt: skip

    def _open(self) -> Reader:
        """The reader; what the models are is read once, what the rules are at every use."""
        if self._reader is None:
            self._reader = Reader(self._client(), self._config, self._opening.name)
        return self._reader


def _risen(now: TrytonCursor, model: str, page: Page) -> TrytonCursor:
    """The cursor with the highest id of the page."""
    highest = max((int(change.key.rpartition("/")[2]) for change in page.changes), default=0)
    if highest <= now.highest.get(model, 0):
        return now
    return now.model_copy(update={"highest": {**now.highest, model: highest}})


def _passed(now: TrytonCursor, model: str, models: list[str]) -> TrytonCursor:
    """The cursor when the pass over one model is complete. The last model is passed over again, from its end."""
    following = models[models.index(model) + 1 :]
    since = {**now.since, model: now.upto} if now.upto else now.since
    return now.model_copy(update={"since": since, "model": following[0] if following else model, "after": 0})


def _model_of(key: str) -> str:
    model, _, number = key.rpartition("/")
    return model if number.isdigit() else ""


def _last_logged(client: TrytonClient) -> int:
    found = client.search("ir.model.log", [], limit=1, order="DESC")
    return found[0] if found else 0


def _signed_in(client: TrytonClient, user: str) -> Step:
    client.sign_in()
    return Step("authenticate", True, f"Signed in as {user}.")


def _check_read(reader: Reader, config: TrytonConfig) -> Step:
    counts = [f"{model} {reader.client.call(f'model.{model}.search_count', [])}" for model in reader.readings]
    missing = [model for model in config.models if model not in reader.readings]
    passed = f" Not installed, passed over: {', '.join(missing)}." if missing else ""
    hint = "" if counts else "Name models whose modules are activated."
    return Step("read", bool(counts), f"Records: {', '.join(counts) or 'none'}.{passed}", hint)


def _check_permissions(reader: Reader, user: str) -> Step:
    directory = read_directory(reader.client, reader.graph)
    mine = next((each for each in directory.users if each.id == reader.client.user_id), None)
    if mine is None or not mine.administrator:
        hint = "Set Administrator on the user, so that it reads users, groups, rules and every record."
        return Step("permissions", False, f"{user} is not an administrator of the database.", hint)
    if "company.company" in reader.graph:
        unseen = set(reader.client.search("company.company", [])).difference(mine.companies)
        if unseen:
            hint = "Add them to the user's companies and set its company filter to All."
            return Step("permissions", False, f"{user} does not see the records of {len(unseen)} companies.", hint)
    models = {model for reading in reader.readings.values() for model in reading.places.values()}
    flaws = reader.rules.now().flaws(models)
    without = sum(1 for each in directory.users if each.active and not each.email)
    detail = f"{len(directory.users)} users, {without} active ones without an e-mail address (they find nothing)."
    if not flaws:
        return Step("permissions", True, f"{detail} All record rules are supported.")
    hint = "What only these rules open is readable by nobody. See docs/connectors/tryton.md, Permissions."
    return Step("permissions", True, f"{detail} Rules not supported: {'; '.join(flaws)}.", hint)
