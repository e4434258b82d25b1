"""Records in a ``.jsonl`` or ``.csv`` file: one item a record, its key the record's id."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson

from connectors.errors import ItemGone, SourceUnavailable
from connectors.kinds import Kind, Opening
from connectors.sources.base import RECORD, Change, Fault, Item, ListingSource, NoCursor, Page, Step
from connectors.sources.files import PAGE_ITEMS, FilesSource
from connectors.sources.settings import FileSourceConfig, access_of
from core.errors import Invalid

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".jsonl.gz")
LONGEST_ENTRY = 60
"""Characters of an entry of a list that still is a name or a label."""
OURS = ("id", "title", "text", "url", "allow", "deny", "modified_at")


def holds_records(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


@dataclass(frozen=True, slots=True)
class RecordsSource(ListingSource):
    """Reads the whole file at each poll.

    A record without ``allow`` has the source's access; one with ``allow`` has exactly what it lists (a list, or names
    separated by commas). Fields that Vouch does not know become lines ``name: value`` below the text,
    unless their values are nested.
    """

    config: FileSourceConfig
    max_bytes: int

    def check(self) -> Iterator[Step]:
        return FilesSource(self.config, self.max_bytes).check()

    def poll(self, cursor: NoCursor | None) -> Iterator[Page]:
        access, restricted = self.config.access(), self.config.restricted()
        changes: list[Change] = []
        faults: list[Fault] = []
        seen: set[str] = set()
        for place, raw in self._records():
            try:
                if isinstance(raw, str):
                    raise ValueError(raw)
                key, change = self._change(raw, access, restricted)
                if key in seen:
                    raise ValueError(f"the id {key!r} occurs twice; the first one counts")
            except ValueError as error:
                faults.append(Fault(place, str(error), transient=False))
                continue
            seen.add(key)
            changes.append(change)
            if len(changes) >= PAGE_ITEMS:
                yield Page(tuple(changes), faults=tuple(faults))
                changes, faults = [], []
        yield Page(tuple(changes), faults=tuple(faults))

    def fetch(self, key: str) -> Item:
        for page in self.read([key]):
            for change in page.changes:
                if change.item is not None:
                    return change.item
        raise ItemGone("is not in the file any more")

    def _change(self, raw: dict[str, Any], access: Any, restricted: tuple[tuple[str, Any], ...]) -> tuple[str, Change]:
        ours = {name: self._take(raw, name) for name in OURS}
        if ours["id"] in (None, ""):
            raise ValueError("has no id; give it a field id or _id, or name one with --map id=FIELD")
        key = str(ours["id"])
        own = access
        if ours["allow"] is not None:
            own = access_of(_names(ours["allow"]), _names(ours["deny"]))
        elif ours["deny"] is not None:
            own = access_of(self.config.allow, [*self.config.deny, *_names(ours["deny"])])
        fields = [[name, line] for name, value in raw.items() if (line := _line(value))]
        body = orjson.dumps(
            {
                "title": _text(ours["title"]),
                "text": _text(ours["text"]),
                "fields": fields,
                # Which fields are restricted decides how the text is cut, so it is part of the content.
                "restricted": [name for name, _ in restricted],
            }
        )
        modified = self.config.modified.get(key) or _moment(ours["modified_at"])
        fingerprint = hashlib.sha256(body).hexdigest()[:40]
        url = None if ours["url"] is None else str(ours["url"])
        item = Item(key, body, "record.json", media_type=RECORD)
        return key, Change(key, fingerprint, own, modified, url, restricted, item)

    def _take(self, raw: dict[str, Any], name: str) -> Any:
        """Remove and return the record's value for one of our names."""
        mapped = self.config.map.get(name)  # type: ignore[call-overload]
        if mapped is not None:
            return raw.pop(mapped, None)
        value = raw.pop(name, None)
        return raw.pop("_id", None) if name == "id" and value is None else value

    def _records(self) -> Iterator[tuple[str, dict[str, Any] | str]]:
        """Every record with the place it stands at, or what is wrong with it."""
        path = self.config.root()
        try:
            yield from self._read_file(path)
        except (OSError, EOFError, zlib.error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged or broke off"
            hint = "Nothing was deleted. Check that the file is there and complete."
            raise SourceUnavailable(f"{path} cannot be read: {reason}.", hint=hint) from None

    def _read_file(self, path: Path) -> Iterator[tuple[str, dict[str, Any] | str]]:
        name = path.name.lower()
        with gzip.open(path, "rb") if name.endswith(".gz") else path.open("rb") as binary:
            text = io.TextIOWrapper(cast(io.BufferedReader, binary), encoding="utf-8-sig", errors="strict", newline="")
            try:
                if ".csv" in name:
                    yield from self._csv(text)
                else:
                    yield from self._jsonl(text)
            except UnicodeDecodeError as error:
                raise Invalid(f"{path.name} is not UTF-8.", hint="Save it as UTF-8 and run again.") from error

    @staticmethod
    def _jsonl(lines: io.TextIOWrapper) -> Iterator[tuple[str, dict[str, Any] | str]]:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (json.JSONDecodeError, RecursionError):
                yield f"line {number}", "is not JSON"
                continue
            yield f"line {number}", value if isinstance(value, dict) else "is not a JSON object"

    @staticmethod
    def _csv(lines: io.TextIOWrapper) -> Iterator[tuple[str, dict[str, Any] | str]]:
        reader = csv.DictReader(lines)
        try:
            for row in reader:
                extra = row.pop(None, None)  # type: ignore[call-overload]
                yield f"line {reader.line_num}", "has more cells than the header" if extra else dict(row)
        except csv.Error as error:
            yield f"line {reader.line_num}", f"is not CSV: {error}"


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [name for name in (part.strip() for part in value.split(",")) if name]
    if isinstance(value, list):
        return [str(name) for name in cast(list[object], value)]
    raise ValueError("allow and deny must be lists of groups")


def _line(value: Any) -> str:
    """A field on one line; of a list only words and short names. Nested data is for programs, not for readers."""
    if isinstance(value, list):
        entries = [_line(each) for each in cast(list[Any], value) if isinstance(each, str | int | float)]
        return ", ".join(entries) if all(len(entry) <= LONGEST_ENTRY for entry in entries) else ""
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("modified_at is not an ISO date or a number of seconds") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def open_records(config: FileSourceConfig, opening: Opening) -> RecordsSource:
    if config.folders:
        raise Invalid("A file of records has no folders.", hint="Give each record its own allow.")
    return RecordsSource(config, opening.max_bytes)


KIND = Kind(
    name="records",
    title="Records in a file",
    category="records",
    auth="the rights of the account that runs Vouch",
    cursor="none: the whole file at each poll; the hash of each record tells what changed",
    deletions="found by each listing",
    permissions="declared for the source, or by allow and deny of each record; restricted fields",
    tested="real files",
    config=FileSourceConfig,
    open=open_records,
    example="""\
path: /srv/exports/tickets.jsonl
allow: [staff]
map: {id: number, title: subject, text: body}
restrict: {salary: [hr]}
""",
)
