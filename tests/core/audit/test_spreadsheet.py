"""The table of an export, as a spreadsheet and a verifier read it."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit.beside import Untrue
from core.audit.events import canonical
from core.audit.spreadsheet import COLUMNS, check, row, table

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def record(seq: int = 1, details: Any = None, **said: str) -> bytes:
    event: dict[str, Any] = {
        "seq": seq, "at": "2026-11-23T08:00:00.000000Z", "kind": "search", "action": "search", "outcome": "done",
        "subject": "", "trace_id": "", "details": details or {},
    }  # fmt: skip
    return canonical(event | said)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d", "'"])
def test_no_value_is_a_formula(begin: str) -> None:
    (line,) = read(row(record(action=f"{begin}1+1", details={"document": f"{begin}cmd|' /C calc'!A0"})))
    assert line[COLUMNS.index("action")] == f"'{begin}1+1"
    assert line[COLUMNS.index("documents")] == f"'{begin}cmd|' /C calc'!A0"


@given(st.dictionaries(st.sampled_from(["at", "kind", "action", "outcome", "subject", "trace_id"]), texts), texts)
def test_whatever_a_record_says_stays_in_its_field(said: dict[str, str], document: str) -> None:
    written = record(7, {"document": document}, **said)
    content = row(written)
    assert content.endswith(b"\r\n")
    (line,) = read(content)
    assert len(line) == len(COLUMNS)
    told = dict(zip(map(str, COLUMNS), line, strict=True))
    assert told["seq"] == "7"
    for name, value in (said | {"documents": document}).items():
        assert told[name] in (value, f"'{value}")
        assert not told[name].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert orjson.loads(told["details"]) == {"document": document}


@given(texts, texts)
def test_no_two_values_are_written_alike(one: str, other: str) -> None:
    assert (row(record(action=one)) == row(record(action=other))) == (one == other)
    assert row(record(action=f"'{one}")) != row(record(action=one))


def test_what_an_answer_rests_on_is_listed_once() -> None:
    passages = [{"chunk": "c-1", "document": "d-1"}, {"chunk": "c-2", "document": "d-2"}, {"chunk": "c-3"}]
    details = {"answer": "a-1", "passages": passages, "cited": passages[:1], "sources": ["s-1", "s-2"], "model": "m"}
    (line,) = read(row(record(details=details)))
    told = dict(zip(COLUMNS, line, strict=True))
    assert (told["answer"], told["documents"], told["sources"], told["model"]) == ("a-1", "d-1 d-2", "s-1 s-2", "m")


def test_a_call_of_a_model_says_how_many_passages_went_there() -> None:
    (line,) = read(row(record(kind="model.intent", details={"answer": "a-1", "passages": 10, "model": "m"})))
    told = dict(zip(COLUMNS, line, strict=True))
    assert (told["documents"], told["model"]) == ("", "m")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"1", b"{}", b'{"seq":true}', record().replace(b'"seq":1', b'"seq":"1"'), b"\xff"]
)
def test_what_is_no_record_has_no_line(content: bytes) -> None:
    with pytest.raises(ValueError, match="not an audit record"):
        row(content)
    with pytest.raises(Untrue):
        check([content], io.BytesIO(b"".join(table([record()]))))


def test_a_table_is_held_against_the_records() -> None:
    records = [record(3), record(5, action="two\nlines"), record(8)]
    whole = b"".join(table(records))
    check(records, io.BytesIO(whole))
    for edited, said in (
        (whole[1:], "heading"),
        (b"".join(table([records[0], records[2]])), "line 3 of records.csv is not what record 5"),
        # The record before takes two lines.
        (b"".join(table(records[:2])), "line 5 of records.csv is not what record 8"),
        (whole + b"9\r\n", "line 6 of records.csv was inserted"), (whole[:-1], "record 8"),
    ):  # fmt: skip
        with pytest.raises(Untrue, match=said):
            check(records, io.BytesIO(edited))
