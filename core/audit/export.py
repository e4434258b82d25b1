"""Copies the log, a run of its records, or a selection of them, so that they can be verified with nothing but the first
public key.

An export is a folder or a zip file:

    records.jsonl       the records, each the very bytes that were hashed
    checkpoints.jsonl   every checkpoint, with the leaf hashes since the one before (of the whole log only)
    proofs.jsonl        for each record, that it is in the tree of the newest checkpoint (of a run or selection only)
    records.csv         the records as a table (``core.audit.spreadsheet``), where it was asked for
    keys.json           the keys that signed, and for each but the first what vouches for it
    stamps.jsonl        time stamps (RFC 3161) of checkpoints, where there are any
    manifest.json       counts, what was asked for, the newest checkpoint, the hash of each file; signed by the newest
                        key
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, Literal

from core.audit import merkle, repository, spreadsheet
from core.audit.checkpoints import BadCheckpoint, Checkpoint, open_checkpoint, read
from core.audit.events import JSON, canonical, instant
from core.audit.keys import Generations
from core.audit.merkle import Read
from core.audit.packing import packing
from core.audit.reading import DatabaseReader
from core.audit.repository import Nodes
from core.audit.selecting import Selection, numbers
from core.audit.verification import Progress
from core.errors import Conflict, Invalid, Refused

FORMAT = 3
RECORDS, CHECKPOINTS, PROOFS = "records.jsonl", "checkpoints.jsonl", "proofs.jsonl"
KEYS, STAMPS, MANIFEST = "keys.json", "stamps.jsonl", "manifest.json"
CHUNK = 500
NEAR = 1 << 14
"""Hashes of the tree that are kept at hand: records next to each other have most of their proofs in common."""
DAMAGED = "Run: vouch audit verify"


@dataclass(frozen=True, slots=True)
class Exported:
    """So many ``records`` were written, from ``first`` to ``last``, out of the ``checkpoint``'s: the whole log, a run
    of records without a gap, or a selection."""

    records: int
    first: int
    last: int
    checkpoint: Checkpoint
    scope: Literal["log", "run", "selection"]

    @property
    def complete(self) -> bool:
        return self.scope == "log"


def export(
    reader: DatabaseReader, generations: Generations, out: Path | IO[bytes], at: datetime, *, first: int | None = None,
    last: int | None = None, chosen: Selection | None = None, csv: bool = False, since: Sequence[bytes] = (),
    progress: Progress | None = None,
) -> Exported:  # fmt: skip
    """Write the log, its records ``first`` to ``last``, or those ``chosen``, to ``out``: a zip file where its name ends
    so, else a new folder; or an open file, which gets a zip. ``since`` are checkpoints of the log from earlier: that
    the log is consistent with them is proved. ``csv``: with a table of the records. Memory use is constant.

    Raises Conflict when ``out`` is there, Invalid for records that are not, Refused when the log itself is damaged.
    """
    checkpoint, generation = current(reader, generations)
    scope = "log" if first is None and last is None else "run"
    runs = ((1 if first is None else first, checkpoint.size if last is None else last),)
    if chosen is not None:
        scope, runs = "selection", chosen.runs
    if not runs or not all(1 <= begin <= end <= checkpoint.size for begin, end in runs):
        raise Invalid(f"The log has records 1 to {checkpoint.size}.", hint="Choose among them.")
    begin, end, total = runs[0][0], runs[-1][1], sum(last - first + 1 for first, last in runs)
    with packing(out) as put:
        nodes = Nodes(reader.session)
        files = {RECORDS: put(RECORDS, _told(_lines(reader, runs), total, progress))}
        if scope == "log":
            files[CHECKPOINTS] = put(CHECKPOINTS, _checkpoints(reader))
        else:
            files[PROOFS] = put(PROOFS, _proofs(lru_cache(NEAR)(nodes), runs, checkpoint.size))
        if csv:
            files[spreadsheet.CSV] = put(spreadsheet.CSV, _table(_lines(reader, runs)))
        files[KEYS] = put(KEYS, [canonical({"keys": keys(reader, generations, generation)}) + b"\n"])
        if stamps := reader.stamps():
            files[STAMPS] = put(STAMPS, map(_stamp, stamps))
        manifest: dict[str, JSON] = {
            "format": FORMAT, "origin": generations.origin, "at": instant(at), "complete": scope == "log",
            "checkpoint": checkpoint.note.decode(), "first": begin, "last": end, "records": total, "files": files,
        }  # fmt: skip
        if chosen is not None:
            manifest |= {"runs": runs, "asked": chosen.asked}
        if since:
            manifest["since"] = [_consistency(nodes, each, checkpoint) for each in since]
        signature = generations.sign_bytes(generation, canonical(manifest))
        manifest["signature"] = base64.b64encode(signature).decode()
        put(MANIFEST, [canonical(manifest) + b"\n"])
    return Exported(total, begin, end, checkpoint, scope)


def current(reader: DatabaseReader, generations: Generations) -> tuple[Checkpoint, int]:
    """The newest checkpoint in the database, and the number of the key that signed it. Raises Refused."""
    row = repository.latest_checkpoint(reader.session)
    if row is None:
        raise Conflict("The log is empty.", hint="Nothing has happened yet: ask something first.")
    try:
        checkpoint, signers = open_checkpoint(row[0], generations.keys)
    except BadCheckpoint as error:
        raise Refused(f"The audit log's newest checkpoint is {error}.", hint=DAMAGED) from None
    if reader.total() != checkpoint.size:
        raise Refused("The audit log does not end at its newest checkpoint.", hint=DAMAGED)
    return checkpoint, generations.newest(signers)


def inclusion(nodes: Read, seq: int, size: int) -> list[bytes]:
    """That record ``seq`` is in the tree of ``size`` records. Raises Refused where the tree is damaged."""
    try:
        return merkle.inclusion_proof(nodes, seq - 1, size)
    except repository.Missing:
        raise Refused("The tree over the audit log is damaged.", hint=DAMAGED) from None


def consistency(nodes: Read, first: int, second: int) -> list[bytes]:
    """That the tree of ``second`` records begins with the ``first`` ones. Raises Refused as ``inclusion`` does."""
    try:
        return merkle.consistency_proof(nodes, first, second)
    except repository.Missing:
        raise Refused("The tree over the audit log is damaged.", hint=DAMAGED) from None


def keys(reader: DatabaseReader, generations: Generations, newest: int) -> list[JSON]:
    """Each key that signed, in order; with the record that names it, and that this record is in a tree which the key
    before and the key itself signed."""
    found: list[JSON] = [{"generation": 0, "key": str(generations.keys[0])}]
    if newest == 0:
        return found
    nodes = Nodes(reader.session)
    for size, note in _signed_twice(reader):
        # What changes the key is the last record under its checkpoint.
        records = repository.records(reader.session, size, size)
        signers = open_checkpoint(note, generations.keys)[1]
        number = generations.newest(signers)
        found.append(
            {
                "generation": number, "key": str(generations.keys[number]), "seq": size, "note": note.decode(),
                "record": records[0].record.decode(), "proof": _hex(inclusion(nodes, size, size)),
            }
        )  # fmt: skip
    return found


def _signed_twice(reader: DatabaseReader) -> Iterator[tuple[int, bytes]]:
    with reader.checkpoints() as rows:
        for size, note, _ in rows:
            try:
                several = len(read(note or b"")[1].signatures) > 1
            except BadCheckpoint:
                raise Refused("A checkpoint of the audit log is damaged.", hint=DAMAGED) from None
            if several:
                yield size, note or b""


def _lines(reader: DatabaseReader, runs: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    wanted = numbers(runs)
    while some := list(islice(wanted, CHUNK)):
        if some[-1] - some[0] < len(some):
            links = repository.records(reader.session, some[0], some[-1])
        else:
            links = repository.some_records(reader.session, some)
        if len(links) != len(some):
            raise Refused("Records of the audit log are missing.", hint=DAMAGED)
        for link in links:
            yield link.record + b"\n"


def _table(lines: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from spreadsheet.table(line.removesuffix(b"\n") for line in lines)
    except ValueError:
        raise Refused("A record of the audit log is damaged.", hint=DAMAGED) from None


def _told(lines: Iterable[bytes], total: int, progress: Progress | None) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        yield line
        if progress is not None and (number % CHUNK == 0 or number == total):
            progress(number, total)


def _checkpoints(reader: DatabaseReader) -> Iterator[bytes]:
    with reader.checkpoints() as rows:
        for size, note, hashes in rows:
            listed = base64.b64encode(hashes or b"").decode()
            try:
                yield canonical({"size": size, "note": (note or b"").decode(), "hashes": listed}) + b"\n"
            except UnicodeDecodeError:
                raise Refused("A checkpoint of the audit log is damaged.", hint=DAMAGED) from None


def _proofs(nodes: Read, runs: Iterable[tuple[int, int]], size: int) -> Iterator[bytes]:
    for seq in numbers(runs):
        yield canonical({"seq": seq, "proof": _hex(inclusion(nodes, seq, size))}) + b"\n"


def _stamp(stamp: tuple[bytes, bytes]) -> bytes:
    note, token = stamp
    return canonical({"note": note.decode(), "token": base64.b64encode(token).decode()}) + b"\n"


def _consistency(nodes: Read, since: bytes, checkpoint: Checkpoint) -> JSON:
    try:
        earlier = read(since)[0]
    except BadCheckpoint as error:
        raise Invalid(f"The earlier checkpoint is {error}.", hint="Give the note as it was kept.") from None
    if earlier.origin != checkpoint.origin or earlier.size > checkpoint.size:
        raise Invalid("The earlier checkpoint is not of this log as it is now.", hint=DAMAGED)
    return {"size": earlier.size, "proof": _hex(consistency(nodes, earlier.size, checkpoint.size))}


def _hex(hashes: Iterable[bytes]) -> list[JSON]:
    return [each.hex() for each in hashes]
