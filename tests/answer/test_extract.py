from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from answer.candidates import weigh_up
from answer.extract import read
from answer.sentences import fold
from answer.settings import AnswerSettings
from answer.support import FEATURES, Support, features, shipped
from core.text import Span, quote
from tests.answer.builders import embed, evidence, passage

ALWAYS = AnswerSettings(threshold=0.0)
PERKS = (
    "PerksPlus is the wellness program of Contoso. The PerksPlus reimbursement limit is $1,000 per year.\n"
    "Employees submit receipts through the portal. The canteen serves lunch from noon."
)
PARKING = "Parking at head office costs 20 euros a month. Ask the front desk for a badge."


def test_the_sentence_that_answers_is_shown_and_cited_exactly() -> None:
    draft = read(
        "What is the PerksPlus reimbursement limit?", evidence("", passage(PARKING), passage(PERKS)), embed, ALWAYS
    )
    citation = draft.claims[0].citations[0]
    assert draft.claims[0].text == "The PerksPlus reimbursement limit is $1,000 per year."
    assert citation.quote == quote(PERKS, citation.spans) == draft.claims[0].text
    assert 0 <= citation.support <= 1


def test_a_sentence_about_something_else_stays_out() -> None:
    draft = read(
        "What is the PerksPlus reimbursement limit?", evidence("", passage(PERKS), passage(PARKING)), embed, ALWAYS
    )
    assert not any("Parking" in claim.text or "canteen" in claim.text for claim in draft.claims)


def test_support_below_the_threshold_leaves_no_claims() -> None:
    question = "Who painted the Mona Lisa?"
    found = evidence(question, passage(PERKS, dense=0.05, sparse=0.0, score=0.2))
    draft = read(question, found, embed, AnswerSettings())
    assert draft.claims == ()
    assert draft.support < shipped().threshold


def test_no_passages_means_no_answer() -> None:
    assert read("Anything?", evidence("Anything?"), embed, AnswerSettings()).claims == ()


def test_an_administrator_may_set_the_threshold() -> None:
    question = "What is the PerksPlus reimbursement limit?"
    found = evidence(question, passage(PERKS))
    assert read(question, found, embed, AnswerSettings(threshold=0.0)).claims
    assert not read(question, found, embed, AnswerSettings(threshold=1.0)).claims
    with pytest.raises(ValidationError):
        AnswerSettings.model_validate({"treshold": 0.5})


def test_the_same_sentence_in_two_documents_is_shown_once() -> None:
    found = evidence("", passage(PERKS, title="Handbook"), passage(PERKS, title="Old handbook", score=0.8))
    draft = read("What is the PerksPlus reimbursement limit?", found, embed, ALWAYS)
    assert [claim.text for claim in draft.claims].count("The PerksPlus reimbursement limit is $1,000 per year.") == 1


def test_a_sentence_that_repeats_another_in_nearly_its_words_is_left_out() -> None:
    other = "Each year the PerksPlus reimbursement limit is $1,000."
    found = evidence("", passage(PERKS), passage(other, title="Leaflet", score=0.8))
    draft = read("What is the PerksPlus reimbursement limit?", found, embed, ALWAYS)
    assert sum("$1,000" in claim.text for claim in draft.claims) == 1


def test_a_table_row_is_shown_and_cited_with_its_header() -> None:
    version = "Plan | Yearly limit\nBasic | $200\nPlus | $500\nFamily | $900"
    found = evidence("", passage(version, spans=(Span(0, 19), Span(33, 44), Span(45, 58))))
    draft = read("Yearly limit of the Family plan?", found, embed, AnswerSettings(threshold=0.0, most_sentences=1))
    claim = draft.claims[0]
    assert claim.text == "Plan | Yearly limit\nFamily | $900"
    assert claim.citations[0].spans == (Span(0, 19), Span(45, 58))
    assert claim.citations[0].quote == "Plan | Yearly limit\nFamily | $900"


def test_a_sentence_that_only_introduces_a_list_gives_way_to_its_items() -> None:
    text = "Eligible for the PerksPlus fitness reimbursement are:\n• Gym membership\n• Yoga classes\n• Running shoes"
    draft = read(
        "What is eligible for the PerksPlus fitness reimbursement?", evidence("", passage(text)), embed, ALWAYS
    )
    shown = [claim.text for claim in draft.claims]
    assert shown[0] == "Eligible for the PerksPlus fitness reimbursement are: Gym membership"
    assert shown[1:] == ["Yoga classes", "Running shoes"]
    assert all(claim.citations[0].spans[0] == Span(0, 53) for claim in draft.claims)


def test_a_question_in_the_text_is_answered_by_what_follows_it() -> None:
    text = "Can I bring my dog to the office? Dogs are welcome on Fridays. The roof is closed in winter."
    draft = read("Can I bring my dog to the office?", evidence("", passage(text)), embed, ALWAYS)
    assert draft.claims[0].text == "Dogs are welcome on Fridays."


def test_sentences_of_a_document_are_shown_in_reading_order() -> None:
    text = "Apply for parental leave with your manager. It rained. Then parental leave is approved by your manager."
    draft = read("How is parental leave approved by my manager?", evidence("", passage(text)), embed, ALWAYS)
    starts = [claim.citations[0].spans[0].start for claim in draft.claims]
    assert starts == sorted(starts)


WORD = st.sampled_from(
    ["limit", "PerksPlus", "is", "$5", "Dr.", "yearly", "plan", ".", "?", ":", "\n", "\n• ", " | ", " "]
)


@settings(max_examples=60)
@given(texts=st.lists(st.lists(WORD, min_size=1, max_size=60).map(" ".join), min_size=1, max_size=4))
def test_every_citation_quotes_its_version_and_carries_what_is_shown(texts: list[str]) -> None:
    found = evidence("", *(passage(text, title=f"Document {number}") for number, text in enumerate(texts)))
    draft = read("What is the yearly PerksPlus limit?", found, embed, ALWAYS)
    assert len(draft.claims) <= 6
    for claim in draft.claims:
        for citation in claim.citations:
            version = texts[int(citation.document.title.split()[1])]
            assert citation.quote == quote(version, citation.spans)
            bare = fold(citation.quote.replace("|", " "))
            assert set(fold(claim.text).replace("|", " ").split()) <= set(bare.split())


def test_passages_whose_text_is_not_their_spans_are_refused() -> None:
    broken = replace(passage(PERKS), text="something else")
    with pytest.raises(ValueError, match="spans"):
        read("limit?", evidence("", broken), embed, ALWAYS)


def test_more_of_any_signal_never_lowers_the_support() -> None:
    model = shipped()
    low = dict.fromkeys(FEATURES, 0.2)
    for name in FEATURES:
        assert model.probability({**low, name: 0.9}) >= model.probability(low)


def test_the_shipped_model_knows_its_signals_and_survives_the_file() -> None:
    model = shipped()
    assert set(model.names) <= set(FEATURES)
    assert 0 < model.threshold < 1
    assert Support.from_json(model.to_json()) == model


def test_a_passage_that_has_the_words_and_the_meaning_is_supported_more_than_one_that_has_neither() -> None:
    question = "What is the PerksPlus reimbursement limit?"
    on_topic = features(weigh_up(question, evidence(question, passage(PERKS, dense=0.8)), embed, ALWAYS))
    off_topic = features(weigh_up(question, evidence(question, passage(PARKING, dense=0.1)), embed, ALWAYS))
    assert shipped().probability(on_topic) > shipped().threshold > shipped().probability(off_topic)
