"""The whole detector, and that it never passes a part of its findings for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from core.errors import Unavailable
from ingest.label.detector import LayeredDetector
from ingest.label.findings import Detector, Finding
from ingest.label.identity import detector_identity
from ingest.label.open import open_detector
from ingest.label.recognisers import recognisers
from ingest.label.settings import CustomPattern, LabelSettings
from ingest.label.wording import Wording

LETTER = (
    "Dear Dr. Anna Müller, Acme Holdings Ltd. moved to 12 Baker Street, London NW1 6XE. "
    "Call +44 20 7946 0958, mail anna.mueller@acme.example, pay with 4111 1111 1111 1111."
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return open_detector(LabelSettings(), recognisers(LabelSettings()))


class Broken:
    name = "broken"

    def find(self, text: str) -> Iterator[Finding]:
        raise RuntimeError(text)


def test_a_letter_is_found_out(detector: Detector) -> None:
    found = {finding.span.of(LETTER): finding.kind for finding in detector.find([LETTER])[0]}
    assert found["Anna Müller"] == "PERSON"
    assert found["12 Baker Street, London NW1 6XE"] == "ADDRESS"
    assert found["+44 20 7946 0958"] == "PHONE_NUMBER"
    assert found["anna.mueller@acme.example"] == "EMAIL_ADDRESS"
    assert found["4111 1111 1111 1111"] == "CREDIT_CARD"
    assert found["Acme Holdings Ltd."] == "ORGANIZATION"


def test_what_is_found_in_a_text_does_not_depend_on_the_others(detector: Detector) -> None:
    kinds = [(each.kind, each.span) for each in detector.find([LETTER])[0]]
    assert [(each.kind, each.span) for each in detector.find(["", LETTER, "Anna"])[1]] == kinds


def test_a_broken_recogniser_refuses_all_texts_and_shows_none() -> None:
    settings = LabelSettings(language_models=False)
    with pytest.raises(Unavailable) as refused:
        open_detector(settings, [*recognisers(settings), Broken()]).find(["fine", "secret"])
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_answer_for_too_few_texts_is_refused() -> None:
    def forgetful(texts: Sequence[str]) -> list[list[Finding]]:
        return [[] for _ in texts[1:]]

    with pytest.raises(Unavailable):
        LayeredDetector(forgetful, identity="test").find(["a", "b"])


def test_kinds_that_are_off_are_not_found() -> None:
    settings = LabelSettings(language_models=False, kinds_off=("CREDIT_CARD",))
    kinds = {each.kind for each in open_detector(settings, recognisers(settings)).find([LETTER])[0]}
    assert "CREDIT_CARD" not in kinds
    assert "EMAIL_ADDRESS" in kinds


def test_without_models_forms_are_still_found() -> None:
    settings = LabelSettings(language_models=False)
    found = open_detector(settings, recognisers(settings)).find(["mail anna@acme.example"])[0]
    assert [each.kind for each in found] == ["EMAIL_ADDRESS"]


def test_the_identity_follows_settings_and_recognisers() -> None:
    plain = LabelSettings()
    changed = [
        LabelSettings(kinds_off=("DATE_TIME",)),
        LabelSettings(threshold=0.5),
        LabelSettings(language_models=False),
        LabelSettings(patterns=(CustomPattern(kind="EMPLOYEE_ID", regex=r"E-\d{4}"),)),
    ]
    identities = {detector_identity(each, recognisers(each)) for each in [plain, *changed]}
    assert len(identities) == 5
    assert detector_identity(plain, recognisers(plain)) == detector_identity(LabelSettings(), recognisers(plain))
    assert detector_identity(plain, [Broken()]) != detector_identity(plain, [])


def test_an_open_detector_says_the_identity_that_is_known_without_it(detector: Detector) -> None:
    assert detector.identity == detector_identity(LabelSettings(), recognisers(LabelSettings()))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("I live in the Democratic Republic of the Congo now", "LOCATION", "Democratic Republic of the Congo"),
        ("flights to belize", "LOCATION", "belize"),
        ("ask Mrs. Keller", "PREFIX", "Mrs."),
        ("see you on Friday", "DATE_TIME", "Friday"),
        ("an invoice of Ortiz & Sons LLC came", "ORGANIZATION", "Ortiz & Sons LLC"),
        ("she works as a water treatment technician in Leeds", "TITLE", "water treatment technician"),
    ],
)
def test_wording_says_what_a_value_is(text: str, kind: str, value: str) -> None:
    assert value in [each.span.of(text) for each in Wording().find(text) if each.kind == kind]


@pytest.mark.parametrize("text", ["the turkey was dry", "I miss you", "your manager approves it", "dry china plates"])
def test_ordinary_words_are_not_taken_for_values(text: str) -> None:
    assert list(Wording().find(text)) == []
