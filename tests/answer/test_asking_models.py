"""A question that a model answers, through a whole installation: what leaves, what is shown, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson
import pytest
from sqlalchemy import select

from answer.answers import Answer
from answer.ask import Shown
from answer.settings import AnswerSettings
from answer.tables import AnswerRow
from core.audit import Event
from core.audit.tables import PendingRow, RecordRow
from core.egress import EgressSettings
from core.errors import Unavailable
from tests.fakes.author import Author, Writes, number
from tests.fakes.model_vendor import KEY, Refusal, Script, Told
from tests.installation import Installation

LEAVE = (
    "Parental leave lasts 16 weeks. It is paid in full for the first 12 weeks. Anna Meyer of HR approves it. "
    "Requests are made at least 8 weeks before the leave begins."
)
AGREED = {"agreement": "C-1", "training_prohibited": True, "retention_days": 0, "legal_basis": "contract"}
QUESTION = "How many weeks does parental leave last?"
ANA = "ana@company.example"


@pytest.fixture(scope="module")
def author() -> Iterator[Author]:
    with Author() as fake:
        assert isinstance(fake, Author)
        yield fake


@pytest.fixture(scope="module")
def installed(author: Author, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_KEY", KEY)
        made = Installation(
            tmp_path_factory.mktemp("models"),
            models=(
                author.entry(name="cloud", tier="small", model="small-2026-01-01", **outside),
                author.entry(name="larger", tier="large", model="large-2026-01-01", **outside),
            ),
            egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),
            answer=AnswerSettings(cache_hours=0),
        )
        made.person(ANA, "all")
        made.records("handbook", [{"id": "leave", "title": "Parental leave", "text": LEAVE}])
        yield made
        made.close()


@pytest.fixture
def ask(installed: Installation, author: Author) -> Callable[[str, Writes], Answer]:
    def asking(question: str, writes: Writes) -> Answer:
        author.writes = writes
        author.asked.clear()
        return installed.ask(question, ANA)

    return asking


Ask = Callable[[str, Writes], Answer]


def texts(answer: Answer) -> list[str | None]:
    return [sentence.text for sentence in answer.sentences]


def tried(installed: Installation, answer: Answer) -> list[dict[str, object]]:
    with installed.runtime.database.reading() as session:
        return list(session.get_one(AnswerRow, answer.id).tried)


def test_a_sentence_that_its_span_carries_is_shown_with_that_span(ask: Ask, author: Author) -> None:
    def writes(model: str, text: str) -> Told:
        return Script(("Parental leave ", f"lasts 16 weeks {number(text, '16 weeks')}."))

    answer = ask(QUESTION, writes)

    assert texts(answer) == ["Parental leave lasts 16 weeks."]
    assert answer.sentences[0].citations[0].citation.quote == "Parental leave lasts 16 weeks."
    assert (answer.model, answer.tier, answer.status) == ("cloud", "small", "answered")
    assert len(author.asked) == 1


def test_a_sentence_that_was_shown_is_not_shown_again(ask: Ask, installed: Installation) -> None:
    def writes(model: str, told: Told) -> Script:
        one = number(told, "16 weeks")
        return Script((f"Parental leave lasts 16 weeks {one}. Parental  leave lasts 16 weeks {one}.",))

    answer = ask(QUESTION, writes)
    assert texts(answer) == ["Parental leave lasts 16 weeks."]
    (dropped,) = tried(installed, answer)[0]["dropped"]  # type: ignore[misc]
    assert dropped["against"] == ["repeated"]


def test_an_invention_is_not_shown_and_the_verbatim_sentence_takes_its_place(ask: Ask, installed: Installation) -> None:
    def writes(model: str, text: str) -> Told:
        invented = f"It is paid in full for the first 8 weeks {number(text, '12 weeks')}."
        return Script((f"Parental leave lasts 16 weeks {number(text, '16 weeks')}. ", invented))

    answer = ask(QUESTION, writes)

    assert texts(answer) == [
        "Parental leave lasts 16 weeks.",
        "It is paid in full for the first 12 weeks.",
    ]
    (attempt,) = tried(installed, answer)
    assert attempt["dropped"] == [
        {
            "text": "It is paid in full for the first 8 weeks.",
            "redaction": attempt["dropped"][0]["redaction"],  # type: ignore[index]
            "against": ["number"],
            "support": attempt["dropped"][0]["support"],  # type: ignore[index]
            "cited": attempt["dropped"][0]["cited"],  # type: ignore[index]
            "replaced": True,
        }
    ]


def test_where_nothing_holds_the_larger_model_is_asked_and_then_the_documents_speak(
    ask: Ask, author: Author, installed: Installation
) -> None:
    answer = ask(QUESTION, lambda model, text: Script(("The moon is made of cheese [1].",)))

    assert [attempt["model"] for attempt in tried(installed, answer)[:-1]] == ["cloud", "larger"]
    assert [attempt["ended"] for attempt in tried(installed, answer)[:-1]] == ["nothing_held", "nothing_held"]
    assert answer.tier == "extractive"
    assert "Parental leave lasts 16 weeks." in texts(answer)


def test_a_model_that_fails_gives_way_to_the_next(ask: Ask, author: Author) -> None:
    def writes(model: str, text: str) -> Told:
        if model.startswith("small"):
            return Refusal(400, "unknown_model")
        return Script((f"Parental leave lasts 16 weeks {number(text, '16 weeks')}.",))

    answer = ask(QUESTION, writes)

    assert answer.model == "larger"
    assert texts(answer) == ["Parental leave lasts 16 weeks."]


def test_names_leave_as_pseudonyms_and_come_back_for_who_may_read_them(
    ask: Ask, author: Author, installed: Installation
) -> None:
    def writes(model: str, text: str) -> Told:
        line = next(line for line in text.splitlines() if "approves it" in line)
        mark, _, rest = line.partition(" ")
        return Script((f"{rest.rstrip('.')} {mark}.",))

    answer = ask("Who approves parental leave?", writes)

    assert "Anna" not in author.sent
    assert "Meyer" not in author.sent
    assert texts(answer) == ["Anna Meyer of HR approves it."]
    with installed.runtime.database.reading() as session:
        kept = str(session.get_one(AnswerRow, answer.id).claims)
    assert "Meyer" not in kept
    assert "[PERSON_" in kept


def test_every_call_and_every_sentence_is_in_the_log_before_it_is_shown(
    installed: Installation, author: Author
) -> None:
    def writes(model: str, text: str) -> Told:
        intents.append(logged(installed)[-1])
        mark, other = number(text, "16 weeks"), number(text, "12 weeks")
        return Script(
            (f"Parental leave lasts 16 weeks {mark}. ", f"It is paid in full for the first 12 weeks {other}.")
        )

    intents: list[str] = []
    author.writes = writes
    person = installed.principal(ANA).person_id
    shown: list[str] = []
    for happening in installed.runtime.asker.ask(QUESTION, person):
        if isinstance(happening, Shown):
            shown.append(logged(installed)[-1])

    assert intents == ["model.intent"]
    assert shown == ["ask.sentence", "ask.sentence"]
    assert logged(installed)[-2:] == ["ask.outcome", "redaction.restored"]


def test_no_log_no_call(installed: Installation, author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    author.writes = lambda model, text: Script(("Parental leave lasts 16 weeks [1].",))
    author.asked.clear()
    append = installed.runtime.audit.append

    def refuses(event: Event) -> object:
        if event.kind == "model.intent":
            raise Unavailable("The log cannot be written.")
        return append(event)

    monkeypatch.setattr(installed.runtime.audit, "append", refuses)
    with pytest.raises(Unavailable):
        installed.ask(QUESTION, ANA)
    assert author.asked == []


def test_who_leaves_in_the_middle_ends_the_call_and_keeps_what_was_shown(
    installed: Installation, author: Author
) -> None:
    def writes(model: str, text: str) -> Told:
        first = f"Parental leave lasts 16 weeks {number(text, '16 weeks')}. It is"
        # What is sent is read ahead: only a reply without an end is sure to be left.
        return Script((first, " on"), then="hold")

    author.writes = writes
    author.gone.clear()
    happenings = installed.runtime.asker.ask(QUESTION, installed.principal(ANA).person_id)
    shown = next(happening for happening in happenings if isinstance(happening, Shown))
    happenings.close()  # type: ignore[attr-defined]

    assert shown.sentence.text == "Parental leave lasts 16 weeks."
    assert author.gone.wait(20)
    with installed.runtime.database.reading() as session:
        (row,) = session.scalars(select(AnswerRow).order_by(AnswerRow.created_at.desc()).limit(1))
        assert [claim["text"] for claim in row.claims] == ["Parental leave lasts 16 weeks."]
        assert [attempt["model"] for attempt in row.tried] == ["cloud"]
    assert logged(installed)[-1] == "ask.outcome"


def test_what_was_dropped_before_somebody_left_is_kept_without_its_text(
    installed: Installation, author: Author
) -> None:
    def writes(model: str, text: str) -> Told:
        first = f"The moon is made of cheese [1]. Parental leave lasts 16 weeks {number(text, '16 weeks')}. It is"
        return Script((first, " on"), then="hold")

    author.writes = writes
    happenings = installed.runtime.asker.ask(QUESTION, installed.principal(ANA).person_id)
    next(happening for happening in happenings if isinstance(happening, Shown))
    happenings.close()  # type: ignore[attr-defined]

    with installed.runtime.database.reading() as session:
        (row,) = session.scalars(select(AnswerRow).order_by(AnswerRow.created_at.desc()).limit(1))
        assert [each["text"] for each in row.tried[0]["dropped"]] == [""]


def test_a_follow_up_is_made_to_stand_alone_by_a_model(installed: Installation, author: Author) -> None:
    def writes(model: str, text: str) -> Told:
        if "rewrite the last question" in text:
            return Script(("How far ahead is parental leave requested?",))
        return Script((f"Requests are made at least 8 weeks before the leave begins {number(text, '8 weeks')}.",))

    first = installed.ask(QUESTION, ANA)
    author.writes = writes
    answer = installed.ask("And how far ahead is it requested?", ANA, first.conversation_id)

    assert answer.searched == "How far ahead is parental leave requested?"
    assert texts(answer) == ["Requests are made at least 8 weeks before the leave begins."]


def test_a_rewritten_question_that_brings_in_what_nobody_said_is_not_used(
    installed: Installation, author: Author
) -> None:
    first = installed.ask(QUESTION, ANA)
    author.writes = lambda model, text: Script(("How much did Zoltan Kovacs earn in 1999?",))
    answer = installed.ask("And how far ahead is it requested?", ANA, first.conversation_id)

    assert answer.searched == f"{QUESTION} And how far ahead is it requested?"


def logged(installed: Installation) -> list[str]:
    """Kinds of events, oldest first."""
    with installed.runtime.database.reading() as session:
        done = [orjson.loads(raw) for raw in session.scalars(select(RecordRow.record).order_by(RecordRow.seq))]
        waiting = [orjson.loads(raw) for raw in session.scalars(select(PendingRow.event).order_by(PendingRow.id))]
    return [record["event"]["kind"] if "event" in record else record["kind"] for record in (*done, *waiting)]
