from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.audit.checkpoints import BadCheckpoint, open_checkpoint, read, sign
from core.audit.keys import first_key
from core.audit.merkle import EMPTY
from core.audit.notes import BadNote, NoteKey, read_key, read_note, sign_note

KEY, NEXT = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
NAMED = first_key(KEY.public_key())
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NOTE = sign(NAMED.name, [KEY], 5, bytes(range(32)), AT).note

# The example of the note package of Go's checksum database, which the form was taken from.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT + "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)  # fmt: skip


def test_a_note_that_other_software_signed_is_read() -> None:
    key, note = read_key(GO_KEY), read_note(GO_NOTE.encode())
    assert str(key) == GO_KEY
    assert note.text == GO_TEXT
    assert note.signers([key]) == (key,)


def test_a_checkpoint_has_the_form_of_c2sp_and_one_line_with_the_time() -> None:
    lines = NOTE.decode().split("\n")
    assert lines[0].startswith("vouch-audit/")
    assert lines[1:4] == ["5", base64.b64encode(bytes(range(32))).decode(), "time 2026-03-01T09:30:00.000000Z"]
    assert lines[4] == ""
    assert lines[5].startswith(f"\u2014 {lines[0]} ")
    assert base64.b64decode(lines[5].rpartition(" ")[2])[:4] == NAMED.id
    assert lines[6:] == [""]


def test_what_was_signed_is_read_back() -> None:
    checkpoint, signers = open_checkpoint(NOTE, [NAMED])
    assert (checkpoint.size, checkpoint.root, checkpoint.moment) == (5, bytes(range(32)), AT)
    assert signers == (NAMED,)


def test_several_may_sign_and_strangers_are_ignored_where_they_may_be() -> None:
    other = NoteKey(NAMED.name, NEXT.public_key().public_bytes_raw())
    both = sign(NAMED.name, [KEY, NEXT], 5, bytes(32), AT)
    assert open_checkpoint(both.note, [NAMED, other])[1] == (NAMED, other)
    note = read(both.note)[1]
    assert note.signers([NAMED]) == (NAMED,)
    with pytest.raises(BadCheckpoint):
        open_checkpoint(both.note, [NAMED])
    with pytest.raises(BadCheckpoint):
        open_checkpoint(NOTE, [other])


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_byte_of_a_note_can_be_changed(place: int, by: int) -> None:
    edited = bytearray(NOTE)
    edited[place] ^= by
    with pytest.raises(BadCheckpoint):
        open_checkpoint(bytes(edited), [NAMED])


def test_no_bit_of_a_note_can_be_changed() -> None:
    """Also those of the last letters of base64 that say nothing."""
    for place in range(len(NOTE)):
        for bit in range(8):
            edited = bytearray(NOTE)
            edited[place] ^= 1 << bit
            with pytest.raises(BadCheckpoint):
                open_checkpoint(bytes(edited), [NAMED])


@given(st.integers(0, len(NOTE)), st.binary(min_size=1, max_size=3))
def test_nothing_can_be_put_into_a_note(place: int, more: bytes) -> None:
    edited = NOTE[:place] + more + NOTE[place:]
    # A line break put beside a line break gives the same bytes wherever it stands.
    with pytest.raises(BadCheckpoint):
        open_checkpoint(edited, [NAMED])


@given(st.data())
def test_nothing_can_be_taken_out_of_a_note(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(NOTE) - 1))
    last = data.draw(st.integers(first + 1, len(NOTE)))
    with pytest.raises(BadCheckpoint):
        open_checkpoint(NOTE[:first] + NOTE[last:], [NAMED])


@given(st.binary(max_size=300))
def test_anything_else_is_no_note(content: bytes) -> None:
    with pytest.raises(BadNote):
        read_note(content)
    with pytest.raises(BadCheckpoint):
        read(content)


@pytest.mark.parametrize("size", ["05", "-1", "1e3", "", "\u0661", "9" * 19])
def test_a_size_has_one_form(size: str) -> None:
    text = f"{NAMED.name}\n{size}\n{base64.b64encode(EMPTY).decode()}\ntime 2026-03-01T09:30:00.000000Z\n"
    with pytest.raises(BadCheckpoint):
        read(sign_note(text, NAMED.name, [KEY]))


def test_a_signed_text_that_says_more_is_no_checkpoint_of_ours() -> None:
    text = read_note(NOTE).text
    content = sign_note(text + "witness me\n", NAMED.name, [KEY])
    assert read(content)[0].size == 5
    with pytest.raises(BadCheckpoint):
        open_checkpoint(content, [NAMED])


@pytest.mark.parametrize(
    "text",
    [
        "", "name", GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY[:-4], GO_KEY.replace("ARpc", "AhpC"), GO_KEY.replace("PeterNeumann", ""),
    ],
)  # fmt: skip
def test_a_damaged_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        read_key(text)
