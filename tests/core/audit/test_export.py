"""What an outsider has: an export, the first public key, and a checkpoint from earlier."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audit import Verification, exported
from core.audit.checkpoints import sign
from core.audit.events import canonical
from core.audit.export import Exported, export
from core.audit.keys import Generations
from core.audit.merkle import Frontier, leaf_hash
from core.audit.reading import open_database
from core.clock import utc_now
from core.errors import Conflict, Invalid, Refused
from core.secrets import Keyring
from tests.core.audit.installation import Installation

FIRST, SECOND, THIRD = 5, 300, 4
LAST = FIRST + SECOND + 2 + THIRD
ROTATED = FIRST + SECOND + 1


def write_export(log: Installation, out: Path, **chosen: Any) -> Exported:
    with open_database(log.database, log.head) as reader:
        return export(reader, Generations(log.keyring), out, utc_now(), **chosen)


@dataclass(frozen=True)
class Kept:
    """What lies on the verifier's own disk."""

    log: Installation
    folder: Path
    early: bytes
    late: bytes

    def verify(self, *kept: bytes, path: Path | None = None) -> Verification:
        return exported.verify(path or self.folder, self.log.keyring.public_key(), kept)

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Generator[Kept]:
    """A log of three batches with a change of the key between, exported; checkpoints from before and after."""
    directory = tmp_path_factory.mktemp("outside")
    log = Installation.open(directory)
    log.write(FIRST)
    early = log.head.read_bytes()
    log.write(SECOND)
    log.sequencer.rotate(log.log.subject("operator"))
    log.write(1, THIRD)
    write_export(log, directory / "export")
    yield Kept(log, directory / "export", early, log.head.read_bytes())
    log.close()


def found(result: Verification) -> int:
    assert not result.ok
    assert result.first_broken is not None, result.trouble
    assert result.records <= result.first_broken[0] - 1
    return result.first_broken[0]


def test_an_export_verifies_with_the_first_public_key_and_checkpoints_of_any_age(kept: Kept) -> None:
    seen: list[tuple[int, int]] = []
    public = kept.log.keyring.public_key()
    result = exported.verify(kept.folder, public, [kept.early, kept.late], lambda done, of: seen.append((done, of)))
    assert result.ok
    assert (result.records, result.head) == (LAST, kept.log.verify().head)
    assert len(result.keys) == 2
    assert seen[-1] == (LAST, LAST)
    assert not exported.verify(kept.folder, Keyring(kept.folder.parent / "other").public_key()).ok


def test_the_records_are_the_very_bytes(kept: Kept) -> None:
    lines = (kept.folder / "records.jsonl").read_bytes().splitlines()
    assert lines == [row.record for row in kept.log.rows()]


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_no_byte_of_an_export_can_be_changed(kept: Kept, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(kept.files()))
    original = path.read_bytes()
    edited = bytearray(original)
    place = data.draw(st.integers(0, len(edited) - 1))
    edited[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(edited)
    try:
        result = kept.verify()
        assert not result.ok
        if path.name == "records.jsonl":
            # The line that the byte is in, which a line break ends; the last one's may only be missed as a whole.
            line = original.count(b"\n", 0, place) + 1
            assert result.trouble or found(result) == line
            assert not result.trouble or place == len(original) - 1
    finally:
        path.write_bytes(original)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_every_edit_of_records_is_named(kept: Kept, data: st.DataObject) -> None:
    path = kept.folder / "records.jsonl"
    original = path.read_bytes()
    lines = original.splitlines(keepends=True)
    place = data.draw(st.integers(0, LAST - 1))
    match data.draw(st.sampled_from(["delete", "insert", "double", "swap", "rewrite", "cut"])):
        case "delete":
            del lines[place]
        case "insert":
            lines.insert(place, canonical({"kind": "sign_in", "seq": place + 1}) + b"\n")
        case "double":
            lines.insert(place, lines[place])
            place += 1
        case "swap":
            other = data.draw(st.integers(0, LAST - 1).filter(lambda at: at != place))
            lines[place], lines[other] = lines[other], lines[place]
            place = min(place, other)
        case "rewrite":
            lines[place] = canonical(orjson.loads(lines[place]) | {"outcome": "denied"}) + b"\n"
        case _:
            del lines[place:]
    path.write_bytes(b"".join(lines))
    try:
        assert found(kept.verify()) == place + 1
    finally:
        path.write_bytes(original)


def cut(kept: Kept, out: Path, records: int) -> Path:
    """The export without its end, which whoever has no key can do: records and checkpoints taken out alike."""
    shutil.copytree(kept.folder, out)
    for name in ("records.jsonl", "checkpoints.jsonl"):
        lines = (out / name).read_bytes().splitlines(keepends=True)
        fits = [line for line in lines if orjson.loads(line).get("size", orjson.loads(line).get("seq")) <= records]
        (out / name).write_bytes(b"".join(fits))
    return out


def test_a_cut_tail_is_seen_from_the_manifest(kept: Kept, tmp_path: Path) -> None:
    assert found(kept.verify(path=cut(kept, tmp_path / "cut", FIRST))) == FIRST + 1


def test_a_tail_cut_by_whoever_holds_the_keys_is_seen_from_a_kept_checkpoint(kept: Kept, tmp_path: Path) -> None:
    """An older export of the same log, signed as it was then."""
    log = Installation.open(tmp_path)
    log.write(3)
    write_export(log, tmp_path / "older")
    log.write(2)
    later = log.head.read_bytes()
    public = log.keyring.public_key()
    assert exported.verify(tmp_path / "older", public).ok
    result = exported.verify(tmp_path / "older", public, [later])
    assert found(result) == 4
    assert "stands for 5 records" in str(result.first_broken)
    log.close()


def test_a_history_rewritten_with_the_keys_is_seen_from_a_kept_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    log = Installation.open(tmp_path / "one")
    log.write(4, 3)
    kept = log.head.read_bytes()
    log.close()
    # The same keys, another history.
    shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
    other = Installation.open(tmp_path / "two")
    other.write(9)
    write_export(other, tmp_path / "two" / "export")
    public = other.keyring.public_key()
    assert exported.verify(tmp_path / "two" / "export", public).ok
    result = exported.verify(tmp_path / "two" / "export", public, [kept])
    assert found(result) == 1
    assert "rewritten" in str(result.first_broken)
    other.close()


@pytest.mark.parametrize("change", ["stranger", "forged", "damaged"])
def test_a_checkpoint_that_is_not_of_this_log_is_said_to_be_so(kept: Kept, tmp_path: Path, change: str) -> None:
    stranger = Installation.open(tmp_path)
    stranger.write(1)
    tree = Frontier()
    tree.extend(leaf_hash(row.record) for row in kept.log.rows())
    content = {
        "stranger": stranger.head.read_bytes(),
        "forged": sign(
            kept.log.keys[0].name, stranger.keyring.signing_keys(), LAST, tree.root(), utc_now()
        ).note,
        "damaged": kept.early[:-3],
    }[change]  # fmt: skip
    result = kept.verify(content)
    assert not result.ok
    assert "kept" in result.trouble
    stranger.close()


def test_a_key_that_no_older_key_vouched_for_is_a_finding(kept: Kept, tmp_path: Path) -> None:
    """Somebody with a key of their own signs everything after the change anew."""
    out = tmp_path / "swapped"
    shutil.copytree(kept.folder, out)
    (tmp_path / "other").mkdir()
    stranger = Keyring(tmp_path / "other" / "keys").signing_keys()
    path = out / "checkpoints.jsonl"
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    tree = Frontier()
    records = [row.record for row in kept.log.rows()]
    for line in lines:
        tree.extend(map(leaf_hash, records[tree.size : line["size"]]))
        if line["size"] > FIRST + SECOND:
            line["note"] = sign(kept.log.keys[0].name, stranger, line["size"], tree.root(), utc_now()).note.decode()
    path.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    assert found(kept.verify(path=out)) == ROTATED


def test_a_new_key_is_vouched_for_by_the_old_one(kept: Kept) -> None:
    listed = orjson.loads((kept.folder / "keys.json").read_bytes())["keys"]
    assert [entry["generation"] for entry in listed] == [0, 1]
    assert listed[1]["seq"] == ROTATED
    assert listed[1]["note"].count("\u2014 ") == 2
    record = orjson.loads(listed[1]["record"])
    assert (record["kind"], record["details"]["generation"]) == ("audit.rotated", 1)


# A part of the log


@pytest.fixture(scope="module")
def part(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("part") / "part"
    made = write_export(kept.log, out, first=100, last=140, since=[kept.early])
    assert (made.records, made.complete) == (41, False)
    return out


def test_a_part_of_the_log_verifies_alone(kept: Kept, part: Path) -> None:
    result = kept.verify(kept.early, kept.late, path=part)
    assert result.ok, result
    assert result.records == 41
    assert len((part / "records.jsonl").read_bytes().splitlines()) == 41


def test_a_part_says_when_it_cannot_tell_about_a_kept_checkpoint(kept: Kept, tmp_path: Path) -> None:
    write_export(kept.log, tmp_path / "part", first=1, last=1)
    result = kept.verify(kept.early, path=tmp_path / "part")
    assert not result.ok
    assert "--checkpoint" in result.trouble


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_byte_of_a_part_can_be_changed(kept: Kept, part: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(part.iterdir())))
    original = path.read_bytes()
    edited = bytearray(original)
    place = data.draw(st.integers(0, len(edited) - 1))
    edited[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(edited)
    try:
        result = kept.verify(kept.early, path=part)
        assert not result.ok
        if path.name == "records.jsonl" and place < len(original) - 1:
            assert found(Verification(False, 0, "", result.first_broken)) == 100 + original.count(b"\n", 0, place)
    finally:
        path.write_bytes(original)


@pytest.mark.parametrize(("first", "last"), [(0, 3), (3, 2), (1, LAST + 1)])
def test_records_that_are_not_there_cannot_be_exported(kept: Kept, tmp_path: Path, first: int, last: int) -> None:
    with pytest.raises(Invalid):
        write_export(kept.log, tmp_path / "none", first=first, last=last)
    assert list(tmp_path.iterdir()) == []


# Where it lies


def test_an_export_can_be_a_zip_file(kept: Kept, tmp_path: Path) -> None:
    out = tmp_path / "log.zip"
    write_export(kept.log, out)
    assert kept.verify(kept.early, path=out).ok
    content = bytearray(out.read_bytes())
    with zipfile.ZipFile(out) as archive:
        place = archive.getinfo("records.jsonl").header_offset + 200
    content[place] ^= 1
    out.write_bytes(content)
    assert not kept.verify(path=out).ok


def test_a_file_that_was_added_is_a_finding(kept: Kept, tmp_path: Path) -> None:
    out = tmp_path / "more"
    shutil.copytree(kept.folder, out)
    (out / "readme.txt").write_text("trust me")
    assert "readme.txt" in kept.verify(path=out).trouble


@pytest.mark.parametrize("name", ["records.jsonl", "checkpoints.jsonl", "keys.json", "manifest.json"])
def test_a_file_that_is_missing_is_a_finding(kept: Kept, tmp_path: Path, name: str) -> None:
    out = tmp_path / "less"
    shutil.copytree(kept.folder, out)
    (out / name).unlink()
    assert not kept.verify(path=out).ok


def test_what_is_no_export_is_said_to_be_none(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "log.zip").write_bytes(b"PK\x03\x04 nothing")
    for path in (tmp_path / "log.zip", tmp_path / "missing", tmp_path):
        result = kept.verify(path=path)
        assert not result.ok
        assert result.trouble


def test_an_export_never_writes_over_another(kept: Kept) -> None:
    with pytest.raises(Conflict):
        write_export(kept.log, kept.folder)


def test_a_damaged_log_is_not_exported(tmp_path: Path) -> None:
    log = Installation.open(tmp_path)
    log.write(3, 2)
    log.run_sql("DELETE FROM audit_log WHERE seq = 2")
    with pytest.raises(Refused):
        write_export(log, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    log.close()
