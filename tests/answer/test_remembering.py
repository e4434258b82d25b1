from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from answer.candidates import Vectors
from answer.pseudonyms import Token
from answer.remembering import RememberedVectors, without_tokens


class Counting:
    """Embeds a text as its length and its first character, and counts what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.given += texts
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32).reshape(-1, 2)


def test_a_sentence_that_was_read_before_is_not_embedded_again() -> None:
    bare = Counting()
    remembered = RememberedVectors(bare.embed)
    first = remembered.embed(["one", "three", "one"])
    assert bare.given == ["one", "three"]
    assert (first == Counting().embed(["one", "three", "one"])).all()
    again = remembered.embed(["three", "five", "one"])
    assert bare.given == ["one", "three", "five"]
    assert (again == Counting().embed(["three", "five", "one"])).all()


def test_the_least_recently_used_go_first() -> None:
    bare = Counting()
    remembered = RememberedVectors(bare.embed, most=2)
    remembered.embed(["a", "b"])
    remembered.embed(["a"])
    remembered.embed(["c"])
    assert len(remembered) == 2
    remembered.embed(["a", "c"])
    assert bare.given == ["a", "b", "c"]
    remembered.embed(["b"])
    assert bare.given[-1] == "b"


def test_more_than_is_kept_comes_back_whole() -> None:
    remembered = RememberedVectors(Counting().embed, most=2)
    texts = ["a", "bb", "ccc", "dddd"]
    assert (remembered.embed(texts) == Counting().embed(texts)).all()


def test_nothing_is_left_after_forgetting() -> None:
    bare = Counting()
    remembered = RememberedVectors(bare.embed)
    remembered.embed(["a"])
    remembered.forget()
    remembered.embed(["a"])
    assert bare.given == ["a", "a"]


def test_a_change_of_what_was_given_out_does_not_reach_what_is_kept() -> None:
    remembered = RememberedVectors(Counting().embed)
    remembered.embed(["abc"])[0, 0] = 99
    assert remembered.embed(["abc"])[0, 0] == 3


def test_of_no_texts_there_are_no_vectors() -> None:
    assert RememberedVectors(Counting().embed).embed([]).shape == (0, 2)


def test_threads_get_what_one_would() -> None:
    remembered = RememberedVectors(Counting().embed, most=5)
    texts = [chr(97 + n % 20) * (n % 7 + 1) for n in range(200)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(remembered.embed, [texts[at : at + 10] for at in range(0, 200, 10)]))
    assert (np.concatenate(found) == Counting().embed(texts)).all()


def test_a_sentence_is_remembered_whatever_its_values_are_called_in_this_conversation() -> None:
    bare = Counting()
    embed = without_tokens(RememberedVectors(bare.embed).embed)
    one, other = (f"Ask {Token('PERSON', identity)} about leave." for identity in ("01234567", "456789AB"))
    assert (embed([one]) == embed([other])).all()
    assert bare.given == ["Ask [person] about leave."]
