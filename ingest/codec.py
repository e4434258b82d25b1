"""The layout of a version (elements and pages) as bytes: zlib-compressed JSON, with page boxes in base64."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import orjson

from core.text import Span
from ingest.parsed import Element, PageLayout, Row


def pack(elements: tuple[Element, ...], pages: tuple[PageLayout, ...]) -> bytes:
    document = {
        "elements": [
            [
                element.kind,
                element.span.start,
                element.span.end,
                element.page,
                element.headings,
                [[row.span.start, row.span.end, int(row.header)] for row in element.rows],
                [element.lead.start, element.lead.end] if element.lead else None,
            ]
            for element in elements
        ],
        "pages": [
            [
                page.number,
                page.width,
                page.height,
                page.span.start,
                page.span.end,
                base64.b64encode(page.boxes).decode(),
            ]
            for page in pages
        ],
    }
    return zlib.compress(orjson.dumps(document), 3)


def unpack(layout: bytes) -> tuple[tuple[Element, ...], tuple[PageLayout, ...]]:
    document = orjson.loads(zlib.decompress(layout))
    return tuple(map(_element, document["elements"])), tuple(map(_page, document["pages"]))


def _element(raw: list[Any]) -> Element:
    kind, start, end, page, headings, rows, lead = raw
    return Element(
        kind,
        Span(start, end),
        page,
        tuple(headings),
        tuple(Row(Span(first, last), bool(header)) for first, last, header in rows),
        Span(*lead) if lead else None,
    )


def _page(raw: list[Any]) -> PageLayout:
    number, width, height, start, end, boxes = raw
    return PageLayout(number, width, height, Span(start, end), base64.b64decode(boxes))
