"""Records in .jsonl and .csv files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.errors import ItemGone, SourceUnavailable
from connectors.sources.base import RECORD, Change
from connectors.sources.open import kind_of, open_source
from connectors.sources.records import KIND, RecordsSource
from connectors.sources.settings import FileSourceConfig
from core.access import Access, group
from core.errors import Invalid


def source(path: Path, **more: Any) -> RecordsSource:
    made = open_source("records", {"path": str(path), "allow": ["staff"], **more}, 2**20)
    assert isinstance(made, RecordsSource)
    return made


def write(path: Path, *records: dict[str, Any] | str) -> Path:
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in records), "utf-8")
    return path


def changes(made: RecordsSource) -> dict[str, Change]:
    return {change.key: change for page in made.poll(None) for change in page.changes}


def failures(made: RecordsSource) -> list[tuple[str, str]]:
    return [(fault.key, fault.reason) for page in made.poll(None) for fault in page.faults]


def test_a_record_has_the_access_it_lists_or_that_of_the_source(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.jsonl",
        {"id": 1, "text": "a"},
        {"_id": "2", "text": "b", "allow": ["hr", "legal"]},
        {"id": "3", "text": "c", "allow": "sales, finance"},
        {"id": "4", "text": "d", "allow": []},
        {"id": "5", "text": "e", "deny": ["contractors"]},
    )
    found = changes(source(path))
    assert found["1"].access == Access.of([group("staff")])
    assert found["2"].access == Access.of([group("hr"), group("legal")])
    assert found["3"].access == Access.of([group("sales"), group("finance")])
    assert found["4"].access == Access.of([])
    assert found["5"].access == Access.of([group("staff")], [group("contractors")])


def test_unknown_fields_travel_with_the_record(tmp_path: Path) -> None:
    made = source(write(tmp_path / "r.jsonl", {"id": "1", "title": "Ana", "text": "t", "salary": 5, "site": "NL"}))
    changes(made)
    item = made.fetch("1")
    assert item.media_type == RECORD
    assert json.loads(item.body) == {
        "title": "Ana",
        "text": "t",
        "fields": [["salary", "5"], ["site", "NL"]],
        "restricted": [],
    }


def test_restricting_a_field_is_a_change_of_content(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", {"id": "1", "text": "a", "salary": 5})
    plain, restricted = changes(source(path))["1"], changes(source(path, restrict={"salary": ["hr"]}))["1"]
    assert plain.fingerprint != restricted.fingerprint
    assert restricted.restricted == (("salary", Access.of([group("hr")])),)


def test_what_a_record_is_found_by_cannot_be_restricted(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="text cannot be restricted"):
        source(write(tmp_path / "r.jsonl", {"id": "1"}), restrict={"text": ["hr"]})


def test_other_names_are_mapped(tmp_path: Path) -> None:
    made = source(write(tmp_path / "r.jsonl", {"key": "k", "body": "words"}), map={"id": "key", "text": "body"})
    assert list(changes(made)) == ["k"]
    assert json.loads(made.fetch("k").body)["text"] == "words"


def test_the_fingerprint_moves_with_the_content_only(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    one = changes(source(write(path, {"id": "1", "text": "a", "allow": ["hr"]})))["1"]
    other = changes(source(write(path, {"id": "1", "text": "a", "allow": ["it"]})))["1"]
    third = changes(source(write(path, {"id": "1", "text": "b", "allow": ["it"]})))["1"]
    assert one.fingerprint == other.fingerprint != third.fingerprint


def test_a_bad_line_fails_alone_and_says_where(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.jsonl", {"id": "1", "text": "a"}, "{not json", "[1]", {"text": "no id"}, {"id": "1", "text": "b"},
        {"id": "9", "text": "x", "modified_at": "yesterday"}, {"id": "8", "text": "x", "allow": {"a": 1}},
    )  # fmt: skip
    made = source(path)
    assert [place for place, _ in failures(made)] == [f"line {n}" for n in (2, 3, 4, 5, 6, 7)]
    assert list(changes(made)) == ["1"]


def test_a_csv_with_an_id_column_is_records_and_one_without_is_a_document(tmp_path: Path) -> None:
    records, table = tmp_path / "r.csv", tmp_path / "t.csv"
    records.write_text("id,title,text\n1,A,alpha\n2,B,beta\n")
    table.write_text("city,phone\nOslo,1\n")
    assert kind_of(records, {}) == "records"
    assert kind_of(table, {}) == "files"
    assert kind_of(table, {"id": "city"}) == "records"
    assert list(changes(source(records))) == ["1", "2"]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"_id": "1", "text": "a"}\n'))
    assert list(changes(source(path))) == ["1"]


def test_what_is_not_utf8_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes('{"id": "1", "text": "é"}'.encode("latin-1"))
    with pytest.raises(Invalid, match="UTF-8"):
        changes(source(path))


def test_a_record_that_was_not_listed_is_gone(tmp_path: Path) -> None:
    made = source(write(tmp_path / "r.jsonl", {"id": "1", "text": "a"}))
    with pytest.raises(ItemGone):
        made.fetch("2")


def test_nested_data_and_lists_of_sentences_stay_out_of_the_text(tmp_path: Path) -> None:
    record = {"id": "1", "text": "t", "tags": ["red", "blue"], "raw": {"a": 1}, "sentences": ["word " * 20] * 3}
    made = source(write(tmp_path / "r.jsonl", record))
    changes(made)
    assert json.loads(made.fetch("1").body)["fields"] == [["tags", "red, blue"]]


def test_a_packed_file_that_broke_off_has_deleted_nothing(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": 1, "text": "x"}\n' * 1000)[:-20])
    with pytest.raises(SourceUnavailable, match="Nothing was deleted"):
        list(open_source("records", {"path": str(path), "allow": ["staff"]}, 2**20).poll(None))
    path.unlink()
    with pytest.raises(SourceUnavailable):
        list(open_source("records", {"path": str(path), "allow": ["staff"]}, 2**20).list_ids())


def test_the_example_is_a_configuration() -> None:
    FileSourceConfig.model_validate(yaml.safe_load(KIND.example))
