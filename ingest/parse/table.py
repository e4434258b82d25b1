"""Tables as rows of cells: which rows are headers, and how a row is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.parse.outline import Block

_NUMERIC = re.compile(r"[-+−–(]?\s*[$€£¥]?\s*\d[\d.,:/ %$€£¥()-]*")
_HEADER_ROWS = 3


def write_row(cells: Sequence[str]) -> str:
    """``cell | cell``, each cell on one line."""
    return " | ".join(" ".join(cell.split()) for cell in cells)


def is_number(cell: str) -> bool:
    """Whether a cell is a figure: digits with signs, separators, a currency or a percent sign."""
    return _NUMERIC.fullmatch(cell.strip()) is not None


def count_headers(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows name the columns.

    One row of words over at least one other (its corner may be empty); up to three where the first is incomplete, as
    spanning headers are, and the rows of words end with the first figures.
    """
    named = [cell for cell in rows[0] if cell.strip()]
    if len(rows) < 2 or not named or any(is_number(cell) for cell in named):
        return 0
    if len(named) >= max(1, len(rows[0]) - 1):
        return 1
    worded = next((place for place, row in enumerate(rows) if any(is_number(cell) for cell in row)), 0)
    return worded if worded <= _HEADER_ROWS else 0


def table_block(rows: Sequence[Sequence[str]], *, page: int | None = None, headers: int | None = None) -> Block | None:
    """A table of ``rows``; ``headers`` is how many of the first rows are known to be headers, None to judge."""
    width = max((len(row) for row in rows), default=0)
    filled = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
    marks = [number < headers for number in range(len(filled))] if headers is not None else [False] * len(filled)
    kept = [(row, mark) for row, mark in zip(filled, marks, strict=True) if any(row)]
    if not kept:
        return None
    used = [column for column in range(width) if any(row[column] for row, _ in kept)]
    trimmed = [[row[column] for column in used] for row, _ in kept]
    flags = [mark for _, mark in kept]
    if headers is None:
        count = count_headers(trimmed)
        flags = [place < count for place in range(len(trimmed))]
    if all(flags):
        flags = [False] * len(flags)
    return Block(
        "table", page=page, rows=tuple((write_row(row), flag) for row, flag in zip(trimmed, flags, strict=True))
    )
