"""Copies the log, or a part of it, so that it can be verified with nothing but the first public key.

An export is a folder or a zip file:

    records.jsonl       the records, each the very bytes that were hashed
    checkpoints.jsonl   every checkpoint, with the leaf hashes since the one before (of the whole log only)
    proofs.jsonl        for each record, that it is in the tree of the newest checkpoint (of a part only)
    keys.json           the keys that signed, and for each but the first what vouches for it
    stamps.jsonl        time stamps (RFC 3161) of checkpoints, where there are any
    manifest.json       counts, the newest checkpoint, the hash of each file; signed by the newest key
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from core.audit import merkle, repository
from core.audit.checkpoints import BadCheckpoint, Checkpoint, open_checkpoint, read
from core.audit.events import JSON, canonical, instant
from core.audit.keys import Generations
from core.audit.reading import DatabaseReader
from core.audit.repository import Nodes
from core.audit.verification import Progress
from core.errors import Conflict, Invalid, Refused

FORMAT = 2
RECORDS, CHECKPOINTS, PROOFS = "records.jsonl", "checkpoints.jsonl", "proofs.jsonl"
KEYS, STAMPS, MANIFEST = "keys.json", "stamps.jsonl", "manifest.json"
CHUNK = 500
DAMAGED = "Run: vouch audit verify"


@dataclass(frozen=True, slots=True)
class Exported:
    """Records ``first`` to ``last`` were written, out of the ``checkpoint``'s."""

    records: int
    first: int
    last: int
    checkpoint: Checkpoint
    complete: bool


def export(
    reader: DatabaseReader, generations: Generations, out: Path, at: datetime, *, first: int | None = None,
    last: int | None = None, since: bytes | None = None, progress: Progress | None = None,
) -> Exported:  # fmt: skip
    """Write the log, or its records ``first`` to ``last``, to ``out``: a zip file where its name ends so, else a new
    folder. ``since`` is a checkpoint of the log from earlier: that the log is consistent with it is proved in a part.

    Raises Conflict when ``out`` is there, Invalid for records that are not, Refused when the log itself is damaged.
    """
    checkpoint, generation = current(reader, generations)
    complete = first is None and last is None
    begin, end = 1 if first is None else first, last if last is not None else checkpoint.size
    if not complete and not 1 <= begin <= end <= checkpoint.size:
        raise Invalid(f"The log has records 1 to {checkpoint.size}.", hint="Choose --from and --to among them.")
    with _writing(out) as put:
        nodes = Nodes(reader.session)
        content = _told(_lines(reader, begin, end), end - begin + 1, progress)
        files = {RECORDS: put(RECORDS, content)}
        if complete:
            files[CHECKPOINTS] = put(CHECKPOINTS, _checkpoints(reader))
        else:
            files[PROOFS] = put(PROOFS, _proofs(nodes, begin, end, checkpoint.size))
        files[KEYS] = put(KEYS, [canonical({"keys": keys(reader, generations, generation)}) + b"\n"])
        if stamps := reader.stamps():
            files[STAMPS] = put(STAMPS, map(_stamp, stamps))
        manifest: dict[str, JSON] = {
            "format": FORMAT, "origin": generations.origin, "at": instant(at), "complete": complete,
            "checkpoint": checkpoint.note.decode(), "first": begin, "last": end, "records": end - begin + 1,
            "files": files,
        }  # fmt: skip
        if since is not None:
            manifest["since"] = _consistency(nodes, since, checkpoint)
        signature = generations.sign_bytes(generation, canonical(manifest))
        manifest["signature"] = base64.b64encode(signature).decode()
        put(MANIFEST, [canonical(manifest) + b"\n"])
    return Exported(end - begin + 1, begin, end, checkpoint, complete)


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


def inclusion(nodes: Nodes, seq: int, size: int) -> list[bytes]:
    """That record ``seq`` is in the tree of ``size`` records. Raises Refused where the tree is damaged."""
    try:
        return merkle.inclusion_proof(nodes, seq - 1, size)
    except repository.Missing:
        raise Refused("The tree over the audit log is damaged.", hint=DAMAGED) from None


def consistency(nodes: Nodes, first: int, second: int) -> list[bytes]:
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


def _lines(reader: DatabaseReader, first: int, last: int) -> Iterator[bytes]:
    for begin in range(first, last + 1, CHUNK):
        end = min(begin + CHUNK - 1, last)
        links = repository.records(reader.session, begin, end)
        if len(links) != end - begin + 1:
            raise Refused("Records of the audit log are missing.", hint=DAMAGED)
        for link in links:
            yield link.record + b"\n"


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


def _proofs(nodes: Nodes, first: int, last: int, size: int) -> Iterator[bytes]:
    for seq in range(first, last + 1):
        yield canonical({"seq": seq, "proof": _hex(inclusion(nodes, seq, size))}) + b"\n"


def _stamp(stamp: tuple[bytes, bytes]) -> bytes:
    note, token = stamp
    return canonical({"note": note.decode(), "token": base64.b64encode(token).decode()}) + b"\n"


def _consistency(nodes: Nodes, since: bytes, checkpoint: Checkpoint) -> JSON:
    try:
        earlier = read(since)[0]
    except BadCheckpoint as error:
        raise Invalid(f"The earlier checkpoint is {error}.", hint="Give the note as it was kept.") from None
    if earlier.origin != checkpoint.origin or earlier.size > checkpoint.size:
        raise Invalid("The earlier checkpoint is not of this log as it is now.", hint=DAMAGED)
    return {"size": earlier.size, "proof": _hex(consistency(nodes, earlier.size, checkpoint.size))}


def _hex(hashes: Iterable[bytes]) -> list[JSON]:
    return [each.hex() for each in hashes]


Put = Callable[[str, Iterable[bytes]], JSON]
"""Name and content of a file, to its length and hash."""


@contextmanager
def _writing(out: Path) -> Generator[Put]:
    """Whole, or not there at all."""
    if out.exists():
        raise Conflict(f"{out} is there already.", hint="Choose a new name, so that no earlier export is lost.")
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        if out.suffix == ".zip":
            made = scratch / "export.zip"
            with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:

                def put_in(name: str, content: Iterable[bytes]) -> JSON:
                    with archive.open(name, "w", force_zip64=True) as file:
                        return _put(file, content)

                yield put_in
        else:
            made = scratch / "export"
            made.mkdir()

            def put_in(name: str, content: Iterable[bytes]) -> JSON:
                with (made / name).open("wb") as file:
                    return _put(file, content)

            yield put_in
        made.rename(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put(file: IO[bytes], content: Iterable[bytes]) -> Mapping[str, JSON]:
    digest, length = hashlib.sha256(), 0
    for each in content:
        file.write(each)
        digest.update(each)
        length += len(each)
    return {"bytes": length, "sha256": digest.hexdigest()}
