"""Answers that are given again: when no model is asked, and when one is all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from answer.answers import Answer
from answer.settings import AnswerSettings
from answer.tables import AnswerRow, KeptAnswerRow, VaultRow
from api import forgetting
from connectors import repository as sources
from connectors.tables import BreachRow
from core import access, access_sets
from core.access import Access
from core.egress import EgressSettings
from tests.answer.test_asking_models import AGREED, LEAVE, texts
from tests.fakes.author import Author, number
from tests.fakes.model_vendor import KEY, Script, Told
from tests.installation import Installation

WHO = "Who approves parental leave?"
HOW_LONG = "How many weeks does parental leave last?"
ANA, BEN = "ana@company.example", "ben@company.example"


def approves(model: str, text: str) -> Told:
    """Repeats the sentence that has the name."""
    line = next(line for line in text.splitlines() if "approves it" in line)
    mark, _, rest = line.partition(" ")
    return Script((f"{rest.rstrip('.')} {mark}.",))


def lasts(model: str, text: str) -> Told:
    return Script((f"Parental leave lasts 16 weeks {number(text, '16 weeks')}.",))


@pytest.fixture(scope="module")
def author() -> Iterator[Author]:
    with Author() as fake:
        assert isinstance(fake, Author)
        yield fake


@pytest.fixture
def installed(author: Author, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    author.writes = approves
    author.asked.clear()
    outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_KEY", KEY)
        made = Installation(
            tmp_path_factory.mktemp("cached"),
            models=(author.entry(name="cloud", tier="small", model="small-2026-01-01", **outside),),
            egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),
        )
        made.person(ANA, "all")
        made.person(BEN, "all")
        made.records("handbook", [{"id": "leave", "title": "Parental leave", "text": LEAVE}])
        yield made
        made.close()


def reused(installed: Installation, answer: Answer) -> str | None:
    with installed.runtime.database.reading() as session:
        found = session.get_one(AnswerRow, answer.id).tried[-1].get("reused")
    return None if found is None else str(found)


def test_the_same_question_is_answered_again_without_a_call(installed: Installation, author: Author) -> None:
    first = installed.ask(WHO, ANA)
    second = installed.ask("  Who approves  parental leave ?", ANA)

    assert texts(second) == texts(first) == ["Anna Meyer of HR approves it."]
    assert len(author.asked) == 1
    assert second.conversation_id != first.conversation_id
    assert (second.model, second.tier) == ("cloud", "small")
    assert second.sentences[0].citations[0].citation.quote == "Anna Meyer of HR approves it."
    assert (reused(installed, first), reused(installed, second)) == (None, first.id)


def test_what_is_given_again_is_kept_without_values(installed: Installation) -> None:
    first, second = installed.ask(WHO, ANA), installed.ask(WHO, ANA)
    with installed.runtime.database.reading() as session:
        kept = [str(session.get_one(AnswerRow, each.id).claims) for each in (first, second)]
        names = session.scalars(select(KeptAnswerRow.name)).all()
    assert not any("Meyer" in each for each in kept)
    assert all("[PERSON_" in each for each in kept)
    # Other pseudonyms, since it is another conversation.
    assert kept[0] != kept[1]
    assert all(len(name) == 64 for name in names)
    opened = installed.runtime.archive.answer(second.id, installed.principal(ANA))
    assert texts(opened) == ["Anna Meyer of HR approves it."]


def test_people_of_the_same_access_share_an_answer_and_each_has_a_copy(installed: Installation, author: Author) -> None:
    first = installed.ask(WHO, ANA)
    second = installed.ask(WHO, BEN)
    assert (reused(installed, second), len(author.asked)) == (first.id, 1)
    assert texts(second) == ["Anna Meyer of HR approves it."]
    forgetting.forget(installed.runtime, ANA)
    opened = installed.runtime.archive.answer(second.id, installed.principal(BEN))
    assert texts(opened) == ["Anna Meyer of HR approves it."]


def test_a_grant_to_one_of_them_separates_people(installed: Installation, author: Author) -> None:
    first = installed.ask(WHO, ANA)
    ben = access.person(installed.principal(BEN).person_id)
    with installed.runtime.database.writing() as session:
        access_sets.intern(session, Access((), (ben,)))
    assert reused(installed, installed.ask(WHO, BEN)) is None
    assert reused(installed, installed.ask(WHO, ANA)) == first.id


def test_a_change_of_access_asks_anew(installed: Installation, author: Author) -> None:
    installed.ask(WHO, ANA)
    installed.records("minutes", [{"id": "m", "title": "Minutes", "text": "The board met."}], allow=["board"])
    installed.person(ANA, "all", "board")
    assert reused(installed, installed.ask(WHO, ANA)) is None
    assert len(author.asked) == 2


def test_a_group_that_opens_nothing_changes_nothing(installed: Installation) -> None:
    installed.ask(WHO, ANA)
    installed.person(ANA, "all", "choir")
    assert reused(installed, installed.ask(WHO, ANA)) is not None


def test_a_change_of_the_document_asks_anew(installed: Installation, author: Author) -> None:
    installed.ask(WHO, ANA)
    changed = LEAVE.replace("Anna Meyer of HR", "Eva Stone of HR")
    installed.records("handbook", [{"id": "leave", "title": "Parental leave", "text": changed}])
    again = installed.ask(WHO, ANA)
    assert reused(installed, again) is None
    assert texts(again) == ["Eva Stone of HR approves it."]


def test_a_change_of_the_model_or_the_policy_asks_anew(installed: Installation, author: Author) -> None:
    installed.ask(WHO, ANA)
    policies = installed.runtime.policies
    document = policies.current().document
    places = {"place": {"external": "redact", "on_premise": "allow"}}
    policies.change({**document, "classes": {**document["classes"], **places}}, "checking")
    assert reused(installed, installed.ask(WHO, ANA)) is None

    register = installed.runtime.models.register
    register.set(register.current()[0].model_copy(update={"model": "small-2026-02-02"}), "newer")
    assert reused(installed, installed.ask(WHO, ANA)) is None
    assert len(author.asked) == 3


def test_a_source_that_is_out_of_date_is_read_anew(
    installed: Installation, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.freshness.LIFE_SECONDS", 0.0)
    author.writes = lasts
    installed.ask(HOW_LONG, ANA)
    assert reused(installed, installed.ask(HOW_LONG, ANA)) is not None
    with installed.runtime.database.writing() as session:
        source = sources.by_name(session, "handbook").id
        since = installed.runtime.clock()
        session.add(BreachRow(id="b", source_id=source, kind="content", state="breach", began_at=since))
    again = installed.ask(HOW_LONG, ANA)
    assert again.sources[0].stale is not None
    assert reused(installed, again) is None


def test_what_is_forgotten_is_not_given_again(installed: Installation, author: Author) -> None:
    first = installed.ask(WHO, ANA)
    with installed.runtime.database.writing() as session:
        session.execute(delete(VaultRow).where(VaultRow.conversation_id == first.conversation_id))
    assert reused(installed, installed.ask(WHO, ANA)) is None

    second = installed.ask(WHO, ANA)
    assert reused(installed, second) is not None
    installed.runtime.archive.delete_conversation(_last_asked(installed), installed.principal(ANA))
    assert reused(installed, installed.ask(WHO, ANA)) is None
    forgetting.forget(installed.runtime, ANA)
    assert kept(installed) == 0


def test_an_answer_is_given_again_for_a_time_only(installed: Installation, author: Author) -> None:
    installed.ask(WHO, ANA)
    with installed.runtime.database.writing() as session:
        session.execute(update(KeptAnswerRow).values(expires_at=installed.runtime.clock() - timedelta(seconds=1)))
    assert reused(installed, installed.ask(WHO, ANA)) is None
    with installed.runtime.database.writing() as session:
        session.execute(update(KeptAnswerRow).values(expires_at=installed.runtime.clock() - timedelta(seconds=1)))
    installed.runtime.sweep()
    assert kept(installed) == 0


def test_it_can_be_switched_off(installed: Installation, author: Author) -> None:
    installed.settings = installed.settings.model_copy(update={"answer": AnswerSettings(cache_hours=0)})
    installed.reopen()
    installed.ask(WHO, ANA)
    installed.ask(WHO, ANA)
    assert (len(author.asked), kept(installed)) == (2, 0)


def test_an_answer_that_was_cut_off_is_not_given_again(installed: Installation, author: Author) -> None:
    def breaks(model: str, text: str) -> Told:
        said = f"Parental leave lasts 16 weeks {number(text, '16 weeks')}. It is paid in full for"
        return Script((said, " the first "), then="cut")

    author.writes = breaks
    installed.ask(HOW_LONG, ANA)
    assert kept(installed) == 0


def kept(installed: Installation) -> int:
    with installed.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(KeptAnswerRow)) or 0


def _last_asked(installed: Installation) -> str:
    with installed.runtime.database.reading() as session:
        return session.scalars(select(KeptAnswerRow.conversation_id)).one()
