"""A parsed text taken apart: sections of atoms, where an atom is the least that stays together if it fits."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.text import Span
from ingest.parsed import Element, Parsed, Part

LEFT_OUT = frozenset({"header", "footer"})
HEADINGS = frozenset({"title", "heading"})


@dataclass(frozen=True, slots=True)
class Atom:
    """``context`` (header rows, the lead of a list) goes before it where it begins a chunk. ``leads`` atoms never end
    a chunk that goes on. Neighbouring ``prose`` is one atom: its sentences are packed as one run."""

    spans: tuple[Span, ...]
    context: tuple[Span, ...] = ()
    leads: bool = False
    prose: bool = False
    tokens: int = 0


@dataclass(slots=True)
class Section:
    """Atoms of one page under one heading path, all ordinary text or all one restricted part."""

    page: int | None
    headings: tuple[str, ...]
    part: str | None = None
    atoms: list[Atom] = field(default_factory=list[Atom])

    @property
    def tokens(self) -> int:
        return sum(atom.tokens for atom in self.atoms)


def sections(parsed: Parsed) -> list[Section]:
    """Ordinary sections in reading order, then one section for each restricted part.

    Raises ``ValueError`` when two parts overlap: their text would need both permissions.
    """
    parts = sorted(parsed.parts, key=lambda part: part.span)
    if any(before.span.overlaps(after.span) for before, after in itertools.pairwise(parts)):
        raise ValueError("restricted parts overlap")
    read = [element for element in parsed.elements if element.kind not in LEFT_OUT]
    hidden = {
        _bare(element.span.of(parsed.text))
        for element in read
        if element.kind in HEADINGS and any(element.span.overlaps(part.span) for part in parts)
    }
    ordinary = _ordinary(parsed.text, read, parts, hidden)
    return [*ordinary, *(_restricted(parsed.text, part, read, hidden) for part in parts)]


def _ordinary(text: str, elements: Sequence[Element], parts: Sequence[Part], hidden: set[str]) -> list[Section]:
    found: list[Section] = []
    waiting: Section | None = None  # Headings with nothing under them yet.
    for element in elements:
        heading = element.kind in HEADINGS
        path = tuple(name for name in element.headings if _bare(name) not in hidden)
        atoms = [_without(text, atom, parts) for atom in _atoms(text, element)]
        atoms = [atom for atom in atoms if atom.spans]
        if not atoms:
            continue
        if heading:
            if waiting is not None and waiting.page != element.page:
                found.append(waiting)
                waiting = None
            waiting = waiting or Section(element.page, path)
            waiting.atoms += [replace(atom, leads=True) for atom in atoms]
            waiting.headings = path
            continue
        if waiting is not None and waiting.page == element.page:
            found.append(Section(element.page, path, atoms=waiting.atoms))
        else:
            if waiting is not None:
                found.append(waiting)
            if not found or (found[-1].page, found[-1].headings) != (element.page, path) or waiting is not None:
                found.append(Section(element.page, path))
        waiting = None
        for atom in atoms:
            _add(text, found[-1].atoms, atom)
    if waiting is not None:
        found.append(waiting)
    return found


def _add(text: str, atoms: list[Atom], atom: Atom) -> None:
    if atoms and atoms[-1].prose and atom.prose:
        before, after = atoms[-1].spans, atom.spans
        if before[-1].end <= after[0].start and not text[before[-1].end : after[0].start].strip():
            atoms[-1] = replace(atom, spans=(*before[:-1], Span(before[-1].start, after[0].end), *after[1:]))
            return
    atoms.append(atom)


def _restricted(text: str, part: Part, elements: Sequence[Element], hidden: set[str]) -> Section:
    around = next((element for element in elements if element.span.overlaps(part.span)), None)
    path = tuple(name for name in around.headings if _bare(name) not in hidden) if around else ()
    atom = Atom(trimmed(text, part.span))
    return Section(around.page if around else None, path, part.name, [atom] if atom.spans else [])


def _atoms(text: str, element: Element) -> list[Atom]:
    if element.kind == "table" and element.rows:
        head = tuple(row.span for row in element.rows if row.header)
        rows = [
            Atom(trimmed(text, row.span), context=() if row.header else head, leads=row.header) for row in element.rows
        ]
        # What stands in the table's span and in none of its rows must still be found.
        rest = _outside(element.span, [row.span for row in element.rows])
        rows += [Atom(trimmed(text, span)) for span in rest]
        return sorted((row for row in rows if row.spans), key=lambda row: row.spans)
    lead = (element.lead,) if element.lead is not None else ()
    return [Atom(trimmed(text, element.span), context=lead, prose=element.kind == "text")]


def _without(text: str, atom: Atom, parts: Sequence[Part]) -> Atom:
    """The atom with every restricted part cut out, of its context too."""
    if not parts:
        return atom
    secret = [part.span for part in parts]
    spans = tuple(kept for span in atom.spans for rest in _outside(span, secret) for kept in trimmed(text, rest))
    context = tuple(span for span in atom.context if not any(span.overlaps(each) for each in secret))
    return replace(atom, spans=spans, context=context)


def _outside(span: Span, holes: Iterable[Span]) -> list[Span]:
    """The stretches of ``span`` that lie in none of ``holes``."""
    rest: list[Span] = []
    start = span.start
    for hole in sorted(hole for hole in holes if hole.overlaps(span)):
        if hole.start > start:
            rest.append(Span(start, hole.start))
        start = max(start, hole.end)
    if start < span.end:
        rest.append(Span(start, span.end))
    return rest


def trimmed(text: str, span: Span) -> tuple[Span, ...]:
    """The span without blanks at its ends; none when it is blank."""
    body = span.of(text)
    start = span.start + len(body) - len(body.lstrip())
    end = span.start + len(body.rstrip())
    return (Span(start, end),) if start < end else ()


def _bare(heading: str) -> str:
    return heading.strip().lstrip("#").strip().casefold()
