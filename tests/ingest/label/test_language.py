"""The language model and Presidio's engine over it, really run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

import pytest

from core.text import Span
from ingest.label.candidates import excerpt, worth_reading
from ingest.label.entities import NamedEntities, open_entities
from ingest.label.findings import Finding
from ingest.label.language import Engine
from ingest.label.models import Models
from ingest.label.tokens import Word

TEXTS = (
    "Anna Smith joined Acme Holdings in Paris on 3 May 2021, and left for the United Arab Emirates.",
    "",
    " ",
    "\n\n Maria\nGonzalez",
    "nothing of note",
    "The Bank of England raised rates by 5 percent, said Mark Carney to Reuters; $20 million in Q3 went to the EU",
    "IBM",
    "John Jacob Schmidt of the National Association of Home Builders met Ms. Keller at the Royal Albert Hall",
    "the U.S. Department of Health and Human Services, New York City and the Democratic Republic of the Congo agreed",
    "between late July 2019 and the first week of January, Banco Bilbao Vizcaya Argentaria S.A. lost Luis de la Fuente",
)
PROSE = "It is easy to see that this is a rule for all of us. " * 8


@pytest.fixture(scope="module")
def entities() -> NamedEntities:
    return open_entities()


class Forms:
    name = "forms"

    def find(self, text: str) -> Iterator[Finding]:
        at = text.find("X-1")
        if at >= 0:
            yield Finding("EMPLOYEE_ID", Span(at, at + 3), 0.9, "forms:id")
            yield Finding("CUSTOMER_ID", Span(at, at + 3), 0.1, "forms:weak")


class Scripted:
    """Stands for both models in tests of what is made of their words."""

    def __init__(self, words: Sequence[Word] = (), found: Sequence[Finding] = ()) -> None:
        self._words, self._found = words, found

    def words(self, texts: Sequence[str]) -> list[list[Word]]:
        return [list(self._words) for _ in texts]

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        return [list(self._found) for _ in texts]


def test_the_entities_are_those_of_spacy(entities: NamedEntities) -> None:
    wanted = [
        [(Span(each.start_char, each.end_char), each.label_) for each in document.ents]
        for document in entities.pipeline.pipe(TEXTS)
    ]
    assert entities.entities(TEXTS) == wanted
    assert sum(map(len, wanted)) > 8


def test_no_text_has_no_entities(entities: NamedEntities) -> None:
    assert entities.entities([]) == []
    assert entities.entities(["", ""]) == [[], []]


def test_opening_loads_neither_torch_nor_transformers() -> None:
    import subprocess

    code = (
        "import sys; from ingest.label.entities import open_entities; import ingest.label.language; open_entities();"
        "sys.exit(sum(name in sys.modules for name in ('torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def read_nothing(texts: Sequence[str]) -> list[Iterable[Finding]]:
    return [() for _ in texts]


def test_presidio_runs_our_recognisers_and_drops_what_is_below_the_threshold() -> None:
    engine = Engine(read_nothing, [Forms()], 0.4)
    assert engine.analyse(["id X-1", "none"]) == [[Finding("EMPLOYEE_ID", Span(3, 6), 0.9, "forms:id")], []]


def test_presidio_reports_what_the_models_read() -> None:
    person = Finding("PERSON", Span(0, 4), 0.8, "model:spacy")
    assert Engine(lambda texts: [[person] for _ in texts], [], 0.4).analyse(["Anna"]) == [[person]]


def test_a_question_is_read_whole() -> None:
    assert worth_reading("who is my manager") == [Span(0, 17)]


def test_plain_sentences_of_a_document_are_not_read() -> None:
    text = f"{PROSE}Then Maria came. {PROSE}"
    assert [part.of(text).strip() for part in worth_reading(text)] == ["Then Maria came."]


def test_a_paragraph_without_capitals_is_read() -> None:
    text = f"{PROSE}\n\nask maria in finance\n\n{PROSE}"
    assert [part.of(text) for part in worth_reading(text)] == ["ask maria in finance"]


def test_a_place_in_an_excerpt_leads_back_to_the_text() -> None:
    text = f"{PROSE}Then Maria came. {PROSE}And Jorge went. "
    short = excerpt(text)
    for name in ("Maria", "Jorge"):
        at = short.text.index(name)
        assert short.original(Span(at, at + len(name))).of(text) == name


def test_a_heading_that_the_token_model_is_sure_of_is_no_person() -> None:
    text = "Discipline matters"
    person = Finding("PERSON", Span(0, 10), 0.85, "model:spacy")
    sure = Scripted([Word(Span(0, 10), 0.001, "SURNAME")], [person])
    unsure = Scripted([Word(Span(0, 10), 0.1, "SURNAME")], [person])
    assert Models(sure, sure, 0.35).read([text]) == [[]]
    assert Models(unsure, unsure, 0.35).read([text]) == [[person]]


def test_a_word_written_small_needs_more_where_names_have_capitals() -> None:
    words = Scripted([Word(Span(0, 8), 0.4, "GIVEN_NAME")])
    assert Models(words, words, 0.35).read(["mandolin for Ben"]) == [[]]
    assert len(Models(words, words, 0.35).read(["mandolin for ben"])[0]) == 1


def test_a_heading_of_common_words_is_no_company() -> None:
    text = "Change Management"
    found = Scripted((), [Finding("ORGANIZATION", Span(0, 17), 0.85, "model:spacy")])
    assert Models(found, found, 0.35).read([text]) == [[]]


def test_a_short_number_counts_only_in_an_address() -> None:
    number, street = Word(Span(0, 2), 0.9, "BUILDING_NUMBER"), Word(Span(3, 8), 0.9, "STREET_NAME")
    alone, beside = Scripted([number]), Scripted([number, street])
    assert Models(alone, alone, 0.35).read(["12 Baker"]) == [[]]
    assert [each.span for each in Models(beside, beside, 0.35).read(["12 Baker"])[0]] == [Span(0, 8)]


def test_an_entity_ends_with_its_line() -> None:
    words = [Word(Span(0, 5), 0.2, "CITY"), Word(Span(6, 12), 0.2, "CITY")]
    found = Scripted(words, [Finding("LOCATION", Span(0, 12), 0.85, "model:spacy")])
    assert [each.span for each in Models(found, found, 0.35).read(["Paris\nLondon"])[0]] == [Span(0, 5), Span(6, 12)]
