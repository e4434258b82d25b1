"""Word and PowerPoint documents through ``unstructured``, with what it leaves behind: footnotes, text boxes, charts."""
# python-docx and python-pptx are untyped where shapes and parts are concerned; lxml is compiled without types.
# pyright: reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from ingest.parse.archive import Archive
from ingest.parse.detect import MEDIA_TYPES, Kind
from ingest.parse.errors import ParseFailed
from ingest.parse.outline import Block, compose
from ingest.parse.table import table_block
from ingest.parse.unstructured_text import blocks_from, partitioner
from ingest.parsed import Parsed

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_CORE_TITLE = re.compile(rb"<dc:title[^>]*>([^<]{1,300})</dc:title>")
_GENERIC = re.compile(
    r"((powerpoint )?presentation|(word )?document\d*|untitled.*|microsoft (word|powerpoint) - .*|slide 1)",
    re.IGNORECASE,
)


def parse_docx(body: bytes, archive: Archive, title: str | None, filename: str) -> Parsed:
    """A Word document (2007 and later). Raises ``ParseFailed``: corrupt, empty, needs_ocr."""
    blocks = blocks_from(_partition("docx", body))
    with zipfile.ZipFile(io.BytesIO(body)) as container:
        blocks.extend(_text_boxes(container, archive))
        blocks.extend(_footnotes(container, archive))
        own = core_title(container, archive)
    return _finish(blocks, archive, "docx", title, own, filename)


def parse_pptx(body: bytes, archive: Archive, title: str | None, filename: str) -> Parsed:
    """A presentation: page is the slide. Raises ``ParseFailed``: corrupt, empty, needs_ocr."""
    blocks = blocks_from(_partition("pptx", body, include_slide_notes=True), guessed_titles=True)
    blocks = sorted([*blocks, *_charts(body)], key=lambda block: block.page or 0)
    with zipfile.ZipFile(io.BytesIO(body)) as container:
        own = core_title(container, archive)
    return _finish(blocks, archive, "pptx", title, own, filename)


def container_warnings(archive: Archive) -> list[str]:
    """What a container carries that is left out."""
    warnings: list[str] = []
    if archive.macros:
        warnings.append("macros ignored")
    if archive.embedded:
        warnings.append(f"embedded files skipped: {archive.embedded}")
    if any(re.search(r"(^|/)(threaded)?comments?", name.lower()) for name in archive.names):
        warnings.append("comments left out")
    return warnings


def core_title(container: zipfile.ZipFile, archive: Archive) -> str | None:
    """The title that the document's properties give, unless it is what a program fills in by itself."""
    if "docProps/core.xml" not in archive.names:
        return None
    found = _CORE_TITLE.search(_member(container, "docProps/core.xml"))
    if not found:
        return None
    from html import unescape

    words = " ".join(unescape(found.group(1).decode("utf-8", errors="replace")).split())
    return None if not words or _GENERIC.fullmatch(words) else words


def _finish(
    blocks: list[Block], archive: Archive, kind: Kind, title: str | None, own: str | None, filename: str
) -> Parsed:
    if not any(block.text.strip() or block.rows for block in blocks) and _has_pictures(archive):
        raise ParseFailed("needs_ocr", "The document holds pictures and no text.")
    heading = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), "")
    name = title or own or " ".join(heading.split())[:300] or filename
    return compose(blocks, title=name, media_type=MEDIA_TYPES[kind], warnings=container_warnings(archive))


def _has_pictures(archive: Archive) -> bool:
    return any("/media/" in name for name in archive.names)


def _partition(name: str, body: bytes, **options: object) -> list[Any]:
    from docx.exceptions import PythonDocxError
    from docx.opc.exceptions import OpcError
    from lxml import etree
    from pptx.exc import PythonPptxError

    try:
        return list(partitioner(name)(file=io.BytesIO(body), **options))
    except (
        PythonDocxError, PythonPptxError, OpcError, etree.LxmlError, zipfile.BadZipFile, EOFError, OSError, KeyError,
        ValueError, IndexError, AttributeError, TypeError, AssertionError, NotImplementedError, StopIteration,
        UnboundLocalError, ZeroDivisionError, OverflowError,
    ) as error:  # fmt: skip
        # Damaged documents break these libraries in any of these ways.
        raise ParseFailed("corrupt", f"The {name} document is damaged ({type(error).__name__}).") from error
    except RecursionError as error:
        raise ParseFailed("hostile", f"The {name} document is nested too deep.") from error


def _member(container: zipfile.ZipFile, name: str) -> bytes:
    try:
        return container.read(name)
    except (KeyError, zipfile.BadZipFile, OSError, EOFError, NotImplementedError):
        return b""


def _tree(container: zipfile.ZipFile, name: str) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(_member(container, name), parser)
    except etree.XMLSyntaxError:
        return None


def _paragraph_texts(root: Any) -> Iterator[str]:
    for paragraph in root.iter(f"{_W}p"):
        text = "".join(
            str(run.text or "") if run.tag == f"{_W}t" else " "
            for run in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br")
        )
        if text.strip():
            yield text


def _text_boxes(container: zipfile.ZipFile, archive: Archive) -> list[Block]:
    if "word/document.xml" not in archive.names:
        return []
    source = _member(container, "word/document.xml")
    if b"txbxContent" not in source:
        return []
    root = _tree(container, "word/document.xml")
    texts: list[str] = []
    for box in root.iter(f"{_W}txbxContent") if root is not None else ():
        if not any(ancestor.tag == _FALLBACK for ancestor in box.iterancestors()):
            texts.extend(_paragraph_texts(box))
    return [Block("text", text) for text in dict.fromkeys(texts)]


def _footnotes(container: zipfile.ZipFile, archive: Archive) -> list[Block]:
    blocks: list[Block] = []
    for name in ("word/footnotes.xml", "word/endnotes.xml"):
        root = _tree(container, name) if name in archive.names else None
        for note in root if root is not None else ():
            if note.get(f"{_W}type") is None:
                text = " ".join(_paragraph_texts(note))
                if text.strip():
                    blocks.append(Block("text", text))
    return blocks


def _charts(body: bytes) -> list[Block]:
    """The titles and values of charts, as tables with one row for each category."""
    if b"ppt/charts/" not in body:
        return []
    from pptx import Presentation

    blocks: list[Block] = []
    for number, slide in enumerate(Presentation(io.BytesIO(body)).slides, start=1):
        for shape in slide.shapes:
            if getattr(shape, "has_chart", False):
                blocks.extend(_chart(shape.chart, number))
    return blocks


def _chart(chart: Any, page: int) -> list[Block]:
    blocks: list[Block] = []
    try:
        if chart.has_title and chart.chart_title.has_text_frame:
            blocks.append(Block("caption", chart.chart_title.text_frame.text, page=page))
        for plot in chart.plots:
            series = [(str(line.name), list(line.values)) for line in plot.series]
            categories = [str(category) for category in plot.categories]
            rows = [["", *(name for name, _ in series)]]
            for index, category in enumerate(categories):
                rows.append([category, *(_value(values, index) for _, values in series)])
            block = table_block(rows, page=page, headers=1)
            if block:
                blocks.append(block)
    except (AttributeError, KeyError, ValueError, TypeError, IndexError, NotImplementedError):
        # A chart type without categories, or a damaged one: the slide's text stands without it.
        return blocks
    return blocks


def _value(values: list[Any], index: int) -> str:
    value = values[index] if index < len(values) else None
    return "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)
