from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from answer.verify.exact import disagreements

LEAVE = "Parental leave is 16 weeks at full pay for employees with at least 12 months of service."
EXPENSES = "Expenses above 12,000 euros must be approved by the Finance Board before 1 March 2026."


def kinds(sentence: str, *spans: str) -> list[str]:
    return [each.kind for each in disagreements(sentence, spans)]


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("Parental leave is sixteen weeks.", LEAVE),
        ("You get 16 weeks of leave.", LEAVE),
        ("You need a year of service.", LEAVE),
        ("The limit is 12.000 euros.", EXPENSES),
        ("The limit is EUR 12k.", EXPENSES),
        ("The limit is €12,000.", EXPENSES),
        ("The limit is twelve thousand euros.", EXPENSES),
        ("It must be approved before 2026-03-01.", EXPENSES),
        ("It must be approved before March 1, 2026.", EXPENSES),
        ("It must be approved before March 1st.", EXPENSES),
        ("It must be approved before 01.03.2026.", EXPENSES),
        ("The notice period is two weeks.", "Notice must be given 14 days ahead."),
        ("The share rose to 5 percent.", "The share rose to 5% in May."),
        ("Revenue was $1.2 billion.", "Revenue was 1,200 million dollars."),
        ("The meeting is at 10:30.", "We meet at 10:30 on Monday."),
        ("The part AV-520 is in stock.", "Stock: AV-520, 12 pieces."),
        ("It lasts half a million hours.", "It lasts 500,000 hours."),
        ("There were twenty-five people.", "25 people came."),
        ("A 5-year plan was made.", "The plan covers five years."),
        ("It closes at 2 pm.", "It is open from 11:30 to 14:00."),
    ],
)
def test_the_same_number_in_another_writing_agrees(sentence: str, span: str) -> None:
    assert kinds(sentence, span) == []


@pytest.mark.parametrize(
    ("sentence", "span", "kind"),
    [
        ("Parental leave is 8 weeks.", LEAVE, "number"),
        ("Parental leave is 16 days.", LEAVE, "number"),
        ("Parental leave is eight weeks.", LEAVE, "number"),
        ("The limit is 12,000 dollars.", EXPENSES, "number"),
        ("The limit is 12 euros.", EXPENSES, "number"),
        ("It must be approved before 3 January 2026.", EXPENSES, "date"),
        ("It must be approved before 1 March 2027.", EXPENSES, "date"),
        ("It must be approved before 1 April.", EXPENSES, "date"),
        ("The office closes on Friday.", "The office closes on Thursday.", "date"),
        ("The share rose by 5%.", "The share rose by 5 dollars.", "number"),
        ("It takes 10 days.", "It takes 10 working days.", "number"),
        ("The total is 30 days.", "There are 20 days of leave and 10 days of study leave.", "number"),
        ("The part AV-521 is in stock.", "Stock: AV-520, 12 pieces.", "number"),
        ("We meet at 10:45.", "We meet at 10:30 on Monday.", "number"),
        ("The 4th floor is closed.", "The third floor is closed.", "number"),
        ("Use version 3.2.2.", "Use version 3.2.1.", "number"),
    ],
)
def test_another_number_or_date_disagrees(sentence: str, span: str, kind: str) -> None:
    assert kind in kinds(sentence, span)


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("Parental leave is 8 weeks.", (LEAVE, "Leave must be requested at least 8 weeks ahead.")),
        ("The probation period is two weeks.", ("The probation period is six months, with two weeks' notice.",)),
        ("Five people in Kansas died of it.", ("Five people fell ill, and three people in Kansas died of it.",)),
    ],
)
def test_a_number_from_another_place_disagrees(sentence: str, spans: tuple[str, ...]) -> None:
    assert kinds(sentence, *spans) == ["number"]


def test_a_number_in_its_place_agrees_beside_others() -> None:
    span = "Notice is one month for the employee and three months for the company."
    assert kinds("The company has to give three months' notice.", span) == []
    assert kinds("The budget went up to 1.5 million.", "The budget rose from 1.2 million to 1.5 million.") == []


def test_numbers_that_changed_places_disagree() -> None:
    span = "Managers get 30 days of leave and assistants get 25 days of leave."
    assert kinds("Managers get 25 days of leave and assistants get 30 days of leave.", span) == ["number", "number"]


def test_the_position_is_that_of_what_disagrees() -> None:
    sentence = "Parental leave is 8 weeks at full pay."
    (found,) = disagreements(sentence, [LEAVE])
    assert found.what.of(sentence) == "8 weeks"


@pytest.mark.parametrize(
    ("sentence", "span", "kind"),
    [
        ("Staff may approve expenses.", "Staff must approve expenses.", "modality"),
        ("Staff must work from home.", "Staff may work from home.", "modality"),
        ("Contractors are eligible.", "Contractors are not eligible.", "negation"),
        ("Contractors are not eligible.", "Contractors are eligible.", "negation"),
        ("Travel is paid without approval.", "Travel is paid with approval.", "negation"),
        ("Staff and contractors get the bonus.", "Staff except contractors get the bonus.", "negation"),
        ("You can't carry over leave.", "You can carry over leave.", "negation"),
        ("Leave never expires.", "Leave expires.", "negation"),
        ("A claim needs more than 5 receipts.", "A claim needs less than 5 receipts.", "limit"),
        ("You may carry over at least 5 days.", "You may carry over up to 5 days.", "limit"),
        ("Submit the form after payday.", "Submit the form before payday.", "order"),
        ("The data moved from Dublin to Frankfurt.", "The data was moved from Frankfurt to Dublin.", "order"),
        ("The budget fell from 1.5 million to 1.2 million.", "It rose from 1.2 million to 1.5 million.", "order"),
        ("Contractors can take parental leave.", "Contractors are not eligible for parental leave.", "negation"),
        ("Staff without a permanent contract can join.", "Only staff with a permanent contract can join.", "negation"),
        ("Overtime need not be approved ahead.", "Overtime is approved ahead unless it is urgent.", "negation"),
    ],
)
def test_what_turns_a_statement_around_disagrees(sentence: str, span: str, kind: str) -> None:
    assert kind in kinds(sentence, span)


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("Contractors aren't eligible.", "Contractors are not eligible."),
        ("Working from home is not allowed.", "Working from home is prohibited."),
        ("The form is due before payday.", "The form must be in before payday, not after it."),
        ("Staff can work from home.", "Staff may work from home."),
        ("Approval is required for travel.", "Travel must be approved; approval is required."),
        ("No more than 5 days carry over.", "At most 5 days carry over."),
        ("Interns do not receive the bonus.", "The bonus is paid to all staff except interns."),
        ("Everyone but interns gets the bonus.", "The bonus is paid to all staff except interns."),
        ("Overtime needs approval, except in emergencies.", "Overtime must be approved unless it is an emergency."),
        ("The firm cannot sue.", "Can the firm sue?"),
        ("Managers approve leave.", "Managers approve leave. Contractors are not paid for it."),
    ],
)
def test_the_same_polarity_in_other_words_agrees(sentence: str, span: str) -> None:
    assert kinds(sentence, span) == []


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("The plan is run by Acme Health.", "The plan is run by Beta Health."),
        ("Ask Maria Lopez for approval.", "Ask Mario Lopez for approval."),
        ("Approval comes from [PERSON_K7Q2MP4X].", "Approval comes from [PERSON_A1B2C3D4]."),
        ("The office in Berlin is closed.", "The office in Paris is closed."),
    ],
)
def test_a_name_that_is_not_there_disagrees(sentence: str, span: str) -> None:
    assert "name" in kinds(sentence, span)


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("The FAA grounded the plane.", "The Federal Aviation Administration grounded the plane."),
        ("It is made in the United States.", "It is made in the U.S. since then."),
        ("In Lopez's view it is safe.", "It is safe, said Maria López."),
        ("Approval comes from [PERSON_K7Q2MP4X.2].", "Approval comes from [PERSON_K7Q2MP4X]."),
        ("Employees may ask HR.", "You may ask HR."),
    ],
)
def test_the_same_name_in_another_form_agrees(sentence: str, span: str) -> None:
    assert kinds(sentence, span) == []


def test_a_quotation_must_stand_word_for_word() -> None:
    span = "The handbook says that leave is “granted on request, in writing”."
    assert kinds('The handbook says leave is "granted on request".', span) == []
    assert kinds('The handbook says leave is "granted ... in writing".', span) == []
    assert kinds('The handbook says leave is "granted at once".', span) == ["quote"]


def test_what_one_span_lacks_another_may_have() -> None:
    assert kinds("Leave is 16 weeks from 1 May 2026.", LEAVE, "The rule holds from 1 May 2026.") == []


def test_nothing_of_the_text_is_in_the_printed_form() -> None:
    printed = repr(disagreements("Ask Maria Lopez about 17 days.", [LEAVE]))
    assert "Maria" not in printed
    assert "17" not in printed


_PARTS = """
leave staff weeks report Berlin Acme not must may before office approved pays €300 12% 10:30 AV-520 2026-03-01 16 1,250
3.5 third only unless never [PERSON_K7Q2MP4X]
"""
_WORDS = st.sampled_from(_PARTS.split())


@given(st.lists(_WORDS, min_size=1, max_size=14))
def test_a_verbatim_sentence_always_agrees(parts: list[str]) -> None:
    sentence = " ".join(parts) + "."
    assert kinds(sentence, "Something else stands here.", sentence) == []


_TEMPLATES = st.sampled_from(
    [
        "Parental leave is {} weeks at full pay.",
        "The budget for travel is €{} a year.",
        "The rule has held since 2019 for {} employees and their families.",
        "Rates rose by {}% over 3 quarters in every region.",
        "The bonus of {} dollars is paid with the salary of the month that follows.",
        "Form HR-{} is for claims from abroad.",
        "The office has {} rooms, 12 desks and 3 kitchens.",
    ]
)


@given(_TEMPLATES, st.integers(0, 999_999), st.data())
def test_a_sentence_with_any_digit_changed_never_agrees(template: str, number: int, data: st.DataObject) -> None:
    truth = template.format(number)
    places = [match.start() for match in re.finditer(r"\d", truth)]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from("0123456789"))
    changed = truth[:place] + digit + truth[place + 1 :]
    assume(changed != truth)
    assert kinds(changed, truth), changed
