"""What may be used, what is reserved of it, and what was used."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from answer import usage_rows
from answer.budget import BudgetSettings
from answer.budgets import OverBudget
from answer.chargeback import chargeback, month_of
from answer.gateway import Gateway
from answer.models.base import Usage
from answer.models.entry import Prices
from answer.models.scripted import Hold, ScriptedModel, says
from answer.usage import Reservation, Spender, ceiling_of, cost_of, estimated
from core import people
from core.access import Principal
from core.errors import Invalid, NotFound, Refused
from core.tables import PersonRow
from tests.answer.accounts import Accounts
from tests.answer.calling.builders import entry
from tests.contracts.chat_models.builders import prompt
from tests.core.audit import postgres

MODEL = entry(prices=Prices(input=1000, output=1000, currency="EUR"))
"""A thousandth of a euro for each token."""
PROMPT = prompt(MODEL, most_tokens=100)
ANA = Spender("a" * 32, "sales", ("files", "tickets"), "answer-1")
BO = Spender("b" * 32, "sales", ("files",), "answer-2")
NEED = estimated(PROMPT)
TOKENS = NEED.input + NEED.output
NUMBERS = count()


@pytest.fixture(scope="module")
def postgres_url() -> Generator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Accounts]:
    made = Accounts(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")
    yield made
    made.close()


def used(accounts: Accounts) -> list[int | None]:
    return [spent for _, spent in accounts.budgets.used()]


def test_an_estimate_is_reserved_and_settled_by_what_was_used(accounts: Accounts) -> None:
    accounts.limit("model", "small", "month", money=100, currency="EUR")
    accounts.limit("source", "tickets", "hour", calls=10)
    made = accounts.budgets.reserve(ANA, MODEL, PROMPT)
    assert used(accounts) == [ceiling_of(MODEL, NEED).micros, 1]
    accounts.budgets.settle(made, Usage(40, 2))
    accounts.budgets.settle(made, Usage(9999, 9999))
    assert used(accounts) == [42_000, 1]


def test_a_call_of_which_nothing_was_sent_leaves_no_trace(accounts: Accounts) -> None:
    accounts.limit("model", "small", "day", tokens=TOKENS)
    made = accounts.budgets.reserve(ANA, MODEL, PROMPT)
    accounts.budgets.release(made)
    accounts.budgets.release(made)
    assert used(accounts) == [0]
    accounts.budgets.reserve(ANA, MODEL, PROMPT)
    assert chargeback(accounts.database, month_of(None, accounts.clock()), "model").total[0].calls == 1


@pytest.mark.parametrize(
    ("scope", "name", "limit", "said"),
    [
        ("department", "sales", {"tokens": TOKENS - 1}, "The budget of the department sales for this day"),
        ("department", "*", {"tokens": TOKENS - 1}, "The budget of the department sales"),
        ("person", "*", {"calls": 0}, "Your budget for this day (0 calls)"),
        ("source", "tickets", {"money": 0.01, "currency": "EUR"}, "The budget of the source tickets"),
        ("model", "small", {"money": 0.01, "currency": "EUR"}, "(0.01 EUR)"),
    ],
)
def test_a_call_that_may_pass_a_budget_is_refused_with_its_name_and_when_it_resets(
    tmp_path: Path, scope: str, name: str, limit: dict[str, Any], said: str
) -> None:
    accounts = Accounts(tmp_path)
    accounts.limit(scope, name, "day", **limit)
    with pytest.raises(OverBudget) as refused:
        accounts.budgets.reserve(ANA, MODEL, PROMPT)
    assert said in refused.value.message
    assert "2026-11-23 00:00 UTC" in refused.value.hint
    assert refused.value.retry_after == 15 * 3600
    assert ANA.subject not in str(refused.value)
    assert not chargeback(accounts.database, month_of(None, accounts.clock()), "model").charges
    accounts.close()


@pytest.mark.parametrize(
    ("per", "later"),
    [("minute", {"seconds": 60}), ("hour", {"hours": 1}), ("day", {"hours": 15}), ("month", {"days": 9})],
)
def test_a_budget_starts_anew(tmp_path: Path, per: str, later: dict[str, float]) -> None:
    accounts = Accounts(tmp_path)
    accounts.limit("model", "small", per, calls=1)
    accounts.budgets.reserve(ANA, MODEL, PROMPT)
    with pytest.raises(OverBudget):
        accounts.budgets.reserve(BO, MODEL, PROMPT)
    accounts.clock.tick(**later)
    accounts.budgets.reserve(BO, MODEL, PROMPT)
    accounts.close()


def test_a_budget_for_each_counts_each_for_themselves_unless_they_have_their_own(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.limit("person", "*", "day", calls=1)
    accounts.limit("person", "bo@x.example", "day", calls=2)
    bo = Spender(accounts.budgets.name_of("person", "bo@x.example"))
    for spender, most in ((ANA, 1), (BO, 1), (bo, 2)):
        for _ in range(most):
            accounts.budgets.reserve(spender, MODEL, PROMPT)
        with pytest.raises(OverBudget):
            accounts.budgets.reserve(spender, MODEL, PROMPT)
    accounts.close()


def test_a_budget_of_a_person_stays_theirs_when_their_address_changes(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    budgets, now = accounts.budgets, accounts.clock()
    everyday: dict[str, Any] = {"groups": ["staff"], "roles": ["employee"], "now": now}
    with accounts.database.writing() as session:
        ana = people.put(session, "ana@x.example", **everyday).id
    accounts.limit("person", "ana@x.example", "day", calls=1)
    spender = Spender(accounts.audit.subject(ana))
    budgets.reserve(spender, MODEL, PROMPT)
    with accounts.database.writing() as session:
        session.get_one(PersonRow, ana).email = "anna@x.example"
    with pytest.raises(OverBudget):
        budgets.reserve(spender, MODEL, PROMPT)
    accounts.limit("person", " Anna@X.example", "day", calls=2)
    assert [(row.name, row.most) for row in budgets.held()] == [(spender.subject, 2)]
    budgets.reserve(spender, MODEL, PROMPT)
    with pytest.raises(OverBudget):
        budgets.reserve(spender, MODEL, PROMPT)
    # The address is somebody else's by now.
    with accounts.database.writing() as session:
        other = people.put(session, "ana@x.example", **everyday).id
    accounts.limit("person", "ana@x.example", "day", calls=0)
    with pytest.raises(OverBudget):
        budgets.reserve(Spender(accounts.audit.subject(other)), MODEL, PROMPT)
    budgets.remove(("person", budgets.name_of("person", "anna@x.example"), "day", "calls"), "Enough")
    budgets.reserve(spender, MODEL, PROMPT)
    accounts.close()


def test_a_budget_that_is_set_later_counts_what_was_used_before(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.budgets.reserve(ANA, MODEL, PROMPT)
    accounts.limit("department", "sales", "month", calls=1)
    with pytest.raises(OverBudget):
        accounts.budgets.reserve(BO, MODEL, PROMPT)
    accounts.close()


def test_a_budget_in_another_currency_than_the_prices_refuses_rather_than_not_counting(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.limit("model", "small", "month", money=1000, currency="USD")
    with pytest.raises(Refused):
        accounts.budgets.reserve(ANA, MODEL, PROMPT)
    accounts.budgets.reserve(ANA, entry(prices=Prices()), PROMPT)
    accounts.close()


def test_askers_at_the_same_time_cannot_use_more_than_there_is(accounts: Accounts) -> None:
    accounts.limit("department", "sales", "day", tokens=3 * TOKENS + TOKENS // 2)
    ready = threading.Barrier(8)

    def reserve(number: int) -> bool:
        ready.wait()
        try:
            accounts.budgets.reserve(ANA if number % 2 else BO, MODEL, PROMPT)
        except OverBudget:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(reserve, range(8))) == 3
    assert used(accounts) == [3 * TOKENS]


def test_two_callers_of_a_gateway_cannot_overspend(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.limit("model", "small", "day", tokens=TOKENS)
    both, busy = threading.Event(), threading.Event()

    def hang() -> None:
        busy.set()
        both.wait()

    model = ScriptedModel([(Hold(hang), *says("Yes.", usage=Usage(10, 1)))], name="small", sleep=lambda seconds: None)
    gateway = Gateway(lambda entry: model, accounts.budgets, lambda entry: None)
    first = threading.Thread(target=lambda: list(gateway.stream(MODEL, PROMPT, ANA)))
    first.start()
    busy.wait()
    with pytest.raises(OverBudget):
        list(gateway.stream(MODEL, PROMPT, BO))
    both.set()
    first.join()
    assert len(model.sent) == 1
    assert used(accounts) == [11]
    accounts.close()


def test_the_configuration_seeds_a_budget_once_and_what_is_decided_later_holds(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    seed = [
        {"scope": "person", "name": "*", "per": "day", "tokens": 5},
        {"scope": "model", "name": "m", "per": "day", "calls": 1},
    ]
    budgets = accounts.opened(limits=seed)
    assert [(row.scope, row.most, row.changed_by) for row in budgets.held()] == [
        ("model", 1, "vouch.yaml"), ("person", 5, "vouch.yaml"),
    ]  # fmt: skip
    budgets.remove(("model", "m", "day", "calls"), "Not needed")
    with pytest.raises(NotFound):
        budgets.remove(("model", "m", "day", "calls"), "Not needed")
    assert [row.scope for row in accounts.opened(limits=seed).held()] == ["person"]
    with pytest.raises(Invalid):
        budgets.remove(("person", "*", "day", "tokens"), " ")
    accounts.close()


def test_a_department_is_the_first_of_the_persons_groups_that_is_one(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    budgets = accounts.opened(departments=["hr", "sales"])
    held = frozenset({"everyone", "person:1", "group:sales", "group:hr", "group:legal"})
    assert budgets.department(Principal("1", "a" * 32, frozenset(), held)) == "hr"
    assert budgets.department(Principal("1", "a" * 32, frozenset(), frozenset({"group:legal"}))) == ""
    accounts.limit("department", "legal", "month", calls=5)
    spender = budgets.spender(Principal("1", "a" * 32, frozenset(), frozenset({"group:legal"})), ["b", "a", "b"])
    assert (spender.department, spender.sources) == ("legal", ("a", "b"))
    accounts.close()


def test_a_budget_says_one_thing() -> None:
    assert BudgetSettings.model_validate([{"scope": "model", "name": "m", "per": "day", "calls": 1}]).limits
    for wrong in ({}, {"money": 1, "calls": 1}, {"tokens": -1}):
        with pytest.raises(ValidationError):
            BudgetSettings.model_validate([{"scope": "model", "name": "m", "per": "day", **wrong}])


# What was used


def test_cached_tokens_cost_what_they_cost_and_the_saving_is_told() -> None:
    prices = Prices(input=3, output=15, cache_read=0.3, cache_write=3.75)
    cost = cost_of(prices, Usage(1000, 100, cache_read=800, cache_write=100))
    assert cost.micros == 100 * 3 + 240 + 375 + 1500
    assert cost.saved == 3000 + 1500 - cost.micros
    assert cost_of(prices, Usage(1000, 0)).micros == 3000
    assert cost_of(Prices(input=2, output=8, batch=0.5), Usage(10, 10), batch=True).micros == 50


def test_chargeback_adds_up_to_the_same_by_whatever_it_is_asked(accounts: Accounts) -> None:
    for spender, usage in ((ANA, Usage(101, 10, cache_read=50)), (BO, Usage(7, 3)), (Spender(""), Usage(5, 5))):
        accounts.budgets.settle(accounts.budgets.reserve(spender, MODEL, PROMPT), usage)
    accounts.clock.tick(days=30)
    accounts.budgets.settle(accounts.budgets.reserve(BO, MODEL, PROMPT), Usage(1000, 0))
    month = month_of("2026-11", accounts.clock())
    reports = {by: chargeback(accounts.database, month, by) for by in ("person", "department", "source", "model")}  # type: ignore[arg-type]
    for report in reports.values():
        assert sum(charge.micros for charge in report.charges) == 131_000
        assert sum(charge.input for charge in report.charges) == 113
        assert (report.total[0].calls, report.total[0].micros) == (3, 131_000)
    names = {by: {charge.name: charge.input for charge in report.charges} for by, report in reports.items()}
    assert names["person"] == {ANA.subject: 101, BO.subject: 7, "": 5}
    assert names["department"] == {"sales": 108, "": 5}
    assert names["source"] == {"files": 57, "tickets": 51, "": 5}
    with pytest.raises(Invalid):
        month_of("November", accounts.clock())


def test_a_call_that_nobody_settled_counts_by_its_estimate(accounts: Accounts) -> None:
    accounts.budgets.reserve(ANA, MODEL, PROMPT)
    (charge,) = chargeback(accounts.database, month_of(None, accounts.clock()), "person").charges
    assert (charge.unsettled, charge.input, charge.output) == (1, NEED.input, NEED.output)


def test_a_forgotten_person_is_in_no_account_and_the_sums_stay(accounts: Accounts) -> None:
    open_call = accounts.budgets.reserve(ANA, MODEL, PROMPT)
    accounts.budgets.settle(accounts.budgets.reserve(ANA, MODEL, PROMPT), Usage(10, 1))
    with accounts.database.reading() as session:
        assert len(usage_rows.usage_of(session, ANA.subject)) == 2
    with accounts.database.writing() as session:
        assert usage_rows.erase(session, ANA.subject) == 2
        assert usage_rows.erase(session, "") == 0
    accounts.budgets.settle(open_call, Usage(20, 1))
    with accounts.database.reading() as session:
        everything = "".join(
            str(row) for table in ("usage", "spent", "budgets")
            for row in session.connection().exec_driver_sql(f"SELECT * FROM {table}")
        )  # fmt: skip
    assert ANA.subject not in everything
    assert "answer-1" not in everything
    (charge,) = chargeback(accounts.database, month_of(None, accounts.clock()), "department").charges
    assert (charge.name, charge.input) == ("sales", 30)


def test_counts_of_times_that_are_over_are_swept_and_the_usage_stays(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.limit("model", "small", "minute", calls=9)
    accounts.budgets.reserve(ANA, MODEL, PROMPT)
    assert accounts.budgets.sweep() == 0
    accounts.clock.tick(days=2)
    assert accounts.budgets.sweep() == 5
    accounts.clock.tick(days=70)
    accounts.budgets.reserve(BO, MODEL, PROMPT)
    assert accounts.budgets.sweep() == 10
    assert accounts.budgets.sweep() == 0
    assert chargeback(accounts.database, month_of("2026-11", accounts.clock()), "model").total[0].calls == 1
    accounts.close()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    made = Accounts(tmp_path_factory.mktemp("ledger"))
    yield made
    made.close()


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "settle", "release"]), st.integers(0, 5), st.integers(0, TOKENS))
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, calls=st.integers(1, 6))
def test_whatever_happens_in_whatever_order_the_count_is_what_the_calls_say(
    ledger: Accounts, steps: list[Step], calls: int
) -> None:
    """No order of events passes the budget, and none leaves the count apart from the calls."""
    model = entry(f"m{next(NUMBERS)}", prices=Prices(input=1, output=1))
    text = prompt(model, most_tokens=100)
    ledger.limit("model", model.name, "day", tokens=calls * TOKENS)
    made: list[Reservation] = []
    for what, which, used_tokens in steps:
        if what == "reserve":
            with suppress(OverBudget):
                made.append(ledger.budgets.reserve(ANA, model, text))
        elif which < len(made) and what == "settle":
            ledger.budgets.settle(made[which], Usage(used_tokens, 0))
        elif which < len(made):
            ledger.budgets.release(made[which])
        counted = next(spent for row, spent in ledger.budgets.used() if row.name == model.name)
        start = month_of(None, ledger.clock())
        charges = chargeback(ledger.database, start, "model").charges
        said = sum(charge.input + charge.output for charge in charges if charge.name == model.name)
        assert counted == said
        assert said <= calls * TOKENS


def test_a_model_that_no_budget_covers_any_more_is_known_before_it_is_asked(accounts: Accounts) -> None:
    dear = MODEL.model_copy(update={"name": "dear"})
    accounts.limit("model", "small", "day", calls=1)
    assert accounts.budgets.used_up(ANA, [MODEL, dear]) == frozenset()
    accounts.budgets.settle(accounts.budgets.reserve(ANA, MODEL, PROMPT), Usage(1, 1))
    assert accounts.budgets.used_up(ANA, [MODEL, dear]) == {"small"}
    accounts.limit("person", "*", "day", calls=1)
    assert accounts.budgets.used_up(ANA, [MODEL, dear]) == {"small", "dear"}
