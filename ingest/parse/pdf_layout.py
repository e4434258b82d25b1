"""Lines of a PDF page to paragraphs, headings, lists, aligned tables and running headers, by character boxes alone."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.text import Span
from ingest.parsed import ElementKind, Row

_BULLET = re.compile(
    r"\s*(?:[•‣◦▪●·–—*➢❖✓□■◆➔→\uf0b7\uf0a7o-]\s+\S|\(?\d{1,2}[.)]\s+\S|\(?[a-z][.)]\s+\S|\(?[ivx]{1,4}[.)]\s+\S)"
)
_PAGE_NUMBER = re.compile(r"\W*(?:page|seite|p\.)?\s*\d{1,4}(?:\s*(?:of|/|von)\s*\d{1,4})?\W*", re.IGNORECASE)
_SENTENCE_END = (".", "!", "?", ":", ";", "。")
_SPACES = np.array([0x09, 0x0A, 0x20, 0xA0, 0x3000, *range(0x2000, 0x200C)], np.uint32)
_BOLD = 600
_COLUMN_GAP = 1.5
_TABLE_LINES = 3
_HEADING_LIMIT = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One visual line: ``start`` to ``end`` in its page's text, its box and character height in points.

    ``columns`` are the left edges of pieces that wide gaps set apart; ``joined`` tells that a line-end hyphen ties it
    to the line before.
    """

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    columns: tuple[float, ...]
    joined: bool


@dataclass(frozen=True, slots=True)
class Place:
    """An element found on a page, its span in the whole text."""

    kind: ElementKind
    span: Span
    page: int
    level: int = 1
    rows: tuple[Row, ...] = ()


def find_lines(
    text: str, boxes: npt.NDArray[np.float32], joints: Sequence[int], weight: Callable[[int], int]
) -> list[Line]:
    """The lines of a page's text, cut at line feeds and at ``joints``; ``weight`` gives a character's font weight."""
    cuts: list[tuple[int, int, bool]] = []
    begin, joined = 0, False
    marks = sorted([(place, True) for place in joints] + [(match.start(), False) for match in re.finditer("\n", text)])
    for place, joint in [*marks, (len(text), False)]:
        cuts.append((begin, place, joined))
        begin, joined = (place, True) if joint else (place + 1, False)
    lines: list[Line] = []
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    shown = (boxes[:, 2] > boxes[:, 0]) & ~np.isin(codes, _SPACES)
    for start, end, tied in cuts:
        line = _line(text, boxes, shown, start, end, tied, weight)
        if line is not None:
            lines.append(line)
    return lines


def _line(
    text: str,
    boxes: npt.NDArray[np.float32],
    shown: npt.NDArray[np.bool_],
    start: int,
    end: int,
    joined: bool,
    weight: Callable[[int], int],
) -> Line | None:
    part = text[start:end]
    words = part.strip()
    if not words:
        return None
    first = start + len(part) - len(part.lstrip())
    last = first + len(words)
    drawn = boxes[first:last][shown[first:last]]
    if not len(drawn):
        return Line(first, last, 0.0, 0.0, 0.0, 0.0, 0.0, False, (), joined)
    heights = drawn[:, 3] - drawn[:, 1]
    size = _median(heights)
    gaps = drawn[1:, 0] - drawn[:-1, 2]
    wide = np.flatnonzero(gaps > _COLUMN_GAP * size)
    columns = (float(drawn[0, 0]), *(float(drawn[place + 1, 0]) for place in wide))
    bold = weight(first) >= _BOLD and weight(last - 1) >= _BOLD
    left, top = float(drawn[:, 0].min()), float(drawn[:, 1].min())
    return Line(first, last, left, top, float(drawn[:, 2].max()), float(drawn[:, 3].max()), size, bold, columns, joined)


def _median(values: npt.NDArray[np.float32]) -> float:
    """The median of one or more numbers; for as few as a line holds, numpy's own takes five times as long."""
    ordered = np.sort(values)
    return float((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2)


def repeated_lines(pages: Sequence[tuple[str, Sequence[Line], float]]) -> dict[tuple[int, int], ElementKind]:
    """Running headers and footers as (page index, line index): edge lines that most pages repeat, and page numbers."""
    if len(pages) < 2:
        return {}
    found: dict[str, list[tuple[int, int, ElementKind]]] = {}
    numbers: dict[tuple[int, int], ElementKind] = {}
    for index, (text, lines, height) in enumerate(pages):
        order = sorted(range(len(lines)), key=lambda place: lines[place].top)
        for place in dict.fromkeys([*order[:2], *order[-2:]]):
            line = lines[place]
            middle = (line.top + line.bottom) / 2
            if not height * 0.14 > middle and not middle > height * 0.86:
                continue
            kind: ElementKind = "header" if middle < height / 2 else "footer"
            words = text[line.start : line.end]
            if _PAGE_NUMBER.fullmatch(words):
                numbers[index, place] = kind
            key = f"{kind} {re.sub(r'[0-9]+', '#', words.casefold())}"
            found.setdefault(key, []).append((index, place, kind))
    least = max(3, len(pages) // 2) if len(pages) > 2 else 3
    running = numbers if len(numbers) >= 2 else {}
    for group in found.values():
        if len(group) >= least:
            running.update({(index, place): kind for index, place, kind in group})
    return running


def lay_out(
    pages: Sequence[tuple[str, Sequence[Line], int]], running: dict[tuple[int, int], ElementKind]
) -> list[Place]:
    """The elements of all pages in reading order; each page is (text, lines, offset of its text in the whole)."""
    body = _body_size(pages)
    groups: list[tuple[int, ElementKind, list[Line]]] = []
    for index, (text, lines, _) in enumerate(pages):
        kept = [line for place, line in enumerate(lines) if (index, place) not in running]
        pitch = _pitch(kept)
        edges: list[tuple[ElementKind, list[Line]]] = [
            (running[index, place], [line]) for place, line in enumerate(lines) if (index, place) in running
        ]
        ordered = sorted([*_group(text, kept, pitch), *edges], key=lambda entry: entry[1][0].start)
        groups.extend((index, kind, group) for kind, group in ordered)
    sizes = _heading_sizes(pages, groups, body)
    places: list[Place] = []
    for number, (index, kind, group) in enumerate(groups):
        place = _place(pages[index], index + 1, kind, group, body, sizes)
        before = groups[number - 1] if number else None
        after = groups[number + 1] if number + 1 < len(groups) else None
        # Short lines in a row are an address or a form; a heading stands alone over its text.
        alone = before is None or places[-1].kind != "text" or _long(before[2])
        if place.kind == "text" and alone and after and _heads(pages[index][0], group, after[1], after[2]):
            place = Place("heading", place.span, place.page, level=min(len(sizes) + 2, 6))
        places.append(place)
    return places


def _long(group: Sequence[Line]) -> bool:
    return group[-1].end - group[0].start > 100


def _heads(text: str, group: Sequence[Line], kind: ElementKind, after: Sequence[Line]) -> bool:
    """A short line of its own, without a closing mark, over a longer paragraph: a heading in the body's own type."""
    words = text[group[0].start : group[-1].end].strip()
    if len(group) > 1 or len(words) > 70 or len(words.split()) > 9 or kind not in ("text", "list_item"):
        return False
    wide = max(line.right for line in after) - min(line.left for line in after)
    inside = group[0].right - group[0].left < 0.7 * wide and abs(group[0].left - after[0].left) < 3 * group[0].size
    return _long(after) and inside and words[0].isupper() and words[-1].isalnum()


def _body_size(pages: Sequence[tuple[str, Sequence[Line], int]]) -> float:
    weights: Counter[float] = Counter()
    for _, lines, _ in pages:
        for line in lines:
            weights[round(line.size * 2) / 2] += line.end - line.start
    return weights.most_common(1)[0][0] if weights else 0.0


def _pitch(lines: Sequence[Line]) -> float:
    steps = [after.bottom - before.bottom for before, after in itertools.pairwise(lines)]
    downward = [step for step, line in zip(steps, lines, strict=False) if 0.5 * line.size < step < 3 * line.size]
    return float(np.percentile(downward, 30)) if downward else 0.0


def _group(text: str, lines: Sequence[Line], pitch: float) -> list[tuple[ElementKind, list[Line]]]:
    """Lines into paragraphs, list items and aligned tables."""
    groups: list[tuple[ElementKind, list[Line]]] = []
    place = 0
    while place < len(lines):
        height = _table_height(lines, place)
        if height:
            groups.append(("table", list(lines[place : place + height])))
            place += height
            continue
        line = lines[place]
        bullet = _BULLET.match(text, line.start, line.end) is not None
        current = groups[-1] if groups and groups[-1][0] != "table" else None
        if (current is not None and not bullet and not _breaks(text, current, line, pitch)) or (
            current is not None and line.joined
        ):
            current[1].append(line)
        else:
            groups.append(("list_item" if bullet else "text", [line]))
        place += 1
    return groups


def _breaks(text: str, current: tuple[ElementKind, list[Line]], line: Line, pitch: float) -> bool:
    """Whether ``line`` begins a new paragraph after the current one."""
    kind, group = current
    before = group[-1]
    size = max(before.size, line.size, 1.0)
    if line.joined:
        return False
    if abs(line.size - before.size) > 0.14 * size and not _same_line(before, line):
        return True
    if line.bold != before.bold and not _same_line(before, line):
        return True
    step = line.bottom - before.bottom
    if step < -0.5 * size or step > max(1.35 * pitch, 1.05 * size):
        return True
    if _same_line(before, line):
        return False
    ended = text[before.start : before.end].endswith(_SENTENCE_END)
    right = max(entry.right for entry in group)
    short = before.right < max(right, line.right) - 0.2 * max(right - before.left, 1.0)
    if kind == "list_item" and line.left < group[0].left + 0.3 * size and (ended or short):
        return True
    indented = line.left > before.left + 0.8 * size and len(group) > 1 and ended
    return (ended and short) or indented


def _same_line(before: Line, line: Line) -> bool:
    return abs(line.bottom - before.bottom) < 0.35 * max(before.size, line.size)


def _table_height(lines: Sequence[Line], place: int) -> int:
    """How many lines from ``place`` on are set in columns that line up; 0 for fewer than three."""
    first = lines[place]
    if len(first.columns) < 2:
        return 0
    edges = list(first.columns)
    end = place + 1
    while end < len(lines):
        before, line = lines[end - 1], lines[end]
        step = line.bottom - before.bottom
        if len(line.columns) < 2 or not 0.3 * line.size < step < 3.5 * line.size or not _aligned(edges, line):
            break
        edges.extend(line.columns)
        end += 1
    return end - place if end - place >= _TABLE_LINES else 0


def _aligned(edges: Sequence[float], line: Line) -> bool:
    """Whether at least two columns of a line begin where columns of the lines before it began."""
    near = 2.5 * max(line.size, 1.0)
    return sum(any(abs(edge - other) < near for other in edges) for edge in line.columns) >= 2


def _is_heading(group: Sequence[Line], text: str, body: float) -> bool:
    words = text[group[0].start : group[-1].end]
    if len(words) > _HEADING_LIMIT or len(group) > 3 or not any(char.isalpha() for char in words):
        return False
    size = min(line.size for line in group)
    if size > 1.12 * body:
        return True
    closed = words.rstrip().endswith((".", ",", ";"))
    return all(line.bold for line in group) and size > 0.9 * body and len(group) <= 2 and not closed


def _heading_sizes(
    pages: Sequence[tuple[str, Sequence[Line], int]], groups: Sequence[tuple[int, ElementKind, list[Line]]], body: float
) -> list[float]:
    found = {
        _step(group)
        for index, kind, group in groups
        if kind in ("text", "list_item") and _is_heading(group, pages[index][0], body) and _step(group) > 1.12 * body
    }
    return sorted(found, reverse=True)


def _step(group: Sequence[Line]) -> float:
    return round(min(line.size for line in group))


def _place(
    page: tuple[str, Sequence[Line], int],
    number: int,
    kind: ElementKind,
    group: Sequence[Line],
    body: float,
    sizes: Sequence[float],
) -> Place:
    text, _, offset = page
    span = Span(offset + group[0].start, offset + max(line.end for line in group))
    if kind == "table":
        headed = not any(char.isdigit() for char in text[group[0].start : group[0].end])
        rows = tuple(
            Row(Span(offset + line.start, offset + line.end), headed and index == 0) for index, line in enumerate(group)
        )
        return Place("table", span, number, rows=rows)
    if kind in ("text", "list_item") and _is_heading(group, text, body):
        level = sizes.index(_step(group)) + 1 if _step(group) in sizes else len(sizes) + 1
        return Place("heading", span, number, level=min(level, 6))
    return Place(kind, span, number)
