"""A folder or a single file. An item's key is its path relative to the folder, with forward slashes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import ItemFailed, ItemGone
from connectors.sources.base import Change, Fault, Item, ListingSource, NoCursor, Page, Step
from connectors.sources.settings import FileSourceConfig

PAGE_ITEMS = 500


@dataclass(frozen=True, slots=True)
class FilesSource(ListingSource):
    """Lists every regular file below the root. Hidden files, temporary files of office programs and links that lead
    out of the root are passed over. ``max_bytes`` bounds one file."""

    config: FileSourceConfig
    max_bytes: int

    def check(self) -> Iterator[Step]:
        root = self.config.root()
        if not root.exists():
            hint = "Check the path, or mount it; nothing was deleted. To forget the source: vouch sources remove."
            yield Step("reach", False, f"There is nothing at {root}.", hint)
            return
        yield Step("reach", True, f"{root} is there.")
        if not os.access(root, os.R_OK | (os.X_OK if root.is_dir() else 0)):
            hint = "Give the account that runs Vouch the right to read it."
            yield Step("read", False, f"{root} may not be read.", hint)
            return
        yield Step("read", True, f"{root} may be read.")

    def poll(self, cursor: NoCursor | None) -> Iterator[Page]:
        root = self.config.root()
        paths = sorted(self._paths(root)) if root.is_dir() else [root]
        access, restricted = self.config.access(), self.config.restricted()
        for start in range(0, len(paths), PAGE_ITEMS):
            changes: list[Change] = []
            faults: list[Fault] = []
            for path in paths[start : start + PAGE_ITEMS]:
                key = self._key(root, path)
                try:
                    stat = path.stat()
                except OSError as error:
                    faults.append(Fault(key, f"cannot be read: {error.strerror}"))
                    continue
                modified = self.config.modified.get(key) or datetime.fromtimestamp(stat.st_mtime, UTC)
                fingerprint = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}"
                changes.append(Change(key, fingerprint, access, modified, None, restricted))
            yield Page(tuple(changes), total=len(paths), faults=tuple(faults))

    def fetch(self, key: str) -> Item:
        root = self.config.root()
        path = root / key if root.is_dir() else root
        try:
            if path.stat().st_size > self.max_bytes:
                raise ItemFailed(f"larger than {self.max_bytes // 2**20} MiB; raise ingest.max_file_mb or split it")
            return Item(key, path.read_bytes(), path.name)
        except FileNotFoundError as error:
            raise ItemGone("was removed while it was being read") from error
        except OSError as error:
            raise ItemFailed(f"cannot be read: {error.strerror}") from error

    @staticmethod
    def _key(root: Path, path: Path) -> str:
        return path.relative_to(root).as_posix() if root.is_dir() else path.name

    @staticmethod
    def _paths(root: Path) -> Iterator[Path]:
        inside = root.resolve()
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in names:
                path = Path(folder) / name
                if name.startswith((".", "~$")) or not path.is_file():
                    continue
                # A link out of the folder would make Vouch read what nobody declared.
                if path.is_symlink() and not path.resolve().is_relative_to(inside):
                    continue
                yield path
