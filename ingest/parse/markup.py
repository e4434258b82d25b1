"""HTML: cleaned of what is not content, its merged cells spread, then read by ``unstructured``. Nothing is fetched."""
# lxml is a compiled module without types.
# pyright: reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from typing import Any

from ingest.parse.encoding import decode
from ingest.parse.errors import ParseFailed
from ingest.parse.outline import Block, compose
from ingest.parse.unstructured_text import blocks_from, partitioner
from ingest.parsed import Parsed

_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])")
_DROPPED = ("script", "style", "noscript", "template", "nav", "iframe", "object", "embed", "svg", "link", "meta")
_RENAMED = {"form": "div", "details": "div", "figure": "div", "summary": "p", "figcaption": "p", "label": "span",
            "button": "span", "dialog": "div", "fieldset": "div", "legend": "p"}  # fmt: skip
_MAX_SPREAD = 200_000


def parse_html(body: bytes, title: str | None, filename: str) -> Parsed:
    """An HTML document. Raises ``ParseFailed``: undecodable, empty, corrupt."""
    blocks, own_title, warnings = html_blocks(decode_html(body))
    name = title or own_title or _first_heading(blocks) or filename
    return compose(blocks, title=name, media_type="text/html", warnings=warnings, what="page")


def decode_html(body: bytes, declared: str | None = None) -> str:
    """The markup as text, by its mark, its declaration where that is true, or its content."""
    found = _CHARSET.search(body[:4096])
    name = declared or (found.group(1).decode("ascii", errors="ignore") if found else None)
    return decode(body, name, what="page")


def html_blocks(markup: str) -> tuple[list[Block], str | None, list[str]]:
    """Blocks, the document's own title, and warnings."""
    tree = _read(markup)
    if tree is None:
        return [], None, []
    named = tree.find(".//title")
    title = " ".join(str(named.text_content()).split())[:300] if named is not None else None
    warnings = _clean(tree)
    from lxml import html

    try:
        pieces = partitioner("html")(text=html.tostring(tree, encoding="unicode"))
        blocks = blocks_from(pieces)
    except (RecursionError, ValueError, AttributeError, TypeError, AssertionError, KeyError):
        # Markup nested too deep or too odd to be laid out still has words.
        blocks = [Block("text", text) for text in _lines(tree)]
        warnings.append("layout lost: the markup is nested too deep or malformed")
    return blocks, title or None, warnings


def _read(markup: str) -> Any:
    from lxml import etree, html

    if not markup.strip():
        return None
    # An encoding declaration is refused in text that is decoded already.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", markup.lstrip("\ufeff"), count=1)
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        return html.document_fromstring(text, parser=parser)
    except (etree.ParserError, ValueError) as error:
        if "empty" in str(error).lower():
            return None
        raise ParseFailed("corrupt", "The page cannot be read as HTML.") from error


def _clean(tree: Any) -> list[str]:
    warnings: list[str] = []
    hidden = 0
    for element in list(tree.iter()):
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if tag in _DROPPED or element.get("role") == "navigation":
            _drop(element)
        elif element.get("hidden") is not None or _HIDDEN.search((element.get("style") or "").lower()):
            hidden += tag != "body" and bool(str(element.text_content()).strip())
            if tag not in ("body", "html"):
                _drop(element)
        elif tag in _RENAMED:
            element.tag = _RENAMED[tag]
    if hidden:
        warnings.append(f"hidden text left out: {hidden} places")
    _flatten_layout(tree)
    _spread_merged(tree)
    return warnings


def _drop(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _flatten_layout(tree: Any) -> None:
    """Tables that hold tables, or only one cell, lay out a page: their cells become plain sections."""
    for table in list(tree.iter("table")):
        cells = list(table.iter("td", "th"))
        if len(cells) <= 1 or next(table.iterdescendants("table"), None) is not None:
            for child in table.iterdescendants("thead", "tbody", "tfoot", "tr", "td", "th"):
                if next(child.iterancestors("table"), None) is table:
                    child.tag = "div"
            table.tag = "div"


def _spread_merged(tree: Any) -> None:
    """Repeat the text of a merged cell in every place it covers, so that each row reads with its columns."""
    from lxml import etree

    spread = 0
    for table in list(tree.iter("table")):
        pending: dict[int, tuple[int, str]] = {}
        for line in table.iter("tr"):
            cells = list(line.iterchildren("td", "th"))
            column = 0
            position = 0
            for cell in [*cells, None]:
                while column in pending:
                    left, text = pending.pop(column)
                    extra = etree.SubElement(line, "td")
                    extra.text = text
                    line.remove(extra)
                    line.insert(position, extra)
                    position += 1
                    if left > 1:
                        pending[column] = (left - 1, text)
                    column += 1
                if cell is None:
                    break
                text = " ".join(str(cell.text_content()).split())
                across, down = _span(cell.get("colspan")), _span(cell.get("rowspan"))
                position = line.index(cell) + 1
                for step in range(across):
                    if down > 1:
                        pending[column] = (down - 1, text)
                    column += 1
                    if step and spread < _MAX_SPREAD:
                        extra = etree.SubElement(line, cell.tag)
                        extra.text = text
                        line.remove(extra)
                        line.insert(position, extra)
                        position += 1
                spread += across * down


def _span(value: str | None) -> int:
    return min(max(int(value), 1), 100) if value and value.strip().isdigit() else 1


def _lines(tree: Any) -> list[str]:
    texts = (" ".join(str(text).split()) for text in tree.itertext())
    return [text for text in texts if text]


def _first_heading(blocks: list[Block]) -> str | None:
    return next((" ".join(block.text.split())[:300] for block in blocks if block.kind == "heading"), None)
