"""What a log is held against while it is read: checkpoints that somebody kept, and the tree stored beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.audit.checkpoints import BadCheckpoint, Checkpoint, read
from core.audit.notes import BadNote, NoteKey
from core.audit.reading import LogReader
from core.audit.repository import TILE_LEVELS


class Broken(Exception):
    """Record ``seq`` is not as it was written."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.found = (seq, reason)


class Untrue(Exception):
    """Something beside the records is not as it was written."""


@dataclass(slots=True)
class Kept:
    """Checkpoints from outside, the smallest first, until the tree has grown to each."""

    waiting: list[tuple[Checkpoint, bytes]]
    agreed: int = 0
    seen: list[bytes] = field(default_factory=list[bytes])
    trouble: str = ""
    """What cannot be compared at all."""

    @classmethod
    def of(cls, contents: Sequence[bytes], origin: str) -> Kept:
        found: list[tuple[Checkpoint, bytes]] = []
        trouble = ""
        for content in contents:
            try:
                checkpoint = read(content)[0]
            except BadCheckpoint as error:
                trouble = f"a kept checkpoint is {error}"
                continue
            if checkpoint.origin == origin:
                found.append((checkpoint, content))
            else:
                trouble = f"a kept checkpoint is of another log: {checkpoint.origin}, not {origin}"
        return cls(sorted(found, key=lambda each: each[0].size), trouble=trouble)

    def sizes(self) -> list[int]:
        return [checkpoint.size for checkpoint, _ in self.waiting]

    def meet(self, size: int, root: bytes) -> None:
        """Compare those of this size with the root of the tree of that size."""
        while self.waiting and self.waiting[0][0].size == size:
            checkpoint, content = self.waiting.pop(0)
            if checkpoint.root != root:
                raise Broken(
                    self.agreed + 1,
                    f"or one after it up to {size} is not the one that the checkpoint kept of {checkpoint.at} "
                    "vouched for: history was rewritten",
                )
            self.agreed = size
            self.seen.append(content)

    def end(self, size: int, keys: Sequence[NoteKey]) -> None:
        """What is left stands for more records than there are; and a key of the log has to have signed each."""
        for content in (*self.seen, *(content for _, content in self.waiting)):
            checkpoint, note = read(content)
            try:
                signers = note.signers(keys)
            except BadNote:
                signers = ()
            if not signers:
                more = f", and stands for {checkpoint.size} records of {size}" if checkpoint.size > size else ""
                raise Untrue(f"the checkpoint kept of {checkpoint.at} is not signed by a key that this log names{more}")
        if self.waiting:
            checkpoint = self.waiting[-1][0]
            raise Broken(
                size + 1,
                f"is missing: the checkpoint kept of {checkpoint.at} stands for {checkpoint.size} records",
            )
        if self.trouble:
            raise Untrue(self.trouble)


class StoredTree:
    """The subtrees that are stored beside the records, compared with those that the records give."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._levels: dict[int, Iterator[tuple[int, bytes | None]]] = {}
        self._any = reader.tiles(1) is not None

    def compare(self, completed: Sequence[tuple[int, int, bytes]]) -> None:
        for level, index, found in completed:
            if not self._any or not level or level % TILE_LEVELS:
                continue
            tier = level // TILE_LEVELS
            stored = self._levels.get(tier)
            if stored is None:
                stored = self._levels[tier] = self._reader.tiles(tier) or iter(())
            if next(stored, None) != (index, found):
                last = (index + 1) << level
                raise Broken(last, f"ends a part of the tree ({1 << level} records) whose stored hash was edited")
