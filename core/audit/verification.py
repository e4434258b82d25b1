"""Reads the whole log again and names the first record that is not as it was written.

Needs the key that the log began with only. What each finding rests on: a record's leaf hash covers its bytes, the next
record repeats it, a checkpoint's hashes list it and give the root that was signed, each checkpoint begins where the one
before ended, a key is vouched for by the one before, and the newest checkpoint stands outside the database as well. A
checkpoint that was kept elsewhere has to be one of the same tree, however old it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.exc import SQLAlchemyError

from core.audit.beside import Broken, Kept, StoredTree, Untrue
from core.audit.checkpoints import GENESIS, HASH_BYTES, BadCheckpoint, Checkpoint, open_checkpoint, read
from core.audit.keys import first_key
from core.audit.merkle import EMPTY, Frontier
from core.audit.notes import BadNote, NoteKey
from core.audit.reading import Heads, LogReader, Unreadable
from core.audit.repository import TILE, Stored
from core.audit.stamps import BadStamp, check, stamped

PROGRESS_EVERY = 1000
Progress = Callable[[int, int], None]
"""Called with records read and records in all."""
ROTATED = "audit.rotated"
_ROTATED = b'"kind":"audit.rotated"'
_PREV = b',"prev":"'
_END = re.compile(
    rb',"prev":"([0-9a-f]{64})",(?:"salt":"[0-9a-f]{32}",)?"seq":([1-9][0-9]{0,17}),'
    rb'"subject":"[0-9a-f]*","trace_id":"[0-9A-Za-z-]*","v":[0-9]+\}\Z'
)
"""The end of a record as this version writes it; reading all of its JSON would take most of the time."""


@dataclass(frozen=True, slots=True)
class Verification:
    """``records`` are whole and signed, before the first broken one; ``head`` is the leaf hash, in hex, of the newest
    record that a good checkpoint is over (the last record, when all is well), ``root`` that of the tree under it.

    ``first_broken`` is a sequence number, counted from 1, and what is wrong there; ``trouble`` is wrong elsewhere: a
    kept checkpoint that is of another log, the manifest of an export. ``keys`` signed it, the first one first.
    ``scope``: the whole log, a run of records, or a selection of those that were ``asked`` for.
    """

    ok: bool
    records: int
    head: str
    first_broken: tuple[int, str] | None
    root: str = ""
    trouble: str = ""
    at: str = ""
    keys: tuple[NoteKey, ...] = ()
    scope: Literal["log", "run", "selection"] = "log"
    asked: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class _Reading:
    """How far the log was found whole: the last good record and its hash, the last good checkpoint, the tree under
    it, and the key that signs from there on."""

    key: NoteKey
    seq: int = 0
    hash: bytes = GENESIS
    sealed: Checkpoint | None = None
    before: int = 0
    head: bytes = GENESIS
    tree: Frontier = field(default_factory=Frontier)
    rotated: tuple[int, NoteKey] | None = None
    known: list[NoteKey] = field(default_factory=list[NoteKey])

    @property
    def signed(self) -> int:
        return 0 if self.sealed is None else self.sealed.size


def verify(
    reader: LogReader,
    public: Ed25519PublicKey,
    kept: Sequence[bytes] = (),
    progress: Progress | None = None,
    authorities: Path | None = None,
) -> Verification:
    """Check every record against its successor, the checkpoints, the head file where there is one, and the checkpoints
    that somebody ``kept``. Time stamps have to be over their checkpoints; with ``authorities``, certificates in PEM, by
    one of those. Memory use is constant.

    Events that still are pending are not part of the log: drain the sequencer first.
    """
    first = first_key(public)
    reading = _Reading(first, known=[first])
    broken: tuple[int, str] | None = None
    trouble = ""
    try:
        _read(reader, reading, StoredTree(reader), Kept.of(kept, first.name), progress)
        _end(reading, reader.heads())
        check_stamps(reader.stamps(), authorities)
    except Broken as error:
        broken = error.found
    except Untrue as error:
        trouble = str(error)
    except Unreadable as error:
        broken = (reading.seq + 1, f"cannot be read: {error}")
    except SQLAlchemyError as error:
        broken = (reading.seq + 1, f"cannot be read: the database is damaged ({type(error).__name__})")
    return _result(reading, broken, trouble)


def _result(reading: _Reading, broken: tuple[int, str] | None, trouble: str) -> Verification:
    records = reading.signed if broken is None else max(0, min(reading.signed, broken[0] - 1))
    sealed = reading.sealed
    return Verification(
        broken is None and not trouble, records, reading.head.hex(), broken,
        root=(sealed.root if sealed is not None else reading.tree.root()).hex(), trouble=trouble,
        at="" if sealed is None else sealed.at, keys=tuple(reading.known),
    )  # fmt: skip


def _read(reader: LogReader, reading: _Reading, stored: StoredTree, kept: Kept, progress: Progress | None) -> None:
    total = reader.total()
    told = 0
    kept.meet(0, EMPTY)
    with reader.checkpoints() as seals, reader.records() as records:
        for row in seals:
            _batch(row, records, reading, stored, kept)
            if progress is not None and (reading.seq - told >= PROGRESS_EVERY or reading.seq >= total):
                told = reading.seq
                progress(told, total)
        for row in records:
            # Nothing vouches for these any more, but an edit among them can still be named.
            _check(row, row[2] if row[2] is not None else _leaf(row[1] or b""), reading)
    if reading.seq == reading.signed:
        kept.end(reading.tree.size, reading.known)


def _batch(row: Stored, records: Iterator[Stored], reading: _Reading, stored: StoredTree, kept: Kept) -> None:
    """The records under one checkpoint: each against its hash, then all of them against the root that was signed."""
    first = reading.seq + 1
    seal, signers = _seal(row, first, reading)
    leaves = _leaves(row[2] or b"", seal, first)
    tree = reading.tree.copy()
    completed, roots = _grow(tree, leaves, kept.sizes())
    if tree.root() != seal.root:
        _name_edited(records, leaves, seal, reading)
    reading.rotated = None
    # Local names: this loop runs once a record.
    expected, before, check = reading.seq, reading.hash, _checked
    for signed in leaves:
        expected += 1
        found = next(records, None)
        if found is None or not check(found, expected, signed, before):
            reading.seq, reading.hash = expected - 1, before
            _check(found, signed, reading)
        elif _ROTATED in (found[1] or b""):
            reading.rotated = _rotation(expected, found[1] or b"", reading.key.name)
        before = signed
    reading.seq, reading.hash = expected, before
    reading.tree = tree
    stored.compare(completed)
    for size, root in roots:
        kept.meet(size, root)
    _follow_key(seal, signers, first, reading)
    reading.before, reading.sealed, reading.head = first - 1, seal, before


def _checked(row: Stored, expected: int, signed: bytes, before: bytes) -> bool:
    """The quick way to see that all is well; ``_check`` tells what is not."""
    seq, content, stored = row
    if seq != expected or content is None or sha256(b"\x00" + content).digest() != signed:
        return False
    if stored is not None and stored != signed:
        return False
    # Keys are in order: after "prev" nothing is left that holds other members, so what ends like this ends the record.
    end = _END.match(content, max(0, content.rfind(_PREV)))
    if end is not None:
        return end[1].decode() == before.hex() and int(end[2]) == expected
    try:
        members = orjson.loads(content)
        return members["seq"] == expected and members["prev"] == before.hex()
    except (ValueError, KeyError, TypeError):
        return False


def _seal(row: Stored, first: int, reading: _Reading) -> tuple[Checkpoint, int]:
    """The checkpoint in ``row``, which has to be signed by the key that holds and to cover the records from ``first``
    on; and how many signed it."""
    size, note, hashes = row
    try:
        seal, noted = read(note or b"")
        if not noted.signers([reading.key]) or seal.origin != reading.key.name:
            raise BadCheckpoint("not signed by this installation's key")
    except (BadCheckpoint, BadNote) as error:
        raise Broken(first, f"is vouched for no more: the checkpoint at {size} is {error}") from None
    if seal.size != size or not hashes or seal.size < first:
        raise Broken(first, f"is vouched for no more: its checkpoint is gone, and the one at {size} is for others")
    return seal, len(noted.signatures)


def _leaves(hashes: bytes, seal: Checkpoint, first: int) -> list[bytes]:
    count, rest = divmod(len(hashes), HASH_BYTES)
    if rest:
        raise Broken(first, f"is vouched for no more: the hashes beside the checkpoint at {seal.size} are damaged")
    if count != seal.size - first + 1:
        raise Broken(first, f"is vouched for no more: its checkpoint is gone, and the one at {seal.size} is for others")
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def _name_edited(records: Iterator[Stored], leaves: Sequence[bytes], seal: Checkpoint, reading: _Reading) -> None:
    """The hashes beside a checkpoint do not give the root that it signs: the first one that its record does not have is
    the one that was edited. Always raises."""
    taken: list[Stored] = []
    row: Stored | None = None
    for signed in leaves:
        row = next(records, None)
        if row is None or _leaf(row[1] or b"") != signed:
            break
        taken.append(row)
    tree, seq = reading.tree.copy(), reading.seq + len(taken) + 1
    if len(taken) < len(leaves):
        # Do the records themselves give the root?
        tree.extend(_leaf(each[1] or b"") for each in taken)
        tree.extend(_leaf(each[1] or b"") for each in ([row] if row is not None else []))
        tree.extend(_leaf(each[1] or b"") for each, _ in zip(records, leaves[len(taken) + 1 :], strict=False))
        if tree.size == seal.size and tree.root() == seal.root:
            raise Broken(seq, f"does not match the hash beside the checkpoint at {seal.size}: that hash was edited")
        raise Broken(seq, "is not the record that was signed: it, or the hash beside its checkpoint, was edited")
    raise Broken(
        reading.seq + 1, f"or one after it up to {seal.size} is not the record that was signed: they were rewritten"
    )


def _check(row: Stored | None, signed: bytes, reading: _Reading) -> None:
    """Whether ``row`` is the record that comes next and has the hash that was signed."""
    expected = reading.seq + 1
    if row is None or row[0] > expected:
        raise Broken(expected, "is missing")
    seq, content, stored = row
    if seq < expected:
        raise Broken(seq, "was inserted: there is no such place in the log")
    if content is None or _leaf(content) != signed:
        if stored is None and number_of(content or b"") > expected:
            raise Broken(expected, "is missing")
        raise Broken(seq, "is not the record that was signed: it was edited, moved or inserted")
    if stored is not None and stored != signed:
        raise Broken(seq, "does not match its hash: the hash was edited")
    try:
        members = orjson.loads(content)
        place = (members["seq"], members["prev"])
    except (ValueError, KeyError, TypeError):
        raise Broken(seq, "is not an audit record") from None
    if place != (seq, reading.hash.hex()):
        raise Broken(seq, "does not follow the record before it")
    reading.seq, reading.hash = expected, signed


def _rotation(seq: int, content: bytes, name: str) -> tuple[int, NoteKey] | None:
    members: Any = orjson.loads(content)
    if members.get("kind") != ROTATED:
        return None
    try:
        return seq, NoteKey(name, bytes.fromhex(members["details"]["key"]))
    except (KeyError, TypeError, ValueError):
        raise Broken(seq, "changes the key, but names none") from None


def _follow_key(seal: Checkpoint, signers: int, first: int, reading: _Reading) -> None:
    """The key that signs from here on. A new one is named by a record, and the checkpoint over that record is signed by
    the one before, which ``_seal`` saw to, and by itself."""
    if reading.rotated is None:
        if signers != 1:
            raise Broken(first, f"is under a checkpoint ({seal.size}) with a signature that nobody vouched for")
        return
    seq, key = reading.rotated
    try:
        open_checkpoint(seal.note, [reading.key, key])
        if signers != 2:
            raise BadCheckpoint("signed by others as well")
    except (BadCheckpoint, ValueError):
        raise Broken(seq, "changes the key, but its checkpoint is not signed by the old and the new one") from None
    reading.key = key
    reading.known.append(key)


def _grow(
    tree: Frontier, leaves: Sequence[bytes], sizes: Sequence[int]
) -> tuple[list[tuple[int, int, bytes]], list[tuple[int, bytes]]]:
    """Add the leaves. Returns the complete subtrees that they end at every 256th, and the roots at ``sizes``."""
    completed: list[tuple[int, int, bytes]] = []
    roots: list[tuple[int, bytes]] = []
    at, end = 0, tree.size + len(leaves)
    stops = sorted({size for size in sizes if tree.size < size < end} | {end})
    for stop in stops:
        while tree.size < stop:
            # ``extend`` is quicker, ``add`` tells what it completes: something that is stored at every 256th leaf.
            room = min(TILE - 1 - tree.size % TILE, stop - tree.size)
            tree.extend(leaves[at : at + room])
            at += room
            if tree.size < stop:
                completed += tree.add(leaves[at])
                at += 1
        if stop in sizes:
            roots.append((stop, tree.root()))
    return completed, roots


def _end(reading: _Reading, heads: Heads | None) -> None:
    """Compare the end of the records with the checkpoints and, where there is one, with the head file outside."""
    if heads is None:
        if reading.seq > reading.signed:
            raise Broken(reading.signed + 1, "is under no signed checkpoint: it was added, or its checkpoint removed")
        return
    last, trouble = reading.sealed, heads.trouble
    head = None
    if heads.head is not None:
        try:
            head = open_checkpoint(heads.head, reading.known)[0]
        except BadCheckpoint as error:
            trouble = f"the head file is {error}"
    if head is not None and head.size > reading.seq:
        raise Broken(reading.seq + 1, f"is missing: the head file stands for {head.size} records")
    if reading.seq > reading.signed:
        raise Broken(reading.signed + 1, "is under no signed checkpoint: it was added, or its checkpoint removed")
    if last is None and heads.missing:
        return
    if head is None:
        raise Broken(max(reading.seq, 1), f"is not vouched for: {trouble or 'the head file is missing'}")
    if (head.size, head.root) == (reading.signed, reading.tree.root()):
        return
    # A process that was killed between its commit and the head file left the checkpoint prepared beside it.
    if last is None or not _prepared(heads, last, reading) or reading.before != head.size:
        raise Broken(head.size + 1, "is not in the head file: that file was put back to an older state")


def _prepared(heads: Heads, last: Checkpoint, reading: _Reading) -> bool:
    try:
        return open_checkpoint(heads.prepared or b"", reading.known)[0].agrees(last)
    except BadCheckpoint:
        return False


def check_stamps(stamps: Sequence[tuple[bytes, bytes]], authorities: Path | None) -> None:
    """Each time stamp has to be over the note that stands beside it. Raises Untrue."""
    for note, token in stamps:
        try:
            if authorities is None:
                stamped(token, note)
            else:
                check(token, note, authorities)
        except BadStamp as error:
            raise Untrue(f"the time stamp of a checkpoint is {error}") from None


def _leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def number_of(content: bytes) -> int:
    """The number that a record has by its own word; 0 where it has none."""
    try:
        seq: Any = orjson.loads(content)["seq"]
        return int(seq)
    except (ValueError, KeyError, TypeError):
        return 0
