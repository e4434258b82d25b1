"""Verifies an export (``core.audit.export``), where nothing else of the installation is at hand.

Of the whole log each record is held against its successor and the checkpoints over it; of a run or a selection each is
proved to be in the tree of the newest checkpoint. That a selection has all that it might have, nothing can show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.audit import merkle, verification, vouched
from core.audit.beside import Broken, Untrue
from core.audit.checkpoints import GENESIS, BadCheckpoint, Checkpoint, open_checkpoint, read
from core.audit.events import canonical
from core.audit.export import CHECKPOINTS, FORMAT, KEYS, MANIFEST, PROOFS, RECORDS, STAMPS
from core.audit.keys import first_key
from core.audit.notes import BadNote, NoteKey, decoded
from core.audit.reading import Unreadable
from core.audit.selecting import numbers
from core.audit.spreadsheet import CSV, check
from core.audit.unpacked import ExportReader, Files, lines, members, opened, unpacked, whole
from core.audit.verification import PROGRESS_EVERY, Progress, Verification, check_stamps

READ = (2, FORMAT)
"""Forms of an export that are read; the first one has one earlier checkpoint in ``since``, the last a list of them."""
NAMES = frozenset({RECORDS, CHECKPOINTS, PROOFS, CSV, KEYS, STAMPS, MANIFEST})


def verify(
    path: Path, public: Ed25519PublicKey, kept: Sequence[bytes] = (), progress: Progress | None = None,
    authorities: Path | None = None,
) -> Verification:  # fmt: skip
    """As ``verification.verify``, of an export at ``path``. ``scope`` and ``asked`` say what it is an export of."""
    try:
        with unpacked(path) as files:
            try:
                manifest = _manifest(files)
            except Untrue as error:
                # The records can be looked at all the same: what is wrong with one of them says more.
                if CHECKPOINTS not in files.names():
                    raise
                found = verification.verify(ExportReader(files, 0), public, kept, progress, authorities)
                return found if found.first_broken else _untrue(found, str(error))
            if manifest["complete"]:
                reader = ExportReader(files, manifest["records"])
                found = verification.verify(reader, public, kept, progress, authorities)
                return _completed(files, manifest, found) if found.ok else found
            found = _verify_part(files, manifest, public, kept, progress)
            check_stamps(ExportReader(files, 0).stamps(), authorities)
            return found
    except (Unreadable, Untrue) as error:
        return Verification(False, 0, GENESIS.hex(), None, trouble=str(error))


def _completed(files: Files, manifest: dict[str, Any], found: Verification) -> Verification:
    """Whether an export of the whole log, the records of which were ``found`` whole, is what its manifest says."""
    try:
        if found.records < manifest["records"]:
            raise Broken(found.records + 1, f"is missing: the manifest stands for {manifest['records']} records")
        checkpoint = _signed(manifest, found.keys)
        if (checkpoint.size, checkpoint.root.hex()) != (found.records, found.root):
            raise Untrue("the manifest's checkpoint is not the newest one of these records")
        if (manifest["first"], manifest["last"]) != (1, found.records):
            raise Untrue("the manifest is of other records")
        _tabled(files)
        _unchanged(files, manifest)
        if vouched.follow(found.keys[0], vouched.entries(files)) != found.keys:
            raise Untrue(f"{KEYS} lists other keys than the records name")
    except Broken as error:
        return Verification(False, found.records, found.head, error.found, root=found.root, at=found.at)
    except Untrue as error:
        return _untrue(found, str(error))
    return found


def _verify_part(
    files: Files, manifest: dict[str, Any], public: Ed25519PublicKey, kept: Sequence[bytes], progress: Progress | None
) -> Verification:
    """Records of which each is proved to be in the tree of the newest checkpoint."""
    keys = vouched.follow(first_key(public), vouched.entries(files))
    checkpoint = _signed(manifest, keys)
    runs = _runs(manifest)
    last, head = runs[0][0] - 1, GENESIS
    broken: tuple[int, str] | None = None
    try:
        for seq, leaf in _proved(files, runs, checkpoint, manifest["records"], progress):
            last, head = seq, leaf
        _tabled(files)
        _unchanged(files, manifest)
        for content in kept:
            _hold_against(content, checkpoint, keys, _since(manifest))
    except Broken as error:
        broken = error.found
        last = min(last, broken[0] - 1)
    records = sum(max(0, min(end, last) - begin + 1) for begin, end in runs)
    found = Verification(
        broken is None, records, head.hex(), broken, root=checkpoint.root.hex(), at=checkpoint.at, keys=keys,
        scope="run",
    )  # fmt: skip
    return replace(found, scope="selection", asked=manifest["asked"]) if "runs" in manifest else found


def _proved(
    files: Files, runs: Sequence[tuple[int, int]], checkpoint: Checkpoint, total: int, progress: Progress | None
) -> Iterator[tuple[int, bytes]]:
    """The place and leaf hash of each record, once it is seen to be there. Raises Broken."""
    done, seq = 0, runs[-1][1]
    with lines(files, RECORDS) as records, lines(files, PROOFS) as proofs:
        for done, seq in enumerate(numbers(runs), 1):
            yield seq, _included(seq, next(records, None), next(proofs, None), checkpoint)
            if progress is not None and (done % PROGRESS_EVERY == 0 or done == total):
                progress(done, total)
        if next(records, None) is not None:
            raise Broken(seq + 1, "was inserted: the manifest does not know it")


def _included(seq: int, record: bytes | None, line: bytes | None, checkpoint: Checkpoint) -> bytes:
    if record is None:
        raise Broken(seq, "is missing")
    leaf = merkle.leaf_hash(record)
    try:
        found = members(line or b"")
        proof = [bytes.fromhex(each) for each in found["proof"]]
        told = int(found["seq"])
        # Letters of either case would read as the same bytes; the file has small ones.
        if [each.hex() for each in proof] != found["proof"]:
            raise ValueError
    except (Untrue, KeyError, TypeError, ValueError):
        raise Broken(seq, "has no proof that can be read") from None
    if told != seq or not merkle.verify_inclusion(leaf, seq - 1, checkpoint.size, proof, checkpoint.root):
        if verification.number_of(record) > seq:
            raise Broken(seq, "is missing")
        raise Broken(seq, "is not in the tree that was signed: it, or its proof, was edited, moved or inserted")
    return leaf


def _tabled(files: Files) -> None:
    """Whether the table, where there is one, is that of the records. Raises Untrue."""
    if CSV in files.names():
        with lines(files, RECORDS) as records, opened(files, CSV) as content:
            check(records, content)


def _hold_against(
    content: bytes, checkpoint: Checkpoint, keys: Sequence[NoteKey], since: Mapping[int, Sequence[str]]
) -> None:
    """Whether the log of ``checkpoint`` is the one that somebody kept a checkpoint of. ``since``: proofs by size."""
    try:
        earlier, note = read(content)
        signers = note.signers(keys)
    except (BadCheckpoint, BadNote) as error:
        raise Untrue(f"a kept checkpoint is {error}") from None
    if earlier.origin != checkpoint.origin:
        raise Untrue(f"a kept checkpoint is of another log: {earlier.origin}, not {checkpoint.origin}")
    if not signers:
        raise Untrue(f"the checkpoint kept of {earlier.at} is not signed by a key that this log names")
    if earlier.size > checkpoint.size:
        said = f"is missing: the checkpoint kept of {earlier.at} stands for {earlier.size} records"
        raise Broken(checkpoint.size + 1, said)
    proof: list[bytes] = []
    if earlier.size not in (0, checkpoint.size):
        if earlier.size not in since:
            hint = "make the export with --checkpoint and that one"
            raise Untrue(f"this part of the log does not say whether it goes on from {earlier.size} records: {hint}")
        try:
            proof = [bytes.fromhex(each) for each in since[earlier.size]]
        except (TypeError, ValueError):
            raise Untrue("the manifest is damaged") from None
    if not merkle.verify_consistency(earlier.size, checkpoint.size, earlier.root, checkpoint.root, proof):
        raise Broken(1, f"or one after it up to {earlier.size} is not the one that the checkpoint kept of {earlier.at} "
                        "vouched for: history was rewritten")  # fmt: skip


def _manifest(files: Files) -> dict[str, Any]:
    """What the manifest says, in its one form; its signature is still to be checked. Raises Untrue, Unreadable."""
    content = whole(files, MANIFEST)
    try:
        found = members(content.removesuffix(b"\n"))
        counts = [found[name] for name in ("records", "first", "last")]
        fits = content.endswith(b"\n") and all(type(each) is int and each >= 0 for each in counts)
        kinds = (("complete", bool), ("files", dict), ("signature", str), ("checkpoint", str))
        if not fits or not all(isinstance(found[name], kind) for name, kind in kinds):
            raise ValueError
    except (Untrue, KeyError, TypeError, ValueError):
        raise Untrue("the manifest is damaged") from None
    if found.get("format") not in READ:
        raise Untrue("the export is of a form that this version of Vouch does not know")
    return found


def _runs(manifest: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    """Which records a part of the log has. Raises Untrue where the manifest, which is signed, does not fit itself."""
    with _fitting():
        listed = manifest.get("runs", [[manifest["first"], manifest["last"]]])
        runs = tuple((int(first), int(last)) for first, last in listed)
        before = -1
        for first, last in runs:
            # With a gap between: a set of records has one form.
            if not before + 1 < first <= last:
                raise ValueError("out of order")
            before = last
        told = (manifest["first"], manifest["last"], manifest["records"])
        if not runs or told != (runs[0][0], runs[-1][1], sum(last - first + 1 for first, last in runs)):
            raise ValueError("other records")
        if "runs" in manifest and not isinstance(manifest["asked"], dict):
            raise ValueError("nothing was asked for")
    return runs


def _since(manifest: Mapping[str, Any]) -> Mapping[int, Sequence[str]]:
    given: Any = manifest.get("since", [])
    with _fitting():
        listed = cast(list[Any], [given] if isinstance(given, dict) else given)
        return {int(each["size"]): list(each["proof"]) for each in listed}


@contextmanager
def _fitting() -> Generator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError):
        raise Untrue("the manifest does not fit itself") from None


def _signed(manifest: dict[str, Any], keys: Sequence[NoteKey]) -> Checkpoint:
    """The manifest's checkpoint, once both are seen to be signed by the newest key. Raises Untrue."""
    unsigned = {name: value for name, value in manifest.items() if name != "signature"}
    try:
        keys[-1].public.verify(decoded(manifest["signature"]), canonical(unsigned))
        checkpoint, signers = open_checkpoint(manifest["checkpoint"].encode(), keys)
    except (InvalidSignature, BadNote):
        raise Untrue("the manifest is not signed by this log's newest key: it was edited") from None
    except BadCheckpoint as error:
        raise Untrue(f"the manifest's checkpoint is {error}") from None
    if keys[-1] not in signers or manifest["origin"] != keys[0].name:
        raise Untrue("the manifest's checkpoint is not signed by this log's newest key")
    return checkpoint


def _unchanged(files: Files, manifest: dict[str, Any]) -> None:
    """Whether each file is the one that the manifest was signed over, and nothing else is there."""
    listed: dict[str, Any] = manifest["files"]
    names = files.names()
    if extra := sorted(set(names) - set(listed) - {MANIFEST}):
        raise Untrue(f"{extra[0]!r} is not named by the manifest")
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise Untrue(f"{twice} is in the zip file more than once")
    if strange := sorted(set(listed) - NAMES):
        raise Untrue(f"the manifest names {strange[0]!r}, which no export has")
    for name, told in listed.items():
        digest, length = hashlib.sha256(), 0
        with opened(files, name) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                length += len(chunk)
        if told != {"bytes": length, "sha256": digest.hexdigest()}:
            raise Untrue(f"{name} is not the file that the manifest was signed over: it was edited")


def _untrue(found: Verification, why: str) -> Verification:
    return Verification(False, found.records, found.head, None, root=found.root, trouble=why, at=found.at)
