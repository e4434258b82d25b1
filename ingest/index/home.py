"""The directory of an embedded index: who may open it, which shard is live, and how a new one takes over.

    index.json      what the index is, and the name of its live shard; replaced atomically
    lock            held by the one process that has it open
    shard-*         the live shard; any other is a leftover of an interrupted change and goes at the next opening

A change of shard is prepared beside the live one and becomes true with the replacement of ``index.json``.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from core.errors import Conflict
from ingest.index.base import IndexDamaged, IndexMismatch

FORMAT = 1
_MANIFEST = "index.json"
_LOCK = "lock"
_SHARD_PREFIX = "shard-"
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is stored. ``embedder`` is the identity of the embedder whose vectors it holds."""

    shard: str
    embedder: str
    dimensions: int
    format: int = FORMAT


class IndexHome:
    """An index directory, locked for this process until ``release``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(directory / _LOCK, thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise Conflict(
                f"The index at {directory} is open in another process.",
                hint="Stop that process, or let it do the work: only one may have an index open.",
            ) from error

    def live_shard(self, embedder: str, dimensions: int) -> Path | None:
        """The live shard, or None when nothing is stored yet. Clears leftovers.

        Raises ``IndexMismatch`` when another embedder or format wrote it, ``IndexDamaged`` when it is incomplete.
        """
        manifest = self._read()
        self._clear_leftovers(manifest.shard if manifest else None)
        if manifest is None:
            return None
        if manifest.format != FORMAT:
            raise IndexMismatch(
                f"The index at {self.directory} has format {manifest.format}; this version writes {FORMAT}.",
                hint="Rebuild the index.",
            )
        if (manifest.embedder, manifest.dimensions) != (embedder, dimensions):
            raise IndexMismatch(
                f"The index at {self.directory} holds {manifest.dimensions}-dimensional vectors of "
                f"{manifest.embedder}, and {embedder} with {dimensions} dimensions is configured.",
                hint="Rebuild the index, or configure the embedder it was built with.",
            )
        shard = self.directory / manifest.shard
        if not shard.is_dir():
            raise IndexDamaged(f"The index at {self.directory} has lost its data.", hint="Rebuild the index.")
        return shard

    def new_shard(self) -> Path:
        """A fresh, empty directory for a shard that is not live yet."""
        path = self.directory / f"{_SHARD_PREFIX}{uuid4().hex[:12]}"
        path.mkdir()
        return path

    def make_live(self, shard: Path, embedder: str, dimensions: int) -> None:
        """From here on, ``shard`` is the index, also after a crash."""
        temporary = self.directory / f"{_MANIFEST}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(Manifest(shard.name, embedder, dimensions)), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.directory / _MANIFEST)
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        self._lock.release()

    def clear(self) -> None:
        """Delete the stored index. The manifest goes first, so that half a deletion reads as an empty index."""
        (self.directory / _MANIFEST).unlink(missing_ok=True)
        self._clear_leftovers(None)

    def _read(self) -> Manifest | None:
        try:
            fields = json.loads((self.directory / _MANIFEST).read_text(encoding="utf-8"))
            return Manifest(**fields)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise IndexDamaged(f"The index at {self.directory} is unreadable.", hint="Rebuild the index.") from error

    def _clear_leftovers(self, live: str | None) -> None:
        for path in self.directory.glob(f"{_SHARD_PREFIX}*"):
            if path.name != live:
                shutil.rmtree(path, ignore_errors=True)


def discard(directory: Path) -> None:
    """Delete the index at ``directory``, so that the next opening starts an empty one. Raises ``Conflict`` if open."""
    home = IndexHome(directory)
    try:
        home.clear()
    finally:
        home.release()


def copy_tree(source: Path, target: Path, stop: Callable[[], bool] = lambda: False) -> None:
    """Copy files with their holes: the engine preallocates 200 MB of which an index of a few chunks fills 1 MB.

    Gives up between files once ``stop()`` is true.
    """
    for path in source.rglob("*"):
        if stop():
            return
        destination = target / path.relative_to(source)
        if path.is_dir():
            destination.mkdir(parents=True, exist_ok=True)
        else:
            destination.parent.mkdir(parents=True, exist_ok=True)
            _copy_sparse(path, destination)


def _copy_sparse(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("wb") as writer:
        size = os.fstat(reader.fileno()).st_size
        position = 0
        while position < size:
            try:
                start = os.lseek(reader.fileno(), position, os.SEEK_DATA)
            except OSError:
                # Nothing but a hole is left.
                break
            position = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            _copy_range(reader.fileno(), writer.fileno(), start, position)
        os.ftruncate(writer.fileno(), size)


def _copy_range(reader: int, writer: int, start: int, end: int) -> None:
    while start < end:
        block = os.pread(reader, min(_COPY_BYTES, end - start), start)
        if not block:
            return
        os.pwrite(writer, block, start)
        start += len(block)
