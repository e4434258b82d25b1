from __future__ import annotations

import itertools
import pickle
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings

from core.text import Span, quote
from ingest.parsed import Chunk, Element, Parsed, Part, Row
from ingest.split import SplitSettings, split, split_with_packaged_tokens
from ingest.split.tokens import packaged_tokenizer, token_counter
from tests.ingest.split.texts import parsed_texts

COUNT = token_counter(packaged_tokenizer())
SETTINGS = SplitSettings()
SMALL = SplitSettings(tokens=40, window=64, path_tokens=12, merge_below=10)


def chunks_of(parsed: Parsed, chosen: SplitSettings = SETTINGS) -> tuple[Chunk, ...]:
    return split(parsed, COUNT, chosen)


def plain(text: str, title: str = "Leave policy") -> Parsed:
    return Parsed(title, text, (Element("text", Span(0, len(text))),))


def covered(chunks: Sequence[Chunk]) -> set[int]:
    return {at for chunk in chunks for span in chunk.spans for at in range(span.start, span.end)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(parsed_texts())
def test_chunks_give_the_text_back_and_leave_nothing_out(parsed: Parsed) -> None:
    for chosen in (SETTINGS, SMALL):
        chunks = chunks_of(parsed, chosen)

        assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
        for chunk in chunks:
            assert list(chunk.spans) == sorted(chunk.spans)
            assert all(span.end <= len(parsed.text) for span in chunk.spans)
            assert all(one.end < other.start for one, other in zip(chunk.spans, chunk.spans[1:], strict=False))
            assert chunk.embedded_text.endswith(quote(parsed.text, chunk.spans))
            assert quote(parsed.text, chunk.spans).strip()
        read = {
            at
            for element in parsed.elements
            if element.kind not in ("header", "footer")
            for at in range(element.span.start, element.span.end)
            if not parsed.text[at].isspace()
        }
        assert read <= covered(chunks)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(parsed_texts())
def test_no_chunk_is_over_the_window(parsed: Parsed) -> None:
    for chosen in (SETTINGS, SMALL):
        lengths = COUNT([chunk.embedded_text for chunk in chunks_of(parsed, chosen)])

        assert all(length <= chosen.window - 2 for length in lengths)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(parsed_texts())
def test_a_restricted_part_shares_no_chunk_with_other_text(parsed: Parsed) -> None:
    for chunk in chunks_of(parsed, SMALL):
        inside = [any(span.within(part.span) for part in parsed.parts) for span in chunk.spans]
        touching = [any(span.overlaps(part.span) for part in parsed.parts) for span in chunk.spans]
        if chunk.part is None:
            assert not any(touching)
        else:
            assert all(inside)


def test_a_section_that_fits_is_one_chunk_under_its_whole_heading_path() -> None:
    text = "Parental leave\nEmployees get 16 weeks of leave.\n\nAsk HR for the form."
    parsed = Parsed(
        "Handbook",
        text,
        (
            Element("heading", Span(0, 14), headings=("Leave",)),
            Element("text", Span(15, 47), headings=("Leave", "Parental leave")),
            Element("text", Span(49, len(text)), headings=("Leave", "Parental leave")),
        ),
    )

    (chunk,) = chunks_of(parsed)

    assert chunk.spans == (Span(0, len(text)),)
    assert chunk.headings == ("Leave", "Parental leave")
    assert chunk.embedded_text == f"Handbook\nLeave > Parental leave\n{text}"


def test_a_long_section_is_cut_at_sentences_into_even_pieces() -> None:
    text = " ".join(f"Sentence number {number} says something about leave." for number in range(40))

    chunks = chunks_of(plain(text))

    lengths = COUNT([quote(text, chunk.spans) for chunk in chunks])
    assert len(chunks) == 2
    assert max(lengths) - min(lengths) < 40
    assert all(quote(text, chunk.spans).endswith(".") for chunk in chunks)


def test_repetitive_text_is_cut_in_order_without_a_gap() -> None:
    text = "Yes. No. Yes. No. The same again. " * 200

    spans = [chunk.spans[0] for chunk in chunks_of(plain(text))]

    assert spans[0].start == 0
    assert spans[-1].end == len(text.rstrip())
    assert all(not text[one.end : other.start].strip() for one, other in itertools.pairwise(spans))


def test_endless_words_make_no_endless_chunk() -> None:
    text = "Attachment: " + "QUJD" * 20_000 + " ends here."

    chunks = chunks_of(plain(text))

    assert covered(chunks) >= {at for at, letter in enumerate(text) if letter != " "}
    assert all(sum(map(len, chunk.spans)) <= 20 * SETTINGS.tokens for chunk in chunks)


def test_rows_of_a_long_table_carry_their_header() -> None:
    rows = ["Plan | Deductible | Premium", *(f"Plan {n} | {n} dollars | {n * 12} dollars a year" for n in range(80))]
    text = "\n".join(rows)
    starts = [sum(len(row) + 1 for row in rows[:at]) for at in range(len(rows))]
    spans = [Span(start, start + len(row)) for start, row in zip(starts, rows, strict=True)]
    table = tuple(Row(span, header=at == 0) for at, span in enumerate(spans))
    parsed = Parsed("Plans", text, (Element("table", Span(0, len(text)), rows=table),))

    chunks = chunks_of(parsed)

    assert len(chunks) > 2
    for chunk in chunks:
        assert chunk.spans[0].start == 0
        assert quote(text, chunk.spans).startswith(rows[0])
    # Rows stay whole.
    edges = {edge for span in spans for edge in (span.start, span.end)}
    assert all(span.start in edges and span.end in edges for chunk in chunks for span in chunk.spans)


def test_later_list_items_carry_the_sentence_that_leads_in() -> None:
    lead = "You need the following papers:"
    items = [f"Paper {number}, signed by the head of department number {number} and dated." for number in range(60)]
    text = "\n".join([lead, *items])
    elements = [Element("text", Span(0, len(lead)))]
    at = len(lead) + 1
    for item in items:
        elements.append(Element("list_item", Span(at, at + len(item)), lead=Span(0, len(lead))))
        at += len(item) + 1

    chunks = chunks_of(Parsed("Papers", text, tuple(elements)))

    assert len(chunks) > 2
    assert all(quote(text, chunk.spans).startswith(lead) for chunk in chunks)


def test_a_heading_stays_with_what_it_heads_however_long_that_is() -> None:
    for sentences in (17, 18, 19, 20, 60):
        body = "Words about the rules of leave in this company. " * sentences
        text = f"Carry-over of days\n{body}"
        heading = Element("heading", Span(0, 18))
        parsed = Parsed("", text, (heading, Element("text", Span(19, len(text)), headings=("Carry-over of days",))))

        chunks = chunks_of(parsed)

        assert quote(text, chunks[0].spans).startswith("Carry-over of days\nWords about")


def test_header_rows_are_never_left_behind_at_the_end_of_a_chunk() -> None:
    for words in range(110, 200, 6):
        lines = [" ".join(["plans"] * words) + ".", "Plan | Deductible"]
        lines += [f"Plan number {n} of the company | " + "dollars " * 40 + "in all" for n in range(8)]
        text = "\n".join(lines)
        starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]
        spans = [Span(start, start + len(line)) for start, line in zip(starts, lines, strict=True)]
        rows = tuple(Row(span, header=at == 0) for at, span in enumerate(spans[1:]))
        table = Element("table", Span(spans[1].start, len(text)), rows=rows)

        chunks = chunks_of(Parsed("", text, (Element("text", spans[0]), table)))

        shown = [quote(text, chunk.spans) for chunk in chunks]
        assert not any(each.endswith("Plan | Deductible") for each in shown)


def test_page_headers_and_footers_are_left_out_and_pages_are_not_mixed() -> None:
    text = "ACME confidential\nFirst page.\nPage 1 of 2\nSecond page."
    lines = [("header", 1), ("text", 1), ("footer", 1), ("text", 2)]
    elements: list[Element] = []
    at = 0
    for (kind, page), line in zip(lines, text.split("\n"), strict=True):
        elements.append(Element(kind, Span(at, at + len(line)), page))  # type: ignore[arg-type]
        at += len(line) + 1

    chunks = chunks_of(Parsed("Memo", text, tuple(elements)))

    assert [(quote(text, chunk.spans), chunk.page) for chunk in chunks] == [("First page.", 1), ("Second page.", 2)]


def test_a_restricted_value_is_found_under_its_name_and_a_restricted_heading_stays_out_of_paths() -> None:
    text = "Ann Lee\nsalary: 91,000\nSecret project\nShe leads it."
    secret = text.index("Secret")
    parsed = Parsed(
        "Ann Lee",
        text,
        (
            Element("text", Span(0, 7)),
            Element("text", Span(8, 22)),
            Element("heading", Span(secret, secret + 14)),
            Element("text", Span(secret + 15, len(text)), headings=("Secret project",)),
        ),
        parts=(Part("salary", Span(16, 22)), Part("project", Span(secret, secret + 14))),
    )

    chunks = chunks_of(parsed)

    shown = {chunk.part: chunk.embedded_text for chunk in chunks}
    assert shown["salary"] == "Ann Lee\nsalary\n91,000"
    assert "91,000" not in shown[None]
    assert not any("Secret project" in chunk.embedded_text for chunk in chunks if chunk.part != "project")


def test_overlapping_parts_are_refused() -> None:
    parsed = Parsed("", "salary 91,000", (), parts=(Part("a", Span(0, 9)), Part("b", Span(7, 13))))

    with pytest.raises(ValueError, match="overlap"):
        chunks_of(parsed)


def test_splitting_travels_to_another_process() -> None:
    work = pickle.loads(pickle.dumps(split_with_packaged_tokens))
    parsed = pickle.loads(pickle.dumps(plain("Employees get 16 weeks of leave.")))

    assert work(parsed, SETTINGS) == split_with_packaged_tokens(parsed, SETTINGS)


def test_a_tokenizer_that_counts_more_for_a_whole_than_for_its_words_still_fits_the_window() -> None:
    def count(texts: Sequence[str]) -> list[int]:
        return [len(text) if " " in text else 1 for text in texts]

    chunks = split(plain("words upon words " * 60, ""), count, SETTINGS)

    assert all(len(quote("words upon words " * 60, chunk.spans)) <= SETTINGS.window - 2 for chunk in chunks)
