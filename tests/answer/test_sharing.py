"""Shared conversations: what whoever opens one sees is decided by their own rights, then."""

from __future__ import annotations

import pytest

from answer import repository
from answer.feedback import Feedback
from answer.sharing import Received, Sharing
from core import people
from core.errors import Invalid, NotFound, Refused
from retrieval.evidence import Passage
from tests.answer.redacting import Company

BEN = "ben@company.example"


@pytest.fixture
def talk(company: Company) -> Talk:
    return Talk(company)


class Talk:
    """A conversation of Ana's, and its sharing."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.sharing = Sharing(company.database, company.audit, company.clock, company.vault, company.redactor)
        self.cleo = company.person("cleo@company.example", "kitchen")

    def say(self, question: str, passage: Passage, text: str | None = None, conversation: str = "talk") -> str:
        """A question that is answered with the text of a passage."""
        company = self.company
        cleared = company.clear(question, passage, conversation=conversation)
        answer_id = company.answer(cleared, text or cleared.passages[0].body.text, cites=passage)
        with company.database.writing() as session:
            repository.change_answer(session, answer_id, {"question": question})
            repository.rename(session, conversation, company.ana, question)
        company.clock.tick()
        return answer_id

    def share(self, person: str = BEN, group: str = "", conversation: str = "talk") -> str:
        owner = self.company.principal(self.company.ana)
        return self.sharing.share(conversation, owner, person="" if group else person, group=group).id

    def opened(self, share_id: str, reader: str) -> Received:
        return self.sharing.open(share_id, self.company.principal(reader))

    def texts(self, share_id: str, reader: str) -> list[str | None]:
        return [each.text for turn in self.opened(share_id, reader).turns for each in turn.answer.sentences]


def test_a_reader_sees_the_answers_that_they_may_read(talk: Talk) -> None:
    company = talk.company
    talk.say("How long is leave?", company.publish("Leave is 27 days."))
    talk.say("What is the code?", company.publish("The code is 4711.", allow=["group:hr"]))
    shown = talk.opened(talk.share(), company.ben)
    assert [turn.question for turn in shown.turns] == ["How long is leave?", None]
    assert talk.texts(shown.id, company.ben) == ["Leave is 27 days.", None]
    assert "4711" not in str([turn.answer for turn in shown.turns])
    assert shown.by == "ana"


def test_a_value_is_shown_to_whoever_may_read_where_it_stands(talk: Talk) -> None:
    company = talk.company
    company.spotter.values = {"Anna Meyer": "PERSON", "Otto Kern": "PERSON"}
    company.publish("Otto Kern left.", allow=["group:hr"])
    talk.say("Did Anna Meyer write to Otto Kern?", company.publish("Anna Meyer wrote."))
    share = talk.share()
    shown = talk.opened(share, company.ben)
    assert shown.turns[0].question == "Did Anna Meyer write to [person]?"
    assert shown.title == "Did Anna Meyer write to [person]?"
    assert talk.texts(share, company.ben) == ["Anna Meyer wrote."]
    stored_title = company.database
    with stored_title.reading() as session:
        from answer.tables import ShareRow

        row = session.get_one(ShareRow, share)
        assert "Meyer" not in row.title + str(row.questions)


def test_a_reader_whose_rights_went_sees_that_something_is_withheld_and_not_what(talk: Talk) -> None:
    company = talk.company
    passage = company.publish("Leave is 27 days.", allow=["group:all"])
    talk.say("How long is leave?", passage)
    share = talk.share()
    assert talk.texts(share, company.ben) == ["Leave is 27 days."]
    company.allow(passage, "group:hr")
    shown = talk.opened(share, company.ben)
    assert (shown.title, shown.turns[0].question) == (None, None)
    assert [each.withheld for each in shown.turns[0].answer.sentences] == ["access revoked"]
    assert shown.turns[0].answer.sources == ()
    assert talk.sharing.received(company.principal(company.ben), 10)[0].title is None
    with pytest.raises(NotFound):
        talk.sharing.evidence(share, shown.turns[0].answer.id, 1, company.principal(company.ben))


def test_a_share_is_not_there_for_whom_it_is_not_with(talk: Talk) -> None:
    company = talk.company
    answer = talk.say("How long is leave?", company.publish("Leave is 27 days."))
    share = talk.share()
    told: set[str] = set()
    for share_id, reader in ((share, talk.cleo), ("nothing", talk.cleo), (share, company.ana)):
        with pytest.raises(NotFound) as refused:
            talk.opened(share_id, reader)
        told.add(str(refused.value))
        with pytest.raises(NotFound):
            talk.sharing.evidence(share_id, answer, 1, company.principal(reader))
    assert len(told) == 1
    assert talk.sharing.received(company.principal(talk.cleo), 10) == []


def test_a_share_ends_with_its_conversation_its_owner_or_by_word(talk: Talk) -> None:
    company = talk.company
    ana = company.principal(company.ana)
    passage = company.publish("Leave is 27 days.")
    for conversation in ("first", "second", "third"):
        talk.say("How long is leave?", passage, conversation=conversation)
    shares = [talk.share(conversation=each) for each in ("first", "second", "third")]
    with pytest.raises(NotFound):
        talk.sharing.end("first", shares[0], company.principal(company.ben))
    talk.sharing.end("first", shares[0], ana)
    company.archive.delete_conversation("second", ana)
    for each in shares[:2]:
        with pytest.raises(NotFound):
            talk.opened(each, company.ben)
    assert talk.opened(shares[2], company.ben).turns
    with company.database.writing() as session:
        people.disable_account(session, company.ana, company.clock())
    with pytest.raises(NotFound):
        talk.opened(shares[2], company.ben)
    assert talk.sharing.received(company.principal(company.ben), 10) == []


def test_what_is_said_later_is_not_in_it_until_it_is_shared_again(talk: Talk) -> None:
    company = talk.company
    passage = company.publish("Leave is 27 days.")
    talk.say("How long is leave?", passage)
    share = talk.share()
    later = talk.say("And for others?", passage)
    assert len(talk.opened(share, company.ben).turns) == 1
    with pytest.raises(NotFound):
        talk.sharing.evidence(share, later, 1, company.principal(company.ben))
    assert talk.share() == share
    assert len(talk.opened(share, company.ben).turns) == 2


def test_somebody_who_may_read_nothing_of_it_and_nobody_are_refused_alike(talk: Talk) -> None:
    company = talk.company
    talk.say("What is the code?", company.publish("The code is 4711.", allow=["group:hr"]))
    told: set[str] = set()
    for wanted in ({"person": BEN}, {"person": "nobody@company.example"}, {"group": "kitchen"}, {"group": "everyone"}):
        with pytest.raises(Invalid) as refused:
            talk.share(**wanted)
        told.add(str(refused.value))
    assert len(told) == 1
    assert talk.share(group="hr")


def test_a_group_reads_what_each_of_its_members_may_read(talk: Talk) -> None:
    company = talk.company
    talk.say("How long is leave?", company.publish("Leave is 27 days.", allow=["group:all"]))
    share = talk.share(group="all")
    assert talk.texts(share, company.ben) == ["Leave is 27 days."]
    with pytest.raises(NotFound):
        talk.opened(share, talk.cleo)
    with company.database.writing() as session:
        people.put(session, BEN, groups=[], roles=["employee"], now=company.clock())
    with pytest.raises(NotFound):
        talk.opened(share, company.ben)


def test_only_the_owner_shares(talk: Talk) -> None:
    company = talk.company
    talk.say("How long is leave?", company.publish("Leave is 27 days."))
    with pytest.raises(NotFound):
        talk.sharing.share("talk", company.principal(company.ben), person="cleo@company.example")
    with pytest.raises(Invalid):
        talk.share(person="ana@company.example")


def test_without_detection_nothing_is_shared(talk: Talk) -> None:
    company = talk.company
    talk.say("How long is leave?", company.publish("Leave is 27 days."))
    from core.errors import Unavailable

    company.spotter.failure = Unavailable("Nobody can look.")
    with pytest.raises(Refused):
        talk.share()


def test_names_of_fields_that_the_owner_wrote_are_not_shared(talk: Talk) -> None:
    company = talk.company
    passage = company.publish("27")
    answer_id = talk.say("How long is leave?", passage)
    form = {
        "outcome": "filled", "shape": {"group": {"secret_name": {"leaf": 0}}},
        "leaves": [{"path": "/secret_name", "label": "secret_name", "kind": "string", "claim": 0, "state": "verified"}],
    }  # fmt: skip
    with company.database.writing() as session:
        repository.change_answer(session, answer_id, {"structured": form})
    assert talk.texts(talk.share(), company.ben) == ["27"]


def test_each_opening_is_in_the_log(talk: Talk) -> None:
    company = talk.company
    company.spotter.values = {"Anna Meyer": "PERSON"}
    answer = talk.say("Who wrote?", company.publish("Anna Meyer wrote."))
    share = talk.share()
    talk.opened(share, company.ben)
    subject = company.audit.subject(company.ben)
    read = company.events("answer.read")[-1]
    assert (read["subject"], read["details"]["share"], read["details"]["answer"]) == (subject, share, answer)
    restored = company.events("redaction.restored")[-1]
    assert (restored["subject"], restored["details"]["answer"]) == (subject, answer)
    shared = company.events("conversation.shared")[-1]
    assert shared["details"]["target"] == subject
    talk.sharing.evidence(share, answer, 1, company.principal(company.ben))
    assert company.events("evidence.read")[-1]["subject"] == subject


def test_conversations_are_found_whatever_the_case_and_come_page_by_page(talk: Talk) -> None:
    company = talk.company
    passage = company.publish("Leave is 27 days.")
    for number in range(5):
        talk.say(f"Über Nummer {number}?", passage, conversation=f"c{number}")
    ana = company.principal(company.ana)
    company.archive.pin("c1", ana, pinned=True)
    order = ["c1", "c4", "c3", "c2", "c0"]
    assert [each.id for each in company.archive.conversations(ana, 10)] == order
    seen: list[str] = []
    after = None
    while found := company.archive.conversations(ana, 2, after):
        seen += [each.id for each in found]
        after = repository.Place(found[-1].pinned, found[-1].updated_at, found[-1].id)
    assert seen == order
    assert [each.id for each in company.archive.conversations(ana, 10, text="über NUMMER 3")] == ["c3"]
    assert company.archive.conversations(company.principal(company.ben), 10, text="Nummer") == []
    company.archive.rename("c0", ana, "  Something   else ")
    assert [each.title for each in company.archive.conversations(ana, 10, text="something else")] == ["Something else"]
    with pytest.raises(NotFound):
        company.archive.rename("c0", company.principal(company.ben), "Mine")


def test_feedback_is_kept_without_values_and_shown_to_its_author(talk: Talk) -> None:
    company = talk.company
    company.spotter.values = {"Anna Meyer": "PERSON"}
    feedback = Feedback(company.database, company.audit, company.clock, company.vault, company.redactor)
    answer = talk.say("Who wrote?", company.publish("Somebody wrote."))
    ana = company.principal(company.ana)
    assert feedback.read(answer, ana) is None
    given = feedback.give(answer, ana, "down", ["wrong"], "It was Anna Meyer.")
    assert given.comment == "It was Anna Meyer."
    with company.database.reading() as session:
        from answer.tables import FeedbackRow

        assert "Meyer" not in session.get_one(FeedbackRow, (answer, company.ana)).comment
    company.clock.tick()
    feedback.give(answer, ana, "up", ["clear", "complete"])
    found = feedback.read(answer, ana)
    assert found is not None
    assert (found.rating, found.reasons, found.comment) == ("up", ("clear", "complete"), "")
    assert found.created_at < found.updated_at
    now = company.clock()
    company.clock.tick()
    assert feedback.tally(now, company.clock()) == {("up", "clear"): 1, ("up", "complete"): 1}
    assert [event["details"]["change"] for event in company.events("feedback.given")] == ["given", "changed"]
    with pytest.raises(Invalid):
        feedback.give(answer, ana, "up", ["wrong"])
    for attempt in (lambda who: feedback.give(answer, who, "up"), lambda who: feedback.read(answer, who)):
        with pytest.raises(NotFound):
            attempt(company.principal(company.ben))
    feedback.withdraw(answer, ana)
    assert feedback.read(answer, ana) is None
