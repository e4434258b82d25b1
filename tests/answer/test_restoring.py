from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from answer.claims import Citation, Claim
from answer.cleared import Cleared
from answer.permitted import values_for
from answer.pseudonyms import TOKEN, Token, placeholder, replace_tokens, tokens
from answer.redact import Turn
from answer.streaming import TokenStream
from answer.vault import Place
from core.text import Span
from retrieval.evidence import Evidence, Passage
from tests.answer.redacting import INSIDE, Company

VALUES = {
    "Anna Meyer": "PERSON", "Dr. Meyer": "PERSON", "Peter Meyer": "PERSON", "Ben Okafor": "PERSON", "Zoë Ö": "PERSON",
    "anna.meyer@x.example": "EMAIL_ADDRESS", "+49 30 5550 123": "PHONE_NUMBER", "12345678": "EMPLOYEE_ID",
}  # fmt: skip


def text_of(cleared: Cleared, number: int = 0) -> str:
    return cleared.passages[number].body.text


def test_a_claim_is_restored_for_who_may_read_its_passage(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Dr. Meyer, that is Anna Meyer, is on +49 30 5550 123.")
    answer = company.answer(cleared := company.clear("Who?", passage), text_of(cleared), cites=passage)
    assert company.shown(answer) == [passage.text]


def test_stored_claims_hold_tokens_only(company: Company) -> None:
    from answer.tables import AnswerRow

    company.spotter.values = VALUES
    passage = company.publish("Anna Meyer is on +49 30 5550 123.")
    answer = company.answer(cleared := company.clear("Who?", passage), text_of(cleared), cites=passage)
    with company.database.reading() as session:
        kept = str(session.get_one(AnswerRow, answer).claims)
    assert TOKEN.search(kept)
    assert not any(value in kept for value in ("Anna", "5550"))


PIECES = st.sampled_from(
    [*VALUES, "[PERSON_K7Q2MP4X.1]", "[EMAIL_ADDRESS_AAAAAAAA]", "[ PERSON_K7Q2MP4X ]", " ", ". ", "\n", "[", "]", "(",
     "meyer", "anna-meyer.pdf", "MEYER", "the", "é", "Annas", "x", "_", "https://x.example/p?q=Anna%20Meyer", "123"]
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.lists(PIECES, min_size=1, max_size=8), body=st.lists(PIECES, min_size=1, max_size=12))
def test_redacting_and_restoring_is_the_identity_for_who_may_read_everything(
    company: Company, question: list[str], body: list[str]
) -> None:
    company.spotter.values = VALUES
    asked, written = "".join(question), "".join(body)
    passage = company.publish(written, title=f"On {asked[:30]}")
    cleared = company.clear(asked, passage)
    texts = [cleared.question.text, text_of(cleared), cleared.passages[0].title.text]
    answer = company.answer(cleared, *texts, cites=passage)
    assert company.shown(answer) == [asked, written, passage.document.title]
    for redacted in texts:
        plain = TOKEN.sub(" ", redacted)
        assert not any(value in plain for value in VALUES)
    with company.database.reading() as session:
        values = values_for(
            session, company.vault, "talk", company.principal(company.ana), company.clock(), company.clock()
        )
        stream = TokenStream(lambda token: values.of(token) or placeholder(token.kind))
        out = "".join(stream.feed_bytes(bytes([byte])) for byte in texts[1].encode())
        assert out + stream.close() == written


def test_each_spelling_comes_back_as_it_stood(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Dr. Meyer spoke. Anna Meyer left. MEYER wrote anna.meyer@x.example.")
    cleared = company.clear("Who?", passage)
    found = [token for _, token in tokens(text_of(cleared))]
    assert len({token.identity for token in found}) == 1
    assert len({(token.kind, token.form) for token in found}) == 4
    answer = company.answer(cleared, f"{found[2]} and {found[0]}", cites=passage)
    assert company.shown(answer) == ["MEYER and Dr. Meyer"]


def test_without_its_form_a_token_is_the_fullest_spelling_that_the_reader_may_see(company: Company) -> None:
    company.spotter.values = VALUES
    short = company.publish("Dr. Meyer spoke.")
    full = company.publish("Anna Meyer left.", allow=["group:hr"])
    cleared = company.clear("Who?", short, full)
    who = next(token for _, token in tokens(text_of(cleared)))
    answer = company.answer(cleared, f"{Token(who.kind, who.identity)} spoke.", cites=short)
    assert company.shown(answer) == ["Anna Meyer spoke."]
    company.allow(full, "group:board")
    assert company.shown(answer) == ["Dr. Meyer spoke."]


def test_a_spelling_that_the_reader_may_not_see_is_not_replaced_by_another(company: Company) -> None:
    company.spotter.values = VALUES
    short, full = company.publish("Dr. Meyer spoke."), company.publish("Anna Meyer left.", allow=["group:hr"])
    cleared = company.clear("Who?", short, full)
    answer = company.answer(cleared, text_of(cleared, 1), cites=short)
    company.allow(full, "group:board")
    assert company.shown(answer) == ["[person] left."]


def test_a_short_name_that_was_joined_later_does_not_become_that_person(company: Company) -> None:
    company.spotter.values = {"Meyer": "PERSON", "Anna Meyer": "PERSON"}
    passage = company.publish("Meyer spoke.")
    cleared = company.clear("Who?", passage)
    who = next(token for _, token in tokens(text_of(cleared)))
    early = company.answer(cleared, f"{Token(who.kind, who.identity)} spoke.", cites=passage)
    company.clock.tick(minutes=1)
    later = company.clear("And Anna Meyer?")
    assert {token.identity for _, token in tokens(later.question.text)} == {who.identity}
    assert company.shown(early) == ["Meyer spoke."]


def test_access_that_was_revoked_after_asking_leaves_a_pseudonym(company: Company) -> None:
    company.spotter.values = VALUES
    source, cited = company.publish("Anna Meyer leads."), company.publish("It is led.")
    cleared = company.clear("Who?", source, cited)
    answer = company.answer(cleared, text_of(cleared), cites=cited)
    assert company.shown(answer) == ["Anna Meyer leads."]
    company.allow(source, "group:board")
    assert company.shown(answer) == ["[person] leads."]
    company.allow(source, "everyone")
    assert company.shown(answer) == ["Anna Meyer leads."]


def test_a_value_of_a_restricted_field_stays_a_pseudonym(company: Company) -> None:
    company.spotter.values = VALUES
    text = "Leads the team.\nReports to: Ben Okafor"
    field = (Span(16, len(text)), "group:hr")
    passage = company.publish(text, allow=["group:all"], restricted={"manager": field})
    cited = company.publish("It is led.")
    cleared = company.clear("Who?", passage, cited)
    answer = company.answer(cleared, text_of(cleared), cites=cited)
    assert company.shown(answer) == [text]
    company.person("ana@company.example", "all")
    assert company.shown(answer) == [text.replace("Ben Okafor", "[person]")]


def test_another_reader_of_the_same_claim_sees_only_what_they_may_read(company: Company) -> None:
    from answer import repository
    from answer.restore import restore
    from retrieval.freshness import stale_sources

    company.spotter.values = VALUES
    secret = company.publish("Anna Meyer leads.", allow=["group:hr"])
    cited = company.publish("Peter Meyer follows.")
    cleared = company.clear("What of Ben Okafor?", secret, cited)
    said = f"{text_of(cleared)} {text_of(cleared, 1)} {cleared.question.text}"
    answer = company.answer(cleared, said, cites=cited)
    assert company.shown(answer) == ["Anna Meyer leads. Peter Meyer follows. What of Ben Okafor?"]
    reader = company.principal(company.ben)
    with company.database.reading() as session:
        row = repository.answer(session, answer, company.ana)
        values = values_for(session, company.vault, "talk", reader, row.created_at, company.clock())
        shown = restore(session, row, reader, stale_sources(session), values)
        blind = restore(session, row, reader, stale_sources(session))
    assert shown.sentences[0].text == "[person] leads. Peter Meyer follows. What of [person]?"
    assert blind.sentences[0].text == "[person] leads. [person] follows. What of [person]?"


def test_what_the_reader_typed_is_shown_though_no_passage_has_it(company: Company) -> None:
    company.spotter.values = VALUES
    cited = company.publish("There is nobody of that name.")
    cleared = company.clear("Who is Ben Okafor?", cited)
    answer = company.answer(cleared, cleared.question.text, cites=cited)
    assert company.shown(answer) == ["Who is Ben Okafor?"]


def test_a_value_that_is_only_in_a_title_follows_the_document(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Grade A.", title="Review of Anna Meyer", headings=("Anna Meyer",))
    cited = company.publish("It is led.")
    cleared = company.clear("Who?", passage, cited)
    answer = company.answer(cleared, cleared.passages[0].title.text, cites=cited)
    assert company.shown(answer) == ["Review of Anna Meyer"]
    company.allow(passage, "group:board")
    assert company.shown(answer) == ["Review of [person]"]


def test_a_title_that_was_changed_restores_nothing(company: Company) -> None:
    from ingest.tables import DocumentRow

    company.spotter.values = VALUES
    passage = company.publish("Grade A.", title="Review of Anna Meyer")
    cleared = company.clear("Who?", passage)
    answer = company.answer(cleared, cleared.passages[0].title.text, cites=passage)
    with company.database.writing() as session:
        session.get_one(DocumentRow, passage.document.id).title = "Review"
    assert company.shown(answer) == ["Review of [person]"]


def test_a_place_that_no_longer_says_it_restores_nothing(company: Company) -> None:
    from ingest.tables import VersionRow

    company.spotter.values = VALUES
    source, cited = company.publish("Anna Meyer leads."), company.publish("It is led.")
    cleared = company.clear("Who?", source, cited)
    answer = company.answer(cleared, text_of(cleared), cites=cited)
    with company.database.writing() as session:
        session.get_one(VersionRow, source.version).text = "Ben Okafor leads."
    assert company.shown(answer) == ["[person] leads."]


@pytest.mark.parametrize("token", ["[PERSON_ZZZZZZZZ.1]", "[PERSON_ZZZZZZZZ]", "[EMAIL_ADDRESS_00000000.3]"])
def test_a_token_that_nobody_gave_out_is_a_pseudonym(company: Company, token: str) -> None:
    passage = company.publish("Nothing.")
    answer = company.answer(company.clear("?", passage), f"Ask {token}.", cites=passage)
    (shown,) = company.shown(answer)
    assert shown in ("Ask [person].", "Ask [e-mail address].")


def test_a_form_that_nobody_gave_out_is_a_pseudonym(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Anna Meyer leads.")
    cleared = company.clear("Who?", passage)
    who = next(token for _, token in tokens(text_of(cleared)))
    answer = company.answer(cleared, f"{Token(who.kind, who.identity, 99)} leads.", cites=passage)
    assert company.shown(answer) == ["[person] leads."]


def test_a_look_alike_that_somebody_typed_never_expands(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Anna Meyer leads.")
    (token,) = company.clear("Who?", passage).tokens
    typed = f"Tell me who {token} is"
    cleared = company.clear(typed, passage)
    assert token not in cleared.question.text
    answer = company.answer(cleared, cleared.question.text, text_of(cleared), cites=passage)
    assert company.shown(answer) == [typed, "Anna Meyer leads."]


def test_a_look_alike_in_a_verbatim_claim_stays_as_it_stood(company: Company) -> None:
    company.spotter.values = VALUES
    (token,) = company.clear("Who is Anna Meyer?").tokens
    passage = company.publish(f"Write {token} there.")
    citation = Citation(
        passage.document, passage.version, passage.chunk_id, None, (), passage.spans, passage.text, 1.0, passage.as_of
    )
    answer = company.keep([Claim(passage.text, (citation,))], "talk", company.ana)
    assert company.shown(answer) == [passage.text]


def test_a_claim_of_another_conversation_restores_nothing_of_this_one(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Anna Meyer leads.")
    cleared = company.clear("Who?", passage)
    stolen = Claim(text_of(cleared), _citing(passage), cleared.map_id)
    answer = company.keep([stolen], "another", company.ana)
    assert company.shown(answer) == ["[person] leads."]


def _citing(passage: Passage) -> tuple[Citation, ...]:
    return (
        Citation(
            passage.document, passage.version, passage.chunk_id, None, (), passage.spans, passage.text, 1.0,
            passage.as_of,
        ),
    )  # fmt: skip


def test_two_people_of_one_surname_come_back_as_themselves(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Anna Meyer hired Peter Meyer. Dr. Meyer was glad.")
    cleared = company.clear("Who?", passage)
    anna, peter, doctor = (token for _, token in tokens(text_of(cleared)))
    assert len({anna.identity, peter.identity, doctor.identity}) == 3
    bare = [str(Token(token.kind, token.identity)) for token in (peter, anna, doctor)]
    answer = company.answer(cleared, text_of(cleared), ", ".join(bare), cites=passage)
    assert company.shown(answer) == [passage.text, "Peter Meyer, Anna Meyer, Dr. Meyer"]


def test_two_addresses_of_one_person_are_not_mixed_up(company: Company) -> None:
    company.spotter.values = {"a.meyer@x.example": "EMAIL_ADDRESS", "anna.meyer@y.example": "EMAIL_ADDRESS", "Anna Meyer": "PERSON"}  # noqa: E501  # fmt: skip
    passage = company.publish("Anna Meyer: a.meyer@x.example, private anna.meyer@y.example.")
    cleared = company.clear("Which?", passage)
    _, one, other = (token for _, token in tokens(text_of(cleared)))
    assert one.identity == other.identity
    answer = company.answer(cleared, f"{other}, {one}, {Token(one.kind, one.identity)}", cites=passage)
    assert company.shown(answer) == ["anna.meyer@y.example, a.meyer@x.example, [e-mail address]"]


NAMES = st.lists(
    st.tuples(st.sampled_from(["Anna", "Ben", "Carla", "David"]), st.sampled_from(["Meyer", "Okafor", "Silva"])),
    min_size=2, max_size=5, unique=True,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=NAMES, data=st.data())
def test_no_order_of_people_gives_anybody_the_value_of_another(
    company: Company, people: list[tuple[str, str]], data: st.DataObject
) -> None:
    spellings = [" ".join(one) for one in people] + [f"Dr. {surname}" for _, surname in people] + [g for g, _ in people]
    company.spotter.values = dict.fromkeys(spellings, "PERSON")
    conversation = "-".join("".join(one) for one in people)
    for _ in range(2):
        order = data.draw(st.permutations(sorted(set(spellings))))
        passage = company.publish("; ".join(order))
        cleared = company.clear("Who?", passage, conversation=conversation)
        found = [token for _, token in tokens(text_of(cleared))]
        answer = company.answer(cleared, *(str(token) for token in found), cites=passage)
        assert company.shown(answer) == list(order)
        named = dict(zip(order, found, strict=True))
        full = [named[" ".join(one)].identity for one in people]
        assert len(set(full)) == len(people)
        for given_name, surname in people:
            same = [one for one in people if one[1] == surname]
            joined = named[f"Dr. {surname}"].identity == named[f"{given_name} {surname}"].identity
            assert joined == (len(same) == 1)
        bare = company.answer(cleared, *(str(Token(t.kind, t.identity)) for t in named.values()), cites=passage)
        for spelling, shown in zip(named, company.shown(bare), strict=True):
            assert shown is not None
            assert set(re.sub(r"Dr\. ", "", spelling).split()) <= set(re.sub(r"Dr\. ", "", shown).split())


def test_the_history_of_a_conversation_restores_as_well(company: Company) -> None:
    company.spotter.values = VALUES
    passage = company.publish("Anna Meyer leads.", labelled="internal")
    first = company.clear("Who leads?", passage)
    chunks = (passage.chunk_id,)
    said = Turn("answer", text_of(first), redaction=first.map_id, written_at=company.clock(), chunks=chunks)
    second = company.clear("And since when?", history=[Turn("person", "Who leads?"), said])
    answer = company.answer(second, second.history[1].body.text, cites=passage)
    assert company.shown(answer) == ["Anna Meyer leads."]


def test_a_draft_with_raw_values_is_stored_without_them(company: Company) -> None:
    company.spotter.values = VALUES
    source, cited = company.publish("Anna Meyer leads."), company.publish("It is led by Peter Meyer.")
    evidence = Evidence("Who?", (source, cited), {})
    said = Turn("answer", "Anna Meyer leads, not Peter Meyer.", cited=(Place(cited.version, cited.spans),))
    assert "Anna Meyer leads." in [p.body.text for p in company.clear("Who?", source, cited, to=INSIDE).passages]
    kept = company.redactor.unrestored("Who?", [said], evidence, "talk", company.ana)
    sentence = kept.history[0].body.text
    assert "Meyer" not in sentence
    answer = company.answer(kept, sentence, cites=cited)
    assert company.shown(answer) == [said.text]
    company.allow(source, "group:board")
    assert company.shown(answer) == ["[person] leads, not Peter Meyer."]


def test_each_reading_is_logged_with_counts_and_without_values(company: Company) -> None:
    company.spotter.values = VALUES
    source, cited = company.publish("Anna Meyer leads Ben Okafor."), company.publish("It is led.")
    cleared = company.clear("Who is Anna Meyer?", source, cited)
    answer = company.answer(cleared, text_of(cleared), cites=cited)
    company.allow(source, "group:board")
    assert company.shown(answer) == ["Anna Meyer leads [person]."]
    (event,) = company.events("redaction.restored")
    details = event["details"]
    assert isinstance(details, dict)
    assert details["maps"] == [cleared.map_id]
    assert details["values"] == [{"kind": "PERSON", "restored": 1, "kept": 1}]
    assert "Meyer" not in str(event)


def test_replacing_is_one_pass() -> None:
    assert replace_tokens("[PERSON_AAAAAAAA.1]", lambda token: "[PERSON_BBBBBBBB.1]") == "[PERSON_BBBBBBBB.1]"
