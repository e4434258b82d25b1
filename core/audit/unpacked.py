"""Reads the files of an export (``core.audit.export``), a folder or a zip, where they lie.

Whoever made it up, its content is read as what a stranger wrote: lines have a longest length, and nothing is unpacked.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

import orjson

from core.audit.beside import Untrue
from core.audit.events import canonical
from core.audit.export import CHECKPOINTS, RECORDS, STAMPS
from core.audit.notes import BadNote, decoded
from core.audit.reading import Heads, Unreadable
from core.audit.repository import Stored

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
            return cast(IO[bytes], io.BufferedReader(cast(Any, self.archive.open(name)), 1 << 16))
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
            raise Unreadable(f"{name} is not in the zip file, or damaged there") from None


@contextmanager
def unpacked(path: Path) -> Generator[Files]:
    """Raises Unreadable for what is neither."""
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


@contextmanager
def opened(files: Files, name: str) -> Generator[IO[bytes]]:
    """A file to be read; what is damaged in it raises Unreadable, there as well."""
    with reading(name), files.open(name) as file:
        yield file


@contextmanager
def lines(files: Files, name: str) -> Generator[Iterator[bytes]]:
    """The lines of a file without their line breaks. Raises Unreadable for one that is too long."""
    with files.open(name) as file:
        yield _split(file, name)


def whole(files: Files, name: str) -> bytes:
    """The content of a small file."""
    with opened(files, name) as file:
        content = file.read(LONGEST_LINE)
    if len(content) == LONGEST_LINE:
        raise Unreadable(f"{name} is too long")
    return content


@contextmanager
def reading(name: str) -> Generator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise Unreadable(f"{name} is damaged ({type(error).__name__})") from None


def members(content: bytes) -> dict[str, Any]:
    """JSON in its canonical form, so that one content has one form. Raises Untrue."""
    try:
        found: Any = orjson.loads(content)
        if not isinstance(found, dict) or canonical(cast(dict[str, Any], found)) != content:
            raise Untrue("damaged")
    except (ValueError, TypeError):
        raise Untrue("damaged") from None
    return cast(dict[str, Any], found)


def _split(file: IO[bytes], name: str) -> Iterator[bytes]:
    with reading(name):
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise Unreadable(f"{name} has a line that is too long")
            yield line.removesuffix(b"\n")


def _checkpoint(line: bytes) -> Stored:
    try:
        found = members(line)
        return int(found["size"]), found["note"].encode(), decoded(found["hashes"])
    except (Untrue, BadNote, KeyError, TypeError, ValueError, AttributeError):
        raise Unreadable(f"a line of {CHECKPOINTS} is damaged") from None


def _stamp(line: bytes) -> tuple[bytes, bytes]:
    try:
        found = members(line)
        return found["note"].encode(), base64.b64decode(found["token"], validate=True)
    except (Untrue, KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise Unreadable(f"a line of {STAMPS} is damaged") from None
