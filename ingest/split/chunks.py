"""Sections packed into chunks, and what the embedder and BM25 read of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from core.text import Span, quote
from ingest.parsed import Chunk, Parsed
from ingest.split.atoms import Atom, Section, sections, trimmed
from ingest.split.lengths import CountTokens, Lengths, lengths_by
from ingest.split.sentences import cut
from ingest.split.settings import SplitSettings

MARKERS = 2
"""Tokens that a model adds around a text."""


@dataclass(frozen=True, slots=True)
class _Draft:
    section: Section
    spans: tuple[Span, ...]


def split(parsed: Parsed, count_tokens: CountTokens, settings: SplitSettings) -> tuple[Chunk, ...]:
    """The chunks of a parsed version. Every character of its elements is in at least one of them, except of page
    headers and footers; what ``embedded_text`` holds fits in the model's window.

    Raises ``ValueError`` when restricted parts overlap.
    """
    lengths = lengths_by(count_tokens)
    found = sections(parsed)
    _weigh(found, parsed.text, lengths)
    limit = min(settings.tokens, settings.window - MARKERS)
    drafts = [
        _Draft(section, joined(parsed.text, spans))
        for section in _merged(found, limit, settings.merge_below)
        for spans in _packed(parsed.text, section, lengths, limit)
    ]
    return tuple(_finished(parsed, drafts, lengths, settings))


def _weigh(found: Sequence[Section], text: str, lengths: Lengths) -> None:
    for section in found:
        section.atoms = [replace(atom, tokens=lengths.of(quote(text, atom.spans))) for atom in section.atoms]


def _merged(found: Sequence[Section], limit: int, small: int) -> Iterator[Section]:
    """Neighbouring sections of a page as one, where one of them is small and both fit in a chunk."""
    kept: Section | None = None
    for section in found:
        if not section.atoms:
            continue
        if kept is not None and _belong(kept, section, limit, small):
            kept.atoms = [*kept.atoms, *section.atoms]
            kept.headings = _common(kept.headings, section.headings)
            continue
        if kept is not None:
            yield kept
        kept = section
    if kept is not None:
        yield kept


def _belong(one: Section, other: Section, limit: int, small: int) -> bool:
    return (
        one.page == other.page
        and one.part is None
        and other.part is None
        and min(one.tokens, other.tokens) < small
        and one.tokens + other.tokens <= limit
    )


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    return one[:shared]


def _packed(text: str, section: Section, lengths: Lengths, limit: int) -> Iterator[tuple[Span, ...]]:
    """The section in chunks of about equal size; each begins with the context of its first atom."""
    atoms = list(_cut_to_fit(text, section.atoms, lengths, limit))
    total = sum(atom.tokens for atom in atoms)
    target = total / max(1, ceil(total / limit))
    held: list[Atom] = []
    size = 0
    for atom in atoms:
        overfull = size + atom.tokens > limit
        if not held or overfull or (size + atom.tokens / 2 > target and not held[-1].leads):
            carried = _carried(held, limit - atom.tokens)
            if held:
                yield _spans(held)
            size = sum(each.tokens for each in carried)
            context = _context(text, [*carried, atom][0], lengths, limit - size - atom.tokens)
            held = [*context, *carried]
            size += sum(each.tokens for each in context)
        held.append(atom)
        size += atom.tokens
    if held:
        yield _spans(held)


def _carried(held: list[Atom], room: int) -> list[Atom]:
    """The headings at the end of a chunk, taken from it into the next one as far as ``room`` tokens allow."""
    carried: list[Atom] = []
    while len(held) > 1 and held[-1].leads and held[-1].tokens <= room:
        room -= held[-1].tokens
        carried.insert(0, held.pop())
    return carried


def _spans(atoms: Sequence[Atom]) -> tuple[Span, ...]:
    return tuple(span for atom in atoms for span in atom.spans)


def _context(text: str, atom: Atom, lengths: Lengths, room: int) -> list[Atom]:
    tokens = lengths.of(quote(text, atom.context)) if atom.context else 0
    return [Atom(atom.context, tokens=tokens)] if atom.context and tokens <= room else []


def _cut_to_fit(text: str, atoms: Sequence[Atom], lengths: Lengths, limit: int) -> Iterator[Atom]:
    led = 0  # Tokens of the headings that stand right before, which stay with what they head.
    for atom in atoms:
        fits = limit - led if led <= limit // 2 else limit
        led = led + atom.tokens if atom.leads else 0
        if atom.tokens <= fits:
            yield atom
            continue
        context = lengths.of(quote(text, atom.context)) if atom.context else 0
        # A long header is not worth repeating before each piece of a long row.
        room = min(fits, limit - context) if context <= limit // 2 else fits
        for span in atom.spans:
            for piece in cut(text, span, lengths.of, room):
                yield Atom((piece,), atom.context, tokens=lengths.of(piece.of(text)))


def joined(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Ordered spans, each as long as it can be: those with only blanks between them are one."""
    ordered: list[Span] = []
    for span in sorted(spans):
        if ordered and (span.start <= ordered[-1].end or not text[ordered[-1].end : span.start].strip()):
            ordered[-1] = Span(ordered[-1].start, max(ordered[-1].end, span.end))
        else:
            ordered.append(span)
    return tuple(ordered)


def _finished(parsed: Parsed, drafts: Sequence[_Draft], lengths: Lengths, settings: SplitSettings) -> Iterator[Chunk]:
    room = settings.window - MARKERS
    fitting = list(_fitting(parsed.text, drafts, lengths, room))
    for ordinal, (draft, content, tokens) in enumerate(fitting):
        path = _path(parsed.name or parsed.title, draft.section, lengths, min(settings.path_tokens, room - tokens))
        yield Chunk(
            ordinal=ordinal,
            spans=draft.spans,
            page=draft.section.page,
            headings=draft.section.headings,
            embedded_text=f"{path}\n{content}" if path else content,
            part=draft.section.part,
        )


def _fitting(text: str, drafts: Sequence[_Draft], lengths: Lengths, room: int) -> Iterator[tuple[_Draft, str, int]]:
    """Drafts with their content and its exact tokens; in two where the whole counts for more than its words did."""
    contents = [quote(text, draft.spans) for draft in drafts]
    for draft, content, tokens in zip(drafts, contents, lengths.exact(contents), strict=True):
        if tokens <= room or len(content) == 1:
            yield draft, content, tokens
        else:
            yield from _fitting(
                text, [_Draft(draft.section, half) for half in _halves(text, draft.spans)], lengths, room
            )


def _halves(text: str, spans: tuple[Span, ...]) -> list[tuple[Span, ...]]:
    if len(spans) > 1:
        middle = len(spans) // 2
        return [spans[:middle], spans[middle:]]
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    at = text.rfind(" ", start + 1, (start + end) // 2)
    at = at if at > start else (start + end) // 2
    return [half for half in (trimmed(text, Span(start, at)), trimmed(text, Span(at, end))) if half]


def _path(title: str, section: Section, lengths: Lengths, allowed: int) -> str:
    """Title and heading path (and the name of a restricted field) in at most ``allowed`` tokens."""
    names = [title.strip(), *(name.strip() for name in section.headings), section.part or ""]
    # A heading that is the title is not said twice; one that opens the content is: it says what all of it is about.
    names = [name for at, name in enumerate(names) if name and (at == 0 or name != names[0])]
    while len(names) > 1 and sum(lengths.of(name) for name in names) + len(names) - 1 > allowed:
        # The title and the innermost headings say most.
        names.pop(1)
    words = names[0].split()[: max(0, allowed)] if names else []
    if len(names) < 2:
        while words and lengths.of(" ".join(words)) > allowed:
            words.pop()
        return " ".join(words)
    return f"{names[0]}\n{' > '.join(names[1:])}"
