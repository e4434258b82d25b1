"""Workbooks, cell by cell: each sheet is cut at its empty rows and columns into tables and headings.

Read with openpyxl (xlsx, streamed) and xlrd (xls) directly, since ``unstructured`` takes 15 s for 20,000 rows and joins
tables that stand side by side.
"""
# openpyxl and xlrd have no complete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingModuleSource=false, reportMissingTypeStubs=false, reportPrivateUsage=false

from __future__ import annotations

import io
import itertools
import re
import struct
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from ingest.parse.archive import Archive
from ingest.parse.detect import MEDIA_TYPES
from ingest.parse.errors import ParseFailed
from ingest.parse.office import container_warnings, core_title
from ingest.parse.outline import Block, compose
from ingest.parse.table import is_number, table_block
from ingest.parsed import Parsed

MAX_CELLS = 2_000_000
_MAX_SPREAD = 20_000
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_NO_RESULT = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>|<f[^>]*/>\s*</c>")
_PERCENT = re.compile(r"0(?:\.(0+))?%")
_DATE_NOISE = " 00:00:00"


@dataclass(slots=True)
class Sheet:
    """One sheet: its name, and the text of each filled cell by row, then column (both from 0)."""

    name: str
    number: int
    rows: dict[int, dict[int, str]] = field(default_factory=dict[int, dict[int, str]], repr=False)
    covered: set[int] = field(default_factory=set[int], repr=False)
    """Columns in which some cell has a value of its own: only into these is the text of merged cells spread."""


def parse_xlsx(body: bytes, archive: Archive, title: str | None, filename: str) -> Parsed:
    """A workbook (2007 and later), formulas by their stored results.

    Raises ``ParseFailed``: corrupt, empty, too_large.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    warnings = container_warnings(archive)
    try:
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        with zipfile.ZipFile(io.BytesIO(body)) as container:
            own = core_title(container, archive)
            sheets, missing = _xlsx_sheets(book, container)
    except (
        InvalidFileException, zipfile.BadZipFile, EOFError, OSError, KeyError, ValueError, TypeError, AttributeError,
        IndexError, SyntaxError, AssertionError, OverflowError, RecursionError, NotImplementedError,
    ) as error:  # fmt: skip
        # A damaged workbook breaks openpyxl in any of these ways; XML errors are SyntaxErrors.
        raise ParseFailed("corrupt", f"The workbook is damaged ({type(error).__name__}).") from error
    if missing:
        warnings.append("formulas without stored results left out: open and save the workbook to store them")
    return _finish(sheets, "xlsx", title or own or filename, warnings)


def parse_xls(body: bytes, title: str | None, filename: str) -> Parsed:
    """An old workbook (BIFF). Raises ``ParseFailed``: corrupt, empty, encrypted, too_large."""
    import xlrd
    import xlrd.biffh

    try:
        book = xlrd.open_workbook(file_contents=body, on_demand=True, logfile=io.StringIO())
        sheets = [_xls_sheet(book, index) for index in range(book.nsheets)]
    except (
        xlrd.biffh.XLRDError, struct.error, EOFError, OSError, KeyError, ValueError, TypeError, AttributeError,
        IndexError, AssertionError, OverflowError, RecursionError, NotImplementedError,
    ) as error:  # fmt: skip
        if "encrypted" in str(error).lower():
            raise ParseFailed("encrypted", "The workbook is protected by a password.") from error
        raise ParseFailed("corrupt", f"The workbook is damaged ({type(error).__name__}).") from error
    return _finish(sheets, "xls", title or filename, [])


def _finish(sheets: Iterable[Sheet], kind: str, title: str, warnings: list[str]) -> Parsed:
    blocks: list[Block] = []
    for sheet in sheets:
        body = sheet_blocks(sheet)
        if body:
            blocks.append(Block("heading", sheet.name, level=1, page=sheet.number))
            blocks.extend(body)
    media_type = MEDIA_TYPES["xls" if kind == "xls" else "xlsx"]
    return compose(blocks, title=title, media_type=media_type, warnings=warnings, what="workbook")


def _xlsx_sheets(book: Any, container: zipfile.ZipFile) -> tuple[list[Sheet], bool]:
    sheets: list[Sheet] = []
    cells = 0
    missing = False
    for number, name in enumerate(book.sheetnames, start=1):
        source = book[name]
        if not hasattr(source, "iter_rows"):
            # A sheet of nothing but a chart has no cells.
            continue
        if source.sheet_state != "visible":
            continue
        sheet = Sheet(str(name), number)
        # The stated dimensions may be anything; what is read is what is there.
        source.reset_dimensions()
        for row in source.iter_rows():
            for cell in row:
                value = cell.value
                if value is None or value == "":
                    continue
                text = write_value(value, str(cell.number_format))
                if text:
                    sheet.rows.setdefault(cell.row - 1, {})[cell.column - 1] = text
                    cells += 1
            if cells > MAX_CELLS:
                raise ParseFailed("too_large", f"The workbook has more than {MAX_CELLS:,} filled cells.")
        markup = container.read(source._worksheet_path)
        _spread(sheet, markup)
        missing = missing or _NO_RESULT.search(markup) is not None
        sheets.append(sheet)
    return sheets, missing


def _spread(sheet: Sheet, markup: bytes) -> None:
    """Repeat a merged cell's text in every place it covers, so that each row reads with its columns."""
    from openpyxl.utils import column_index_from_string

    sheet.covered = {column for line in sheet.rows.values() for column in line}
    for match in _MERGED.finditer(markup):
        left, right = (column_index_from_string(match.group(group).decode()) - 1 for group in (1, 3))
        top, bottom = int(match.group(2)) - 1, int(match.group(4)) - 1
        text = sheet.rows.get(top, {}).get(left)
        alone = len(sheet.rows.get(top, {})) == 1 and top == bottom
        if text is None or alone or (right - left + 1) * (bottom - top + 1) > _MAX_SPREAD:
            continue
        for row in range(top, bottom + 1):
            for column in sorted(sheet.covered.intersection(range(left, right + 1))):
                sheet.rows.setdefault(row, {}).setdefault(column, text)


def _xls_sheet(book: Any, index: int) -> Sheet:
    import xlrd

    source = book.sheet_by_index(index)
    sheet = Sheet(str(source.name), index + 1)
    for row in range(source.nrows):
        for column in range(source.row_len(row)):
            kind, value = source.cell_type(row, column), source.cell_value(row, column)
            if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
                continue
            if kind == xlrd.XL_CELL_DATE:
                try:
                    value = xlrd.xldate_as_datetime(value, book.datemode)
                except (ValueError, OverflowError, xlrd.XLDateError):
                    # A number formatted as a date that is none stays the number it is.
                    value = float(value)
            elif kind == xlrd.XL_CELL_BOOLEAN:
                value = bool(value)
            text = write_value(value, "General")
            if text:
                sheet.rows.setdefault(row, {})[column] = text
    book.unload_sheet(index)
    return sheet


def write_value(value: object, number_format: str) -> str:
    """A cell as a reader sees it, near enough: whole numbers without a point, ISO dates, percentages as such."""
    match value:
        case bool():
            return "True" if value else "False"
        case int() | float():
            percent = _PERCENT.search(number_format)
            if percent:
                return f"{value * 100:.{len(percent.group(1) or '')}f}%"
            return f"{value:.15g}" if isinstance(value, float) else str(value)
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds").removesuffix(_DATE_NOISE)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return " ".join(str(value).split())


def sheet_blocks(sheet: Sheet) -> list[Block]:
    """A sheet's tables and the lines between them, in reading order."""
    blocks: list[Block] = []
    for band in _joined(sheet, _bands(sorted(sheet.rows))):
        for part in _side_by_side(sheet, band):
            blocks.extend(_region(sheet, part))
    return blocks


def _bands(rows: Sequence[int]) -> list[list[int]]:
    bands: list[list[int]] = []
    for row in rows:
        if bands and row == bands[-1][-1] + 1:
            bands[-1].append(row)
        else:
            bands.append([row])
    return bands


def _joined(sheet: Sheet, bands: list[list[int]]) -> list[list[int]]:
    """Bands with a header set apart from its rows by one empty row put together again."""
    joined: list[list[int]] = []
    for band in bands:
        above = joined[-1] if joined else []
        near = bool(above) and band[0] == above[-1] + 2
        names = near and len(sheet.rows[above[-1]]) > 1 and not any(_has_number(sheet.rows[row]) for row in above)
        if names and len(sheet.rows[band[0]]) > 1 and _has_number(sheet.rows[band[0]]):
            above.extend(band)
        else:
            joined.append(list(band))
    return joined


def _has_number(line: dict[int, str]) -> bool:
    return any(is_number(text) for text in line.values())


def _side_by_side(sheet: Sheet, band: list[int]) -> list[list[dict[int, str]]]:
    """Cut a band at an empty column where each side begins with a full row, which only tables of their own do."""
    lines = [sheet.rows[row] for row in band]
    used = sorted({column for line in lines for column in line})
    cuts = [right for left, right in itertools.pairwise(used) if right > left + 1]
    parts = [lines]
    for cut in cuts:
        rest = parts.pop()
        left = [{column: text for column, text in line.items() if column < cut} for line in rest]
        right = [{column: text for column, text in line.items() if column >= cut} for line in rest]
        parts.extend([left, right] if _begins_table(left) and _begins_table(right) else [rest])
    return [[line for line in part if line] for part in parts]


def _begins_table(lines: list[dict[int, str]]) -> bool:
    columns = {column for line in lines for column in line}
    filled = [line for line in lines if line]
    return len(columns) > 1 and len(filled) > 2 and set(lines[0]) == columns and not _has_number(lines[0])


def _region(sheet: Sheet, lines: list[dict[int, str]]) -> list[Block]:
    """Lines of a single cell at the top name what follows; the rest is a table."""
    blocks: list[Block] = []
    start = 0
    wide = any(len(line) > 1 for line in lines)
    while start < len(lines) and wide and len(lines[start]) == 1:
        blocks.append(_line(next(iter(lines[start].values())), sheet.number, followed=True))
        start += 1
    if not wide:
        return [_line(text, sheet.number, followed=len(lines) < 3) for line in lines for text in line.values()]
    columns = sorted({column for line in lines[start:] for column in line})
    table = table_block([[line.get(column, "") for column in columns] for line in lines[start:]], page=sheet.number)
    return [*blocks, table] if table else blocks


def _line(text: str, page: int, *, followed: bool) -> Block:
    short = followed and len(text) <= 120 and not text.endswith((".", ":", ";"))
    return Block("heading" if short and not text.replace(".", "").isdigit() else "text", text, level=2, page=page)
