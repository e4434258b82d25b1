"""Markdown: the text stays verbatim; headings, lists, tables and code are found by their line numbers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.text import Span
from ingest.parse.outline import Outline
from ingest.parse.plain import normalise
from ingest.parsed import Parsed, Row

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_LONGEST_TITLE = 160
"""Characters. A longer "heading" is a paragraph that a row of marks happens to follow."""
_TITLE_LINE = re.compile(r"^title:[ \t]*['\"]?(.+?)['\"]?[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`~]+|<[^>]+>|\\(?=\W)")


def parse_markdown(text: str, title: str | None, filename: str) -> Parsed:
    """Markdown as CommonMark with tables. Elements are verbatim lines of the text."""
    text = normalise(text)
    outline = Outline()
    outline_markdown(text, outline, title=title, fallback=filename)
    return Parsed(title=outline.title, text=text, elements=tuple(outline.elements), media_type="text/markdown")


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])


def outline_markdown(text: str, outline: Outline, *, title: str | None = None, fallback: str = "") -> None:
    """Add the blocks of ``text`` to ``outline``, whose title, if not set, is the given, declared or first heading."""
    matter = _FRONT_MATTER.match(text)
    lead = matter.end() if matter else 0
    tokens = _reader().parse(text[lead:])
    starts = _line_starts(text, lead)
    if not outline.title:
        outline.title = title or _title(matter.group() if matter else "", tokens) or fallback
    if matter:
        outline.add("text", _trimmed(text, 0, lead), text)
    _Walk(text, starts, outline).run(tokens)


def _title(matter: str, tokens: Sequence[Token]) -> str | None:
    named = _TITLE_LINE.search(matter)
    if named:
        return named.group(1)
    for token, content in itertools.pairwise(tokens):
        if token.type == "heading_open" and len(found := words(content.content)) <= _LONGEST_TITLE:
            return found or None
    return None


def words(markup: str) -> str:
    """A heading's words without emphasis, links and code marks."""
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", markup)).split())


def _line_starts(text: str, offset: int) -> list[int]:
    starts = [offset]
    while (found := text.find("\n", starts[-1])) >= 0:
        starts.append(found + 1)
    starts.append(len(text))
    return starts


def _trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    kept = part.rstrip()
    return Span(start + len(kept) - len(kept.lstrip()), start + len(kept))


class _Walk:
    """One pass over the block tokens of a text."""

    def __init__(self, text: str, starts: list[int], outline: Outline) -> None:
        self.text = text
        self.starts = starts
        self.outline = outline
        self.items: list[Token] = []
        self.done = 0

    def run(self, tokens: Sequence[Token]) -> None:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            match token.type:
                case "list_item_open":
                    self.items.append(token)
                case "list_item_close":
                    self.items.pop()
                case "heading_open":
                    level = int(token.tag[1:])
                    self._add("heading", token, level=level, heading=words(tokens[index + 1].content))
                case "paragraph_open":
                    self._paragraph(token)
                case "fence" | "code_block":
                    self._add("code", token)
                case "html_block":
                    self._add("text", token)
                case "table_open":
                    index = self._table(tokens, index)
                case _:
                    pass
            index += 1

    def _paragraph(self, token: Token) -> None:
        if not self.items:
            self._add("text", token)
            return
        item = self.items[-1]
        # The first paragraph of an item begins at its mark, which stands on the item's first line.
        self._add("list_item", token, first=item if item.map and token.map and item.map[0] == token.map[0] else None)

    def _add(
        self, kind: str, token: Token, *, level: int = 1, heading: str | None = None, first: Token | None = None
    ) -> None:
        span = self._span(first or token, token)
        if span is None:
            return
        match kind:
            case "heading":
                self.outline.add("heading", span, self.text, level=level, heading=heading)
            case "list_item":
                self.outline.add("list_item", span, self.text)
            case "code":
                self.outline.add("code", span, self.text)
            case _:
                self.outline.add("text", span, self.text)

    def _span(self, first: Token, last: Token) -> Span | None:
        """Whole lines, never before what was added already (nested blocks may share a line)."""
        if not first.map or not last.map:
            return None
        start = max(self._start(first.map[0]), self.done)
        span = _trimmed(self.text, start, max(start, self._start(last.map[1])))
        self.done = max(self.done, span.end)
        return span

    def _start(self, line: int) -> int:
        return self.starts[min(line, len(self.starts) - 1)]

    def _table(self, tokens: Sequence[Token], index: int) -> int:
        table = tokens[index]
        rows: list[Row] = []
        header = True
        while tokens[index].type != "table_close":
            token = tokens[index]
            if token.type == "thead_close":
                header = False
            if token.type == "tr_open" and token.map:
                span = _trimmed(self.text, self._start(token.map[0]), self._start(token.map[1]))
                if len(span):
                    rows.append(Row(span, header))
            index += 1
        whole = self._span(table, table)
        if whole is not None:
            self.outline.add("table", whole, self.text, rows=[row for row in rows if row.span.within(whole)])
        return index
