"""The records that a question asks to count: rows of a table by their cells, or documents that are a record each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from answer.sentences import Sentence, sentences
from answer.tallying import counted, plain, qualifiers
from answer.terms import words
from retrieval.evidence import Evidence, Passage

Whole = Callable[[str], Sequence[Passage]]
"""From the id of a document to all of its passages that the reader may read."""
_WORD = re.compile(r"[^\W_]+")
_COLUMN = 2
"""Words."""
_TELLING = 3
"""Words."""
_FOLDERS = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Record:
    """A row, or the sentence that a record is shown by."""

    passage: Passage
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Matching:
    """The records found. ``complete``: every word of the question was compared, in tables that were read to the end; of
    documents that are a record each, the search may have found some only."""

    records: tuple[Record, ...]
    complete: bool


def matching_records(question: str, evidence: Evidence, whole: Whole | None = None) -> Matching:
    """The records of the kind that is asked for which have what the question says of them, best document first.

    ``whole`` gives the rest of a table of which the evidence has a part.
    """
    kind, wanted = counted(question), qualifiers(question)
    found: list[Record] = []
    complete = True
    for passages in _documents(evidence):
        # A document that is a record by itself may hold a table: an invoice has positions.
        rows = [] if kind is not None and _is_record(passages[0], kind) else list(_rows(passages))
        if rows and whole is not None:
            rows = list(_rows(whole(passages[0].document.id))) or rows
        if rows:
            records, told = _in_table(rows, kind, wanted)
            complete = complete and (not records or (told and whole is not None))
        else:
            records = list(_in_documents(passages, kind, wanted))
            complete = complete and not records
        found += records
    return Matching(tuple(found), complete)


def _documents(evidence: Evidence) -> list[list[Passage]]:
    found: dict[str, list[Passage]] = {}
    for passage in evidence.passages:
        found.setdefault(passage.document.id, []).append(passage)
    return list(found.values())


def _rows(passages: Sequence[Passage]) -> Iterator[Record]:
    """The rows of a table, without its header."""
    for passage in passages:
        for unit in sentences(passage.text, passage.spans, passage.blocks):
            if unit.kind == "row" and unit.lead:
                yield Record(passage, unit)


def _in_table(rows: Sequence[Record], kind: str | None, wanted: frozenset[str]) -> tuple[list[Record], bool]:
    """The rows whose cells have what any cell of the table has of ``wanted``, and whether that is all of it.

    The header names what the rows are, and says nothing of a single one.
    """
    cells = [_plain(each.sentence.text) for each in rows]
    told = frozenset(word for word in wanted if any(word in held for held in cells))
    names = _names(rows[0].passage) | _plain(rows[0].sentence.lead)
    if kind is not None and not _is_of(kind, rows[0]):
        return [], True
    missing = wanted - told - names
    if wanted and (len(missing) * 2 > len(wanted) or not told | (wanted & _names(rows[0].passage))):
        return [], True
    return [each for each, held in zip(rows, cells, strict=True) if told <= held], not missing


def _is_of(kind: str, row: Record) -> bool:
    """Whether a table lists records of a kind: by its name, or by a column ``Ticket`` or ``Ticket no``. A row that only
    speaks of invoices is none."""
    columns = [[plain(word) for word in words(column)] for column in row.sentence.lead.split("|")]
    return kind in _names(row.passage) or any(column[:1] == [kind] and len(column) <= _COLUMN for column in columns)


def _in_documents(passages: Sequence[Passage], kind: str | None, wanted: frozenset[str]) -> Iterator[Record]:
    """A document that is a record by its name, or sentences that each speak of one: what is written about invoices is
    no invoice."""
    if kind is None:
        return
    document = passages[0].document
    named = _names(passages[0])
    folders = _FOLDERS.split(document.uri)[:-1]
    if _is_record(passages[0], kind) or kind in _plain(" ".join((document.source, *folders))):
        held = named.union(*(_plain(passage.text) for passage in passages))
        if wanted <= held:
            units = sentences(passages[0].text, passages[0].spans, passages[0].blocks)
            # "Total" at the head of a passage would not tell which record it is.
            telling = [unit for unit in units if len(_WORD.findall(unit.text)) >= _TELLING] or units
            yield from (Record(passages[0], unit) for unit in telling[:1])
        return
    for passage in passages:
        for unit in sentences(passage.text, passage.spans, passage.blocks):
            if _numbered(unit.text, kind) and wanted <= _plain(unit.text) | named:
                yield Record(passage, unit)


def _is_record(passage: Passage, kind: str) -> bool:
    return _numbered(f"{passage.document.title} {passage.document.uri}", kind)


def _numbered(text: str, kind: str) -> bool:
    """Whether a text names one of a kind by its number: ``Ticket T-14``."""
    number = r"[\s#:.-]*(?:no\b\.?\s*)?[A-Za-z]{0,4}[-/]?\d"
    return re.search(rf"\b{re.escape(kind)}\b{number}", text.replace("_", " "), re.IGNORECASE) is not None


def _names(passage: Passage) -> frozenset[str]:
    """What the document is called, and what its passage stands under."""
    document = passage.document
    return _plain(f"{document.title} {' '.join(passage.headings)} {document.uri} {document.source}")


def _plain(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in _WORD.findall(text))
