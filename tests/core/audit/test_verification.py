from __future__ import annotations

import hashlib
import shutil
from collections.abc import Generator
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audit import tail, verify
from core.audit.checkpoints import sign
from core.audit.events import canonical
from core.audit.merkle import Frontier, leaf_hash
from core.audit.sequencer import chain
from core.audit.tables import CheckpointRow, RecordRow
from core.clock import utc_now
from core.errors import Refused
from tests.core.audit.installation import Installation

BATCHES = (5, 1, 4)
LAST = sum(BATCHES)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """A log that many examples edit and put right again."""
    installation = Installation.open(tmp_path_factory.mktemp("written"))
    installation.write(*BATCHES)
    yield installation
    installation.close()


@pytest.fixture
def log(installation: Installation) -> Installation:
    installation.write(*BATCHES)
    assert installation.verify().ok
    return installation


def root_of(leaves: list[bytes]) -> bytes:
    tree = Frontier()
    tree.extend(leaves)
    return tree.root()


def broken(installation: Installation) -> tuple[int, str]:
    result = installation.verify()
    assert not result.ok
    assert result.first_broken is not None
    assert result.records <= max(0, result.first_broken[0] - 1)
    return result.first_broken


def test_an_untouched_log_verifies_with_the_public_key_only(log: Installation) -> None:
    seen: list[tuple[int, int]] = []
    public = log.keyring.public_key()
    result = verify(log.database, public, log.head, lambda done, total: seen.append((done, total)))
    assert result.ok
    assert result.records == LAST
    assert result.head == log.rows()[-1].hash.hex()
    assert seen == [(LAST, LAST)]
    assert not verify(log.database, Ed25519PrivateKey.generate().public_key(), log.head).ok


def test_an_empty_log_verifies(installation: Installation) -> None:
    assert installation.verify().ok
    installation.sequencer.drain()
    assert installation.verify().ok


def test_each_record_is_canonical_and_holds_the_hash_of_the_one_before(log: Installation) -> None:
    prev = bytes(32).hex()
    for place, row in enumerate(log.rows(), 1):
        record = orjson.loads(row.record)
        assert canonical(record) == row.record
        assert (record["v"], record["seq"], record["prev"]) == (2, place, prev)
        prev = hashlib.sha256(b"\x00" + row.record).hexdigest()


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_every_single_byte_edit_is_detected_and_named(written: Installation, data: st.DataObject) -> None:
    seq = data.draw(st.integers(1, LAST))
    row = written.rows()[seq - 1]
    column = data.draw(st.sampled_from(["record", "hash"]))
    content = bytearray(getattr(row, column))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    written.edit(RecordRow, seq, **{column: bytes(content)})
    try:
        assert broken(written)[0] == seq
    finally:
        written.put_back([row])
    assert written.verify().ok


def test_an_edit_of_any_byte_of_a_record_is_named(written: Installation) -> None:
    row = written.rows()[6]
    for place in range(len(row.record)):
        content = bytearray(row.record)
        content[place] ^= 1
        written.edit(RecordRow, 7, record=bytes(content))
        assert broken(written)[0] == 7
    written.put_back([row])
    assert written.verify().ok


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_single_byte_edit_of_a_checkpoint_is_detected(written: Installation, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(written.checkpoints()))
    column = data.draw(st.sampled_from(["note", "hashes"]))
    content = bytearray(getattr(row, column))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    written.edit(CheckpointRow, row.seq, **{column: bytes(content)})
    try:
        assert row.seq - 5 < broken(written)[0] <= row.seq
    finally:
        written.put_back([row])
    assert written.verify().ok


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_every_single_byte_edit_of_the_head_file_is_detected(written: Installation, data: st.DataObject) -> None:
    original = written.head.read_bytes()
    content = bytearray(original)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    written.head.write_bytes(content)
    try:
        assert not written.verify().ok
    finally:
        written.head.write_bytes(original)


@pytest.mark.parametrize("seq", [1, 3, 5, 6, LAST])
def test_a_deleted_record_is_named(log: Installation, seq: int) -> None:
    log.remove(RecordRow, seq)
    assert broken(log) == (seq, "is missing")


@pytest.mark.parametrize("first", [1, 5, 6, 7, LAST])
def test_a_tail_cut_off_with_its_checkpoints_is_seen_from_the_head_file(log: Installation, first: int) -> None:
    log.remove(RecordRow, first, LAST)
    log.remove(CheckpointRow, first, LAST)
    assert broken(log) == (first, f"is missing: the head file stands for {LAST} records")


def test_a_deleted_log_is_seen(log: Installation) -> None:
    log.remove(RecordRow, 1, LAST)
    assert broken(log)[0] == 1
    log.remove(CheckpointRow, 1, LAST)
    assert broken(log) == (1, f"is missing: the head file stands for {LAST} records")


@pytest.mark.parametrize(("first", "second"), [(1, 2), (3, 9), (9, 10)])
def test_records_that_changed_places_are_named(log: Installation, first: int, second: int) -> None:
    log.run_sql(
        f"UPDATE audit_log SET seq = 999 WHERE seq = {first}",
        f"UPDATE audit_log SET seq = {first} WHERE seq = {second}",
        f"UPDATE audit_log SET seq = {second} WHERE seq = 999",
    )
    assert broken(log)[0] == first


@pytest.mark.parametrize("at", [0, 1, 4, 6, 7, LAST, LAST + 1])
def test_an_inserted_record_is_named(log: Installation, at: int) -> None:
    """Inserted with everything that needs no key done right: places moved on, hash and predecessor's hash given."""
    rows = log.rows()
    before = rows[at - 2].hash if at > 1 else bytes(32)
    forged = chain(at - 1, before, [{"kind": "sign_in", "id": "00" * 16}])[0]
    if at > 0:
        log.run_sql(
            f"UPDATE audit_log SET seq = -seq - 1 WHERE seq >= {at}", "UPDATE audit_log SET seq = -seq WHERE seq < 0"
        )
    log.put_back([RecordRow(seq=at, record=forged.record, hash=forged.hash)])
    assert broken(log)[0] == at


@pytest.mark.parametrize("seq", [1, 3, 5, 6, 7, LAST])
def test_a_record_rewritten_with_its_hash_is_named(log: Installation, seq: int) -> None:
    record = orjson.loads(log.rows()[seq - 1].record)
    content = canonical(record | {"outcome": "denied"})
    log.edit(RecordRow, seq, record=content, hash=leaf_hash(content))
    assert broken(log)[0] == seq


@pytest.mark.parametrize("seq", [1, 2, 6, 8, LAST])
def test_a_tail_rewritten_without_the_key_is_seen_at_its_checkpoint(log: Installation, seq: int) -> None:
    rows = log.rows()
    events = [orjson.loads(row.record) for row in rows[seq - 1 :]]
    events[0]["outcome"] = "denied"
    forged = chain(seq - 1, rows[seq - 2].hash if seq > 1 else bytes(32), events)
    for link in forged:
        log.edit(RecordRow, link.seq, record=link.record, hash=link.hash)
    assert broken(log)[0] == seq

    hashes = [row.hash for row in log.rows()]
    for row, count in zip(log.checkpoints(), BATCHES, strict=True):
        log.edit(CheckpointRow, row.seq, hashes=b"".join(hashes[row.seq - count : row.seq]))
    assert broken(log)[0] == {1: 1, 2: 1, 6: 6, 8: 7, LAST: 7}[seq]

    stranger = Ed25519PrivateKey.generate()
    for row in log.checkpoints():
        if row.seq >= seq:
            signed = sign(log.keys[0].name, [stranger], row.seq, root_of(hashes[: row.seq]), utc_now())
            log.edit(CheckpointRow, row.seq, note=signed.note)
    # Now nothing vouches for the whole batch.
    assert broken(log)[0] == {1: 1, 2: 1, 6: 6, 8: 7, LAST: 7}[seq]


def test_an_edit_is_named_even_where_the_checkpoints_are_gone(log: Installation) -> None:
    log.remove(CheckpointRow, 1, LAST)
    log.edit(RecordRow, 3, record=log.rows()[2].record.replace(b"done", b"none"))
    assert broken(log)[0] == 3
    assert log.verify().records == 0


@pytest.mark.parametrize("seq", [5, 6, LAST])
def test_a_deleted_checkpoint_is_seen(log: Installation, seq: int) -> None:
    log.remove(CheckpointRow, seq)
    assert broken(log)[0] == {5: 1, 6: 6, LAST: 7}[seq]


def test_a_checkpoint_put_in_another_place_is_seen(log: Installation) -> None:
    first, second, _ = log.checkpoints()
    log.edit(CheckpointRow, 6, note=first.note, hashes=first.hashes)
    assert broken(log)[0] == 6
    log.put_back([second])
    log.run_sql("UPDATE audit_checkpoints SET seq = 7 WHERE seq = 6")
    assert broken(log)[0] == 6


def test_a_missing_head_file_is_seen(log: Installation) -> None:
    log.head.unlink()
    assert broken(log) == (LAST, "is not vouched for: the head file is missing")


@pytest.mark.parametrize("age", [1, 2])
def test_a_head_file_put_back_is_seen(installation: Installation, tmp_path: Path, age: int) -> None:
    installation.write(*BATCHES[:-age])
    older = tmp_path / "older"
    shutil.copy(installation.head, older)
    installation.write(*BATCHES[-age:])
    shutil.copy(older, installation.head)
    assert broken(installation)[0] == sum(BATCHES[:-age]) + 1


def test_a_forged_head_file_is_seen(log: Installation) -> None:
    root = root_of([row.hash for row in log.rows()])
    log.head.write_bytes(sign(log.keys[0].name, [Ed25519PrivateKey.generate()], LAST, root, utc_now()).note)
    assert broken(log) == (LAST, "is not vouched for: the head file is not signed by this installation's key")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET record = replace(CAST(record AS TEXT), 'search', 'ask') WHERE seq = 3",
        "UPDATE audit_log SET record = 12 WHERE seq = 3",
        "UPDATE audit_log SET record = x'' WHERE seq = 3",
        "UPDATE audit_log SET hash = 'none' WHERE seq = 3",
        "UPDATE audit_log SET hash = CAST(x'ff00ff' AS TEXT) WHERE seq = 3",
    ],
)
def test_an_edit_that_changes_the_type_is_a_finding_not_a_crash(tmp_path: Path, statement: str) -> None:
    installation = Installation.open(tmp_path)
    installation.write(*BATCHES)
    installation.run_sql(statement)
    assert broken(installation)[0] == 3
    installation.close()


def test_a_dropped_table_is_a_finding(log: Installation) -> None:
    log.run_sql("DROP TABLE audit_log")
    assert broken(log)[0] == 1


def test_the_log_can_be_verified_while_it_grows(installation: Installation) -> None:
    installation.sequencer.start()
    for _ in range(30):
        installation.log.append(installation.event())
        assert installation.verify().ok
    installation.sequencer.stop()
    assert installation.verify().records == 30


def test_the_tail_shows_the_newest_records_oldest_first(log: Installation) -> None:
    records = tail(log.database, 3)
    assert [record["seq"] for record in records] == [LAST - 2, LAST - 1, LAST]
    assert records[-1]["hash"] == log.verify().head
    assert records[0]["kind"] == "search"


# Checkpoints that somebody kept, keys that changed, the stored tree


def test_a_cut_tail_with_an_old_head_file_put_back_is_seen_from_a_kept_checkpoint(installation: Installation) -> None:
    installation.write(*BATCHES[:2])
    older = installation.head.read_bytes()
    installation.write(BATCHES[2])
    kept = installation.head.read_bytes()
    first = sum(BATCHES[:2]) + 1
    installation.remove(RecordRow, first, LAST)
    installation.remove(CheckpointRow, first, LAST)
    installation.head.write_bytes(older)
    assert installation.verify().ok
    assert installation.verify(older).ok
    result = installation.verify(older, kept)
    assert result.first_broken is not None
    assert result.first_broken[0] == first
    assert f"stands for {LAST} records" in result.first_broken[1]


def test_checkpoints_of_every_age_belong_to_the_log(installation: Installation) -> None:
    kept: list[bytes] = []
    for size in (1, 300, 2, 250):
        kept.append(installation.head.read_bytes() if installation.head.exists() else b"")
        installation.write(size)
    assert installation.verify(*filter(None, kept), installation.head.read_bytes()).ok


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_every_single_byte_edit_of_a_kept_checkpoint_is_detected(written: Installation, data: st.DataObject) -> None:
    content = bytearray(written.checkpoints()[1].note)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert written.verify(written.checkpoints()[1].note).ok
    assert not written.verify(bytes(content)).ok


def test_a_change_of_keys_is_followed_from_the_first_one(log: Installation) -> None:
    before = log.head.read_bytes()
    assert log.sequencer.rotate(log.log.subject("operator")) == 1
    log.write(2)
    assert log.sequencer.rotate(log.log.subject("operator")) == 2
    log.write(3)
    result = log.verify(before, log.head.read_bytes())
    assert result.ok
    assert [key.raw for key in result.keys] == [
        key.public_key().public_bytes_raw() for key in log.keyring.signing_keys()
    ]
    assert result.records == LAST + 7
    again = Installation.open(log.head.parent, log.database.engine.url.render_as_string(hide_password=False))
    again.write(1)
    assert again.verify().ok
    again.close()


def test_a_change_of_keys_that_the_old_key_did_not_sign_is_a_finding(log: Installation) -> None:
    log.sequencer.rotate("")
    seq = LAST + 1
    row = log.checkpoints()[-1]
    newer = log.keyring.signing_keys()[1]
    root = root_of([each.hash for each in log.rows()])
    log.edit(CheckpointRow, seq, note=sign(log.keys[0].name, [newer], seq, root, utc_now()).note)
    assert broken(log)[0] == seq
    older = log.keyring.signing_keys()[0]
    log.edit(CheckpointRow, seq, note=sign(log.keys[0].name, [older], seq, root, utc_now()).note)
    assert broken(log) == (seq, "changes the key, but its checkpoint is not signed by the old and the new one")
    log.put_back([row])
    assert log.verify().ok


def test_a_signature_that_nobody_vouched_for_is_a_finding(log: Installation) -> None:
    row = log.checkpoints()[1]
    both = [*log.keyring.signing_keys(), Ed25519PrivateKey.generate()]
    root = root_of([each.hash for each in log.rows()][: row.seq])
    log.edit(CheckpointRow, row.seq, note=sign(log.keys[0].name, both, row.seq, root, utc_now()).note)
    assert broken(log)[0] == 6


@pytest.mark.parametrize("statement", ["UPDATE audit_tiles SET hash = {0}", "DELETE FROM audit_tiles"])
def test_a_stored_subtree_that_was_edited_is_a_finding(installation: Installation, statement: str) -> None:
    installation.write(200, 100)
    assert installation.verify().ok
    value = "x'00'" if installation.database.engine.dialect.name == "sqlite" else "'00'::bytea"
    installation.run_sql(statement.format(value))
    assert broken(installation)[0] == 256
    # It is derived from the records, so the log can do without; but it is not continued silently.
    again = Installation.open(
        installation.head.parent, installation.database.engine.url.render_as_string(hide_password=False)
    )
    again.log.append(again.event())
    with pytest.raises(Refused):
        again.sequencer.drain()
    again.close()


def test_a_tail_cut_with_the_change_of_keys_in_it_is_seen_from_a_kept_checkpoint(installation: Installation) -> None:
    installation.write(3)
    older = installation.head.read_bytes()
    installation.sequencer.rotate("")
    kept = installation.head.read_bytes()
    installation.write(1)
    later = installation.head.read_bytes()
    installation.remove(RecordRow, 4, 5)
    installation.remove(CheckpointRow, 4, 5)
    installation.head.write_bytes(older)
    assert installation.verify(older).ok
    # That of the change is signed by the old key as well.
    assert installation.verify(kept).first_broken is not None
    assert "stands for 5 records of 3" in installation.verify(later).trouble
