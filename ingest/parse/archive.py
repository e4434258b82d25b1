"""Zip containers, looked at before any parser opens them: bombs, entity declarations, encryption, macros."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from ingest.parse.errors import ParseFailed

MAX_MEMBERS = 20_000
MAX_MEMBER_BYTES = 256 * 1024 * 1024
MAX_TOTAL_BYTES = 512 * 1024 * 1024
_RATIO = 100
_RATIO_FLOOR = 24 * 1024 * 1024
_CHUNK = 256 * 1024
_OVERLAP = 64
_MARKUP = (".xml", ".rels", ".vml", ".xhtml", ".html", ".htm", ".opf", ".ncx", ".svg")
_ENTITY = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!\s*DOCTYPE", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Archive:
    """What a zip container holds: its member names, and whether it carries macros or embedded files."""

    names: frozenset[str]
    macros: bool
    embedded: int


def inspect(body: bytes) -> Archive:
    """Check a zip container by reading it through once, bounded.

    Raises ``ParseFailed``: corrupt (not readable), encrypted, hostile (bomb, entity declarations).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise ParseFailed("hostile", f"The archive lists {len(members)} members.")
            if any(member.flag_bits & 0x1 for member in members):
                raise ParseFailed("encrypted", "The archive is protected by a password.")
            names = frozenset(member.filename for member in members)
            ooxml = "[Content_Types].xml" in names
            _check_sizes(members, len(body))
            total = 0
            for member in members:
                if member.filename.lower().endswith(_MARKUP):
                    total += _scan(archive, member, refuse_doctype=ooxml)
                    if total > MAX_TOTAL_BYTES:
                        raise ParseFailed("hostile", "The archive unpacks to far more than it may.")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ParseFailed("corrupt", "The archive that makes up the file is damaged or cut off.") from error
    return Archive(
        names=names,
        macros=any(name.lower().endswith("vbaproject.bin") or "/Basic/" in f"/{name}" for name in names),
        embedded=sum(1 for name in names if "/embeddings/" in name and not name.endswith("/")),
    )


def _check_sizes(members: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(member.file_size for member in members)
    if total > MAX_TOTAL_BYTES or any(member.file_size > MAX_MEMBER_BYTES for member in members):
        raise ParseFailed("hostile", "The archive unpacks to far more than it may.")
    if total > _RATIO_FLOOR and total > _RATIO * packed:
        raise ParseFailed("hostile", "The archive unpacks to more than a hundred times its size.")


def _scan(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, refuse_doctype: bool) -> int:
    """Read one XML member, whatever size its header claims, and refuse declarations. Returns the bytes read."""
    read = 0
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            if read > MAX_MEMBER_BYTES:
                raise ParseFailed("hostile", "A part of the archive unpacks to far more than it may.")
            # XML may be UTF-16; dropping the zero bytes makes its declarations readable as ASCII.
            window = (tail + chunk).replace(b"\0", b"")
            if _ENTITY.search(window) or (refuse_doctype and _DOCTYPE.search(window)):
                raise ParseFailed("hostile", "The file declares XML entities, which it has no need for.")
            tail = chunk[-_OVERLAP:]
    return read
