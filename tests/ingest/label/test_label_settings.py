from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import Unavailable
from ingest.label.recognisers import custom
from ingest.label.recognisers.custom import CustomRecogniser
from ingest.label.settings import CustomPattern, LabelSettings
from tests.ingest.label.finding import counted


def _settings(**pattern: Any) -> LabelSettings:
    return LabelSettings(patterns=(CustomPattern(**pattern),))


def test_a_configured_pattern_finds_the_organisation_s_own_ids() -> None:
    settings = _settings(kind="EMPLOYEE_ID", regex=r"\bE-\d{5}\b")
    assert counted("E-10423 reports to e-10424, not to E-1.", "EMPLOYEE_ID", settings) == ["E-10423", "e-10424"]


def test_with_words_of_context_an_id_counts_only_near_one() -> None:
    settings = _settings(kind="CUSTOMER_ID", regex=r"\b\d{6}\b", context=("customer", "client no"))
    assert counted("customer 123456 called", "CUSTOMER_ID", settings) == ["123456"]
    assert counted("we sold 123456 units", "CUSTOMER_ID", settings) == []


@pytest.mark.parametrize(
    ("regex", "says"),
    [
        ("(E", "not a regular expression"),
        ("a*", "matches the empty text"),
        (r"(a+)+$", "exponential time"),
        (r"([A-Z]+-?)*\d", "exponential time"),
        (r"((?:\d|x){2,})*y", "exponential time"),
        ("a" * 501, "500 characters"),
    ],
)
def test_a_bad_pattern_is_refused_and_says_why(regex: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CustomPattern(kind="EMPLOYEE_ID", regex=regex)


@pytest.mark.parametrize("regex", [r"E-\d+", r"(?:[A-Z]{1,3}-)+\d{4}", r"[(+*]+x", r"\(a+\)+", r"a+b+c{2,}"])
def test_repetitions_beside_each_other_are_allowed(regex: str) -> None:
    assert CustomPattern(kind="EMPLOYEE_ID", regex=regex).regex == regex


@pytest.mark.parametrize("wrong", [{"kind": "employee id"}, {"score": 1.5}, {"colour": "red"}])
def test_a_pattern_with_a_wrong_or_unknown_field_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CustomPattern(**{"kind": "EMPLOYEE_ID", "regex": "E1", **wrong})


def test_a_pattern_that_takes_too_long_refuses_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom, "PATIENCE_SECONDS", 0.01)
    slow = CustomRecogniser(CustomPattern(kind="EMPLOYEE_ID", regex=r"(?:x{1,30}x{1,30}){1,30}y"))
    with pytest.raises(Unavailable, match="EMPLOYEE_ID takes too long"):
        list(slow.find("x" * 5000))
