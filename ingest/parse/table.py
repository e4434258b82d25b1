"""Tables as rows of cells: which rows are headers, and how a row is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.parse.outline import Block

_NUMERIC = re.compile(r"[-+−–(]?\s*[$€£¥]?\s*\d[\d.,:/ %$€£¥()-]*")


def write_row(cells: Sequence[str]) -> str:
    """``cell | cell``, each cell on one line."""
    return " | ".join(" ".join(cell.split()) for cell in cells)


def is_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: words only (an empty corner is allowed), over at least one other row."""
    named = [cell for cell in first if cell.strip()]
    if not others or not named or len(named) < max(1, len(first) - 1):
        return False
    return not any(_NUMERIC.fullmatch(cell.strip()) for cell in named)


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
    if headers is None and is_header(trimmed[0], trimmed[1:]):
        flags[0] = True
    if all(flags):
        flags = [False] * len(flags)
    return Block(
        "table", page=page, rows=tuple((write_row(row), flag) for row, flag in zip(trimmed, flags, strict=True))
    )
