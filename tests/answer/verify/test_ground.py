from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from answer.candidates import Vectors
from answer.terms import STOPWORDS, stem, words
from answer.verify.connectives import says_nothing
from answer.verify.ground import Ground
from answer.verify.support import shipped

UNITS = (
    "Parental leave is 16 weeks at full pay for employees with at least 12 months of service.",
    "Leave must be requested in writing at least 8 weeks before it begins.",
    "Contractors are not eligible for parental leave.",
    "The travel policy covers flights in economy class and hotels of up to €180 a night.",
    "Receipts have to be handed in within 30 days of the journey.",
    "Managers may approve a higher hotel rate in London and Zurich.",
    "[PERSON_K7Q2MP4X] leads the people team and answers questions about leave.",
    "The cafeteria is open from 11:30 to 14:00 on working days.",
)


def embed(texts: Sequence[str]) -> Vectors:
    """Words hashed into 256 dimensions: alike where words are shared, which is all that these tests need."""
    rows = np.zeros((len(texts), 256), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in words(text):
            if word.lower() not in STOPWORDS:
                rows[row, sum(ord(c) * 31**at for at, c in enumerate(stem(word))) % 256] += 1
        rows[row] /= max(float(np.linalg.norm(rows[row])), 1e-9)
    return rows


@pytest.fixture
def ground() -> Ground:
    return Ground(UNITS, embed, shipped())


def test_a_verbatim_unit_is_held_by_its_own_citation(ground: Ground) -> None:
    for place, unit in enumerate(UNITS):
        verdict = ground.verify(unit, [place])
        assert verdict.holds
        assert verdict.cited == (place,)
        assert not verdict.repaired
        assert verdict.support > 0.9


def test_the_weeks_that_the_model_made_up_are_not_held(ground: Ground) -> None:
    verdict = ground.verify("Parental leave is 8 weeks at full pay.", [0])
    assert not verdict.holds
    assert "number" in [each.kind for each in verdict.disagreements]


def test_an_obligation_is_no_permission(ground: Ground) -> None:
    assert ground.verify("Leave must be requested in writing.", [1]).holds
    assert not ground.verify("Leave may be requested in writing.", [1]).holds


def test_a_dropped_negation_is_not_held(ground: Ground) -> None:
    assert not ground.verify("Contractors are eligible for parental leave.", [2]).holds


def test_a_name_from_nowhere_is_not_held(ground: Ground) -> None:
    assert not ground.verify("Managers may approve a higher hotel rate in London and Madrid.", [5]).holds


def test_a_sentence_in_other_order_and_other_writing_is_held(ground: Ground) -> None:
    verdict = ground.verify("Employees with a year of service get sixteen weeks of parental leave at full pay.", [0])
    assert verdict.holds
    assert verdict.disagreements == ()


def test_a_wrong_citation_is_repaired(ground: Ground) -> None:
    verdict = ground.verify("Receipts have to be handed in within 30 days of the journey.", [3])
    assert verdict.holds
    assert verdict.repaired
    assert verdict.cited[0] == 4


def test_a_sentence_without_any_citation_finds_its_own(ground: Ground) -> None:
    verdict = ground.verify("The cafeteria is open from 11:30 to 14:00.", [])
    assert verdict.holds
    assert verdict.repaired
    assert verdict.cited[0] == 7


def test_a_sentence_out_of_two_units_cites_both(ground: Ground) -> None:
    sentence = "Parental leave is 16 weeks at full pay, and contractors are not eligible for parental leave."
    verdict = ground.verify(sentence, [0])
    assert verdict.holds
    assert set(verdict.cited) == {0, 2}


def test_citations_that_do_not_exist_are_passed_over(ground: Ground) -> None:
    verdict = ground.verify(UNITS[4], [99, -1, 4])
    assert verdict.holds
    assert verdict.cited == (4,)


def test_another_person_is_not_the_same_pseudonym(ground: Ground) -> None:
    assert ground.verify("[PERSON_K7Q2MP4X] leads the people team.", [6]).holds
    assert not ground.verify("[PERSON_A1B2C3D4] leads the people team.", [6]).holds


def test_what_the_evidence_does_not_speak_of_is_not_held(ground: Ground) -> None:
    assert not ground.verify("The company pays for childcare during the summer holidays.", [0, 1]).holds


def test_a_connective_says_nothing_and_is_dropped_quietly(ground: Ground) -> None:
    verdict = ground.verify("Here is what the policy says:", [0])
    assert verdict.says_nothing
    assert not verdict.holds
    assert verdict.disagreements == ()


def test_the_unit_that_a_dropped_sentence_meant_takes_its_place(ground: Ground) -> None:
    assert ground.replacement("Parental leave is 8 weeks at full pay for employees with 12 months of service.") == 0


def test_nothing_takes_the_place_of_a_sentence_about_something_else(ground: Ground) -> None:
    assert ground.replacement("The company pays for childcare during the summer holidays.") is None
    assert ground.replacement("Here is what the policy says:") is None


def test_units_of_the_passage_of_the_first_one_are_preferred() -> None:
    units = ("Rates for Oslo rose in spring.", "Nothing here.", "Taxes rose as well.", "Rates fell.", "Taxes rose too.")
    near_last = Ground(units, embed, shipped(), passages=(0, 1, 1, 1, 0), threshold=0.0)
    assert set(near_last.verify("Rates for Oslo and taxes rose in spring.", []).cited) == {0, 4}


def test_a_unit_is_embedded_once_and_only_if_it_is_looked_at() -> None:
    embedded: list[str] = []

    def noted(texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return embed(texts)

    ground = Ground(UNITS, noted, shipped())
    assert embedded == []
    ground.verify("Parental leave lasts 16 weeks at full pay.", [3])
    ground.verify("Employees are told in writing that leave lasts 16 weeks.", [0])
    units = [text for text in embedded if text in UNITS]
    assert len(units) > 3
    assert len(units) == len(set(units))
    assert UNITS[7] not in embedded


def test_where_a_sentence_s_own_citation_carries_it_no_other_unit_is_looked_at() -> None:
    embedded: list[str] = []

    def noted(texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return embed(texts)

    sentence = "Contractors aren't eligible for any parental leave."
    verdict = Ground(UNITS, noted, shipped()).verify(sentence, [2])
    assert verdict.holds
    assert verdict.support >= 0.9
    assert embedded == [sentence, UNITS[2]]


def test_a_number_is_compared_with_units_that_were_not_cited() -> None:
    units = ("A deposit is paid, as for keys: 300 euros.", "The deposit for a parking space is 200 euros.")
    claim = "The deposit for a parking space is 300 euros."
    assert Ground(units[:1], embed, shipped()).verify(claim, [0]).disagreements == ()
    assert [each.kind for each in Ground(units, embed, shipped()).verify(claim, [0]).disagreements] == ["number"]


def test_without_evidence_nothing_is_held() -> None:
    ground = Ground((), embed, shipped())
    assert not ground.verify("Leave is 16 weeks.", [0]).holds
    assert ground.replacement("Leave is 16 weeks.") is None


@pytest.mark.parametrize(
    "sentence",
    ["Sure!", "Here's a summary of the article in 80 words:", "Of course, here is the answer:", "I hope this helps!",
     "Let me know if you have any questions.", "Based on the provided sources:", "**Summary:**", "***"],
)  # fmt: skip
def test_openings_and_closings_claim_nothing(sentence: str) -> None:
    assert says_nothing(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["Yes, contractors are eligible for parental leave.", "Here is the office of the director.", "No.",
     "Based on the policy, leave is 16 weeks.", "The following documents are required: passport and visa.",
     "In this report the company admits a loss of two million dollars."],
)  # fmt: skip
def test_what_claims_something_is_verified(sentence: str) -> None:
    assert not says_nothing(sentence)


def test_a_clause_from_nowhere_is_not_carried_by_the_true_sentence_before_it(ground: Ground) -> None:
    verdict = ground.verify(
        "Parental leave is 16 weeks at full pay for employees with at least 12 months of service, "
        "and gym subscriptions cost nothing downtown.",
        [0],
    )
    assert not verdict.holds
    assert [each.kind for each in verdict.disagreements] == ["clause"]
