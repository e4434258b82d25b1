"""What a model was sent, kept without a value until its reply comes, and built anew then from the versions.

Kept are where each passage stands, where tokens were put and which, and commitments to the texts. What its reader may
not read any more, or does not read as it was sent, is not there: nothing rests on it, and no sentence of it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from answer.cleared import Cleared, ClearedPassage, ClearedText, Edit
from answer.numbered import Unit, units_of
from answer.writing import Sent
from core.access import Principal
from core.audit import Commitments
from core.errors import NotFound
from core.text import Span
from ingest.repository import chunks_of_versions
from retrieval import repository as reading
from retrieval.evidence import Evidence, LeftOut, Passage
from retrieval.freshness import StaleSources
from retrieval.visible import Visible, visible
from retrieval.whole import passage_in

Confirm = Callable[[Sequence[Passage], Principal], list[Passage]]
"""Passages without those that their source, asked itself, does not confirm for a reader."""


@dataclass(frozen=True, slots=True)
class Again:
    """What there still is of it. ``gone`` passages are not there any more, ``changed`` documents have another version
    by now."""

    sent: Sent
    gone: int
    changed: int
    left_out: tuple[LeftOut, ...] = field(default=())


def kept(sent: Sent, cleared: Cleared, commitments: Commitments, support: float) -> dict[str, Any]:
    """What is kept of it. The ``salt`` belongs to the commitments."""
    passages = [
        {
            "chunk": units[0].passage.chunk_id,
            "version": units[0].passage.version,
            "number": number,
            "scores": [units[0].passage.score, units[0].passage.dense, units[0].passage.sparse],
            "edits": _edits(units[0].cleared.body),
            "first": units[0].number,
            "count": len(units),
            "text": commitments.of(_text(units)),
        }
        for number, group in groupby(sent.units, key=lambda unit: unit.cleared.number)
        for units in [list(group)]
    ]
    return {
        "question": _edits(cleared.question),
        "map": sent.map_id,
        "raw": sent.raw,
        "support": support,
        "withheld": len(cleared.withheld),
        "salt": commitments.salt,
        "passages": passages,
    }


def blocks(row: dict[str, Any]) -> list[list[int]]:
    """The numbers that were sent, by passage."""
    return [list(range(each["first"], each["first"] + each["count"])) for each in row["passages"]]


def again(
    session: Session, row: dict[str, Any], question: str, principal: Principal, commitments: Commitments,
    fresh: StaleSources, confirm: Confirm,
) -> Again:  # fmt: skip
    """The same for who reads it now. ``commitments`` have the salt of the row."""
    versions = {each["version"] for each in row["passages"]}
    chunks = {chunk.id: chunk for chunk in chunks_of_versions(session, versions)}
    opened = {version: _opened(session, version, principal) for version in versions}
    found: dict[int, Passage] = {}
    left_out: dict[str, LeftOut] = {}
    for each in row["passages"]:
        chunk, shown = chunks.get(each["chunk"]), opened[each["version"]]
        passage = None
        if chunk is not None and shown is not None:
            passage = passage_in(shown, chunk, each["scores"], fresh.of(shown.version.document.source))
        if passage is None:
            continue
        source = passage.document.source
        if passage.stale is not None and fresh.refuses(source):
            left_out[source] = LeftOut(source, passage.stale)
        else:
            found[each["number"]] = passage
    allowed = {passage.chunk_id for passage in confirm(list(found.values()), principal)}
    units: list[Unit] = []
    used: dict[int, Passage] = {}
    # By rank, as evidence stands; what was sent stands in the order of the documents.
    places = {number: at for at, number in enumerate(sorted(found))}
    for each in row["passages"]:
        passage = found.get(each["number"])
        if passage is None or passage.chunk_id not in allowed:
            continue
        made = _units(passage, each, places[each["number"]])
        if made is not None and commitments.of(_text(made)) == each["text"]:
            units += made
            used[each["number"]] = passage
    evidence = Evidence(question, tuple(used[number] for number in sorted(used)), {}, tuple(left_out.values()))
    sent = Sent(question_of(row, question).text, tuple(units), row["map"], row["raw"], evidence)
    current = {version for version, shown in opened.items() if shown is not None and shown.version.current}
    return Again(
        sent,
        gone=len(row["passages"]) - len(used),
        changed=len({passage.document.id for passage in used.values() if passage.version not in current}),
        left_out=tuple(left_out.values()),
    )


def question_of(row: dict[str, Any], question: str) -> ClearedText:
    """The question as it was cleared."""
    return _with(question, row["question"])


def _opened(session: Session, version: str, principal: Principal) -> Visible | None:
    try:
        return visible(reading.version(session, version), principal)
    except NotFound:
        return None


def _units(passage: Passage, row: dict[str, Any], place: int) -> list[Unit] | None:
    nothing = ClearedText("", (), 0)
    part = ClearedPassage(
        number=place,
        chunk_id=passage.chunk_id,
        document_id=passage.document.id,
        version=passage.version,
        page=passage.page,
        title=nothing,
        uri=nothing,
        headings=(),
        body=_with(passage.text, row["edits"]),
        spans=passage.spans,
    )
    found = units_of(passage, part)
    if len(found) != row["count"]:
        return None
    return [Unit(row["first"] + at, passage, part, *each) for at, each in enumerate(found)]


def _edits(text: ClearedText) -> list[list[Any]]:
    return [[each.at.start, each.at.end, each.source.start, each.source.end, each.token] for each in text.edits]


def _with(text: str, edits: Sequence[Sequence[Any]]) -> ClearedText:
    """A text with its tokens put in again."""
    pieces: list[str] = []
    at = 0
    for _, _, start, end, token in edits:
        pieces += [text[at:start], token]
        at = end
    made = tuple(Edit(Span(low, high), Span(start, end), token) for low, high, start, end, token in edits)
    return ClearedText("".join([*pieces, text[at:]]), made, len(text))


def _text(units: Sequence[Unit]) -> str:
    return "\n".join(f"[{unit.number}] {unit.text}" for unit in units)
