from __future__ import annotations

import pytest

from answer.terms import covered, expected, holds, stem, stems, weigh


@pytest.mark.parametrize(
    "family",
    [
        ("reimburse", "reimbursed", "reimbursement", "reimbursements", "reimbursing"),
        ("policy", "policies"),
        ("cover", "covers", "covered", "coverage", "covering"),
        ("employ", "employee", "employees", "employed", "employment"),
        ("appeal", "appeals", "appealed", "appealing"),
    ],
)
def test_forms_of_a_word_share_a_stem(family: tuple[str, ...]) -> None:
    assert len({stem(word) for word in family}) == 1


def test_different_words_keep_different_stems() -> None:
    words = ("plan", "dental", "rent", "parent", "vision", "division", "premium", "premier")
    assert len({stem(word) for word in words}) == len(words)


def test_a_rare_missing_word_costs_more_coverage_than_a_common_one() -> None:
    weights = weigh("reimburse standing desk form", ["Use the form to reimburse shoes.", "The form is long."])
    without_rare = covered(weights, stems("use the form to reimburse a standing"))
    without_common = covered(weights, stems("reimburse a standing desk"))
    assert without_rare < without_common < 1


def test_weights_depend_on_nothing_but_the_question_and_the_passages_at_hand() -> None:
    passages = ["Dental care is covered.", "Vision is not."]
    assert weigh("Is dental covered?", passages) == weigh("Is dental covered?", list(passages))
    assert covered(weigh("of the", passages), stems("anything")) == 0


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much is the deductible?", "number"),
        ("When are reviews held?", "date"),
        ("Who approves travel?", "person"),
        ("where is the head office", "place"),
        ("Why was it denied?", "reason"),
        ("What is the reimbursement limit?", "number"),
        ("Is dental covered?", "any"),
    ],
)
def test_a_question_says_what_it_asks_for(question: str, kind: str) -> None:
    assert expected(question) == kind


def test_what_is_asked_for_is_recognised_in_a_sentence() -> None:
    assert holds("number", "It pays $20 a month.")
    assert not holds("number", "It pays you back.")
    assert holds("date", "Reviews are held every March.")
    assert holds("person", "Travel is approved by Ada Lopez.")
    assert not holds("reason", "It was denied.")
    assert holds("any", "")


def test_including_but_not_limited_to_says_nothing_of_a_limit() -> None:
    assert stem("limit") not in stems("These include but are not limited to: gloves")
    assert stem("limit") in stems("Reimbursement is limited to gloves")
