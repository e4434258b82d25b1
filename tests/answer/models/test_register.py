"""The model register: what it takes, who changed it and why, and how it narrows the data policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import update
from structlog.testing import capture_logs

from answer.models.entries import narrowed, overdue, warning
from answer.models.entry import Handling, ModelEntry
from answer.models.tables import ModelRow
from api.settings import Settings
from core.errors import Conflict, Invalid, NotFound, Refused
from core.policy import SENSITIVITIES, Destination
from core.policy_document import SHIPPED, policy_of
from tests.answer.accounts import Accounts
from tests.answer.calling.builders import HANDLING, entry

POLICY = policy_of(SHIPPED, 1)


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    made = Accounts(tmp_path)
    yield made
    made.close()


def test_it_begins_with_the_configuration_and_keeps_what_is_decided_later(accounts: Accounts) -> None:
    register = accounts.register(entry("one"), entry("two"))
    assert [each.name for each in register.entries()] == ["one", "two"]
    register.retire("one", "Too dear")
    register.set(entry("two", context_tokens=8000), "It has less")
    later = accounts.register(entry("one"), entry("two"), entry("three"))
    assert {each.name: each.context_tokens for each in later.entries()} == {"two": 8000, "three": 32_000}
    assert later.differing() == ("one", "two")
    assert [(each.name, each.change, each.changed_by) for each in later.history()] == [
        ("three", "seeded", "vouch.yaml"),
        ("two", "changed", "operator"),
        ("one", "retired", "operator"),
        ("two", "seeded", "vouch.yaml"),
        ("one", "seeded", "vouch.yaml"),
    ]


def test_history_says_who_and_why_and_the_log_commits_to_it(accounts: Accounts) -> None:
    register = accounts.register()
    made = register.set(entry(), "The board\nasked for it", by="person-1", subject="c" * 32, trace_id="t1")
    assert (made.revision, made.change) == (1, "added")
    (change,) = register.history("small")
    assert (change.why, change.changed_by, change.changed_at) == (
        "The board\nasked for it",
        "person-1",
        accounts.clock(),
    )
    with accounts.database.reading() as session:
        events = [row[0] for row in session.connection().exec_driver_sql("SELECT event FROM audit_pending")]
    assert len(events) == 1
    assert b'"model.changed"' in events[0]
    assert b"board" not in events[0]
    with pytest.raises(NotFound):
        register.history("other")


def test_a_change_needs_a_reason_and_has_to_change_something(accounts: Accounts) -> None:
    register = accounts.register(entry())
    for change in (
        lambda: register.set(entry(context_tokens=9000), " "),
        lambda: register.retire("small", ""),
        lambda: register.set(entry(), "The same"),
        lambda: register.set(entry("external"), "A place's name"),
    ):
        with pytest.raises(Invalid):
            change()
    with pytest.raises(NotFound):
        register.retire("other", "Gone")
    with pytest.raises(Conflict):
        register.set(entry(context_tokens=9000), "Mine", replaces=7)
    assert register.set(entry(context_tokens=9000), "Mine", replaces=1).revision == 2
    assert len(register.history()) == 2


def test_a_change_of_another_process_is_seen(accounts: Accounts) -> None:
    ours, theirs = accounts.register(), accounts.register()
    assert ours.entries() == ()
    theirs.set(entry(), "New")
    assert ours.entries() == (entry(),)
    ours.confirm(entry())
    theirs.set(entry(sensitivity="public"), "Less")
    with pytest.raises(Refused):
        ours.confirm(entry())


@pytest.mark.parametrize(
    "model", ["gpt-5-latest", "claude:latest", "gemini-preview", "models/default", "auto", "x@stable"]
)
def test_a_name_whose_meaning_changes_is_refused(model: str) -> None:
    with pytest.raises(ValidationError):
        entry(model=model)


def test_names_are_unique_in_the_configuration() -> None:
    with pytest.raises(ValidationError, match="Two models have the name small"):
        Settings(models=(entry(), entry(tier="large")))


def test_a_model_is_not_called_from_its_date_on_and_its_owner_is_told_before(accounts: Accounts) -> None:
    dated = entry(retires_on=date(2026, 12, 10))
    register = accounts.register(dated)
    assert "is going to be retired on 2026-12-10" in warning(dated, accounts.clock())
    assert warning(entry(retires_on=date(2027, 3, 1)), accounts.clock()) == ""
    assert register.current() == (dated,)
    accounts.clock.tick(days=18)
    assert overdue(dated, accounts.clock())
    assert "was retired" in warning(dated, accounts.clock())
    assert register.current() == ()
    with pytest.raises(Refused):
        register.confirm(dated)


def may_go(made: ModelEntry, **cells: str) -> list[str]:
    """The sensitivities of text that may go to the model at all."""
    document: Any = {
        **SHIPPED,
        "sensitivity": {level: {**row, **cells} for level, row in SHIPPED["sensitivity"].items()},
    }
    policy = narrowed(policy_of(document, 1), [made])
    return [level for level in SENSITIVITIES if not policy.blocks_text(level, made.destination)]


def test_a_model_without_handling_facts_gets_public_text_only() -> None:
    assert may_go(entry(handling=None, sensitivity="restricted")) == ["public"]
    trained_on = Handling(agreement="x", training_prohibited=False, retention_days=0, legal_basis="y")
    assert may_go(entry(handling=trained_on, sensitivity="confidential")) == ["public"]
    # Even where the policy speaks of it by its name.
    assert may_go(entry(handling=None), small="allow") == ["public"]


def test_nothing_above_the_ceiling_goes_to_a_model_and_the_policy_holds_below_it() -> None:
    assert may_go(entry(sensitivity="internal")) == ["public", "internal"]
    assert may_go(entry(sensitivity="restricted")) == ["public", "internal", "confidential"]
    at_home = entry(place="on_premise", handling=None, sensitivity="restricted")
    assert may_go(at_home) == list(SENSITIVITIES)
    other = Destination("another", "external")
    both = narrowed(POLICY, [entry(handling=None)])
    for level in SENSITIVITIES:
        assert both.treatment("PERSON", level, other) == POLICY.treatment("PERSON", level, other)
        assert both.treatment("PERSON", level, entry().destination) == (
            POLICY.treatment("PERSON", level, entry().destination) if level == "public" else "block"
        )


def spoil(accounts: Accounts, name: str, said: dict[str, Any]) -> None:
    """As if the rules had become stricter since this was stored."""
    with accounts.database.writing() as session:
        stored = entry(name).model_dump(mode="json") | said
        session.execute(update(ModelRow).where(ModelRow.name == name).values(entry=stored))


@pytest.mark.parametrize("said", [{"model": "x-latest"}, {"provider": "gone"}, {"tier": None}, {"name": "sound"}])
def test_an_entry_that_is_refused_today_is_left_out_and_stays_closed(accounts: Accounts, said: dict[str, Any]) -> None:
    before = accounts.register(entry(), entry("sound"))
    assert len(before.entries()) == 2
    spoil(accounts, "small", said)
    register = accounts.register(entry(), entry("sound"))
    with capture_logs() as logged:
        assert register.current() == register.entries() == (entry("sound"),)
        register.entries()
    (left,) = register.unusable()
    assert (left.name, left.change, left.revision) == ("small", "seeded", 1)
    assert next(iter(said)) in left.against
    assert [(each["event"], each["model"], each["log_level"]) for each in logged] == [
        ("model.left_out", "small", "error")
    ]
    with pytest.raises(Refused):
        register.confirm(entry())
    with pytest.raises(NotFound, match="left out"):
        register.entry("small")
    with pytest.raises(NotFound):
        register.retire("small", "It does not matter")
    register.stop(entry(), "Nothing to stop")
    assert [each.revision for each in register.history("small")] == [1]
    assert register.differing() == ("small",)
    register.set(entry(), "By the name of one version", replaces=1)
    assert register.unusable() == ()
    assert register.entries() == (entry("small"), entry("sound"))
    register.confirm(entry())
    assert [type(each).__name__ for each in register.history("small")] == ["Version", "Unusable"]


def test_an_entry_that_is_refused_today_and_was_retired_is_no_matter(accounts: Accounts) -> None:
    register = accounts.register(entry())
    register.retire("small", "Too dear")
    spoil(accounts, "small", {"model": "x-latest"})
    later = accounts.register()
    assert (later.entries(), later.unusable()) == ((), ())
    assert len(later.history()) == 2


def test_handling_has_to_be_stated_whole() -> None:
    for missing in HANDLING.model_dump():
        stated = {name: value for name, value in HANDLING.model_dump().items() if name != missing}
        with pytest.raises(ValidationError):
            entry(handling=stated)


@pytest.mark.parametrize(
    "place",
    [
        {"provider": "openai", "model": "gpt-5-2025-08-07", "base_url": None, "api_key": "env:KEY"},
        {"base_url": "https://8.8.8.8/v1"},
    ],
)
def test_a_model_of_a_provider_or_at_a_public_address_does_not_stand_on_premise(place: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="on_premise is a compatible server"):
        entry(place="on_premise", **place)


def test_a_model_that_was_stopped_is_not_called_until_somebody_sets_it_again(accounts: Accounts) -> None:
    register = accounts.register(entry())
    register.confirm(entry())
    register.stop(entry(context_tokens=9000), "Another entry than the one that holds")
    register.confirm(entry())
    register.stop(entry(), "It answered elsewhere")
    with pytest.raises(Refused):
        register.confirm(entry())
    stopped = register.history("small")[0]
    assert (stopped.change, stopped.changed_by, stopped.why) == ("retired", "vouch", "It answered elsewhere")
    register.set(entry(), "Looked into")
    register.confirm(entry())
