"""Which model is asked: a table of situations."""

# A row of the table is read as a whole.
# ruff: noqa: E501

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from answer.models.entries import narrowed
from answer.models.entry import Handling, ModelEntry, Prices
from answer.routing import Asked, RoutingPolicy, choose
from core.policy_document import SHIPPED, policy_of

TODAY = date(2026, 11, 23)
AGREED = Handling(agreement="C-1", training_prohibited=True, retention_days=0, legal_basis="contract")


def model(name: str, tier: str, price: float = 1.0, **said: Any) -> ModelEntry:
    prices = Prices(input=price, output=price)
    given = {"provider": "openai", "model": f"{name}-2026-01-01", "handling": AGREED, "prices": prices, **said}
    return ModelEntry.model_validate({"name": name, "tier": tier, **given})


LARGE = model("large", "large", 10.0)
SMALL = model("small", "small", 1.0)
DEARER = model("dearer", "small", 2.0)
INSIDE = model(
    "inside", "on_premise", 0.0, place="on_premise", sensitivity="restricted", handling=None, provider="compatible",
    base_url="http://10.2.0.14:8000",
)  # fmt: skip
OLD = model("old", "small", 0.1, retires_on=date(2026, 11, 1))
BARE = model("bare", "small", 0.1, handling=None)


def asked(**said: Any) -> Asked:
    usual: dict[str, Any] = {
        "answered": True, "support": 0.7, "difficulty": 0.2, "plain": False, "question_level": "internal",
        "levels": ("internal", "internal"), "characters": 6_000,
    }  # fmt: skip
    return Asked(**{**usual, **said})


@pytest.mark.parametrize(
    ("situation", "entries", "question", "routing", "expected"),
    [
        ("without a model the sentences are verbatim", [], asked(), {}, ["extractive:no_model"]),
        ("nothing is asked where the evidence does not answer", [SMALL], asked(answered=False), {}, ["extractive:not_answered"]),
        ("the cheapest comes first", [LARGE, DEARER, SMALL], asked(), {}, ["small:cheapest", "dearer:fallback", "large:escalation"]),
        ("a model inside costs nothing", [SMALL, INSIDE], asked(), {}, ["inside:cheapest", "small:escalation"]),
        ("a difficult question begins with the large one", [SMALL, LARGE], asked(difficulty=0.9), {}, ["large:difficult", "small:escalation"]),
        ("from which difficulty is data", [SMALL, LARGE], asked(difficulty=0.9), {"large_from": 0.95}, ["small:cheapest", "large:escalation"]),
        ("a plain question with a sure sentence needs no model", [SMALL], asked(plain=True, support=0.97), {"verbatim_from": 0.9}, ["extractive:verbatim_suffices"]),
        ("what may not leave goes to the model inside", [SMALL, INSIDE], asked(levels=("restricted", "internal")), {}, ["inside:sensitive"]),
        ("who sees all of it goes before who is cheaper", [SMALL, INSIDE], asked(levels=("internal", "restricted")), {"order": ["small", "on_premise", "large"]}, ["inside:cheapest", "small:escalation"]),
        ("a retired model is not asked", [OLD, DEARER], asked(), {}, ["dearer:cheapest"]),
        ("a model whose handling nobody stated gets public text only", [BARE, SMALL], asked(), {}, ["small:cheapest"]),
        ("at most so many calls", [SMALL, DEARER, LARGE], asked(), {"calls": 2}, ["small:cheapest", "dearer:fallback"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_is_asked(
    situation: str, entries: list[ModelEntry], question: Asked, routing: dict[str, Any], expected: list[str]
) -> None:
    policy = narrowed(policy_of(SHIPPED, 1), entries)

    route = choose(RoutingPolicy(**routing), entries, policy, question, TODAY)

    told = [f"{'extractive' if a.entry is None else a.entry.name}:{a.reason}" for a in route.attempts]
    assert told[: len(expected)] == expected
    assert route.attempts[-1].entry is None


def test_who_was_not_considered_is_told_with_the_reason() -> None:
    entries = [OLD, BARE, SMALL]
    route = choose(RoutingPolicy(), entries, narrowed(policy_of(SHIPPED, 1), entries), asked(), TODAY)

    assert route.excluded == (("old", "retired"), ("bare", "question_too_sensitive"))


def test_a_failed_call_turns_to_the_next_and_a_doubtful_answer_to_another_tier() -> None:
    entries = [SMALL, DEARER, LARGE]
    route = choose(RoutingPolicy(), entries, narrowed(policy_of(SHIPPED, 1), entries), asked(), TODAY)

    def name(at: int | None) -> str:
        entry = None if at is None else route.attempts[at].entry
        return "extractive" if entry is None else entry.name

    assert name(route.after_failure(0)) == "dearer"
    assert name(route.after_doubt(0)) == "large"
    assert name(route.after_doubt(2)) == "extractive"
    assert route.after_failure(len(route.attempts) - 1) is None


def test_a_model_whose_budget_is_used_up_is_skipped_with_that_reason() -> None:
    entries = [SMALL, LARGE]
    route = choose(RoutingPolicy(), entries, narrowed(policy_of(SHIPPED, 1), entries), asked(), TODAY, {"small"})

    assert [a.entry.name for a in route.attempts if a.entry] == ["large"]
    assert route.excluded == (("small", "budget_used_up"),)


@pytest.mark.parametrize(
    ("region", "asked_at_all"),
    [("us", False), ("US", False), ("us-east-1", False), (None, False), ("moonbase", False), ("eu", True), ("westeurope", True)],
)  # fmt: skip
def test_a_model_where_nothing_may_go_or_nobody_knows_where_is_not_asked(
    region: str | None, asked_at_all: bool
) -> None:
    document: Any = copy.deepcopy(SHIPPED)
    document["sensitivity"]["internal"]["external:us"] = "block"
    entries = [model("cloud", "small", region=region)]

    route = choose(RoutingPolicy(), entries, narrowed(policy_of(document, 1), entries), asked(), TODAY)

    assert (route.attempts[0].entry is not None) == asked_at_all
