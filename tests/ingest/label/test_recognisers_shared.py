"""The recognisers against cases that others wrote, when they are at hand."""

from __future__ import annotations

import json
import os
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.label.finding import findings

DATA = Path(os.environ.get("VOUCH_EVAL_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
CASES = DATA / "pii_recognizer_cases" / "cases.jsonl"
_EDGES = " \"'"


def _groups() -> list[tuple[str, bool, list[dict[str, Any]]]]:
    if not CASES.is_file():
        return []
    rows = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: (row["entity"], not row["spans"]))
    return [
        (entity, positive, list(group))
        for (entity, positive), group in groupby(rows, key=lambda row: (row["entity"], bool(row["spans"])))
    ]


GROUPS = _groups()


@pytest.mark.skipif(not GROUPS, reason=f"no evaluation data: set VOUCH_EVAL_DATA ({CASES})")
def test_the_shared_cases_are_all_here() -> None:
    assert len({entity for entity, _, _ in GROUPS}) >= 76


@pytest.mark.parametrize(
    ("entity", "positive", "rows"),
    GROUPS,
    ids=[f"{entity}-{'value' if yes else 'near-miss'}" for entity, yes, _ in GROUPS],
)
def test_a_value_is_found_and_a_near_miss_is_not(entity: str, positive: bool, rows: list[dict[str, Any]]) -> None:
    wrong: list[str] = []
    for row in rows:
        text = row["text"]
        found = {_bare(text, each.span.start, each.span.end) for each in findings(text) if each.kind == entity}
        expected = {_bare(text, start, end) for start, end in row["spans"]}
        if not (expected <= found if positive else not found):
            wrong.append(f"{text!r}: expected {sorted(expected)}, found {sorted(found)}")
    assert not wrong


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without spaces and quotation marks at its ends, which are no part of a value."""
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    return start, end
