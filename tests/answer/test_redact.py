from __future__ import annotations

import ast
import base64
import binascii
import copy
import itertools
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from answer.cleared import Cleared, ClearedPassage, ClearedText, Edit
from answer.pseudonyms import TOKEN, tokens
from answer.redact import Turn
from answer.vault import Place
from core.errors import Refused, Unavailable
from core.policy import Sensitivity
from core.policy_document import SHIPPED, policy_of
from core.text import Span, quote
from ingest.label.findings import Finding
from ingest.label.gazetteer import Known
from ingest.label.repository import Label
from retrieval.evidence import Evidence
from tests.answer.redacting import INSIDE, OUTSIDE, Company

ROOT = Path(__file__).parents[2]


def texts_of(cleared: Cleared) -> list[str]:
    found = [cleared.question.text, *(turn.body.text for turn in cleared.history)]
    for passage in cleared.passages:
        found += [passage.title.text, passage.uri.text, passage.body.text, *(each.text for each in passage.headings)]
    return found


def test_values_leave_only_as_tokens(company: Company) -> None:
    company.spotter.values = {
        "Anna Meyer": "PERSON",
        "+49 30 5550 123": "PHONE_NUMBER",
        "anna@x.example": "EMAIL_ADDRESS",
    }
    passage = company.publish("Call Anna Meyer at +49 30 5550 123 or write to anna@x.example.")
    cleared = company.clear("Where do I reach Anna Meyer?", passage)
    for text in texts_of(cleared):
        assert not any(value in text for value in company.spotter.values)
    assert cleared.question.text.startswith("Where do I reach [PERSON_")
    assert cleared.tokens == {str(token) for text in texts_of(cleared) for _, token in tokens(text)}
    assert (cleared.policy, cleared.detector) == (7, "spotter")


def test_nobody_but_the_redactor_makes_a_cleared_text(company: Company) -> None:
    cleared = company.clear("Hello?")
    names = [name for name in Cleared.__slots__ if name != "seal"]  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="only the redactor"):
        Cleared(**{name: getattr(cleared, name) for name in names})
    with pytest.raises((TypeError, ValueError)):
        replace(cleared, tokens=frozenset())
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            duplicate(cleared)
    with pytest.raises(AttributeError):
        cleared.tokens = frozenset()  # type: ignore[misc]


def test_no_other_module_holds_the_seal() -> None:
    holders: set[str] = set()
    for folder in ("core", "connectors", "ingest", "retrieval", "answer", "evals", "api"):
        for path in (ROOT / folder).rglob("*.py"):
            if ".venv" in path.parts or "peers" in path.parts:
                continue
            source = path.read_text("utf-8")
            if "answer.cleared" not in source and path.name != "cleared.py":
                continue
            for node in ast.walk(ast.parse(source)):
                named = (
                    isinstance(node, ast.ImportFrom)
                    and node.module == "answer.cleared"
                    and any(alias.name == "_SEAL" for alias in node.names)
                )
                made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Cleared"
                reached = isinstance(node, ast.Attribute) and node.attr == "_SEAL"
                if named or made or reached:
                    holders.add(path.relative_to(ROOT).as_posix())
    assert holders == {"answer/redact.py"}


def test_no_text_shows_in_a_repr(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON"}
    shown = repr(company.clear("What does Anna Meyer do?", company.publish("Anna Meyer runs payroll."),
                               history=[Turn("person", "Hello Anna Meyer")]))  # fmt: skip
    assert not any(word in shown for word in ("Anna", "Meyer", "payroll", "Hello", "What"))


def test_known_values_go_wherever_else_they_stand(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON"}
    passage = company.publish(
        "Minutes by Anna Meyer. ANNA MEYER chairs. See https://wiki.example/people/anna-meyer?u=ameyer and meyer@x",
        title="Review of Meyer, Anna", uri="reviews/2026_meyer_anna%20final.docx", headings=("Team Meyer", "Goals"),
    )  # fmt: skip
    cleared = company.clear("how is meyer doing", passage)
    for text in texts_of(cleared):
        assert "meyer" not in TOKEN.sub("", text).casefold()
        assert "anna" not in TOKEN.sub("", text).casefold()
    identities = {token.identity for text in texts_of(cleared) for _, token in tokens(text)}
    assert len(identities) == 1


def test_a_title_belongs_to_its_name_and_a_genitive_does_not(company: Company) -> None:
    company.spotter.values = {"Dr.": "PREFIX", "Meyer's": "PERSON", "Anna Meyer": "PERSON"}
    passage = company.publish("Dr. Anna Meyer and Dr. Meyer's team.")
    body = company.clear("Who?", passage).passages[0].body.text
    first, second = tokens(body)
    assert body == f"{first[1]} and {second[1]}'s team."
    assert first[1].identity == second[1].identity


def test_a_word_that_is_also_a_name_stays_a_word(company: Company) -> None:
    company.spotter.values = {"Will Long": "PERSON"}
    cleared = company.clear("How long will it take?", company.publish("Will Long says it will take long."))
    assert cleared.question.text == "How long will it take?"
    assert cleared.passages[0].body.text.endswith(" says it will take long.")


@pytest.mark.parametrize(
    ("body", "taken"),
    [("we asked Price about it", True), ("Mr Price was there", True), ("the price went up", False),
     ("Market Price Review", False), ("PRICE LIST", False), ("see /people/price.html", True)],
)  # fmt: skip
def test_a_surname_that_is_a_word_goes_where_it_is_a_name(company: Company, body: str, taken: bool) -> None:
    company.spotter.values = {"Zoë Price": "PERSON"}
    cleared = company.clear("Who is Zoë Price?", company.publish(body))
    assert ("[PERSON_" in cleared.passages[0].body.text) == taken


def test_marks_that_nobody_sees_do_not_hide_a_known_name(company: Company) -> None:
    company.spotter.values = {"Anna Müller": "PERSON"}
    texts = ["An\u00adna Mu\u0308ller", "Anna\u200b Müller", "m\u00fcl\u00adler.pdf", "M%C3%BCller%20Anna"]
    for text in texts:
        cleared = company.clear("Who is Anna Müller?", company.publish(f"by {text}"))
        assert "ller" not in TOKEN.sub("", cleared.passages[0].body.text)


def test_a_refused_question_is_logged(company: Company) -> None:
    company.spotter.values = {"hunter2-XY": "PASSWORD"}
    with pytest.raises(Refused):
        company.clear("Is hunter2-XY my password?")
    (event,) = company.events("redaction.done")
    assert event["outcome"] == "refused"
    assert "hunter2" not in str(event)


def test_ids_that_share_a_beginning_are_held_back_each_for_itself(company: Company) -> None:
    company.spotter.values = {"hunter2-XY": "PASSWORD"}
    open_, closed = company.publish("The office opens at nine."), company.publish("It is hunter2-XY.")
    open_, closed = replace(open_, chunk_id="x:1"), replace(closed, chunk_id="x:2")
    cleared = company.clear("When?", closed, open_)
    assert [passage.chunk_id for passage in cleared.passages] == ["x:1"]


def test_what_has_a_current_label_is_not_looked_into_again(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON"}
    labelled = company.publish("Anna Meyer runs payroll.", labelled="internal")
    new = company.publish("Anna Meyer runs travel.")
    company.spotter.asked.clear()
    cleared = company.clear("Who runs it?", labelled, new)
    assert labelled.text not in company.spotter.asked
    assert new.text in company.spotter.asked
    assert all("Anna" not in text for text in texts_of(cleared))


def test_known_people_are_found_without_a_label_of_them(company: Company) -> None:
    from ingest.label.gazetteer import Known

    passage = company.publish("Oyelaran signs.", labelled="internal")
    assert "Oyelaran" in texts_of(company.clear("Who signs?", passage))[3]
    company.crowd.known = [Known("p1", ("Oyelaran",), ())]
    assert all("Oyelaran" not in text for text in texts_of(company.clear("Who signs?", passage)))


def test_the_policy_of_the_destination_decides(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON", "12 May 2026": "DATE_TIME"}
    passage = company.publish("Anna Meyer starts on 12 May 2026.")
    assert "Anna Meyer" not in company.clear("When?", passage).passages[0].body.text
    assert "12 May 2026" in company.clear("When?", passage).passages[0].body.text
    assert company.clear("When?", passage, to=INSIDE).passages[0].body.text == passage.text


def test_a_passage_with_a_blocked_value_stays_here(company: Company) -> None:
    company.spotter.values = {"hunter2-XY": "PASSWORD"}
    open_, closed = company.publish("The office opens at nine."), company.publish("The password is hunter2-XY.")
    echo = company.publish("As said: HUNTER2-xy.")
    cleared = company.clear("When?", closed, open_, echo)
    assert [passage.chunk_id for passage in cleared.passages] == [open_.chunk_id]
    assert {held.place: held.kinds for held in cleared.withheld} == {
        closed.chunk_id: ("PASSWORD",),
        echo.chunk_id: ("PASSWORD",),
    }


def test_a_restricted_passage_does_not_go_outside(company: Company) -> None:
    passage = company.publish("The merger is planned for May.", labelled="restricted")
    assert company.clear("When?", passage).passages == ()
    assert len(company.clear("When?", passage, to=INSIDE).passages) == 1


def test_a_question_with_a_blocked_value_is_refused(company: Company) -> None:
    company.spotter.values = {"hunter2-XY": "PASSWORD"}
    with pytest.raises(Refused, match="password") as refused:
        company.clear("Is hunter2-XY my password?")
    assert "hunter2" not in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize("broken", ["detector", "policy", "vault", "log"])
def test_without_any_of_its_parts_nothing_is_cleared(
    company: Company, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON"}

    def fails(*args: object, **named: object) -> object:
        raise Unavailable("It is down.", hint="Wait.")

    target = {"detector": (company.spotter, "find"), "vault": (company.vault, "put"), "log": (company.audit, "enlist")}
    if broken == "policy":
        company.policy = None  # type: ignore[assignment]
        with pytest.raises(AttributeError):
            company.clear("Who is Anna Meyer?")
        return
    monkeypatch.setattr(*target[broken], fails)
    with pytest.raises(Refused):
        company.clear("Who is Anna Meyer?")


def test_a_tampered_vault_refuses_the_next_question(company: Company) -> None:
    from sqlalchemy import text

    company.spotter.values = {"Anna Meyer": "PERSON"}
    company.clear("Who is Anna Meyer?")
    with company.database.writing() as session:
        session.execute(text("UPDATE vault SET value = zeroblob(64)"))
    with pytest.raises(Refused, match="vault"):
        company.clear("Who is Anna Meyer?")


def test_an_unlabelled_passage_is_as_sensitive_as_its_shelf_says(company: Company) -> None:
    company.shelf.unlabelled = "restricted"
    assert company.clear("When?", company.publish("In May.")).passages == ()


def test_a_look_alike_is_taken_out_whole(company: Company) -> None:
    typed = "Is [PERSON_K7Q2MP4X.2] the same as [PERSON_K7Q2MP4X] ?"
    cleared = company.clear(typed)
    assert "K7Q2MP4X" not in cleared.question.text
    assert {token.kind for _, token in tokens(cleared.question.text)} == {"LITERAL"}


def test_earlier_tokens_stay_and_imitations_in_the_history_do_not(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON"}
    first = company.clear("Who is Anna Meyer?")
    token = next(iter(first.tokens))
    said = f"{token} runs payroll, [PERSON_K7Q2MP4X.1] travel."
    cited = company.publish("Payroll.", labelled="internal").chunk_id
    genuine = Turn("answer", said, redaction=first.map_id, written_at=company.clock(), chunks=(cited,))
    second = company.clear("And now?", history=[genuine, Turn("person", f"You said {token}")])
    assert second.history[0].body.text.startswith(f"{token} runs payroll, [LITERAL_")
    assert token not in second.history[1].body.text
    assert token in second.tokens


def test_a_question_that_is_too_sensitive_as_a_whole_does_not_leave(company: Company) -> None:
    asked = ("When?", (), Evidence("When?", (), {}))
    with pytest.raises(Refused, match="too sensitive as a whole"):
        company.redactor.clear(*asked, OUTSIDE, "talk", company.ana, level="restricted")
    assert company.redactor.clear(*asked, INSIDE, "talk", company.ana, level="restricted").question.text == "When?"


def test_an_answer_is_as_sensitive_as_what_it_cites_and_without_that_as_anything_can_be(company: Company) -> None:
    levels: tuple[Sensitivity, ...] = ("internal", "confidential", "restricted")
    internal, confidential, restricted = (company.publish(each, labelled=each).chunk_id for each in levels)
    unseen = company.publish("unseen").chunk_id
    cites = [(internal,), (internal, confidential), (confidential, restricted), (unseen,), ()]
    turns = [Turn("answer", f"{number} it says.", chunks=chunks) for number, chunks in enumerate(cites)]
    inside = company.clear("When?", history=turns, to=INSIDE)
    assert [turn.level for turn in inside.history] == [
        "internal", "confidential", "restricted", "restricted", "restricted",
    ]  # fmt: skip
    outside = company.clear("When?", history=turns)
    assert [turn.body.text for turn in outside.history] == ["0 it says.", "1 it says."]
    assert [each.place for each in outside.withheld] == ["history.2", "history.3", "history.4"]


def test_what_an_extractive_answer_said_is_cleared_with_its_places(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON"}
    passage = company.publish("Anna Meyer runs payroll.", labelled="internal")
    place = Place(passage.version, passage.spans)
    turn = Turn("answer", "Anna Meyer runs payroll.", cited=(place,), chunks=(passage.chunk_id,))
    cleared = company.clear("What else?", history=[turn])
    answer = company.answer(cleared, cleared.history[0].body.text, cites=passage)
    assert company.shown(answer) == ["Anna Meyer runs payroll."]


def test_every_transformation_is_logged_without_a_value(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON", "hunter2-XY": "PASSWORD"}
    kept, closed = company.publish("Anna Meyer met Anna Meyer."), company.publish("It is hunter2-XY.")
    cleared = company.clear("Who is Anna Meyer?", kept, closed)
    (event,) = company.events("redaction.done")
    details = event["details"]
    assert isinstance(details, dict)
    assert details["map"] == cleared.map_id
    assert details["policy"] == 7
    by_place = {each["place"]: each for each in details["transformations"]}
    assert by_place["question"]["positions"] == [[7, 17]]
    assert by_place[kept.chunk_id]["count"] == 2
    assert details["withheld"] == [{"place": closed.chunk_id, "kinds": ["PASSWORD"]}]
    assert not any(value in str(event) for value in ("Anna", "Meyer", "hunter2"))


# Offsets

WORDS = st.sampled_from(["Anna Meyer", "Ben", "x", "é", " ", "\n", "[", "]", "[PERSON_K7Q2MP4X.1]", "Zoë", "of"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(WORDS, min_size=1, max_size=14), data=st.data())
def test_every_range_of_the_redacted_text_leads_to_the_exact_spans(
    company: Company, pieces: list[str], data: st.DataObject
) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON", "Ben": "PERSON", "Zoë": "PERSON"}
    text = "".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=2)))
    edges = [0, *(cut for cut in cuts if cut < len(text)), len(text)]
    spans = [Span(start + 3, end + 3) for start, end in itertools.pairwise(edges)]
    version = f"...{text}..."
    passage = company.publish(version, spans=spans, title="T")
    (cleared,) = company.clear("?", passage, conversation=f"talk-{len(pieces)}").passages
    edits = {edit.at: edit for edit in cleared.body.edits}
    for at, edit in edits.items():
        assert at.of(cleared.body.text) == edit.token
        assert quote(version, cleared.spans_of(at)).replace("\n", "") == edit.source.of(passage.text).replace("\n", "")
        assert cleared.body.after(edit.source) == at
    size = len(cleared.body.text)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    before = cleared.body.before(Span(start, end))
    again = cleared.body.after(before)
    assert again.start <= start
    assert again.end >= end or start == end
    inside = [at for at in edits if start <= at.start and at.end <= end]
    cut = [at for at in edits if at.overlaps(Span(start, end)) and at not in inside]
    if not cut:
        expected = _undone(cleared.body, start, end, passage.text)
        assert before.of(passage.text) == expected
        assert (again.start, again.end) == (start, end) or start == end
    located = cleared.spans_of(Span(start, end))
    assert all(any(piece.within(span) for span in spans) for piece in located)
    for piece in cleared.ranges_of(located):
        assert again.start <= piece.start
        assert piece.end <= again.end


def _undone(body: ClearedText, start: int, end: int, before: str) -> str:
    pieces: list[str] = []
    at = start
    for edit in body.edits:
        if start <= edit.at.start and edit.at.end <= end:
            pieces += (body.text[at : edit.at.start], edit.source.of(before))
            at = edit.at.end
    return "".join((*pieces, body.text[at:end]))


def test_a_range_that_cuts_a_token_means_all_of_it() -> None:
    body = ClearedText("ab [PERSON_K7Q2MP4X.1] cd", (Edit(Span(3, 22), Span(3, 7), "[PERSON_K7Q2MP4X.1]"),), 10)
    assert body.before(Span(10, 12)) == Span(3, 7)
    assert body.before(Span(0, 5)) == Span(0, 7)
    assert body.after(Span(4, 5)) == Span(3, 22)
    passage = ClearedPassage(0, "c", "d", "v", None, body, body, (), body, (Span(100, 110),))
    assert passage.spans_of(Span(10, 12)) == (Span(103, 107),)
    assert passage.ranges_of((Span(104, 105),)) == (Span(3, 22),)


def test_a_policy_that_redacts_inside_what_it_allows(company: Company) -> None:
    document = {**SHIPPED, "kinds": {"URL": {"external": "allow"}}}
    company.policy = policy_of(document, 8)
    company.spotter.values = {"https://x.example/anna-meyer": "URL", "Anna Meyer": "PERSON"}
    cleared = company.clear("Who is Anna Meyer at https://x.example/anna-meyer?", to=OUTSIDE)
    assert "https://x.example/[PERSON_" in cleared.question.text


def test_a_known_address_is_taken_out_in_any_case(company: Company) -> None:
    company.spotter.values = {"anna.meyer@x.example": "EMAIL_ADDRESS"}
    first, second = company.publish("Write to anna.meyer@x.example."), company.publish("Or to ANNA.MEYER@X.EXAMPLE.")
    cleared = company.clear("Where to?", first, second)
    assert not any("EXAMPLE." in passage.body.text for passage in cleared.passages)
    assert len(cleared.tokens) in (1, 2)


SPELLINGS = [
    ("PHONE_NUMBER", "+41 44 123 45 67", "+41441234567"),
    ("PHONE_NUMBER", "+41 44 123 45 67", "0041441234567"),
    ("PHONE_NUMBER", "+41 44 123 45 67", "(0041) 44/123.45.67"),
    ("PHONE_NUMBER", "0041441234567", "+41 44 1234567"),
    ("IBAN_CODE", "CH93 0076 2011 6238 5295 7", "CH9300762011623852957"),
    ("IBAN_CODE", "CH9300762011623852957", "ch93-0076-2011-6238-5295-7"),
    ("EMPLOYEE_ID", "E-123456", "E123456"),
    ("ORGANIZATION", "Acme Widgets GmbH", "AcmeWidgetsGmbH"),
    ("ORGANIZATION", "AcmeWidgetsGmbH", "Acme Widgets GmbH"),
]


@pytest.mark.parametrize(("kind", "known", "other"), SPELLINGS)
@pytest.mark.parametrize("place", ["question", "history", "body", "title", "uri", "headings"])
def test_a_known_value_goes_however_its_parts_are_separated(
    company: Company, kind: str, known: str, other: str, place: str
) -> None:
    company.spotter.values = {known: kind}
    first = company.publish(f"It is {known}.")
    text = f"as {other} says"
    at = {name: text if name == place else "Nothing" for name in ("question", "history", "body", "title", "uri")}
    second = company.publish(
        at["body"], title=at["title"], uri=at["uri"], headings=(text,) if place == "headings" else ()
    )
    cleared = company.clear(at["question"], first, second, history=[Turn("person", at["history"])])
    found = [token for each in texts_of(cleared) for _, token in tokens(each)]
    assert not any(other in each for each in texts_of(cleared))
    assert len(found) == 2
    assert len({token.identity for token in found}) == 1


@pytest.mark.parametrize(
    ("kind", "known", "text"),
    [("ORGANIZATION", "Data Base", "our database"), ("CUSTOMER_ID", "12345", "1 2345"),
     ("EMPLOYEE_ID", "E-123456", "E-123457"), ("PHONE_NUMBER", "+41 44 123 45 67", "+41 44 123 45 68")],
)  # fmt: skip
def test_what_is_another_value_stays(company: Company, kind: str, known: str, text: str) -> None:
    company.spotter.values = {known: kind}
    assert company.clear(text, company.publish(f"It is {known}.")).question.text == text


def test_a_password_of_marks_holds_back_every_text_where_it_stands(company: Company) -> None:
    company.spotter.values = {"!@#$%^&": "PASSWORD"}
    open_, closed = company.publish("The office opens at nine."), company.publish("The password is !@#$%^& .")
    company.shelf.labels[open_.chunk_id] = Label((), "internal")
    echo = company.publish("Try (!@#$%^&) again.", labelled="internal")
    company.shelf.labels[echo.chunk_id] = Label((), "internal")
    cleared = company.clear("When?", closed, open_, echo)
    assert [passage.chunk_id for passage in cleared.passages] == [open_.chunk_id]


def test_at_answer_time_only_what_was_typed_is_looked_into(company: Company) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON"}
    passages = [company.publish(f"Anna Meyer runs team {number}.", labelled="internal") for number in range(3)]
    company.clear("Who runs team 1?", *passages)
    company.spotter.asked.clear()
    cleared = company.clear("And team 2?", *passages, history=[Turn("person", "Who runs team 1?")])
    assert company.spotter.asked == ["And team 2?", "Who runs team 1?"]
    assert not any("Anna" in text for text in texts_of(cleared))


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, binascii.hexlify])
def test_a_known_value_goes_also_where_it_is_encoded(company: Company, encode: Callable[[bytes], bytes]) -> None:
    company.spotter.values = {"anna@x.example": "EMAIL_ADDRESS", "Söhnke Meyer": "PERSON"}
    company.crowd.known = [Known("k1", ("Ben Ali Romano",), ())]
    written = [encode(value.encode()).decode() for value in ("anna@x.example", "Söhnke Meyer", "Ben Ali Romano")]
    passage = company.publish(
        f"Write to anna@x.example or Söhnke Meyer. https://x.example/u?e={written[0]}&v=1\n"
        f"Key {written[1]} and {written[2]}."
    )
    body = company.clear("Who?", passage).passages[0].body.text
    assert not any(each.rstrip("=") in body for each in written)
    assert "https://x.example/u?e=[" in body


@pytest.mark.parametrize("gap", [" | ", "|", "; ", " – ", "\u2011", "*", "\u202f"])
def test_a_known_value_goes_in_a_table_and_behind_any_mark(company: Company, gap: str) -> None:
    company.spotter.values = {"Anna Meyer": "PERSON", "SM3-24 Sentry": "CUSTOMER_ID"}
    passage = company.publish(f"Anna Meyer has SM3-24 Sentry.\n\nRow | Meyer{gap}Anna | SM3-24{gap}Sentry | 4")
    body = company.clear("Who?", passage).passages[0].body.text
    assert not any(word in body for word in ("Anna", "Meyer", "SM3-24", "Sentry"))


def test_a_name_that_is_also_that_of_a_place_goes_as_that_of_the_person(company: Company) -> None:
    company.spotter.values = {"Austin": "PERSON"}
    one = company.publish("Ask Austin about it.")
    company.spotter.values = {"Austin": "LOCATION"}
    other = company.publish("The site in Austin is closed. AUSTIN opens again.", title="Sites")
    company.shelf.labels[one.chunk_id] = Label((Finding("PERSON", Span(4, 10), 0.9, "spotter"),), "internal")
    third = company.publish("Austin pays 400 each.")
    company.shelf.labels[third.chunk_id] = Label((Finding("LOCATION", Span(0, 6), 0.9, "spotter"),), "confidential")
    cleared = company.clear("What is closed?", third, one, other)
    assert not any("austin" in passage.body.text.casefold() for passage in cleared.passages)
