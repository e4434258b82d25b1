# ReportLab has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportAttributeAccessIssue=false, reportUnknownParameterType=false
# pyright: reportMissingParameterType=false, reportUntypedBaseClass=false, reportUnknownLambdaType=false
"""A report as PDF (A4): the same figures as in every other form, with bookmarks, and with pages that are numbered.

The font is Source Sans (SIL Open Font License), which comes with a package and is embedded: Latin with all its accents,
Greek, Cyrillic and Vietnamese. A letter of another script is shown by its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from io import BytesIO
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, LongTable, PageTemplate, Paragraph, Spacer, TableStyle

from api.reports.shape import Column, Report, Section, Table, checkpoint_told
from api.reports.visible import NONE, NOTHING, of_figure, value, visible

PLAIN, BOLD = "VouchSans", "VouchSans-Bold"
_INK, _QUIET, _LINE, _BAND = (colors.HexColor(each) for each in ("#1c2430", "#4a5568", "#c9d0da", "#f3f5f8"))
_ALARM, _NOW, _PAST = (colors.HexColor(each) for each in ("#9b1c1c", "#2b5c9e", "#7d8896"))
_MARGIN = 16 * mm
_SIZE = landscape(A4)
_WIDTH = _SIZE[0] - 2 * _MARGIN
_BAR = 26 * mm


def pdf(report: Report) -> bytes:
    # How many pages there are is known when they were laid out once.
    pages = _built(report, 0)[1]
    return _built(report, pages)[0]


def _built(report: Report, pages: int) -> tuple[bytes, int]:
    to = BytesIO()
    title = _shown(f"{report.title} {report.period.week or ''}".strip())
    document = _Document(to, title, f"{title}, made {value(report.made_at, 'moment')}", pages)
    document.build(list(_story(report, title)))
    return to.getvalue(), document.page


class _Document(BaseDocTemplate):
    """Puts headings into the outline as they are set, and numbers below each page. ``pages``: how many there will
    be."""

    def __init__(self, to: BytesIO, title: str, footer: str, pages: int) -> None:
        super().__init__(
            to, pagesize=_SIZE, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
            title=title, author="Vouch", lang="en", invariant=1, pageCompression=1,
        )  # fmt: skip
        self._footer, self._pages, self._marks = footer, pages, 0
        frame = Frame(
            _MARGIN, _MARGIN, _WIDTH, _SIZE[1] - 2 * _MARGIN, leftPadding=0, rightPadding=0, topPadding=0,
            bottomPadding=0, id="page",
        )  # fmt: skip
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._below))

    def afterFlowable(self, flowable: Any) -> None:  # noqa: N802 (the name is ReportLab's)
        level = getattr(flowable, "outline", None)
        if level is None:
            return
        self._marks += 1
        key = f"h{self._marks}"
        self.canv.bookmarkHorizontal(key, 0, flowable.height + self.frame._y)
        self.canv.addOutlineEntry(flowable.getPlainText(), key, level, closed=level > 0)
        self.canv.showOutline()

    def _below(self, canvas: Any, document: Any) -> None:
        canvas.setFont(PLAIN, 8)
        canvas.setFillColor(_QUIET)
        canvas.drawString(_MARGIN, 9 * mm, self._footer[:150])
        canvas.drawRightString(_SIZE[0] - _MARGIN, 9 * mm, f"Page {document.page} of {self._pages}")


def _story(report: Report, title: str) -> Iterator[Flowable]:
    yield _heading(title, "title", 0)
    yield _head(report)
    for section in report.sections:
        yield Spacer(0, 5 * mm)
        yield _heading(section.title, "section", 0)
        if section.figures:
            yield _figures(section, compared=report.compared)
        for table in section.tables:
            if table.rows:
                yield from _table(table)
        if empty := [each.title for each in section.tables if not each.rows]:
            yield Spacer(0, 2 * mm)
            yield _paragraph(f"{NONE} {'; '.join(empty)}.", "quiet")
        for note in section.notes:
            yield _paragraph(note, "quiet")


def _head(report: Report) -> LongTable:
    checkpoint = checkpoint_told(report.checkpoint)
    said = [
        ("Organisation", report.organisation or NOTHING),
        ("Period", _span(report.period.told())),
        *([("Compared with", _span(report.period.before.told()))] if report.compared else []),
        ("Made", value(report.made_at, "moment")),
        ("Log", checkpoint["origin"]),
        ("Checkpoint", f"{checkpoint['size']:,} records, signed {value(checkpoint['at'], 'moment')}"),
        ("Root", checkpoint["root"]),
    ]
    cells = [[_paragraph(name, "quiet"), _paragraph(shown, "cell")] for name, shown in said]
    padding = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 1)]
    return LongTable(cells, colWidths=[32 * mm, _WIDTH - 32 * mm], style=TableStyle(padding), hAlign="LEFT")


def _span(told: Mapping[str, str | None]) -> str:
    return f"{value(told['since'], 'moment')} until {value(told['until'], 'moment')}"


def _figures(section: Section, *, compared: bool) -> LongTable:
    most = max((abs(n or 0) for each in section.figures for n in (each.now, each.before)), default=0)
    head = ["This period", *(["Before", ""] if compared else [])]
    lines: list[list[Any]] = [[_paragraph("Figure", "headcell"), *(_paragraph(each, "headnumber") for each in head)]]
    for each in section.figures:
        line: list[Any] = [_paragraph(each.title, "cell"), _paragraph(of_figure(each), "number")]
        if compared:
            hidden = each.few_now or each.few_before
            bar = _Bars(0, 0, 1) if hidden else _Bars(each.now or 0, each.before or 0, most)
            line += [_paragraph(of_figure(each, before=True), "number"), bar]
        lines.append(line)
    widths = [_WIDTH - 88 * mm - _BAR, 44 * mm, 44 * mm, _BAR] if compared else [_WIDTH - 60 * mm, 60 * mm]
    return _laid_out(lines, widths)


def _table(table: Table) -> Iterator[Flowable]:
    alarm = table.alarm
    yield _heading(table.title, "alarm" if alarm else "table", 1)
    if table.note:
        yield _paragraph(table.note, "quiet")
    head = [_paragraph(each.title, "headcell" if _is_text(each) else "headnumber") for each in table.columns]
    lines: list[list[Any]] = [head]
    text = "alarmcell" if alarm else "cell"
    for row in table.rows:
        lines.append(
            [
                _paragraph(value(row[each.name], each.unit), text if _is_text(each) else "number")
                for each in table.columns
            ]
        )
    yield _laid_out(lines, _widths(table.columns))


def _widths(columns: Sequence[Column]) -> list[float]:
    """Names need more room than numbers."""
    parts = [2.2 if each.unit == "text" else 1.6 if each.unit == "moment" else 1.0 for each in columns]
    return [_WIDTH * each / sum(parts) for each in parts]


def _laid_out(lines: list[list[Any]], widths: list[float]) -> LongTable:
    style = TableStyle([
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 1, _LINE),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, _LINE),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, _BAND]),
        ("LEFTPADDING", (0, 0), (-1, -1), 2), ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ])  # fmt: skip
    return LongTable(lines, colWidths=widths, repeatRows=1, style=style, hAlign="LEFT", splitInRow=1)


class _Bars(Flowable):
    """Two bars, of the period and of the one before."""

    def __init__(self, now: float, before: float, most: float) -> None:
        super().__init__()
        self.now, self.before, self.most = now, before, most or 1

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 (the names are ReportLab's)
        return _BAR - 6, 9

    def draw(self) -> None:
        for said, colour, y, height in ((self.now, _NOW, 3.5, 5), (self.before, _PAST, 0.5, 2)):
            if said:
                self.canv.setFillColor(colour)
                self.canv.rect(0, y, (_BAR - 6) * abs(said) / self.most, height, stroke=0, fill=1)


def _heading(text: str, style: str, level: int) -> Paragraph:
    made = _paragraph(text, style)
    made.outline = level
    return made


def _paragraph(text: str, style: str) -> Paragraph:
    return Paragraph(escape(_shown(text)), _styles()[style])


def _shown(text: str) -> str:
    return visible(text, _letters())


def _is_text(column: Column) -> bool:
    return column.unit in ("text", "moment")


@cache
def _letters() -> frozenset[int]:
    """Which characters both faces of the font have."""
    faces: list[frozenset[int]] = []
    for name, file in ((PLAIN, "SourceSansPro-Regular.ttf"), (BOLD, "SourceSansPro-Bold.ttf")):
        font = TTFont(name, str(files("font_source_sans_pro") / "files" / file))
        pdfmetrics.registerFont(font)
        faces.append(frozenset(font.face.charToGlyph))
    return faces[0] & faces[1]


@cache
def _styles() -> Mapping[str, ParagraphStyle]:
    _letters()

    def style(name: str, size: float, **more: Any) -> ParagraphStyle:
        given: dict[str, Any] = {
            "fontName": PLAIN,
            "textColor": _INK,
            "leading": size * 1.25,
            "splitLongWords": 1,
            **more,
        }
        return ParagraphStyle(name, fontSize=size, **given)

    made = (
        style("title", 18, fontName=BOLD, spaceAfter=6),
        style("section", 13, fontName=BOLD, spaceBefore=8, spaceAfter=3, keepWithNext=1),
        style("table", 10, fontName=BOLD, spaceBefore=7, spaceAfter=2, keepWithNext=1),
        style("alarm", 10, fontName=BOLD, spaceBefore=7, spaceAfter=2, keepWithNext=1, textColor=_ALARM),
        style("quiet", 8.5, textColor=_QUIET),
        style("cell", 8.5),
        style("alarmcell", 8.5, textColor=_ALARM),
        style("number", 8.5, alignment=2),
        style("headcell", 8.5, fontName=BOLD, textColor=_QUIET),
        style("headnumber", 8.5, fontName=BOLD, textColor=_QUIET, alignment=2),
    )
    return {each.name: each for each in made}
