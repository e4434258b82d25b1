"""The gate to ``unstructured``: imported without its model download, its telemetry and its language guessing."""
# unstructured's partitioners are decorated in ways that hide their types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from ingest.parse.outline import Block
from ingest.parse.table import table_block
from ingest.parsed import ElementKind

if TYPE_CHECKING:
    from unstructured.documents.elements import Element as Piece

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_KINDS: dict[str, ElementKind] = {
    "ListItem": "list_item",
    "Header": "header",
    "Footer": "footer",
    "FigureCaption": "caption",
    "CodeSnippet": "code",
}


def partitioner(name: str) -> Callable[..., list[Piece]]:
    """``unstructured.partition.<name>.partition_<name>``, which never guesses languages."""
    _prepare()
    module = importlib.import_module(f"unstructured.partition.{name}")
    partition: Any = getattr(module, f"partition_{name}")

    def run(**options: object) -> list[Piece]:
        return cast("list[Piece]", partition(languages=[""], **options))

    return run


def _prepare() -> None:
    """Stand in for its tokeniser, which would load or download a spaCy model; it only serves to guess labels."""
    name = "unstructured.nlp.tokenize"
    if name in sys.modules:
        return
    os.environ.update(DO_NOT_TRACK="1", SCARF_NO_ANALYTICS="true", UNSTRUCTURED_DISABLE_NOTICE="1")
    module: Any = ModuleType(name)
    module.sent_tokenize = lambda text: _SENTENCE.split(text)  # pyright: ignore
    module.word_tokenize = lambda text: _TOKEN.findall(text)  # pyright: ignore
    module.pos_tag = lambda text: [(word, "NN") for word in _TOKEN.findall(text)]  # pyright: ignore
    sys.modules[name] = module


def blocks_from(pieces: Iterable[Piece], *, guessed_titles: bool = False) -> list[Block]:
    """Its elements as blocks. Only declared headings count; ``guessed_titles`` tells that depth 0 alone is declared."""
    blocks: list[Block] = []
    for piece in pieces:
        category = piece.category
        data = piece.metadata
        page = data.page_number
        if category in ("PageBreak", "Image"):
            continue
        if category == "Table":
            blocks.extend(_tables(data.text_as_html or "", piece.text, page))
            continue
        if category == "Title":
            depth = data.category_depth
            declared = depth is not None and (depth == 0 or not guessed_titles)
            blocks.append(Block("heading" if declared else "text", piece.text, level=(depth or 0) + 1, page=page))
            continue
        blocks.append(Block(_KINDS.get(category, "text"), piece.text, page=page))
    return blocks


def _tables(markup: str, text: str, page: int | None) -> list[Block]:
    rows, headers = read_rows(markup)
    if not rows:
        return [Block("text", text, page=page)]
    if max(len(row) for row in rows) == 1:
        # A single column lays out paragraphs; it relates nothing to anything.
        return [Block("text", row[0], page=page) for row in rows]
    block = table_block(rows, page=page, headers=headers or None)
    return [block] if block else []


def read_rows(markup: str) -> tuple[list[list[str]], int]:
    """The cells of an HTML table, merged cells repeated in every place they cover, and its number of header rows."""
    from lxml import html

    if not markup.strip():
        return [], 0
    table = html.fromstring(markup)
    rows: list[list[str]] = []
    headers = 0
    pending: dict[int, tuple[int, str]] = {}
    for line in table.iter("tr"):
        cells: list[str] = []
        for cell in line.iterchildren("td", "th"):
            _carry(cells, pending)
            text = " ".join(" ".join(str(part) for part in cell.itertext()).split())
            rowspan = _span(cell.get("rowspan"))
            for _ in range(_span(cell.get("colspan"))):
                if rowspan > 1:
                    pending[len(cells)] = (rowspan - 1, text)
                cells.append(text)
        _carry(cells, pending)
        parent = line.getparent()
        tags = {str(cell.tag) for cell in line.iterchildren("td", "th")}
        if headers == len(rows) and (tags == {"th"} or (parent is not None and parent.tag == "thead")):
            headers += 1
        rows.append(cells)
    return [row for row in rows if row], headers


def _carry(cells: list[str], pending: dict[int, tuple[int, str]]) -> None:
    while (column := len(cells)) in pending:
        left, text = pending.pop(column)
        cells.append(text)
        if left > 1:
            pending[column] = (left - 1, text)


def _span(value: str | None) -> int:
    return min(max(int(value), 1), 100) if value and value.isdigit() else 1
