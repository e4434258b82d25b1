"""PDF through pypdfium2: every page's text exactly as the engine gives it, with a box for each character."""
# pypdfium2's raw bindings are generated without types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ctypes
import io
import re
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from core.text import Span
from ingest.parse.errors import ParseFailed
from ingest.parse.outline import Outline, printable
from ingest.parse.pdf_layout import Line, Place, find_lines, lay_out, repeated_lines
from ingest.parsed import PageLayout, Parsed

MAX_PAGES = 5_000
MAX_PIXELS = 25_000_000
_LEAST_CHARACTERS = 10
_NAMED_PAGES = 20
_COVER_HEADINGS = 2
_GAP = "\n\n"
_GENERIC = re.compile(
    r"\(?(untitled|anonymous|unspecified)\b.*|microsoft (word|powerpoint|excel) - .*|\W*"
    r"|.*\.(docx?|pptx?|xlsx?|pdf|tex|dvi|indd)",
    re.IGNORECASE,
)
_SOFT_HYPHEN, _HYPHEN_MARK, _RETURN, _FEED = 0xFFFE, 0x02, 0x0D, 0x0A
_AFTER_HYPHEN = re.compile(r"[A-Z0-9]")

Boxes = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class PageText:
    """One page read: its size in points, its text with line feeds, int16[characters, 4] boxes, its lines."""

    width: float
    height: float
    text: str
    boxes: Boxes
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    pictures: bool


_NAME_MARKS = re.compile(r"[_\W]+")
"""What stands between the words of a file name."""


def parse_pdf(body: bytes, title: str | None, filename: str) -> Parsed:
    """A PDF. Raises ``ParseFailed``: encrypted, corrupt, needs_ocr, empty, too_large."""
    document = _open(body)
    try:
        count = len(document)
        if count == 0:
            raise ParseFailed("corrupt", "The PDF has no pages.")
        if count > MAX_PAGES:
            raise ParseFailed("too_large", f"The PDF has more than {MAX_PAGES:,} pages.")
        form = document.get_formtype() not in (raw.FORMTYPE_NONE,)
        if form:
            document.init_forms()
        pages = [_read_page(document, number) for number in range(count)]
        warnings = _warnings(document, pages)
        own = document.get_metadata_value("Title").strip()
    except pdfium.PdfiumError as error:
        raise ParseFailed("corrupt", "The PDF is damaged.") from error
    finally:
        document.close()
    _require_text(pages)
    named = title or ("" if _GENERIC.fullmatch(own) else " ".join(printable(own).split())[:300])
    return _compose(pages, named, filename, warnings)


def render_page(body: bytes, page: int, scale: float) -> bytes:
    """Page ``page`` (from 1) as PNG at ``scale`` pixels a point, made smaller where it would pass 25 million pixels."""
    document = _open(body)
    try:
        if not 1 <= page <= len(document):
            raise ParseFailed("corrupt", f"The PDF has no page {page}.")
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()
        source = document[page - 1]
        width, height = source.get_size()
        area = max(width * height, 1.0)
        fitting = min(max(scale, 0.05), (MAX_PIXELS / area) ** 0.5)
        picture = source.render(scale=fitting).to_pil()  # pyright: ignore[reportArgumentType]
        output = io.BytesIO()
        picture.convert("RGB").save(output, format="PNG", compress_level=3)
        return output.getvalue()
    except (pdfium.PdfiumError, ValueError, OSError) as error:
        raise ParseFailed("corrupt", "The page of the PDF cannot be drawn.") from error
    finally:
        document.close()


def _open(body: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise ParseFailed("encrypted", "The PDF is protected by a password.") from error
        raise ParseFailed("corrupt", "The PDF is damaged.") from error


def _read_page(document: pdfium.PdfDocument, index: int) -> PageText:
    try:
        page = document[index]
    except pdfium.PdfiumError:
        # One unreadable page does not lose the others; it counts as a page without text.
        return PageText(0.0, 0.0, "", np.zeros((0, 4), np.int16), (), (), False)
    width, height = page.get_size()
    layer = page.get_textpage()
    count = layer.count_chars()
    text = layer.get_text_range() if count > 0 else ""
    if len(text) != count:
        text = "".join(chr(raw.FPDFText_GetUnicode(layer.raw, place) or 0xFFFD) for place in range(max(count, 0)))
    tidied = _tidy(text)
    boxes = _to_page(_boxes(layer.raw, len(text))[tidied.origin], page, width, height)
    text, origin = tidied.text, tidied.origin

    def weight(place: int) -> int:
        return int(raw.FPDFText_GetFontWeight(layer.raw, int(origin[place])))

    lines = find_lines(text, boxes, tidied.joints, weight)
    pictures = len(text.strip()) < _LEAST_CHARACTERS and _has_pictures(page)
    notes = _notes(document, page)
    layer.close()
    page.close()
    return PageText(
        width, height, text, np.rint(np.clip(boxes, 0, 32767)).astype(np.int16), tuple(lines), notes, pictures
    )


_READ_BOX = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)
"""The engine's function with plain addresses as arguments: half the time of making a reference for each character."""


def _boxes(layer: Any, count: int) -> npt.NDArray[np.float32]:
    """float32[count, 4]: left, top, right, bottom of every character in the page's own coordinates."""
    found = np.zeros((count, 4), np.float32)
    start, handle = found.ctypes.data, ctypes.cast(layer, ctypes.c_void_p).value
    read = _READ_BOX
    for place in range(count):
        read(handle, place, start + place * 16)
    return found


def _to_page(boxes: npt.NDArray[np.float32], page: Any, width: float, height: float) -> npt.NDArray[np.float32]:
    """Boxes from the page's coordinates (origin bottom left, not turned or cropped) to points from its top left."""
    if not len(boxes):
        return boxes
    scale = 16
    size = (max(int(width * scale), 1), max(int(height * scale), 1))

    def shown(x: float, y: float) -> npt.NDArray[np.float64]:
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
        return np.array([across.value / scale, down.value / scale])

    origin = shown(0, 0)
    step = 1000.0
    axis_x, axis_y = (shown(step, 0) - origin) / step, (shown(0, step) - origin) / step
    first = origin + boxes[:, 0:1] * axis_x + boxes[:, 1:2] * axis_y
    second = origin + boxes[:, 2:3] * axis_x + boxes[:, 3:4] * axis_y
    placed = np.hstack([np.minimum(first, second), np.maximum(first, second)]).astype(np.float32)
    drawn = (boxes[:, 2] != boxes[:, 0]) & (boxes[:, 1] != boxes[:, 3])
    placed[~drawn] = 0
    return np.nan_to_num(placed, nan=0.0, posinf=0.0, neginf=0.0)


@dataclass(frozen=True, slots=True)
class _Tidied:
    """A page's text with ``origin``, where each character stood in the engine's text, and ``joints``, where a hyphen
    joined two lines."""

    text: str
    origin: npt.NDArray[np.intp]
    joints: list[int]


def _tidy(text: str) -> _Tidied:
    """Carriage returns and line-end hyphens go. A hyphen before a capital or a digit belongs to the word and stays."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).copy()
    keep = np.ones(len(codes), bool)
    keep[:-1] = ~((codes[:-1] == _RETURN) & (codes[1:] == _FEED))
    codes[codes == _RETURN] = _FEED
    hyphens = np.flatnonzero((codes == _SOFT_HYPHEN) | (codes == _HYPHEN_MARK))
    for place in hyphens:
        if _AFTER_HYPHEN.match(text, int(place) + 1):
            codes[place] = ord("-")
        else:
            keep[place] = False
    position = np.cumsum(keep)
    kept = codes[keep].tobytes().decode("utf-32-le", "surrogatepass")
    return _Tidied(printable(kept), np.flatnonzero(keep), [int(position[place]) for place in hyphens])


def _has_pictures(page: Any) -> bool:
    return (
        next(iter(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH), max_depth=3)), None)
        is not None
    )


def _notes(document: pdfium.PdfDocument, page: Any) -> tuple[str, ...]:
    """The text of annotations, and ``name: value`` of filled form fields."""
    notes: list[str] = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), 1000)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        if kind == raw.FPDF_ANNOT_WIDGET and document.formenv:
            name = _string(raw.FPDFAnnot_GetFormFieldName, document.formenv.raw, annotation)
            value = _string(raw.FPDFAnnot_GetFormFieldValue, document.formenv.raw, annotation)
            if value.strip():
                notes.append(f"{name}: {value}" if name else value)
        elif kind not in (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
            value = _string(raw.FPDFAnnot_GetStringValue, annotation, b"Contents")
            if value.strip():
                notes.append(value)
        raw.FPDFPage_CloseAnnot(annotation)
    return tuple(" ".join(printable(note).split()) for note in dict.fromkeys(notes))


def _string(read: Any, *arguments: Any) -> str:
    size = int(read(*arguments, None, 0))
    if size <= 2 or size > 200_000:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(*arguments, buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", errors="replace")


def _warnings(document: pdfium.PdfDocument, pages: list[PageText]) -> list[str]:
    warnings: list[str] = []
    attached = document.count_attachments()
    if attached > 0:
        warnings.append(f"attachments skipped: {attached}")
    blank = [str(number) for number, page in enumerate(pages, start=1) if page.pictures or page.width == 0]
    if blank and len(blank) < len(pages):
        named = ", ".join(blank[:_NAMED_PAGES]) + (", ..." if len(blank) > _NAMED_PAGES else "")
        warnings.append(f"pages without a text layer left out: {named}")
    return warnings


def _require_text(pages: list[PageText]) -> None:
    written = "".join("".join(page.text.split()) for page in pages)
    noted = any(page.notes for page in pages)
    if len(written) < _LEAST_CHARACTERS * len(pages) and sum(page.pictures for page in pages) * 2 >= len(pages):
        raise ParseFailed("needs_ocr", "The PDF has no text layer: its pages are pictures.")
    if not written and not noted:
        raise ParseFailed("empty", "The PDF has no text.")
    unreadable = sum(1 for char in written if char == "\ufffd" or "\ue000" <= char <= "\uf8ff")
    if unreadable * 2 > len(written) > 0:
        raise ParseFailed("needs_ocr", "The fonts of the PDF do not say which letters they draw.")


def _compose(pages: list[PageText], title: str, filename: str, warnings: list[str]) -> Parsed:
    pieces: list[str] = []
    layouts: list[PageLayout] = []
    starts: list[int] = []
    notes: list[tuple[int, Span]] = []
    offset = 0
    for number, page in enumerate(pages, start=1):
        if offset:
            pieces.append(_GAP)
            offset += len(_GAP)
        starts.append(offset)
        span = Span(offset, offset + len(page.text))
        layouts.append(PageLayout(number, page.width, page.height, span, zlib.compress(page.boxes.tobytes(), 1)))
        pieces.append(page.text)
        offset = span.end
        for note in page.notes:
            pieces.append(f"\n{note}")
            notes.append((number, Span(offset + 1, offset + 1 + len(note))))
            offset += 1 + len(note)
    text = "".join(pieces)
    places = _places(pages, starts)
    cover = [] if title else _cover(places, text)
    name = title or ": ".join(cover) or filename
    outline = Outline(name, parts=cover)
    waiting = iter(notes)
    note = next(waiting, None)
    for place in [*places, None]:
        while note is not None and (place is None or note[1].start < place.span.start):
            outline.add("text", note[1], text, page=note[0])
            note = next(waiting, None)
        if place is not None:
            outline.add(place.kind, place.span, text, level=place.level, page=place.page, rows=place.rows)
    return Parsed(
        title=name,
        text=text,
        elements=tuple(outline.elements),
        pages=tuple(layouts),
        media_type="application/pdf",
        name=" ".join(_NAME_MARKS.sub(" ", filename).split()),
        warnings=tuple(warnings),
    )


def _places(pages: list[PageText], starts: list[int]) -> list[Place]:
    running = repeated_lines([(page.text, page.lines, page.height) for page in pages])
    return lay_out([(page.text, page.lines, start) for page, start in zip(pages, starts, strict=True)], running)


def _cover(places: list[Place], text: str) -> list[str]:
    """The headings that open the document one after the other: on a cover, a name and what is about."""
    opening: list[str] = []
    for place in places:
        if place.kind in ("header", "footer"):
            continue
        words = " ".join(place.span.of(text).split())
        readable = sum(char.isalpha() for char in words) * 2 > len(words)
        if place.kind != "heading" or place.page > 1 or not readable or len(opening) == _COVER_HEADINGS:
            break
        opening.append(words[:200])
    return opening
