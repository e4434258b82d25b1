"""Sentences of which every piece stands in the source, put together to say something else."""

from __future__ import annotations

import pytest

from answer.verify.exact import disagreements

ABROAD = "Employees may work from abroad for up to 20 days a year, unless they have access to customer data."
APPROVES = "Managers approve expenses of up to 500 EUR; the finance team approves everything above."
BONUS = "The bonus is paid only to employees who have been here for more than 12 months."
VISITORS = "Visitors are not allowed in the server room without an escort."
OVERTIME = "Overtime is paid in full, except during the probation period."
OLD, NEW = "Before 2024 the deductible was 300 EUR.", "Since 2024 the deductible is 150 EUR."
LEADS = "Anna Meyer leads Sales and Ben Ortiz leads Finance."
CANCELS = "If the customer cancels within 14 days, the fee is refunded."
BACKUPS = "Personal data is deleted after 6 months and backups are deleted after 12 months."
STORED = "Customer data must not be stored on private devices unless they are encrypted."
GYM = "The gym is open to all staff; interns are excluded."
ORDERS = "Orders below 200 EUR are approved by the team lead; orders above 200 EUR by the head of purchasing."
FREIGHT = "The supplier pays the freight, and the customer pays the customs duty."
PARKING = "Parking spaces are free for employees, but guests pay 5 EUR a day."
SHIFT = "The night shift starts at 10 pm and ends at 6 am."
PLAN = "The board rejected the plan to sell the Hamburg warehouse."
ALLOWANCE = "Since January 2025 the meal allowance is 8 EUR; until December 2024 it was 6 EUR."


def kinds(sentence: str, *spans: str) -> set[str]:
    return {each.kind for each in disagreements(sentence, spans)}


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("Visitors are allowed in the server room without an escort.", VISITORS),
        ("Employees may take unpaid leave without approval.", "Employees may not take unpaid leave without approval."),
        ("Everyone is admitted without a badge.", "No one is admitted without a badge."),
        ("Refunds are issued unless the order was late.", "Refunds are never issued unless the order was late."),
        ("Customer data must be stored on private devices unless they are encrypted.", STORED),
        ("Employees pay the fee.", "Contractors pay the fee; employees do not."),
        ("The company pays for private phones.", "It is a myth that the company pays for private phones."),
        ("The board sells the Hamburg warehouse.", PLAN),
    ],
)
def test_a_negation_that_is_gone_is_missed_whatever_else_is_negated(sentence: str, span: str) -> None:
    assert "negation" in kinds(sentence, span)


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("The board accepted the plan to sell the Hamburg warehouse.", PLAN),
        ("The board rejected the plan to buy the Hamburg warehouse.", PLAN),
        ("Interns are included in the bonus.", "Interns are excluded from the bonus."),
        ("The contract begins on 31 March 2026.", "The contract ends on 31 March 2026."),
        ("Prices fell by 5 percent in 2025.", "Prices rose by 5 percent in 2025."),
        ("Leave is paid for the last 12 weeks.", "Leave is paid for the first 12 weeks."),
        ("The office opens at 6 in the evening.", "The office opens at 6 in the morning."),
        ("Paid leave can be taken.", "Unpaid leave can be taken."),
    ],
)
def test_a_word_in_the_place_of_its_opposite_is_found(sentence: str, span: str) -> None:
    assert "negation" in kinds(sentence, span)


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("The plan to sell the Hamburg warehouse was not accepted by the board.", PLAN),
        ("Returned goods must be in the original packaging.", "Goods are not accepted without the original packaging."),
        ("Prices rose, while wages fell.", "Prices rose and wages fell."),
        ("Access is granted by the records office.", "The records office approves access."),
        ("Data may be kept only if it is encrypted.", "Data must not be kept unless it is encrypted."),
        ("Staff may not smoke.", "Staff must not smoke."),
        ("The gym is open to all staff except interns.", GYM),
    ],
)
def test_the_same_by_way_of_its_opposite_agrees(sentence: str, span: str) -> None:
    assert kinds(sentence, span) == set()


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("Employees may work from abroad for up to 20 days a year.", ABROAD),
        ("The bonus is paid to employees.", BONUS),
        ("All employees may sign contracts.", "Only managers may sign contracts."),
        ("Visitors are not allowed in the server room.", VISITORS),
        ("Overtime is paid in full.", OVERTIME),
        ("The fee is refunded.", CANCELS),
        ("The deductible is 300 EUR.", OLD),
    ],
)
def test_a_condition_must_stand_in_the_sentence(sentence: str, span: str) -> None:
    assert "condition" in kinds(sentence, span)


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("Staff with access to customer data may not work from abroad.", (ABROAD,)),
        ("The bonus requires more than 12 months, and is paid to employees.", (BONUS,)),
        ("Managers may sign contracts.", ("Only managers may sign contracts.",)),
        ("Visitors need an escort in the server room.", (VISITORS,)),
        ("The fee is refunded.", (CANCELS, "The fee is always refunded.")),
        ("The deductible is 150 EUR.", (OLD, NEW)),
        ("The meal allowance is 8 EUR since January 2025.", (ALLOWANCE,)),
    ],
)
def test_a_condition_in_other_words_or_that_another_span_does_not_have_is_none(
    sentence: str, spans: tuple[str, ...]
) -> None:
    assert "condition" not in kinds(sentence, *spans)


@pytest.mark.parametrize(
    ("sentence", "span", "kind"),
    [
        ("The fee is refunded if the customer cancels after 14 days.", CANCELS, "limit"),
        ("Leave lasts 16 weeks.", "Leave lasts up to 16 weeks.", "limit"),
        ("Laptops are replaced after 3 years.", "Laptops are replaced every 3 years.", "limit"),
        ("Since 2024 the deductible is 300 EUR.", OLD, "order"),
    ],
)
def test_a_limit_keeps_its_direction(sentence: str, span: str, kind: str) -> None:
    assert kind in kinds(sentence, span)


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("Anna Meyer leads Finance.", LEADS),
        ("Anna Meyer leads Finance and Ben Ortiz leads Sales.", LEADS),
        ("The finance team approves expenses of up to 500 EUR.", APPROVES),
        ("Orders above 200 EUR are approved by the team lead.", ORDERS),
        ("The customer pays the freight.", FREIGHT),
        ("Backups are deleted after 6 months.", BACKUPS),
        ("The night shift ends at 10 pm.", SHIFT),
        ("Parking spaces are free for guests.", PARKING),
        ("The gym is open to interns.", GYM),
        ("Ben Ortiz approves the request of Anna Meyer.", "Anna Meyer approves the request of Ben Ortiz."),
        ("The Turin branch audits the Lyon branch.", "The Lyon branch audits the Turin branch."),
    ],
)
def test_halves_of_two_clauses_make_no_third(sentence: str, span: str) -> None:
    assert kinds(sentence, span) & {"order", "number"}


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("Ben Ortiz leads Finance.", LEADS),
        ("Orders over 200 EUR are approved by the head of purchasing.", ORDERS),
        ("Customs duty is paid by the customer.", FREIGHT),
        ("Backups are deleted after 12 months.", BACKUPS),
        ("The night shift is from 10 pm to 6 am.", SHIFT),
        ("Guests pay 5 EUR a day for parking.", PARKING),
        ("The Turin branch is audited by the Lyon branch.", "The Lyon branch audits the Turin branch."),
        ("The request of Ben Ortiz is approved by Anna Meyer.", "Anna Meyer approves the request of Ben Ortiz."),
    ],
)
def test_a_half_by_itself_or_in_the_passive_agrees(sentence: str, span: str) -> None:
    assert kinds(sentence, span) == set()
