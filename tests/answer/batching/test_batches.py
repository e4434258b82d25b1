"""Questions in a batch, through a whole installation: what leaves, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from answer.batching import rows
from answer.batching.desk import Ask, Batches
from answer.batching.tables import BatchRow
from answer.budget import BudgetEntry, BudgetSettings
from answer.models.base import ModelFailed
from answer.models.tables import ModelRow
from answer.recording import Record
from core.errors import Conflict, Invalid, NotFound, Refused, TooMany
from tests.answer.batching.office import (
    ANA,
    HOW_LONG,
    NOTHING,
    OPENS,
    WHO,
    Office,
    opened,
    quoting,
)
from tests.fakes.batch_anthropic import FakeAnthropicBatches
from tests.fakes.batch_openai import FakeOpenAIBatches
from tests.fakes.batch_vendor import Fails, Runs, Says, Told
from tests.fakes.loopback import Asked, Reply


def test_questions_of_a_batch_become_answers_like_any_other(both: Office) -> None:
    logged: list[str] = []
    both.vendor.came.append(lambda: logged.extend(both.logged()))
    batch = both.submit(HOW_LONG, WHO, NOTHING)
    assert (batch.state, batch.counts) == ("running", {"sent": 2, "answered": 1})
    assert logged.count("model.intent") == 2
    with pytest.raises(Conflict):
        both.fetch(batch)
    both.vendor.done()

    long, who, nothing = both.fetch(batch)

    assert {each.state for each in (long, who, nothing)} == {"answered"}
    assert both.texts(long) == ["Parental leave lasts 16 weeks.", "Anna Meyer of HR approves it."]
    assert "Anna Meyer of HR approves it." in both.texts(who)
    assert both.texts(nothing) == []
    assert both.answer(nothing).status == "abstained"
    row = both.answer(long)
    assert (row.model, row.tier, row.status) == ("cloud", "small", "answered")
    assert row.tried[0]["call"]["returned"] == both.vendor.version
    assert both.logged().count("model.outcome") == 2
    assert both.desk.batch(batch.id, both.ana).state == "ended"


def test_nothing_of_a_person_leaves_or_is_kept_beside_the_vault(both: Office) -> None:
    batch = both.submit(WHO)
    assert "parental leave" in both.vendor.sent
    for name in ("Anna", "Meyer", "ana@company"):
        assert name not in both.vendor.sent
        assert name not in str([row.sent for row in both.rows(batch)])
    assert "weeks" not in str([row.sent for row in both.rows(batch)])
    both.vendor.done()
    (who,) = both.fetch(batch)
    assert "Meyer" not in str(both.answer(who).claims)
    assert [(row.sent, row.reserved) for row in both.rows(batch)] == [(None, None)]


def test_an_invention_is_not_shown_and_where_nothing_holds_the_documents_speak(office: Office) -> None:
    office.vendor.writes = lambda text: Says(
        "The moon is made of cheese [1]." if "car park" in text else "Parental leave lasts 61 weeks [1]."
    )
    batch = office.submit(HOW_LONG, OPENS)
    office.vendor.done()
    long, opens = office.fetch(batch)
    assert "61" not in str(office.texts(long))
    assert office.answer(long).tried[0]["dropped"]
    assert office.answer(opens).tier == "extractive"
    assert "The car park in Oslo opens at 6 in the morning." in office.texts(opens)


def test_fetching_twice_changes_nothing_and_asks_nobody(both: Office) -> None:
    batch = both.submit(HOW_LONG)
    both.vendor.done()
    (first,) = both.fetch(batch)
    row, logged, asked = both.answer(first), both.logged(), len(both.vendor.asked)
    (again,) = both.fetch(batch)
    assert again == first
    assert both.answer(first).created_at == row.created_at
    assert both.logged() == logged
    assert len(both.vendor.asked) == asked


def test_the_provider_is_told_to_delete_what_was_fetched(both: Office) -> None:
    batch = both.submit(HOW_LONG)
    both.vendor.done()
    both.vendor.spoil_next("results" if isinstance(both.vendor, FakeAnthropicBatches) else "out-", _same)
    both.fetch(batch)
    assert both.vendor.deleted
    assert both.desk.batch(batch.id, both.ana).cleared_at is not None


def test_a_deletion_that_failed_is_tried_again_at_the_next_fetch(office: Office) -> None:
    batch = office.submit(HOW_LONG)
    office.vendor.done()
    office.vendor.spoil_next("files/file-1", lambda asked, reply: Reply(503))
    office.fetch(batch)
    assert office.desk.batch(batch.id, office.ana).cleared_at is None
    office.fetch(batch)
    assert office.desk.batch(batch.id, office.ana).cleared_at is not None


# Access, as of fetching


def test_what_may_not_be_read_any_more_is_not_shown(office: Office) -> None:
    batch = office.submit(OPENS)
    office.installed.person(ANA)
    office.vendor.done()
    (opens,) = office.fetch(batch)
    assert office.texts(opens) == []
    row = office.answer(opens)
    assert row.claims == []
    assert row.tried[0]["ended"] == "withheld"
    assert row.reason is not None
    assert "may not be read any more" in row.reason


def test_a_sentence_rests_only_on_what_is_still_readable(office: Office) -> None:
    both = "How many weeks does parental leave last, and when does the car park in Oslo open?"
    office.vendor.writes = quoting("16 weeks", "in the morning")
    batch = office.submit(both)
    assert len(office.rows(batch)[0].sent["passages"]) == 2  # type: ignore[index]
    office.installed.person(ANA, "all")
    office.vendor.done()
    (item,) = office.fetch(batch)
    assert office.texts(item)[0] == "Parental leave lasts 16 weeks."
    assert not any("car park" in str(text) for text in office.texts(item))
    assert "opens at 6" not in str(office.answer(item).claims)


def test_a_document_that_changed_since_is_cited_as_it_was_and_told(office: Office) -> None:
    office.vendor.writes = quoting("in the morning")
    batch = office.submit(OPENS)
    office.documents("The car park in Oslo opens at 9 in the morning.")
    office.vendor.done()
    (opens,) = office.fetch(batch)
    assert office.texts(opens) == ["The car park in Oslo opens at 6 in the morning."]
    assert "changed since" in str(office.answer(opens).reason)


def test_a_unit_that_does_not_read_as_it_was_sent_carries_nothing(office: Office) -> None:
    batch = office.submit(OPENS)
    with office.installed.runtime.database.writing() as session:
        (item,) = rows.items(session, batch.id)
        assert item.sent is not None
        spoiled = [{**each, "text": "0" * 64} for each in item.sent["passages"]]
        rows.put(session, batch.id, replace(item, sent={**item.sent, "passages": spoiled}))
    office.vendor.done()
    (opens,) = office.fetch(batch)
    assert office.answer(opens).claims == []


def test_a_batch_is_nobody_elses(office: Office) -> None:
    batch = office.submit(HOW_LONG)
    for step in (office.desk.batch, office.desk.fetch, office.desk.cancel, office.desk.send):
        with pytest.raises(NotFound):
            step(batch.id, office.bo)
    assert office.desk.batches(office.bo) == []
    assert office.submit(HOW_LONG, person=office.bo).id != batch.id


# What may not go


@pytest.mark.parametrize(
    ("model", "why"),
    [("forgetful", "zero_retention"), ("unbound", "data policy"), ("elsewhere", "openai and anthropic")],
)
def test_a_model_that_may_not_get_a_batch_is_refused_with_the_reason(office: Office, model: str, why: str) -> None:
    with pytest.raises(Refused) as raised:
        office.submit(HOW_LONG, model=model)
    assert why in raised.value.message
    assert office.vendor.asked == []


def test_a_tier_gives_the_model_that_may_or_every_reason(office: Office) -> None:
    assert office.open(HOW_LONG, model=None, tier="small").entry.name == "cloud"
    with pytest.raises(Refused) as raised:
        office.open(HOW_LONG, model=None, tier="large")
    assert all(name in raised.value.message for name in ("forgetful", "unbound", "elsewhere", "zero_retention"))
    with pytest.raises(NotFound):
        office.open(HOW_LONG, model=None, tier="on_premise")
    with pytest.raises(Invalid):
        office.open(HOW_LONG, model="cloud", tier="small")


def test_a_model_that_was_retired_meanwhile_gets_nothing_and_gives_what_it_has(office: Office) -> None:
    sent, waiting = office.submit(HOW_LONG), office.open(WHO)
    office.installed.runtime.models.register.retire("cloud", "The contract has ended")
    with pytest.raises(Refused):
        office.desk.send(waiting.id, office.ana)
    assert len(office.vendor.taken) == 1
    office.vendor.done()
    (long,) = office.fetch(sent)
    assert office.texts(long)[0] == "Parental leave lasts 16 weeks."


def test_a_model_whose_name_is_refused_today_gets_nothing_and_gives_what_it_has(office: Office) -> None:
    sent, waiting = office.submit(HOW_LONG), office.open(WHO)
    database = office.installed.runtime.database
    with database.writing() as session:
        for table in (ModelRow, BatchRow):
            for row in session.scalars(select(table)):
                row.entry = {**row.entry, "model": "gpt-5-latest"}
    office.installed.reopen()
    assert [each.id for each in office.desk.batches(office.ana)] == [waiting.id, sent.id]
    with pytest.raises(Refused):
        office.desk.send(waiting.id, office.ana)
    assert len(office.vendor.taken) == 1
    office.vendor.done()
    (long,) = office.fetch(sent)
    assert office.texts(long)[0] == "Parental leave lasts 16 weeks."


def test_a_question_that_may_not_go_there_says_so_and_the_others_go(office: Office) -> None:
    office.treat("contact", "block")
    batch = office.submit(HOW_LONG, f"{HOW_LONG} Tell it to zoltan.kovacs@elsewhere.example.")
    assert [row.state for row in office.rows(batch)] == ["sent", "refused"]
    assert "may not be sent" in office.rows(batch)[1].why
    assert "zoltan" not in office.vendor.sent


def test_a_policy_that_changes_while_it_prepares_keeps_it_here(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    calling = Record.calling

    def changing(record: Record, *given: Any) -> None:
        calling(record, *given)
        office.treat("contact", "block")

    monkeypatch.setattr(Record, "calling", changing)
    with pytest.raises(Conflict):
        office.submit(HOW_LONG)
    assert office.vendor.asked == []


def test_what_a_model_saw_raw_is_stored_without_values_whatever_the_policy_says_by_then(office: Office) -> None:
    office.treat("person", "allow")
    batch = office.submit(WHO)
    assert "Anna Meyer" in office.vendor.sent
    assert "Meyer" not in str([row.sent for row in office.rows(batch)])
    office.treat("person", "redact")
    office.vendor.done()
    (who,) = office.fetch(batch)
    assert "Anna Meyer of HR approves it." in office.texts(who)
    assert "Meyer" not in str(office.answer(who).claims)


def test_two_questions_of_one_name_and_too_many_are_refused(office: Office) -> None:
    from answer.batching.desk import MOST, Ask

    with pytest.raises(Invalid):
        office.desk.open([Ask("a", "Who?"), Ask("a", "When?")], office.ana, model="cloud", tier=None)
    with pytest.raises(Invalid):
        office.desk.open([Ask(str(n), "Who?") for n in range(MOST + 1)], office.ana, model="cloud", tier=None)
    with pytest.raises(Invalid):
        office.desk.open([], office.ana, model="cloud", tier=None)


# Budgets


def test_a_batch_is_reserved_and_settled_at_its_own_prices(office: Office) -> None:
    batch = office.submit(HOW_LONG)
    (reserved,) = office.used()
    ceiling = reserved.input * 1000 + reserved.output * 4000
    assert (reserved.settled, reserved.purpose, reserved.micros) == (False, "batch", ceiling // 2)
    office.vendor.done()
    office.fetch(batch)
    (used,) = office.used()
    assert (used.settled, used.input, used.output) == (True, office.vendor.usage.input, office.vendor.usage.output)
    assert used.micros == (120 * 1000 + 9 * 4000) // 2


def test_what_the_budget_does_not_cover_is_refused_by_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = BudgetEntry(scope="model", name="cloud", per="day", calls=1)
    budgets = BudgetSettings(limits=(limit,))
    for office in opened(FakeOpenAIBatches(), tmp_path, monkeypatch, budgets=budgets):
        batch = office.submit(HOW_LONG, WHO)
        assert [row.state for row in office.rows(batch)] == ["sent", "refused"]
        assert "budget" in office.rows(batch)[1].why
        (taken,) = office.vendor.taken.values()
        assert len(taken.requests) == 1


# What goes wrong


def test_each_question_tells_why_it_has_no_answer_and_costs_nothing(both: Office) -> None:
    def writes(text: str) -> Told:
        if "approves parental" in text:
            return Fails()
        return Runs() if "open?" in text else Says("Parental leave lasts 16 weeks [1].")

    both.vendor.writes = writes
    batch = both.submit(HOW_LONG, WHO, OPENS)
    both.vendor.done()
    long, who, opens = both.fetch(batch)
    assert [each.state for each in (long, who, opens)] == ["answered", "failed", "expired"]
    assert "did not take the request" in who.why
    assert "in time" in opens.why
    assert [row.settled for row in both.used()] == [True]
    assert both.answers() == 1
    assert both.logged().count("ask.outcome") == 3


def test_a_batch_that_failed_as_a_whole_says_so_of_each(office: Office) -> None:
    assert isinstance(office.vendor, FakeOpenAIBatches)
    batch = office.submit(HOW_LONG, WHO)
    office.vendor.failed_whole = True
    items = office.fetch(batch)
    assert {each.state for each in items} == {"failed"}
    assert all("token_limit_exceeded" in each.why for each in items)
    assert office.used() == []


def test_a_batch_that_the_provider_refuses_ends_and_can_be_submitted_anew(office: Office) -> None:
    office.vendor.spoil_next("batches", lambda asked, reply: Reply.of({"error": {"code": "bad"}}, 400))
    with pytest.raises(ModelFailed):
        office.submit(HOW_LONG)
    (batch,) = office.desk.batches(office.ana)
    assert (batch.state, batch.counts) == ("ended", {"failed": 1})
    assert office.used() == []
    assert office.submit(HOW_LONG).state == "running"


def test_a_batch_can_be_cancelled_and_what_was_done_fetched(office: Office) -> None:
    office.vendor.writes = lambda text: (
        Runs() if "approves parental" in text else Says("Parental leave lasts 16 weeks [1].")
    )
    batch = office.submit(HOW_LONG, WHO)
    office.desk.cancel(batch.id, office.ana)
    office.vendor.done()
    assert [each.state for each in office.fetch(batch)] == ["answered", "cancelled"]


def test_a_batch_that_was_not_sent_is_cancelled_here(office: Office) -> None:
    batch = office.open(HOW_LONG)
    assert office.desk.cancel(batch.id, office.ana).state == "ended"
    assert office.desk.send(batch.id, office.ana).counts == {"cancelled": 1}
    assert office.vendor.asked == []


def test_one_person_puts_only_so_many_questions_into_batches_a_day(office: Office) -> None:
    settings = office.desk._by.settings.model_copy(update={"batch_questions_per_day": 3})
    desk = Batches(replace(office.desk._by, settings=settings), timedelta())
    asks = [Ask("a", "How many stairs are there?"), Ask("b", "Who sweeps them?")]
    first = desk.open(asks, office.bo, model="cloud", tier=None)
    # The same again is the same batch.
    assert desk.open(asks, office.bo, model="cloud", tier=None).id == first.id
    with pytest.raises(TooMany, match="1 are left") as refused:
        desk.open([Ask("c", "And who mops?"), Ask("d", "And who waxes?")], office.bo, model="cloud", tier=None)
    assert 0 < refused.value.retry_after <= 24 * 3600
    desk.cancel(first.id, office.bo)


def _same(asked: Asked, reply: Reply) -> Reply:
    return reply
