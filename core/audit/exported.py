"""Reads and verifies an export (``core.audit.export``), where nothing else of the installation is at hand.

Whoever made it up, its content is read as what a stranger wrote: lines have a longest length, files that the manifest
does not name are a finding, and nothing is unpacked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.audit import merkle, verification
from core.audit.beside import Broken, Untrue
from core.audit.checkpoints import GENESIS, BadCheckpoint, Checkpoint, open_checkpoint, read
from core.audit.events import canonical
from core.audit.export import CHECKPOINTS, KEYS, MANIFEST, PROOFS, RECORDS, STAMPS
from core.audit.keys import first_key
from core.audit.notes import BadNote, NoteKey, decoded
from core.audit.reading import Heads, Unreadable
from core.audit.repository import Stored
from core.audit.verification import PROGRESS_EVERY, Progress, Verification, check_stamps

LONGEST_LINE = 64 * 2**20


class Files(Protocol):
    """The files of an export. Raises Unreadable for one that is not there."""

    def names(self) -> list[str]: ...

    def open(self, name: str) -> IO[bytes]: ...


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path

    def names(self) -> list[str]:
        return sorted(each.name for each in self.path.iterdir())

    def open(self, name: str) -> IO[bytes]:
        try:
            return (self.path / name).open("rb")
        except OSError as error:
            raise Unreadable(f"{name} cannot be read ({error.strerror})") from None


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: zipfile.ZipFile

    def names(self) -> list[str]:
        return sorted(self.archive.namelist())

    def open(self, name: str) -> IO[bytes]:
        try:
            return self.archive.open(name)
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
            raise Unreadable(f"{name} is not in the zip file, or damaged there") from None


@contextmanager
def _opened(path: Path) -> Generator[Files]:
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError):
        raise Unreadable(f"{path} is neither a folder nor a zip file") from None
    with archive:
        yield _Zip(archive)


@dataclass(frozen=True, slots=True)
class ExportReader:
    """A ``LogReader`` of an export that holds the whole log."""

    files: Files
    records_told: int

    def total(self) -> int:
        return self.records_told

    @contextmanager
    def records(self) -> Generator[Iterator[Stored]]:
        with lines(self.files, RECORDS) as found:
            yield ((number, line, None) for number, line in enumerate(found, 1))

    @contextmanager
    def checkpoints(self) -> Generator[Iterator[Stored]]:
        with lines(self.files, CHECKPOINTS) as found:
            yield map(_checkpoint, found)

    def tiles(self, level: int) -> Iterator[tuple[int, bytes | None]] | None:
        return None

    def heads(self) -> Heads | None:
        return None

    def stamps(self) -> Sequence[tuple[bytes, bytes]]:
        if STAMPS not in self.files.names():
            return ()
        with lines(self.files, STAMPS) as found:
            return [_stamp(line) for line in found]


def verify(
    path: Path, public: Ed25519PublicKey, kept: Sequence[bytes] = (), progress: Progress | None = None,
    authorities: Path | None = None,
) -> Verification:  # fmt: skip
    """As ``verification.verify``, of an export at ``path``."""
    try:
        with _opened(path) as files:
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
        _unchanged(files, manifest)
        if follow(found.keys[0], _key_entries(files)) != found.keys:
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
    keys = follow(first_key(public), _key_entries(files))
    checkpoint = _signed(manifest, keys)
    first, last = manifest["first"], manifest["last"]
    seq, head = first - 1, GENESIS
    broken: tuple[int, str] | None = None
    try:
        with lines(files, RECORDS) as records, lines(files, PROOFS) as proofs:
            for seq in range(first, last + 1):
                leaf = _proved(seq, next(records, None), next(proofs, None), checkpoint)
                if progress is not None and (seq % PROGRESS_EVERY == 0 or seq == last):
                    progress(seq - first + 1, last - first + 1)
                head = leaf
            if next(records, None) is not None:
                raise Broken(last + 1, "was inserted: the manifest does not know it")
        _unchanged(files, manifest)
        for content in kept:
            _hold_against(content, checkpoint, keys, manifest.get("since"))
    except Broken as error:
        broken = error.found
    done = seq if broken is None else max(first - 1, min(seq, broken[0] - 1))
    return Verification(
        broken is None, max(0, done - first + 1), head.hex(), broken, root=checkpoint.root.hex(), at=checkpoint.at,
        keys=keys,
    )  # fmt: skip


def _proved(seq: int, record: bytes | None, line: bytes | None, checkpoint: Checkpoint) -> bytes:
    if record is None:
        raise Broken(seq, "is missing")
    leaf = merkle.leaf_hash(record)
    try:
        members = _members(line or b"")
        proof = [bytes.fromhex(each) for each in members["proof"]]
        told = int(members["seq"])
    except (Untrue, KeyError, TypeError, ValueError):
        raise Broken(seq, "has no proof that can be read") from None
    if told != seq or not merkle.verify_inclusion(leaf, seq - 1, checkpoint.size, proof, checkpoint.root):
        raise Broken(seq, "is not in the tree that was signed: it, or its proof, was edited, moved or inserted")
    return leaf


def _hold_against(content: bytes, checkpoint: Checkpoint, keys: Sequence[NoteKey], since: Any) -> None:
    """Whether the log of ``checkpoint`` is the one that somebody kept a checkpoint of."""
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
        if not isinstance(since, dict) or cast(dict[str, Any], since).get("size") != earlier.size:
            hint = "make the export with --since and that checkpoint"
            raise Untrue(f"this part of the log does not say whether it goes on from {earlier.size} records: {hint}")
        try:
            proof = [bytes.fromhex(each) for each in cast(dict[str, Any], since)["proof"]]
        except (KeyError, TypeError, ValueError):
            raise Untrue("the manifest is damaged") from None
    if not merkle.verify_consistency(earlier.size, checkpoint.size, earlier.root, checkpoint.root, proof):
        raise Broken(1, f"or one after it up to {earlier.size} is not the one that the checkpoint kept of {earlier.at} "
                        "vouched for: history was rewritten")  # fmt: skip


def follow(trusted: NoteKey, entries: Iterable[Mapping[str, Any]]) -> tuple[NoteKey, ...]:
    """The keys of an export, from the one that is trusted on: each is named by a record, which is in a tree that the
    key before it and it itself signed. Raises Untrue."""
    keys: list[NoteKey] = []
    for entry in entries:
        try:
            if not keys:
                if entry["key"] != str(trusted):
                    raise Untrue(f"{KEYS} does not begin with the key that is trusted")
                keys.append(trusted)
                continue
            keys.append(_following(keys[-1], entry))
        except (KeyError, TypeError, ValueError, BadCheckpoint):
            raise Untrue(f"{KEYS} holds a key that no older key vouches for") from None
    if not keys:
        raise Untrue(f"{KEYS} is empty")
    return tuple(keys)


def _following(before: NoteKey, entry: Mapping[str, Any]) -> NoteKey:
    record: Any = orjson.loads(entry["record"])
    if record["kind"] != verification.ROTATED or record["seq"] != entry["seq"]:
        raise ValueError("not a change of keys")
    key = NoteKey(before.name, bytes.fromhex(record["details"]["key"]))
    checkpoint, signers = open_checkpoint(entry["note"].encode(), [before, key])
    proof = [bytes.fromhex(each) for each in entry["proof"]]
    leaf = merkle.leaf_hash(entry["record"].encode())
    included = merkle.verify_inclusion(leaf, entry["seq"] - 1, checkpoint.size, proof, checkpoint.root)
    if len(signers) != 2 or entry["key"] != str(key) or not included:
        raise ValueError("not vouched for")
    return key


def _key_entries(files: Files) -> list[Mapping[str, Any]]:
    with files.open(KEYS) as file:
        members = _members(_limited(file).removesuffix(b"\n"))
    listed = members.get("keys")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in cast(list[Any], listed)):
        raise Untrue(f"{KEYS} is damaged")
    return cast(list[Mapping[str, Any]], listed)


def _manifest(files: Files) -> dict[str, Any]:
    """What the manifest says, in its one form; its signature is still to be checked. Raises Untrue, Unreadable."""
    with files.open(MANIFEST) as file:
        content = _limited(file)
    try:
        members = _members(content.removesuffix(b"\n"))
        whole = content.endswith(b"\n") and isinstance(members["complete"], bool)
        counts = [members[name] for name in ("records", "first", "last")]
        if not whole or not all(type(each) is int and each >= 0 for each in counts):
            raise Untrue
        if not isinstance(members["files"], dict) or not isinstance(members["signature"], str):
            raise Untrue
        if not isinstance(members["checkpoint"], str):
            raise Untrue
    except (Untrue, KeyError, TypeError, ValueError):
        raise Untrue("the manifest is damaged") from None
    return members


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
    if extra := sorted(set(files.names()) - set(listed) - {MANIFEST}):
        raise Untrue(f"{extra[0]!r} is not named by the manifest")
    for name, told in listed.items():
        digest, length = hashlib.sha256(), 0
        with _reading(name), files.open(name) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                length += len(chunk)
        if told != {"bytes": length, "sha256": digest.hexdigest()}:
            raise Untrue(f"{name} is not the file that the manifest was signed over: it was edited")


@contextmanager
def lines(files: Files, name: str) -> Generator[Iterator[bytes]]:
    """The lines of a file without their line breaks. Raises Unreadable for one that is too long."""
    with files.open(name) as file:
        yield _split(file, name)


def _split(file: IO[bytes], name: str) -> Iterator[bytes]:
    buffered = io.BufferedReader(cast(Any, file), 1 << 16) if isinstance(file, zipfile.ZipExtFile) else file
    with _reading(name):
        while line := buffered.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise Unreadable(f"{name} has a line that is too long")
            yield line.removesuffix(b"\n")


@contextmanager
def _reading(name: str) -> Generator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise Unreadable(f"{name} is damaged ({type(error).__name__})") from None


def _limited(file: IO[bytes]) -> bytes:
    with _reading("a file"):
        content = file.read(LONGEST_LINE)
    if len(content) == LONGEST_LINE:
        raise Unreadable("a file is too long")
    return content


def _members(content: bytes) -> dict[str, Any]:
    """JSON in its canonical form, so that one content has one form. Raises Untrue."""
    try:
        members: Any = orjson.loads(content)
        if not isinstance(members, dict) or canonical(cast(dict[str, Any], members)) != content:
            raise Untrue("damaged")
    except (ValueError, TypeError):
        raise Untrue("damaged") from None
    return cast(dict[str, Any], members)


def _checkpoint(line: bytes) -> Stored:
    try:
        members = _members(line)
        return int(members["size"]), members["note"].encode(), decoded(members["hashes"])
    except (Untrue, BadNote, KeyError, TypeError, ValueError, AttributeError):
        raise Unreadable(f"a line of {CHECKPOINTS} is damaged") from None


def _stamp(line: bytes) -> tuple[bytes, bytes]:
    try:
        members = _members(line)
        return members["note"].encode(), base64.b64decode(members["token"], validate=True)
    except (Untrue, KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise Unreadable(f"a line of {STAMPS} is damaged") from None


def _untrue(found: Verification, why: str) -> Verification:
    return Verification(False, found.records, found.head, None, root=found.root, trouble=why, at=found.at)
