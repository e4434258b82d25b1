"""Parsed texts of every shape, for properties."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from core.text import Span
from ingest.parsed import Element, ElementKind, Parsed, Part, Row

WORDS = st.one_of(
    st.sampled_from(
        ["leave", "policy", "the", "of", "a", "42", "€1,250.00", "e.g.", "No.", "x" * 130, "北京市政府", "Ünïcödé"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12),
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=40).map(lambda words: " ".join(words) + ". ")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=15).map("".join)
REPETITIVE = st.integers(1, 120).map(lambda times: "The same words again. " * times)


@dataclass
class Page:
    """A text under construction."""

    text: str = ""
    elements: list[Element] = field(default_factory=list[Element])
    parts: list[Part] = field(default_factory=list[Part])
    headings: tuple[str, ...] = ()
    lead: Span | None = None

    def add(self, kind: ElementKind, body: str, page: int | None) -> Span:
        span = Span(len(self.text), len(self.text) + len(body))
        self.text += body + "\n\n"
        lead = self.lead if kind == "list_item" else None
        self.elements.append(Element(kind, span, page, self.headings, lead=lead))
        return span

    def add_table(self, rows: list[str], headers: int, page: int | None) -> None:
        start = len(self.text)
        found: list[Row] = []
        for number, row in enumerate(rows):
            found.append(Row(Span(len(self.text), len(self.text) + len(row)), header=number < headers))
            self.text += row + "\n"
        self.elements.append(Element("table", Span(start, len(self.text) - 1), page, self.headings, rows=tuple(found)))
        self.text += "\n"


@st.composite
def parsed_texts(draw: st.DrawFn, *, parts: bool = True) -> Parsed:
    page = Page()
    number: int | None = draw(st.sampled_from([None, 1]))
    for _ in range(draw(st.integers(1, 8))):
        if number is not None and draw(st.booleans()):
            number += 1
        kind = draw(st.sampled_from(["heading", "text", "text", "list", "table", "header", "footer", "code", "field"]))
        if kind == "heading":
            name = draw(SENTENCES)[:60]
            page.add("heading", name, number)
            page.headings = (*page.headings[: draw(st.integers(0, 2))], name.strip())
        elif kind == "list":
            page.lead = page.add("text", draw(SENTENCES), number)
            for _ in range(draw(st.integers(1, 6))):
                page.add("list_item", draw(SENTENCES), number)
        elif kind == "table":
            rows = draw(st.lists(SENTENCES.map(lambda row: row.replace(" ", " | ")), min_size=1, max_size=12))
            page.add_table(rows, draw(st.integers(0, 2)), number)
        elif kind == "field" and parts:
            value = draw(SENTENCES)
            span = page.add("text", f"salary: {value}", number)
            page.parts.append(Part("salary", Span(span.start + len("salary: "), span.end)))
        else:
            plain: ElementKind = kind if kind in ("header", "footer", "code") else "text"
            page.add(plain, draw(st.one_of(PARAGRAPHS, REPETITIVE)), number)
    return Parsed(
        draw(st.sampled_from(["", "Leave policy", "word " * 90])),
        page.text,
        tuple(page.elements),
        parts=tuple(page.parts),
    )
