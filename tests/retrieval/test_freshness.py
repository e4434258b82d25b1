from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from connectors import repository as sources
from connectors.freshness.breaches import review
from connectors.plan import Bound, plan_of
from connectors.tables import BreachRow
from core.audit.tail import tail
from core.database import Database
from ingest.index.base import Conditions
from retrieval.freshness import LIFE_SECONDS, FreshnessWatch, stale_sources
from tests.conftest import StandingClock
from tests.installation import Installation

SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
QUESTION = "How many days of parental leave are there?"
ANA, BEN = "ana@company.example", "ben@company.example"
ERP = {"id": "leave", "title": "Parental leave", "text": "There are 90 days of parental leave."}
WIKI = {"id": "wiki", "title": "Leave", "text": "Parental leave lasts 16 weeks for every parent."}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn is seen by the very next request; the look-up that is kept has its own tests."""
    monkeypatch.setattr("retrieval.freshness.LIFE_SECONDS", 0.0)


@pytest.fixture
def company(installation: Installation) -> Installation:
    installation.person(ANA, "staff")
    installation.person(BEN)
    installation.records("erp", [ERP], allow=["staff"])
    installation.records("wiki", [WIKI])
    return installation


def _leave(
    company: Installation, source: str, *, kind: Bound = "content", since: datetime = SINCE, **plan: Any
) -> None:
    """The source leaves a bound; its owner's plan is ``plan``."""
    with company.runtime.database.writing() as session:
        record = sources.by_name(session, source)
        sources.put(session, source, record.kind, record.config, by="owner", now=since, plan=plan or record.plan)
        session.add(BreachRow(id=f"{source}-{kind}", source_id=record.id, kind=kind, state="breach", began_at=since))


def _return(company: Installation) -> None:
    with company.runtime.database.writing() as session:
        for row in session.query(BreachRow):
            row.ended_at = company.runtime.clock()


def _sources(company: Installation, email: str = ANA) -> dict[str, Any]:
    return {passage.document.source: passage.stale for passage in company.search(QUESTION, email)}


def _last(company: Installation, kind: str) -> dict[str, Any]:
    """What the log says of the last event of a kind."""
    company.runtime.sequencer.drain()
    return [record["details"] for record in tail(company.runtime.database, 50) if record["kind"] == kind][-1]


def test_passages_of_a_source_within_its_bounds_are_not_marked(company: Installation) -> None:
    assert _sources(company) == {"erp": None, "wiki": None}


def test_a_source_out_of_date_is_marked_with_its_bound_and_since_when(company: Installation) -> None:
    _leave(company, "erp", kind="permissions")
    found = _sources(company)
    assert (found["erp"].bound, found["erp"].since) == ("permissions", SINCE)
    assert found["wiki"] is None
    _return(company)
    assert _sources(company) == {"erp": None, "wiki": None}


def test_of_several_bounds_the_one_left_first_is_told(company: Installation) -> None:
    _leave(company, "erp", kind="content", since=SINCE)
    _leave(company, "erp", kind="permissions", since=SINCE + timedelta(hours=1))
    assert _sources(company)["erp"].bound == "content"


def test_a_source_whose_owner_refuses_stale_answers_is_not_found_while_it_is_out_of_date(company: Installation) -> None:
    _leave(company, "erp", stale="refuse")
    assert set(_sources(company)) == {"wiki"}
    _return(company)
    assert set(_sources(company)) == {"erp", "wiki"}


def test_that_a_source_was_left_out_is_told_to_those_only_who_may_read_it(company: Installation) -> None:
    _leave(company, "erp", stale="refuse")
    desk = company.runtime.desk
    assert [each.source for each in desk.search(QUESTION, company.principal(ANA)).left_out] == ["erp"]
    assert desk.search(QUESTION, company.principal(BEN)).left_out == ()


def test_a_refused_source_takes_no_places_that_others_could_have(installation: Installation) -> None:
    installation.person(ANA)
    installation.records("erp", [{**ERP, "id": str(n), "text": f"{ERP['text']} Case {n}."} for n in range(230)])
    installation.records("wiki", [{**WIKI, "text": "Something about leave, among other things."}])
    assert "wiki" not in _sources(installation)
    _leave(installation, "erp", stale="refuse")
    assert set(_sources(installation)) == {"wiki"}


def test_a_search_within_a_refused_source_finds_nothing_and_says_why(company: Installation) -> None:
    _leave(company, "erp", stale="refuse")
    with company.runtime.database.reading() as session:
        only = Conditions(source_ids=(sources.by_name(session, "erp").id,))
    evidence = company.runtime.desk.search(QUESTION, company.principal(ANA), conditions=only)
    assert evidence.passages == ()
    assert [each.source for each in evidence.left_out] == ["erp"]


# Answers


def test_each_source_of_an_answer_tells_whether_it_is_out_of_date(company: Installation) -> None:
    _leave(company, "wiki")
    answer = company.ask(QUESTION, BEN)
    (source,) = answer.sources
    assert source.stale is not None
    assert (source.stale.bound, source.stale.since) == ("content", SINCE)
    assert answer.reason is None
    outcome = _last(company, "ask.outcome")
    assert (outcome["stale"], outcome["left_out"]) == (1, 0)


def test_an_earlier_answer_is_marked_as_of_its_reading(company: Installation) -> None:
    answer = company.ask(QUESTION, BEN)
    assert [source.stale for source in answer.sources] == [None]
    _leave(company, "wiki", stale="refuse")
    again = company.runtime.archive.answer(answer.id, company.principal(BEN))
    assert [source.stale is not None for source in again.sources] == [True]
    assert [sentence.text for sentence in again.sentences] == [sentence.text for sentence in answer.sentences]


def test_an_answer_that_only_a_refused_source_could_give_says_that_it_is_out_of_date(company: Installation) -> None:
    _leave(company, "wiki", stale="refuse")
    answer = company.ask(QUESTION, BEN)
    assert answer.status == "abstained"
    assert answer.nearest == ()
    assert answer.reason is not None
    assert answer.reason.startswith("wiki was not used: it is out of date since 2026-11-20 09:00 UTC")
    outcome = _last(company, "ask.outcome")
    assert (outcome["stale"], outcome["left_out"]) == (0, 1)
    assert "wiki" not in str(outcome)


def test_an_answer_from_other_sources_tells_which_one_was_not_used(company: Installation) -> None:
    _leave(company, "erp", stale="refuse")
    answer = company.ask(QUESTION, ANA)
    assert {source.document.source for source in answer.sources} == {"wiki"}
    assert answer.reason is not None
    assert answer.reason.startswith("erp was not used")


def test_the_nearest_sources_of_an_earlier_answer_leave_out_what_is_refused_now(company: Installation) -> None:
    answer = company.ask("What is the parental leave of astronauts on Mars in euros?", BEN)
    if answer.status != "abstained":
        pytest.skip("This question is answered.")
    assert answer.nearest
    _leave(company, "wiki", stale="refuse")
    assert company.runtime.archive.answer(answer.id, company.principal(BEN)).nearest == ()


def test_the_log_of_a_search_counts_what_was_marked_and_left_out(company: Installation) -> None:
    _leave(company, "wiki")
    _leave(company, "erp", stale="refuse")
    company.search(QUESTION, ANA)
    searched = _last(company, "search")
    assert (searched["stale"], searched["left_out"]) == (1, 1)


# The look-up


def test_the_look_up_is_made_once_in_a_few_seconds(
    database: Database, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.freshness.LIFE_SECONDS", LIFE_SECONDS)
    seconds = [0.0]
    with database.writing() as session:
        record = sources.put(session, "erp", "files", {}, by="owner", now=clock())
    watch = FreshnessWatch(database, lambda: seconds[0])
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: statements.append(statement))
    for _ in range(100):
        assert watch.now().of("erp") is None
    assert sum(statement.startswith("SELECT") for statement in statements) == 1
    clock.tick(days=1)
    with database.writing() as session:
        review(session, [(record, plan_of({}, lists_everything=True))], clock())
    assert watch.now().of("erp") is None
    seconds[0] += LIFE_SECONDS
    assert watch.now().of("erp") is not None


def test_with_every_source_in_its_bounds_nothing_else_is_looked_at(database: Database, clock: StandingClock) -> None:
    with database.writing() as session:
        sources.put(session, "erp", "files", {}, by="owner", now=clock(), plan={"stale": "refuse"})
    with database.reading() as session:
        fresh = stale_sources(session)
    assert not fresh.stale
    assert not fresh.refuses("erp")
    assert fresh.usable_ids == ()
