"""Documents made for a test, and the checks that hold for every parsed document."""

from __future__ import annotations

import io
import zipfile
import zlib

import docx
import openpyxl
from pptx import Presentation
from pptx.util import Inches

from ingest.parsed import Parsed


def assert_consistent(parsed: Parsed) -> None:
    """Spans lie in the text, in order, without overlapping; rows lie in their table; boxes fit their characters."""
    end = 0
    for element in parsed.elements:
        assert element.span.start >= end
        assert element.span.end <= len(parsed.text)
        assert element.span.of(parsed.text).strip()
        end = element.span.end
        inner = element.span.start
        for row in element.rows:
            assert row.span.within(element.span)
            assert row.span.start >= inner
            assert "\n" not in row.span.of(parsed.text)
            inner = row.span.end
        if element.lead is not None:
            assert element.kind == "list_item"
            assert element.lead.end <= element.span.start
    for page in parsed.pages:
        assert page.span.end <= len(parsed.text)
        assert len(zlib.decompress(page.boxes)) == len(page.span) * 8
    for part in parsed.parts:
        assert part.span.end <= len(parsed.text)
    parsed.text.encode("utf-8")
    assert "\r" not in parsed.text
    assert "\0" not in parsed.text


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("Leave policy", level=1)
    document.add_paragraph("This policy holds for all staff. You may take:")
    document.add_paragraph("Parental leave", style="List Bullet")
    document.add_paragraph("Study leave", style="List Bullet")
    document.add_heading("Days", level=2)
    table = document.add_table(rows=3, cols=2)
    for row, cells in enumerate([("Grade", "Days"), ("A", "25"), ("B", "30")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def workbook(rows: list[list[object]], *, merged: str | None = None, name: str = "Prices") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def slides() -> bytes:
    deck = Presentation()
    for title, body in (("Plan", "Ship in May"), ("Costs", "Two hundred")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    table = deck.slides[1].shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    for row, cells in enumerate([("Item", "Cost"), ("Desk", "90")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    deck.slides[0].notes_slide.notes_text_frame.text = "Say it slowly"
    output = io.BytesIO()
    deck.save(output)
    return output.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return output.getvalue()


def with_member(body: bytes, name: str, content: bytes) -> bytes:
    """The archive with one member added or replaced."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    return packed({**members, name: content})


def pdf(pages: list[list[tuple[float, float, float, str]]], *, rotate: int = 0) -> bytes:
    """A PDF of lines (x, y from the bottom, size, text) in Helvetica."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for index, lines in enumerate(pages):
        drawn = "".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n" for x, y, size, text in lines).encode()
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate {rotate} /Contents {5 + 2 * index} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
    output = io.BytesIO()
    output.write(b"%PDF-1.4\n")
    places: list[int] = []
    for number, content in enumerate(objects, start=1):
        places.append(output.tell())
        output.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = output.tell()
    output.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    output.writelines(b"%010d 00000 n \n" % place for place in places)
    output.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table))
    return output.getvalue()
