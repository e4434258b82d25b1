"""What a reviewer's search found, exported: what an outsider can tell of it with the first public key."""

from __future__ import annotations

import base64
import csv
import io
import shutil
import zipfile
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audit import Event, Verification, exported, finding
from core.audit.events import canonical
from core.audit.export import Exported, export
from core.audit.finding import Finder, Sought
from core.audit.keys import Generations
from core.audit.reading import open_database
from core.audit.selecting import Selection, asked, select
from core.audit.tables import FoundRow, MentionRow
from core.clock import utc_now
from core.errors import Invalid, Refused
from core.secrets import Keyring
from tests.core.audit.installation import Installation

RECORDS, PROOFS, CSV = "records.jsonl", "proofs.jsonl", "records.csv"
EVERY = 7
"""Each seventh event is of the kind that is looked for, and after them two in a row."""


def open_found(directory: Path) -> Installation:
    log = Installation.open(directory)
    tables: Any = (FoundRow.__table__, MentionRow.__table__)
    FoundRow.metadata.create_all(log.database.engine, tables=tables)
    return log


def opening(log: Installation, document: str) -> Event:
    details = {"access": "ab" * 16, "grants": 1, "document": document, "source": "s-1"}
    return Event("document.read", log.log.subject("ana"), "open", "done", utc_now(), details=details)


def write_chosen(log: Installation, out: Path, chosen: Selection, **more: Any) -> Exported:
    with open_database(log.database, log.head) as reader:
        return export(reader, Generations(log.keyring), out, utc_now(), chosen=chosen, **more)


def chosen_by(log: Installation, sought: Sought) -> Selection:
    Finder(log.database).follow()
    with log.database.reading() as session:
        return select(session, sought)


@dataclass(frozen=True)
class Kept:
    log: Installation
    folder: Path
    early: bytes
    chosen: Selection

    def verify(self, *kept: bytes, path: Path | None = None) -> Verification:
        return exported.verify(path or self.folder, self.log.keyring.public_key(), kept)

    @property
    def numbers(self) -> list[int]:
        return list(self.chosen.numbers())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Generator[Kept]:
    directory = tmp_path_factory.mktemp("chosen")
    log = open_found(directory)
    early = b""
    for number in range(1, 301):
        log.log.append(opening(log, f"d-{number}") if number % EVERY == 0 or number == 15 else log.event())
        if number % 40 == 0:
            log.sequencer.run_once()
            early = early or log.head.read_bytes()
    log.sequencer.rotate(log.log.subject("operator"))
    log.write(3)
    chosen = chosen_by(log, Sought(kinds=("document.read",), source="s-1"))
    made = write_chosen(log, directory / "export", chosen, csv=True, since=[early])
    assert (made.scope, made.records, made.complete) == ("selection", chosen.records, False)
    yield Kept(log, directory / "export", early, chosen)
    log.close()


def found(result: Verification) -> int:
    assert not result.ok
    assert result.first_broken is not None, result.trouble
    return result.first_broken[0]


def test_a_selection_verifies_with_the_first_public_key_and_says_what_was_asked_for(kept: Kept) -> None:
    seen: list[tuple[int, int]] = []
    total = kept.chosen.records
    public = kept.log.keyring.public_key()
    held = [kept.early, kept.log.head.read_bytes()]
    result = exported.verify(kept.folder, public, held, lambda done, of: seen.append((done, of)))
    assert result.ok, result
    assert (result.records, result.scope) == (total, "selection")
    assert result.asked == {"kind": ["document.read"], "source": "s-1"}
    assert len(result.keys) == 2
    assert seen[-1] == (total, total)
    assert not exported.verify(kept.folder, Keyring(kept.folder.parent / "other").public_key()).ok


def test_it_has_the_very_bytes_of_all_that_fit_and_of_nothing_else(kept: Kept) -> None:
    lines = (kept.folder / RECORDS).read_bytes().splitlines()
    rows = {row.seq: row.record for row in kept.log.rows()}
    assert lines == [record for record in rows.values() if orjson.loads(record)["kind"] == "document.read"]
    assert [orjson.loads(line)["seq"] for line in lines] == kept.numbers
    assert len(kept.chosen.runs) < kept.chosen.records, "two stand next to each other"


def test_the_table_is_read_by_what_reads_tables(kept: Kept) -> None:
    text = (kept.folder / CSV).read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    records = [orjson.loads(line) for line in (kept.folder / RECORDS).read_bytes().splitlines()]
    assert [int(row["seq"]) for row in rows] == kept.numbers
    for row, record in zip(rows, records, strict=True):
        assert {name: row[name] for name in ("at", "kind", "subject")} == {
            name: record[name] for name in ("at", "kind", "subject")
        }
        assert (row["documents"], row["sources"]) == (record["details"]["document"], "s-1")
        assert orjson.loads(row["details"]) == record["details"]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_byte_of_a_selection_can_be_changed(kept: Kept, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(kept.folder.iterdir())))
    original = path.read_bytes()
    edited = bytearray(original)
    place = data.draw(st.integers(0, len(edited) - 1))
    edited[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(edited)
    try:
        result = kept.verify(kept.early)
        assert not result.ok
        line = original.count(b"\n", 0, place)
        if path.name in (RECORDS, PROOFS) and place < len(original) - 1:
            assert found(result) == kept.numbers[line]
        if path.name == CSV and line:
            assert f"line {line + 1} of {CSV} is not what record {kept.numbers[line - 1]} gives" in result.trouble
    finally:
        path.write_bytes(original)


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_every_edit_of_any_of_its_files_is_named(kept: Kept, data: st.DataObject) -> None:
    """One who has no key takes a record out of all files alike, puts one in, or changes their order."""
    which = data.draw(st.sampled_from([[RECORDS], [PROOFS], [CSV], [RECORDS, PROOFS], [RECORDS, PROOFS, CSV]]))
    before = {name: (kept.folder / name).read_bytes() for name in which}
    total = kept.chosen.records
    place = data.draw(st.integers(0, total - 1))
    other = data.draw(st.integers(0, total - 1).filter(lambda at: at != place))
    change = data.draw(st.sampled_from(["delete", "double", "swap", "cut", "insert"]))
    for name, content in before.items():
        lines = content.splitlines(keepends=True)
        head = lines[:1] if name == CSV else []
        (kept.folder / name).write_bytes(b"".join(head + changed(lines[len(head) :], change, place, other)))
    try:
        result = kept.verify(kept.early)
        assert not result.ok
        first = kept.numbers[min(place, other) if change == "swap" else place]
        if change == "double":
            # The one before stands there twice.
            first = kept.numbers[place + 1] if place + 1 < total else kept.numbers[place] + 1
        if RECORDS in which:
            assert found(result) == first
        elif which == [PROOFS]:
            # A proof too many at the end is one of no record.
            assert found(result) == first if result.first_broken else PROOFS in result.trouble
        else:
            line = kept.numbers.index(first) + 2 if first in kept.numbers else total + 2
            assert f"line {line} of {CSV}" in result.trouble
    finally:
        for name, content in before.items():
            (kept.folder / name).write_bytes(content)


def changed(lines: list[bytes], change: str, place: int, other: int) -> list[bytes]:
    lines = list(lines)
    match change:
        case "delete":
            del lines[place]
        case "double":
            lines.insert(place, lines[place])
        case "swap":
            lines[place], lines[other] = lines[other], lines[place]
        case "insert":
            lines.insert(place, canonical({"kind": "sign_in", "seq": 1, "proof": []}) + b"\n")
        case _:
            del lines[place:]
    return lines


def test_a_record_of_the_log_that_was_not_chosen_cannot_be_put_in(kept: Kept, tmp_path: Path) -> None:
    """It is of the log, and has its proof; the manifest does not know it."""
    more = Selection.of([*range(1, 5), *kept.chosen.numbers()], kept.chosen.asked)
    write_chosen(kept.log, tmp_path / "more", more, csv=True)
    (tmp_path / "more" / "manifest.json").write_bytes((kept.folder / "manifest.json").read_bytes())
    assert found(kept.verify(path=tmp_path / "more")) == kept.numbers[0]


def test_what_is_put_behind_the_last_record_is_named(kept: Kept, tmp_path: Path) -> None:
    out = tmp_path / "behind"
    shutil.copytree(kept.folder, out)
    with (out / RECORDS).open("ab") as file:
        file.write(canonical({"kind": "sign_in", "seq": kept.numbers[-1] + 1}) + b"\n")
    result = kept.verify(path=out)
    assert found(result) == kept.numbers[-1] + 1
    assert "was inserted" in str(result.first_broken)


def test_a_manifest_of_the_same_log_for_other_records_does_not_fit(kept: Kept, tmp_path: Path) -> None:
    write_chosen(kept.log, tmp_path / "other", Selection.of([2, 3, 9], {"kind": ["search"]}), csv=True)
    for name in (RECORDS, PROOFS, CSV):
        (tmp_path / "other" / name).write_bytes((kept.folder / name).read_bytes())
    assert found(kept.verify(path=tmp_path / "other")) == 2


def test_a_table_that_was_signed_but_is_not_of_the_records_is_a_finding(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the keys writes a table of their own: hash and signature fit."""

    def table(records: Iterable[bytes]) -> Iterator[bytes]:
        return (b"seq\r\n" for _ in records)

    monkeypatch.setattr("core.audit.spreadsheet.table", table)
    write_chosen(kept.log, tmp_path / "false", kept.chosen, csv=True)
    monkeypatch.undo()
    assert CSV in kept.verify(path=tmp_path / "false").trouble


def test_a_kept_checkpoint_tells_whether_the_log_goes_on_from_there(kept: Kept, tmp_path: Path) -> None:
    write_chosen(kept.log, tmp_path / "plain", kept.chosen)
    assert "--checkpoint" in kept.verify(kept.early, path=tmp_path / "plain").trouble
    middle = kept.log.checkpoints()[3].note
    write_chosen(kept.log, tmp_path / "both", kept.chosen, since=[kept.early, middle])
    assert kept.verify(kept.early, middle, path=tmp_path / "both").ok
    stranger = Installation.open(tmp_path)
    stranger.write(41)
    assert "another log" in kept.verify(stranger.head.read_bytes()).trouble
    stranger.close()


def test_a_file_twice_in_the_zip_is_a_finding(kept: Kept, tmp_path: Path) -> None:
    """One program reads the first, another one the last."""
    out = tmp_path / "chosen.zip"
    write_chosen(kept.log, out, kept.chosen, csv=True)
    assert kept.verify(path=out).ok
    content = zipfile.ZipFile(out).read(CSV)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(CSV, content)
    assert "more than once" in kept.verify(path=out).trouble


@pytest.mark.parametrize("name", [RECORDS, PROOFS, CSV, "keys.json", "manifest.json"])
def test_a_file_that_is_missing_is_a_finding(kept: Kept, tmp_path: Path, name: str) -> None:
    out = tmp_path / "less"
    shutil.copytree(kept.folder, out)
    (out / name).unlink()
    assert not kept.verify(path=out).ok


@pytest.mark.parametrize("form", ["log", "run"])
def test_the_whole_log_and_a_run_have_their_table_too(kept: Kept, tmp_path: Path, form: str) -> None:
    out = tmp_path / form
    part: dict[str, Any] = {} if form == "log" else {"first": 5, "last": 60}
    with open_database(kept.log.database, kept.log.head) as reader:
        export(reader, Generations(kept.log.keyring), out, utc_now(), csv=True, **part)
    result = kept.verify(path=out)
    assert (result.ok, result.scope) == (True, form)
    content = (out / CSV).read_bytes()
    assert content.count(b"\n") == result.records + 1
    lines = content.splitlines(keepends=True)
    (out / CSV).write_bytes(b"".join([*lines[:10], *lines[11:]]))
    assert f"line 11 of {CSV}" in kept.verify(path=out).trouble
    (out / CSV).write_bytes(content + lines[-1])
    assert "was inserted" in kept.verify(path=out).trouble


def test_an_export_in_the_form_of_an_earlier_version_is_still_read(kept: Kept, tmp_path: Path) -> None:
    out = tmp_path / "earlier"
    generations = Generations(kept.log.keyring)
    with open_database(kept.log.database, kept.log.head) as reader:
        export(reader, generations, out, utc_now(), first=3, last=9, since=[kept.early])

    def signed_as(**more: Any) -> None:
        told = orjson.loads((out / "manifest.json").read_bytes()) | more
        del told["signature"]
        signature = generations.sign_bytes(len(generations.keys) - 1, canonical(told))
        told["signature"] = base64.b64encode(signature).decode()
        (out / "manifest.json").write_bytes(canonical(told) + b"\n")

    (since,) = orjson.loads((out / "manifest.json").read_bytes())["since"]
    signed_as(format=2, since=since)
    assert kept.verify(kept.early, path=out).ok
    signed_as(format=4)
    assert "does not know" in kept.verify(path=out).trouble
    unfits: list[dict[str, Any]] = [
        {"records": 6}, {"runs": [[3, 5], [6, 9]]}, {"runs": [[3, 6], [5, 9]], "records": 9},
    ]  # fmt: skip
    for unfit in unfits:
        signed_as(**{"format": 3, "since": [since], "asked": {}} | unfit)
        assert "does not fit itself" in kept.verify(path=out).trouble


# What is chosen


def test_runs_are_put_together() -> None:
    chosen = Selection.of([1, 2, 3, 7, 9, 10], {"kind": ["search"]})
    assert chosen.runs == ((1, 3), (7, 7), (9, 10))
    assert (chosen.records, list(chosen.numbers())) == (6, [1, 2, 3, 7, 9, 10])


def test_there_is_a_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.audit.selecting.MOST", 2)
    assert Selection.of([1, 9], {}).records == 2
    with pytest.raises(Invalid):
        Selection.of([1, 9, 11], {})


@pytest.mark.parametrize(
    "sought",
    [
        Sought(), Sought(person="ana@x.example"), Sought(document="how many days of leave?"), Sought(kinds=("gossip",)),
        Sought(outcomes=("good",)), Sought(actions=("Tell me",)), Sought(since=utc_now().replace(tzinfo=None)),
        Sought(answer=""), Sought(trace_id="a b"),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_words_and_ids(sought: Sought) -> None:
    with pytest.raises(Invalid):
        asked(sought)


def test_all_that_can_be_sought_is_said() -> None:
    """A field that is added to what can be sought would otherwise be missing in the manifest."""
    fields = set(Sought.__dataclass_fields__)
    now = utc_now()
    whole = Sought(
        person="ab" * 16, subject="cd" * 16, answer="a-1", conversation="c-1", document="d-1", source="s-1", model="m",
        mentions=(("review", "r-1"),), since=now - timedelta(1), until=now, kinds=("search",), actions=("search",),
        outcomes=("done",), trace_id="t-1",
    )  # fmt: skip
    assert all(getattr(whole, name) for name in fields)
    assert len(asked(whole)) == len(fields)


def test_the_index_cannot_put_anything_in_that_does_not_fit(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the database, where anybody may have put anything."""

    def those(sought: Sought) -> list[Any]:
        return [FoundRow.seq < 100]

    monkeypatch.setattr(finding, "_conditions", those)
    chosen = chosen_by(kept.log, Sought(kinds=("document.read",)))
    assert list(chosen.numbers()) == [number for number in kept.numbers if number < 100]


def test_a_damaged_log_gives_no_selection(tmp_path: Path) -> None:
    log = open_found(tmp_path)
    log.write(9)
    log.run_sql("DELETE FROM audit_log WHERE seq = 3")
    with pytest.raises(Refused):
        write_chosen(log, tmp_path / "out", Selection.of([1, 3, 5], {"kind": ["search"]}))
    with pytest.raises(Invalid):
        write_chosen(log, tmp_path / "out", Selection.of([8, 10], {"kind": ["search"]}))
    with pytest.raises(Invalid):
        write_chosen(log, tmp_path / "out", Selection.of([], {"kind": ["search"]}))
    assert not (tmp_path / "out").exists()
    log.close()
