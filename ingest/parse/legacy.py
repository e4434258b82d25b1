"""Old binary Word and PowerPoint files, read for their words alone, where no converter is installed.

After [MS-DOC] 2.4.1 (retrieving text by the piece table) and [MS-PPT] 2.3 and 2.9 (record headers, text atoms).
"""
# olefile has no type stubs and no annotations.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from ingest.parse.detect import MEDIA_TYPES, Kind
from ingest.parse.errors import ParseFailed
from ingest.parse.outline import Block, compose
from ingest.parse.table import table_block
from ingest.parsed import Parsed

_WORD_MAGIC = 0xA5EC
_TEXT_LENGTHS, _CLX = 0x4C, 0x01A2
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15")
_SPECIAL = {0x01: None, 0x02: None, 0x03: None, 0x04: None, 0x05: None, 0x08: None, 0x0B: "\n", 0x1E: "-", 0x1F: None,
            0x13: None, 0x14: None, 0x15: None}  # fmt: skip
_PARAGRAPH_END = re.compile("[\r\x07\x0c]")
_LIST, _SLIDE, _HEADER, _CHARS, _BYTES, _NEXT = 0x0FF0, 0x03EE, 0x0F9F, 0x0FA0, 0x0FA8, 0x03F3
_TITLES = (0, 6)
_MAX_RECORDS = 500_000


def parse_old(body: bytes, kind: Kind, title: str | None, filename: str) -> Parsed:
    """A doc or ppt file, without layout but for paragraphs, table rows and slides. Raises ``ParseFailed``."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(body)) as container:
            blocks = _word_blocks(container) if kind == "doc" else list(_slide_blocks(container))
            name = title or _title(container) or filename
    except (OSError, ValueError, IndexError, TypeError, AttributeError, struct.error, OverflowError) as error:
        raise ParseFailed("corrupt", f"The {kind} file is damaged.") from error
    note = "read without its layout: install LibreOffice, or save it in the present format, for headings and lists"
    return compose(blocks, title=name, media_type=MEDIA_TYPES[kind], warnings=[note])


def _title(container: Any) -> str:
    value = container.get_metadata().title if container.exists("\x05SummaryInformation") else b""
    text = value.decode("cp1252", errors="replace") if isinstance(value, bytes) else str(value or "")
    return " ".join(text.replace("\0", "").split())[:300]


def _word_blocks(container: Any) -> list[Block]:
    stream = container.openstream("WordDocument").read()
    magic, flags = struct.unpack_from("<H8xH", stream, 0)
    if magic != _WORD_MAGIC:
        raise ParseFailed("unsupported", "The Word file is older than Word 97.", hint="Save it as docx.")
    table = container.openstream("1Table" if flags & 0x0200 else "0Table").read()
    place, size = struct.unpack_from("<II", stream, _CLX)
    main, notes = struct.unpack_from("<ii", stream, _TEXT_LENGTHS)
    text = _pieces(stream, table[place : place + size], max(main, 0) + max(notes, 0))
    while (shown := _FIELD.sub(lambda match: match.group(1) or "", text)) != text:
        text = shown
    return list(_paragraphs(text))


def _pieces(stream: bytes, clx: bytes, length: int) -> str:
    """The first ``length`` characters of the document, put together from the piece table."""
    place = 0
    while clx[place] == 0x01:
        place += 3 + struct.unpack_from("<H", clx, place + 1)[0]
    if clx[place] != 0x02:
        raise ValueError("no piece table")
    size = struct.unpack_from("<I", clx, place + 1)[0]
    plc = clx[place + 5 : place + 5 + size]
    count = (len(plc) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plc, 0)
    parts: list[str] = []
    for number in range(count):
        where = struct.unpack_from("<I", plc, (count + 1) * 4 + number * 8 + 2)[0]
        span = ends[number + 1] - ends[number]
        start = where & 0x3FFFFFFF
        if where & 0x40000000:
            parts.append(stream[start // 2 : start // 2 + span].decode("cp1252", errors="replace"))
        else:
            parts.append(stream[start : start + span * 2].decode("utf-16-le", errors="replace"))
    return "".join(parts)[:length]


def _paragraphs(text: str) -> Iterator[Block]:
    """Paragraphs, and tables from cell marks: a mark right after a mark ends a row."""
    rows: list[list[str]] = []
    cells: list[str] = []
    held = ""
    begin = 0
    for mark in _PARAGRAPH_END.finditer(text):
        words = text[begin : mark.start()].translate(_SPECIAL).strip()
        begin = mark.end()
        if mark.group() == "\x07":
            if words or held or not cells:
                cells.append(f"{held} {words}".strip())
            else:
                rows.append(cells)
                cells = []
            held = ""
        elif cells:
            # A paragraph within a cell.
            held = f"{held} {words}"
        else:
            yield from _table(rows)
            rows = []
            yield Block("text", words)
    yield from _table([*rows, cells])
    yield Block("text", text[begin:].translate(_SPECIAL))


def _table(rows: list[list[str]]) -> Iterator[Block]:
    block = table_block([row for row in rows if row]) if any(rows) else None
    if block is not None:
        yield block


def _slide_blocks(container: Any) -> Iterator[Block]:
    """The outline's text slide by slide, then the text of shapes, slide by slide."""
    stream = container.openstream("PowerPoint Document").read()
    seen: set[tuple[int, str]] = set()
    found: list[tuple[int, Block]] = []
    slides = outline = 0
    inside = _HEADER
    style = 1
    for kind, instance, content in _records(stream):
        if kind == _LIST:
            inside, outline = (_LIST if instance == 0 else 0), 0
        elif kind == _SLIDE:
            inside, slides = _SLIDE, slides + 1
        elif kind in (0x03F8, 0x03F0):
            # Masters and notes pages repeat prompts.
            inside = 0
        elif kind == _NEXT:
            outline += 1
        elif kind == _HEADER and len(content) >= 4:
            style = struct.unpack("<I", content[:4])[0]
        elif kind in (_CHARS, _BYTES) and inside in (_LIST, _SLIDE):
            page = max(outline if inside == _LIST else slides, 1)
            text = content.decode("utf-16-le" if kind == _CHARS else "cp1252", errors="replace")
            for line in text.replace("\x0b", " ").split("\r"):
                if line.strip() and (page, line) not in seen:
                    seen.add((page, line))
                    found.append((page, Block("heading" if style in _TITLES else "text", line, page=page)))
    for _, block in sorted(found, key=lambda entry: entry[0]):
        yield block


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Every record as (type, instance, content); containers come with no content, before what they hold."""
    place = 0
    for _ in range(_MAX_RECORDS):
        if place + 8 > len(stream):
            return
        version, kind, size = struct.unpack_from("<HHI", stream, place)
        place += 8
        if version & 0x000F == 0x000F:
            yield kind, version >> 4, b""
        else:
            yield kind, version >> 4, stream[place : place + size]
            place += size
