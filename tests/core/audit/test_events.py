from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audit import Commitments, Event, Kind, pseudonym
from core.audit.events import DETAILS, body, canonical
from core.errors import Invalid
from core.secrets import Secret

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = Secret(bytes(range(32)))
SUBJECT = pseudonym(KEY, "person-1")
SEARCH = {"access": "ab" * 16, "grants": 2, "query": "0" * 64}
PROSE = "What does Ana Ruiz earn?"


def search(**details: Any) -> Event:
    return Event("search", SUBJECT, "search", "done", AT, salt="1f" * 16, details=SEARCH | details)


def test_every_kind_has_a_schema() -> None:
    assert set(DETAILS) == set(get_args(Kind))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_field_that_the_kind_does_not_know_is_refused(kind: Kind) -> None:
    with pytest.raises(Invalid):
        Event(kind, SUBJECT, "act", "done", AT, details={"note": PROSE})


@pytest.mark.parametrize("kind", get_args(Kind))
def test_no_field_of_any_kind_takes_prose(kind: Kind) -> None:
    for name in DETAILS[kind].model_fields:
        for value in (PROSE, [PROSE], {PROSE: 1.0}, [{"chunk": PROSE, "version": "v", "content": PROSE}]):
            with pytest.raises(Invalid):
                Event(kind, SUBJECT, "act", "done", AT, salt="1f" * 16, details={name: value})


@pytest.mark.parametrize(
    "change",
    [
        {"query": PROSE},
        {"sources": ["ana@example.com"]},
        {"timings": {PROSE: 1.0}},
        {"timings": {"search": float("nan")}},
        {"timings": {"search": float("inf")}},
        {"grants": True},
        {"grants": -1},
        {"grants": 2**53},
        {"grants": "2"},
        {"passages": [{"chunk": "c", "version": "v", "content": "0" * 64, "text": PROSE}]},
        {PROSE: 1},
    ],
    ids=str,
)
def test_a_value_outside_the_schema_is_refused_and_never_repeated(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        search(**change)
    for form in (str(refused.value), repr(refused.value), repr(refused.value.__cause__)):
        assert "Ana" not in form
        assert "ana@" not in form


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "note"}, {"outcome": "fine"}, {"subject": "ana@example.com"}, {"action": PROSE}, {"trace_id": PROSE},
        {"salt": PROSE}, {"id": PROSE}, {"at": datetime(2026, 3, 1)}, {"subject": SUBJECT + "\n"},  # noqa: DTZ001
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_an_envelope_outside_the_schema_is_refused(change: dict[str, Any]) -> None:
    members: dict[str, Any] = {
        "kind": "sign_out",
        "subject": SUBJECT,
        "action": "sign_out",
        "outcome": "done",
        "at": AT,
    }
    Event(**members)
    with pytest.raises(Invalid) as refused:
        Event(**(members | change))
    assert "Ana" not in str(refused.value)


def test_a_commitment_without_its_salt_is_refused() -> None:
    with pytest.raises(Invalid):
        Event("search", SUBJECT, "search", "done", AT, details=SEARCH)


def test_the_record_keeps_what_was_said_in_canonical_form() -> None:
    timings = {"rank": 0.5, "encode": 1e-7}
    event = search(timings=timings, candidates=50)
    written = canonical(body(event))
    assert orjson.loads(written)["details"] == {
        **SEARCH, "candidates": 50, "roles": [], "passages": [], "sources": [], "timings": timings,
    }  # fmt: skip
    assert written.startswith(b'{"action":"search","at":"2026-03-01T09:30:00.000000Z","details":{"access":')
    assert b'"timings":{"encode":1e-7,"rank":0.5}' in written


def test_moments_are_written_in_utc() -> None:
    at = datetime(2026, 3, 1, 11, 30, tzinfo=timezone(timedelta(hours=2)))
    assert body(Event("sign_out", SUBJECT, "sign_out", "done", at))["at"] == "2026-03-01T09:30:00.000000Z"


def test_equal_questions_look_unrelated_but_can_be_shown_with_the_key() -> None:
    first, second = Commitments.new(KEY), Commitments.new(KEY)
    assert first.of(PROSE) != second.of(PROSE)
    assert Commitments(KEY, first.salt).of(PROSE) == first.of(PROSE)
    assert Commitments(Secret(bytes(32)), first.salt).of(PROSE) != first.of(PROSE)
    assert repr(first) == f"Commitments(salt={first.salt!r})"


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_committed_to(text: str) -> None:
    commitments = Commitments(KEY, "00" * 16)
    search(query=commitments.of(text))
    assert commitments.of(text) == commitments.of(text)


def test_a_pseudonym_is_stable_and_needs_the_key() -> None:
    assert pseudonym(KEY, "person-1") == SUBJECT
    assert len({SUBJECT, pseudonym(KEY, "person-2"), pseudonym(Secret(bytes(32)), "person-1")}) == 3


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(0, 1)
    | st.floats(1e-7, 1e-3)
    | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES))
@settings(max_examples=500)
def test_the_quick_way_gives_the_bytes_of_rfc_8785(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)
