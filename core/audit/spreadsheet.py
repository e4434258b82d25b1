"""The log as a table, for whoever has a spreadsheet: ``records.csv`` of an export.

RFC 4180 in UTF-8: a comma between fields, every text quoted, CR LF at the end of a line. It says nothing that the
records do not say: a verifier makes it of them again, byte by byte. What it holds is therefore part of the form of an
export (``core.audit.export.FORMAT``), and is not changed without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, cast

import orjson

from core.audit.beside import Untrue
from core.audit.events import canonical

CSV = "records.csv"
SAID = ("at", "kind", "action", "outcome", "subject", "trace_id")
COLUMNS = ("seq", *SAID, "answer", "conversation", "documents", "sources", "model", "details")
"""``details`` is the JSON of all that the event says; the columns before it repeat what people look for. There may be
several documents and sources, a blank between them."""
_CITING = ("passages", "cited", "snapshots")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
"""What spreadsheets take for the begin of a formula (https://owasp.org/www-community/attacks/CSV_Injection), and the
sign that is put before it, so that no two texts are written alike."""


class Content(Protocol):
    def read(self, size: int, /) -> bytes: ...


def table(records: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, the heading first. Raises ``ValueError`` for what is no record."""
    yield HEADING
    for record in records:
        yield row(record)


def row(record: bytes) -> bytes:
    """The line of a record, with its line break. Raises ``ValueError`` for what is none."""
    try:
        event: Any = orjson.loads(record)
        details: Mapping[str, Any] = event["details"]
        seq, said = event["seq"], [event[name] for name in SAID]
        if type(seq) is not int or not all(isinstance(each, str) for each in said):
            raise ValueError
        about = [_texts(details.get("answer")), _texts(details.get("conversation")), _documents(details)]
        about += [_texts(details.get("source")) + _texts(details.get("sources")), _texts(details.get("model"))]
        rest = canonical(details).decode()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("not an audit record") from None
    return _line([str(seq), *map(_field, (*said, *(" ".join(dict.fromkeys(each)) for each in about), rest))])


def check(records: Iterable[bytes], content: Content) -> None:
    """Whether ``content`` is the table of these records, and nothing else. Raises Untrue, which names the first line
    and record that it is not of."""
    if content.read(len(HEADING)) != HEADING:
        raise Untrue(f"{CSV} does not begin with its heading: it was edited")
    line = 2
    for number, record in enumerate(records, 1):
        try:
            expected = row(record)
        except ValueError:
            raise Untrue(f"line {number} of the records is no record that {CSV} could have a line of") from None
        if content.read(len(expected)) != expected:
            seq = orjson.loads(record)["seq"]
            raise Untrue(f"line {line} of {CSV} is not what record {seq} gives: it was edited, or is missing")
        line += expected.count(b"\n")
    if content.read(1):
        raise Untrue(f"line {line} of {CSV} was inserted: no record gives it")


def _documents(details: Mapping[str, Any]) -> list[str]:
    found = _texts(details.get("document"))
    for name in _CITING:
        cited = details.get(name)
        # Where a model was called, ``passages`` is how many went to it.
        for passage in cast(list[Any], cited) if isinstance(cited, list) else []:
            found += _texts(passage.get("document"))
    return found


def _texts(value: Any) -> list[str]:
    each = cast(list[Any], value) if isinstance(value, list) else [value]
    return [one for one in each if isinstance(one, str)]


def _field(value: str) -> str:
    # Before blanks as well: some spreadsheets trim them.
    if value.lstrip(" ").startswith(_DANGEROUS):
        value = "'" + value
    return '"' + value.replace('"', '""') + '"'


def _line(fields: Iterable[str]) -> bytes:
    return (",".join(fields) + "\r\n").encode()


HEADING = _line(COLUMNS)
