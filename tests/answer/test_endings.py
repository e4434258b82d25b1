"""However a reply, or an answer, ends: what is told of it, what is kept of it, and what it is charged to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from answer.answers import Answer
from answer.ask import PARTIAL
from answer.asking import Written
from answer.models.base import FinishReason
from answer.models.tables import UsageRow
from answer.recording import Record
from answer.routing import ANY, Choice
from answer.structured.filling import wanted_of
from answer.tables import AnswerRow, KeptAnswerRow
from answer.writing import MOST_CHECKED, sees_values
from api import leaving
from core.access import Principal
from core.egress import EgressSettings
from core.policy import Destination
from core.policy_document import SHIPPED, policy_of
from tests.answer.test_asking_models import AGREED, ANA, LEAVE, logged, texts
from tests.fakes.author import Author, Writes, number
from tests.fakes.model_vendor import KEY, Script, Told
from tests.installation import Installation

HOW_LONG = "How many weeks does parental leave last?"
DESK = "Requests for a laptop go to tessa.vos@company.example before it is bought."
WEEKS = {"type": "object", "properties": {"weeks": {"type": "integer"}}, "required": ["weeks"]}
OUTSIDE = Destination("cloud", "external")


@dataclass(frozen=True, slots=True)
class House:
    installation: Installation
    author: Author

    def ask(self, question: str, writes: Writes, schema: dict[str, Any] | None = None, choice: Choice = ANY) -> Answer:
        self.author.writes = writes
        self.author.asked.clear()
        person = self.installation.principal(ANA).person_id
        wanted = None if schema is None else wanted_of(schema, "nulls")
        happenings = self.installation.runtime.asker.ask(question, person, wanted=wanted, choice=choice)
        return next(each for each in happenings if isinstance(each, Answer))

    def row(self, answer: Answer) -> AnswerRow:
        with self.installation.runtime.database.reading() as session:
            row = session.get_one(AnswerRow, answer.id)
            session.expunge(row)
            return row

    @property
    def kept(self) -> int:
        with self.installation.runtime.database.reading() as session:
            return session.scalar(select(func.count()).select_from(KeptAnswerRow)) or 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch, Author() as author:
        assert isinstance(author, Author)
        patch.setenv("MODEL_KEY", KEY)
        outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential"}
        made = Installation(
            tmp_path_factory.mktemp("endings"),
            models=(author.entry(name="cloud", tier="small", model="small-2026-01-01", **outside),),
            egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),
        )
        made.person(ANA, "all")
        made.records("handbook", [{"id": "leave", "title": "Parental leave", "text": LEAVE}])
        made.records("desk", [{"id": "desk", "title": "Laptops", "text": DESK}])
        closed = "Parental leave lasts 16 weeks in the vault too. password=hunter2-Zk9!vvQ"
        made.records("vault", [{"id": "keys", "title": "Keys", "text": closed}])
        made.runtime.work_off()
        leaving.label_everything(made.runtime)
        yield House(made, author)
        made.close()


def lasts(model: str, text: str) -> Told:
    return Script((f"Parental leave lasts 16 weeks {number(text, 'lasts 16 weeks.')}.",))


def begun(ending: Script) -> Writes:
    """A sentence that holds and the beginning of another, and then ``ending``."""

    def writes(model: str, text: str) -> Told:
        first = f"Parental leave lasts 16 weeks {number(text, 'lasts 16 weeks.')}. It is paid in full for"
        return Script((first, " the first "), finish=ending.finish, then=ending.then)

    return writes


# Early ends


@pytest.mark.parametrize("finish", ["length", "declined", "other"])
def test_an_answer_of_a_reply_that_ended_early_says_so_and_is_not_given_again(
    house: House, finish: FinishReason
) -> None:
    before = house.kept
    answer = house.ask(HOW_LONG, begun(Script(finish=finish)))
    assert texts(answer) == ["Parental leave lasts 16 weeks."]
    assert answer.reason == PARTIAL
    assert house.row(answer).tried[-1]["ended"] == "cut_off"
    assert house.kept == before


def test_an_answer_of_a_reply_that_broke_off_says_so_and_is_not_given_again(house: House) -> None:
    before = house.kept
    answer = house.ask(HOW_LONG, begun(Script(then="cut")))
    assert (texts(answer), answer.reason) == (["Parental leave lasts 16 weeks."], PARTIAL)
    assert house.kept == before


def test_a_whole_answer_says_nothing_of_its_end_and_is_kept(house: House) -> None:
    before = house.kept
    answer = house.ask(HOW_LONG, lasts)
    assert (texts(answer), answer.reason) == (["Parental leave lasts 16 weeks."], None)
    assert house.kept == before + 1


def test_of_a_reply_without_end_only_so_much_is_checked(house: House) -> None:
    made_up = tuple(f"The moon number {n} is made of cheese [1]. " for n in range(10 * MOST_CHECKED))
    answer = house.ask("Since when does parental leave last 16 weeks?", lambda model, text: Script(made_up))
    assert len(house.row(answer).tried[0]["dropped"]) == MOST_CHECKED


# Faults


def test_a_number_as_long_as_a_line_does_not_break_a_form(house: House) -> None:
    long = '{"weeks": {"value": 1' + "0" * 400 + ', "sources": [1]}}'
    answer = house.ask(HOW_LONG, lambda model, text: Script((long,)), WEEKS)
    assert answer.structured is not None
    assert answer.structured.value == {"weeks": None}
    assert logged(house.installation)[-1] == "ask.outcome"


def test_whatever_breaks_an_intent_gets_its_outcome_and_its_calls_are_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[Written] = []
    leave = Record.leave

    def watched(self: Record, written: Written, principal: Principal, reason: str) -> None:
        assert reason == "internal"
        left.append(written)
        leave(self, written, principal, reason)

    def breaks(*_: object) -> None:
        raise ArithmeticError("a fault of the program")

    monkeypatch.setattr(Record, "leave", watched)
    monkeypatch.setattr("answer.structured.filling.read_reply", breaks)
    with pytest.raises(ArithmeticError, match="a fault of the program"):
        house.ask(HOW_LONG, lambda model, text: Script(("{}",)), WEEKS)
    assert logged(house.installation)[-1] == "ask.outcome"
    assert [told["call"]["finish"] for written in left for told in written.tried] == ["stop"]


# What is kept


def test_where_a_single_kind_may_leave_its_values_are_not_kept_either(house: House) -> None:
    policies = house.installation.runtime.policies
    document = policies.current().document
    kinds = {**document["kinds"], "EMAIL_ADDRESS": {"external": "allow"}, "EMAIL": {"external": "allow"}}
    policies.change({**document, "kinds": kinds}, "checking")

    def repeats(model: str, text: str) -> Told:
        line = next(line for line in text.splitlines() if "go to" in line and line.startswith("["))
        mark, _, rest = line.partition(" ")
        return Script((f"{rest.rstrip('.')} {mark}.",))

    answer = house.ask("Where do requests for a laptop go?", repeats)
    policies.change(document, "as before")
    assert "tessa.vos" in house.author.sent, house.author.sent[-900:]
    assert texts(answer) == [DESK]
    kept = house.row(answer)
    assert kept.tier == "small"
    assert "tessa.vos" not in str(kept.claims)


@pytest.mark.parametrize(
    ("section", "row", "raw"),
    [
        ("kinds", "EMAIL_ADDRESS", True), ("kinds", "EMPLOYEE_ID", True), ("classes", "person", True),
        ("kinds", "JOB_TITLE", False), ("kinds", "CITY", False), ("classes", "time", False),
    ],
)  # fmt: skip
def test_a_model_sees_values_where_any_that_points_at_somebody_may_leave(section: str, row: str, raw: bool) -> None:
    document = {**SHIPPED, section: {**SHIPPED[section], row: {**SHIPPED[section].get(row, {}), "external": "allow"}}}
    assert sees_values(policy_of(document, 1), OUTSIDE) is raw


def test_a_model_sees_values_where_only_texts_above_public_are_open(house: House) -> None:
    levels = {**SHIPPED["sensitivity"], "public": {"external": "redact", "on_premise": "allow"}}
    classes = {**SHIPPED["classes"], "contact": {"external": "allow", "on_premise": "allow"}}
    assert sees_values(policy_of({**SHIPPED, "sensitivity": levels, "classes": classes}, 1), OUTSIDE)


# What it is charged to


@pytest.mark.parametrize("schema", [None, WEEKS], ids=["prose", "form"])
def test_a_source_is_charged_only_where_something_of_it_was_sent(house: House, schema: dict[str, Any] | None) -> None:
    form = '{"weeks": {"value": 16, "sources": [1]}}'
    question = f"For how many weeks does parental leave last{'' if schema is None else ' now'}?"
    answer = house.ask(question, lasts if schema is None else lambda model, text: Script((form,)), schema)
    with house.installation.runtime.database.reading() as session:
        (charged,) = session.scalars(select(UsageRow.sources).where(UsageRow.answer_id == answer.id)).all()
    assert house.row(answer).tried[0]["withheld"] == 1
    assert "hunter2" not in house.author.sent
    assert "vault" not in charged
    assert "handbook" in charged


# How long it took


def test_the_time_to_the_first_sentence_is_kept_of_every_kind_of_answer(house: House) -> None:
    form = '{"weeks": {"value": 16, "sources": [%s]}}'
    answers = [
        house.ask("How many weeks is it that parental leave lasts?", lasts),
        house.ask(HOW_LONG, lasts, choice=Choice(none=True)),
        house.ask(
            HOW_LONG,
            lambda model, text: Script((form % number(text, "lasts 16 weeks.").strip("[]"),)),
            WEEKS,
        ),
    ]
    assert [answer.tier for answer in answers] == ["small", "extractive", "small"]
    assert all(0 < answer.timings["first_sentence"] <= answer.timings["total"] for answer in answers)
    nothing = house.ask("What is the colour of the moon of Jupiter?", lasts, choice=Choice(none=True))
    assert "first_sentence" not in nothing.timings
