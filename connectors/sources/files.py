"""A folder or a single file. An item's key is its path relative to the folder, with forward slashes."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import ItemFailed, ItemGone, SourceUnavailable
from connectors.kinds import Kind, Opening
from connectors.sources.base import Change, Fault, Item, ListingSource, NoCursor, Page, Step
from connectors.sources.settings import FileSourceConfig
from core.errors import Invalid

PAGE_ITEMS = 500
TEMPORARY = (".", "~$")
"""How the names of hidden files and of those that office programs keep while they edit begin."""
PASSED_OVER = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM)
"""What a folder that was removed meanwhile, or that nobody may read, answers. Any other fault is one of the disk."""


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
        root = self._there()
        paths = sorted(self._paths(root)) if root.is_dir() else [root]
        for start in range(0, len(paths), PAGE_ITEMS):
            yield self._page(root, paths[start : start + PAGE_ITEMS], len(paths))

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        root = self._there()
        inside = root.resolve()
        there = {key: path for key in keys if (path := self._path(root, key)) and _leads_inside(path, inside)}
        page = self._page(root, [there[key] for key in sorted(there)], None)
        yield Page(page.changes, tuple(key for key in keys if key not in there), page.faults)

    def fetch(self, key: str) -> Item:
        root = self.config.root()
        path = self._path(root, key)
        if path is None:
            raise ItemGone("is not below the folder")
        try:
            if path.stat().st_size > self.max_bytes:
                raise ItemFailed(f"larger than {self.max_bytes // 2**20} MiB; raise ingest.max_file_mb or split it")
            return Item(key, path.read_bytes(), path.name)
        except FileNotFoundError as error:
            raise ItemGone("was removed while it was being read") from error
        except OSError as error:
            raise ItemFailed(f"cannot be read: {error.strerror}") from error

    def _page(self, root: Path, paths: Sequence[Path], total: int | None) -> Page:
        changes: list[Change] = []
        faults: list[Fault] = []
        for path in paths:
            key = self._key(root, path)
            try:
                stat = path.stat()
            except OSError as error:
                faults.append(Fault(key, f"cannot be read: {error.strerror}"))
                continue
            modified = self.config.modified.get(key) or datetime.fromtimestamp(stat.st_mtime, UTC)
            fingerprint = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}"
            changes.append(Change(key, fingerprint, self.config.access_at(key), modified))
        return Page(tuple(changes), total=total, faults=tuple(faults))

    def _there(self) -> Path:
        """The root. One that is not there has no files to name, but that does not make them deleted."""
        root = self.config.root()
        if not root.exists():
            hint = "Check the path, or mount it; nothing was deleted."
            raise SourceUnavailable(f"There is nothing at {root}.", hint=hint)
        return root

    @staticmethod
    def _key(root: Path, path: Path) -> str:
        return path.relative_to(root).as_posix() if root.is_dir() else path.name

    @staticmethod
    def _path(root: Path, key: str) -> Path | None:
        """Where an item is; None for a key that no listing gives."""
        if not root.is_dir():
            return root if key == root.name else None
        parts = key.split("/")
        hidden = any(not part or part.startswith(".") for part in parts) or parts[-1].startswith(TEMPORARY)
        return None if hidden else root / key

    @staticmethod
    def _paths(root: Path) -> Iterator[Path]:
        inside = root.resolve()
        for folder, folders, names in os.walk(root, onerror=_unread):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in names:
                path = Path(folder) / name
                if name.startswith(TEMPORARY) or not path.is_file():
                    continue
                # A link out of the folder would make Vouch read what nobody declared.
                if not path.is_symlink() or _leads_inside(path, inside):
                    yield path


def _leads_inside(path: Path, inside: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(inside)


def _unread(error: OSError) -> None:
    """A folder that a failing disk or share does not list would look as if all its files were deleted."""
    if error.errno not in PASSED_OVER:
        hint = "Check the disk or the share; nothing was deleted."
        raise SourceUnavailable(f"{error.filename} cannot be listed ({error.strerror}).", hint=hint) from None


def open_files(config: FileSourceConfig, opening: Opening) -> FilesSource:
    if config.restrict:
        raise Invalid("Only fields of records can be restricted.", hint="Leave restrict out, or read records.")
    return FilesSource(config, opening.max_bytes)


KIND = Kind(
    name="files",
    title="Files and folders",
    category="files",
    auth="the rights of the account that runs Vouch",
    cursor="none: the whole folder at each poll; size, time and inode tell what changed",
    deletions="found by each listing",
    permissions="declared: the groups of the source, and of folders that differ",
    tested="real folders",
    config=FileSourceConfig,
    open=open_files,
    example="""\
path: /srv/handbook
allow: [everyone]
folders:
  - {prefix: hr/, allow: [hr]}
""",
)
