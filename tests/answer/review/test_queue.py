"""The queue of reviews: who may say what of which answer, and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select

from answer.review import erase
from answer.review.queue import Reviews
from answer.review.queue_rows import Filters, Place
from answer.review.tables import ReviewEntryRow, ReviewRow
from answer.tables import AnswerRow
from core import holds, people
from core.access import Principal
from core.audit import Commitments
from core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from tests.answer.review.office import Office, opened
from tests.core.audit import postgres

NOTE = "Anna Meyer is named in it."


@pytest.fixture(scope="module")
def postgres_url() -> Generator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    yield from opened(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")


def labelled(office: Office, review: str, label: str = "incorrect", by: Principal | None = None) -> None:
    severity = None if label == "correct" else "high"
    office.reviews.label(review, office.revision(review), label, severity, by or office.ruth)


def signed(office: Office, review: str, by: Principal) -> bool | None:
    return office.reviews.sign_off(review, office.revision(review), by).second


def history(office: Office, review: str) -> list[tuple[str, str | None]]:
    return [(each.change, each.label) for each in office.reviews.read(review, office.ruth)[1]]


def test_an_answer_goes_through_the_queue(office: Office) -> None:
    review = office.one()
    given = office.reviews.assign(review, 1, "Otto@bank.example", office.ruth)
    assert (given.state, given.assignee, given.revision) == ("assigned", office.otto.person_id, 2)
    labelled(office, review, by=office.otto)
    office.clock.tick()
    done = office.reviews.sign_off(review, 3, office.ruth)
    assert (done.state, done.label, done.severity, done.second) == ("signed_off", "incorrect", "high", True)
    assert (done.labelled_by, done.signed_by) == (office.otto.person_id, office.ruth.person_id)
    assert done.closed_at == office.clock()
    assert history(office, review) == [
        ("queued", None), ("assigned", None), ("labelled", "incorrect"), ("signed_off", "incorrect"),
    ]  # fmt: skip


def test_every_change_and_every_look_is_an_event(office: Office) -> None:
    review = office.one()
    office.reviews.assign(review, 1, "otto@bank.example", office.ruth)
    office.reviews.note(review, NOTE, office.otto)
    labelled(office, review, by=office.otto)
    signed(office, review, office.ruth)
    office.reviews.read(review, office.ruth)
    office.reviews.listed(office.ruth, Filters(state="waiting", label="leak"), 10)
    told = office.events("review.changed")
    assert [each["details"]["change"] for each in told] == [
        "queued", "assigned", "noted", "labelled", "signed_off", "read",
    ]  # fmt: skip
    assert told[1]["details"]["assignee"] == office.otto.subject
    assert told[3]["subject"] == office.otto.subject
    assert (told[3]["details"]["label"], told[3]["details"]["severity"]) == ("incorrect", "high")
    assert (told[4]["details"]["second"], told[4]["details"]["agreed"]) == (True, True)
    [listed] = office.events("audit.searched")
    assert listed["details"] == {"what": "reviews", "by": ["state", "label"], "found": 0}


def test_a_note_stands_in_the_table_and_only_its_commitment_in_the_log(office: Office) -> None:
    review = office.one()
    office.reviews.note(review, NOTE, office.otto)
    office.clock.tick()
    office.reviews.note(review, "Another one.", office.ruth)
    notes = [each for each in office.reviews.read(review, office.ruth)[1] if each.change == "noted"]
    assert [(each.text, each.by) for each in notes] == [
        (NOTE, office.otto.person_id), ("Another one.", office.ruth.person_id),
    ]  # fmt: skip
    assert notes[0].at < notes[1].at
    told = office.events("review.changed")[1]
    key = office.audit.commitments().key
    assert told["details"]["note"] == Commitments(key, told["salt"]).of(NOTE)
    assert "Meyer" not in str(office.events("review.changed"))


def test_who_labelled_does_not_sign_off(office: Office) -> None:
    review = office.one()
    labelled(office, review, by=office.ruth)
    with pytest.raises(Forbidden, match="labelled themselves"):
        signed(office, review, office.ruth)
    assert office.reviews.read(review, office.ruth)[0].state == "labelled"
    assert signed(office, review, office.otto) is True


def test_the_only_reviewer_signs_off_alone_where_that_is_set_and_the_event_says_so(office: Office) -> None:
    review = office.one()
    labelled(office, review, by=office.ruth)
    alone = Reviews(office.database, office.audit, office.clock, alone=True)
    with pytest.raises(Forbidden):
        alone.sign_off(review, 2, office.ruth)
    with office.database.writing() as session:
        people.disable(session, "otto@bank.example", office.clock())
    with pytest.raises(Forbidden):
        office.reviews.sign_off(review, 2, office.ruth)
    assert alone.sign_off(review, 2, office.ruth).second is False
    told = office.events("review.changed")[-1]["details"]
    assert told["second"] is False
    assert "agreed" not in told
    assert alone.counts(Filters()).agreement.pairs == 0


def test_whoever_labels_otherwise_is_the_one_who_may_not_sign_off(office: Office) -> None:
    review = office.one()
    labelled(office, review, "incorrect", office.ruth)
    labelled(office, review, "leak", office.otto)
    with pytest.raises(Forbidden):
        signed(office, review, office.otto)
    assert signed(office, review, office.ruth) is True
    found, _ = office.reviews.read(review, office.ruth)
    assert (found.first_label, found.label) == ("incorrect", "leak")
    assert office.events("review.changed")[-2]["details"]["agreed"] is False


def test_who_corrects_themselves_disagrees_with_nobody(office: Office) -> None:
    review = office.one()
    labelled(office, review, "incorrect", office.ruth)
    labelled(office, review, "leak", office.ruth)
    signed(office, review, office.otto)
    found, _ = office.reviews.read(review, office.ruth)
    assert (found.first_label, found.label) == ("leak", "leak")


def test_nobody_reviews_the_answer_to_their_own_question(office: Office) -> None:
    [answer] = office.answered(office.ruth.person_id)
    review = office.reviews.add(answer, "It was odd.", office.ruth).id
    with pytest.raises(Forbidden):
        office.reviews.assign(review, 1, "ruth@bank.example", office.otto)
    with pytest.raises(Forbidden):
        labelled(office, review, by=office.ruth)
    labelled(office, review, by=office.otto)
    with pytest.raises(Forbidden):
        signed(office, review, office.ruth)


def test_only_a_reviewer_is_assigned(office: Office) -> None:
    review = office.one()
    with pytest.raises(Invalid, match="not a reviewer"):
        office.reviews.assign(review, 1, "bo@bank.example", office.ruth)
    with pytest.raises(NotFound):
        office.reviews.assign(review, 1, "nobody@bank.example", office.ruth)
    assert office.reviews.read(review, office.ruth)[0].state == "open"


def test_what_is_assigned_only_its_assignee_labels(office: Office) -> None:
    review = office.one()
    office.reviews.assign(review, 1, "otto@bank.example", office.ruth)
    with pytest.raises(Conflict, match="somebody else"):
        labelled(office, review, by=office.ruth)
    back = office.reviews.assign(review, 2, "", office.ruth)
    assert (back.state, back.assignee) == ("open", None)
    labelled(office, review, by=office.ruth)


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("wrong", "low"), ("incorrect", None), ("incorrect", "none"), ("incorrect", "huge"), ("correct", "low"),
        ("should_have_answered", "low"),
    ],
)  # fmt: skip
def test_a_label_is_one_of_those_that_there_are(office: Office, label: str, severity: str | None) -> None:
    review = office.one()
    with pytest.raises(Invalid):
        office.reviews.label(review, 1, label, severity, office.ruth)
    assert office.revision(review) == 1


def test_an_answer_is_in_the_queue_once(office: Office) -> None:
    [answer] = office.answered()
    review = office.reviews.add(answer, "Why not.", office.ruth).id
    with pytest.raises(Conflict, match=review):
        office.reviews.add(answer, "Again.", office.otto)
    labelled(office, review)
    signed(office, review, office.otto)
    with pytest.raises(Conflict, match="signed_off"):
        office.reviews.add(answer, "Again.", office.otto)
    with pytest.raises(NotFound):
        office.reviews.add("nothing", "Why not.", office.ruth)


def test_what_was_signed_off_is_opened_again_with_a_reason(office: Office) -> None:
    review = office.one()
    labelled(office, review)
    signed(office, review, office.otto)
    with pytest.raises(Invalid):
        office.reviews.reopen(review, 3, "  ", office.ruth)
    found = office.reviews.reopen(review, 3, "The source was wrong.", office.ruth)
    assert (found.state, found.label, found.second, found.closed_at) == ("open", None, None, None)
    assert history(office, review)[1:] == [
        ("labelled", "incorrect"), ("signed_off", "incorrect"), ("reopened", None),
    ]  # fmt: skip
    labelled(office, review, "correct", office.otto)
    assert signed(office, review, office.ruth) is True


def test_a_conflict_says_what_changed(office: Office) -> None:
    review = office.one()
    office.reviews.note(review, NOTE, office.otto)
    labelled(office, review, "leak", office.otto)
    with pytest.raises(Conflict) as refused:
        office.reviews.label(review, 1, "correct", None, office.ruth)
    assert "noted, labelled leak" in refused.value.message
    assert "Meyer" not in str(refused.value)
    assert office.reviews.read(review, office.ruth)[0].label == "leak"


def test_of_two_who_label_at_once_one_is_told_of_the_other(office: Office) -> None:
    review = office.one()
    starting = threading.Barrier(2)

    def label(by: Principal) -> str:
        starting.wait()
        try:
            office.reviews.label(review, 1, "incorrect", "low", by)
        except Conflict as refused:
            return refused.message
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(label, (office.ruth, office.otto)))
    assert said[1] == "done"
    assert "labelled incorrect" in said[0]
    assert history(office, review) == [("queued", None), ("labelled", "incorrect")]


def test_without_a_log_nothing_changes_and_nothing_is_shown(office: Office) -> None:
    review = office.one()

    class Stuck:
        def check(self) -> None:
            raise Refused("The log cannot be continued.")

        def wake(self) -> None:
            """Nothing waits."""

    office.audit.follow(Stuck())
    [answer] = office.answered()
    for attempt in (
        lambda: office.reviews.add(answer, "Why not.", office.ruth),
        lambda: office.reviews.assign(review, 1, "otto@bank.example", office.ruth),
        lambda: office.reviews.label(review, 1, "leak", "low", office.ruth),
        lambda: office.reviews.note(review, NOTE, office.ruth),
        lambda: office.reviews.read(review, office.ruth),
        lambda: office.reviews.listed(office.ruth, Filters(), 10),
        lambda: office.sampler.draw(office.drawing(1), office.ruth),
    ):
        with pytest.raises(Refused):
            attempt()
    with office.database.reading() as session:
        assert [(row.state, row.revision) for row in session.scalars(select(ReviewRow))] == [("open", 1)]
        assert len(session.scalars(select(ReviewEntryRow)).all()) == 1


def test_an_event_that_cannot_be_written_takes_the_change_with_it(office: Office) -> None:
    review = office.one()

    def full(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO audit_pending"):
            raise OSError("No space left on device")

    event.listen(office.database.engine, "before_cursor_execute", full)
    with pytest.raises(OSError, match="No space"):
        labelled(office, review)
    event.remove(office.database.engine, "before_cursor_execute", full)
    assert office.reviews.read(review, office.ruth)[0].state == "open"


def test_the_list_is_narrowed_and_comes_page_by_page(office: Office) -> None:
    reviews: list[str] = []
    for _ in range(5):
        reviews.append(office.one())
        office.clock.tick()
    labelled(office, reviews[0])
    signed(office, reviews[0], office.otto)
    office.reviews.assign(reviews[1], 1, "otto@bank.example", office.ruth)

    def ids(limit: int = 10, after: Place | None = None, **filters: str) -> list[str]:
        return [each.id for each in office.reviews.listed(office.ruth, Filters(**filters), limit, after)]  # pyright: ignore

    assert ids() == reviews
    assert ids(state="waiting") == reviews[1:]
    assert ids(state="signed_off", label="incorrect", severity="high") == reviews[:1]
    assert ids(assignee=office.otto.person_id) == [reviews[1]]
    assert ids(assignee="") == reviews[2:]
    assert ids(rule="random") == []
    first = office.reviews.listed(office.ruth, Filters(), 2)
    assert [each.id for each in first] == reviews[:3]
    assert ids(1, Place(first[1].queued_at, first[1].id)) == reviews[2:4]
    period = Filters(since=first[1].queued_at, until=first[1].queued_at)
    assert office.reviews.listed(office.ruth, period, 9) == []
    assert first[0].about is not None
    assert first[0].about.asked_by == office.audit.subject(office.ana)


def test_counts_tell_how_often_two_people_said_the_same(office: Office) -> None:
    for first, second in (("incorrect", None), ("incorrect", None), ("correct", None), ("correct", "incorrect")):
        review = office.one()
        labelled(office, review, first, office.ruth)
        if second:
            labelled(office, review, second, office.otto)
        signed(office, review, office.ruth if second else office.otto)
    labelled(office, office.one(), "leak")
    office.one()
    found = office.reviews.counts(Filters())
    assert found.states == {"signed_off": 4, "labelled": 1, "open": 1}
    assert found.labels == {"incorrect": {"high": 3}, "correct": {"none": 1}, "leak": {"high": 1}}
    assert (found.agreement.pairs, found.agreement.agreed, found.agreement.ratio) == (4, 3, 0.75)
    # First labels: 2 of each; last ones 3 and 1. By chance (2*3 + 2*1) / 16 = .5.
    assert found.agreement.kappa == pytest.approx(0.5)


def test_a_review_of_an_answer_that_goes_keeps_its_label_and_no_text(office: Office) -> None:
    done, waiting = office.one(), office.one()
    for review in (done, waiting):
        office.reviews.note(review, NOTE, office.ruth)
    labelled(office, done)
    signed(office, done, office.otto)
    with office.database.writing() as session:
        answers = list(session.scalars(select(AnswerRow.id)))
        assert erase.withdraw(session, answers, office.clock()) == 2
        session.execute(delete(AnswerRow))
    found, entries = office.reviews.read(done, office.ruth)
    assert (found.state, found.label, found.about) == ("signed_off", "incorrect", None)
    assert {each.text for each in entries} == {""}
    found, entries = office.reviews.read(waiting, office.ruth)
    assert (found.state, entries[-1].change) == ("withdrawn", "withdrawn")
    for attempt in (
        lambda: office.reviews.note(waiting, NOTE, office.ruth),
        lambda: office.reviews.note(done, NOTE, office.ruth),
        lambda: office.reviews.reopen(done, office.revision(done), "Again.", office.ruth),
        lambda: labelled(office, waiting),
    ):
        with pytest.raises(Conflict, match="has gone"):
            attempt()
    assert [each.id for each in office.reviews.listed(office.ruth, Filters(state="waiting"), 10)] == []


def test_a_reviewer_who_is_erased_leaves_what_they_said_to_nobody(office: Office) -> None:
    review, assigned = office.one(), office.one()
    office.reviews.note(review, NOTE, office.otto)
    labelled(office, review, by=office.otto)
    office.reviews.assign(assigned, 1, "otto@bank.example", office.ruth)
    with office.database.writing() as session:
        assert erase.forget_reviewer(session, office.otto.person_id, office.clock()) == 2
    found, entries = office.reviews.read(review, office.ruth)
    assert (found.label, found.labelled_by) == ("incorrect", None)
    assert (entries[1].text, entries[1].by) == (NOTE, None)
    assert office.reviews.read(assigned, office.ruth)[0].state == "open"
    with office.database.reading() as session:
        rows = [*session.scalars(select(ReviewRow)), *session.scalars(select(ReviewEntryRow))]
        assert office.otto.person_id not in str([vars(row) for row in rows])
    assert signed(office, review, office.ruth) is True


def test_a_text_about_a_held_answer_is_not_touched(office: Office) -> None:
    review, other = office.one(), office.one()
    for each in (review, other):
        office.reviews.note(each, NOTE, office.ruth)
    answer = office.reviews.read(review, office.ruth)[0].answer_id
    with office.database.writing() as session:
        holds.place(session, "answer", answer, "Case 14", office.ruth.person_id, office.clock())
        erase.mask(session, lambda text: text.replace("Anna Meyer", "[erased]"), holds.held(session))
    assert office.reviews.read(review, office.ruth)[1][-1].text == NOTE
    assert "Meyer" not in office.reviews.read(other, office.ruth)[1][-1].text


def test_reviews_go_when_their_time_is_over_but_what_is_held(office: Office) -> None:
    reviews = [office.one() for _ in range(3)]
    for review in reviews[:2]:
        labelled(office, review)
        signed(office, review, office.otto)
    answer = office.reviews.read(reviews[0], office.ruth)[0].answer_id
    office.clock.tick(days=400)
    with office.database.writing() as session:
        holds.place(session, "answer", answer, "Case 14", office.ruth.person_id, office.clock())
        assert erase.retain(session, office.clock(), holds.held(session), 500) == (1, 1)
    left = [each.id for each in office.reviews.listed(office.ruth, Filters(), 10)]
    assert sorted(left) == sorted([reviews[0], reviews[2]])
