"""What holds for every recogniser and every text."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.label import recognisers as package
from ingest.label.expressions import nests_repetition
from ingest.label.recognisers import recognisers
from ingest.label.recognisers.places import joined, pieces_with_digits
from ingest.label.recognisers.schemes import Scheme
from ingest.label.settings import LabelSettings

ALL = recognisers(LabelSettings())
_PIECES = (
    "12 Oak Street¦, ¦\n¦Apt. ¦P.O. Box ¦4539 1488¦-¦0343¦6467¦AB¦@¦example.com¦://¦::¦1/2¦"
    "Dr. ¦May ¦password: ¦GmbH¦٣¦４¦\u00a0"
    "¦+49 ¦(¦)¦x¦:¦.¦DE89¦and ¦>¦the corner of ¦-----BEGIN PRIVATE KEY-----¦USA¦nan¦ß¦İ¦𝟘¦²¦½¦५¦C/ ¦º¦U¦IBAN "
)
PIECES = st.sampled_from(re.split("¦", _PIECES))
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join), st.lists(PIECES, max_size=25).map(" ".join)
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_text_raises_and_every_span_lies_inside(text: str) -> None:
    for recogniser in ALL:
        for finding in recogniser.find(text):
            assert 0 <= finding.span.start < finding.span.end <= len(text)
            assert 0 < finding.score <= 1
            assert finding.kind.isupper()


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_text_cut_down_to_its_digits_keeps_every_digit_and_every_place(text: str) -> None:
    places = joined(text, pieces_with_digits(text))
    assert sum(letter in "0123456789" for letter in places.joined) == sum(letter in "0123456789" for letter in text)
    for at, letter in enumerate(places.joined):
        if letter != "\x1f":
            assert text[places.original(at)] == letter


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_a_mail_address_is_found_wherever_it_stands(before: str, after: str) -> None:
    text = f"{before} jane@example.com {after}"
    found = [finding.span.of(text) for recogniser in ALL for finding in recogniser.find(text)]
    assert "jane@example.com" in found


def _patterns() -> Iterator[tuple[str, str]]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", str(value.pattern)
            if name == "SCHEMES":
                yield from ((scheme.kind, scheme.form) for scheme in value if isinstance(scheme, Scheme))


def test_no_pattern_repeats_a_repetition() -> None:
    patterns = list(_patterns())
    assert len(patterns) > 150
    assert [name for name, pattern in patterns if nests_repetition(pattern)] == []


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "a",
        "A ",
        "1",
        "@",
        "a@",
        ".",
        "a.",
        "1.",
        "::",
        "1:",
        "-",
        "Oak Street ",
        "and ",
        "(",
        "+1 ",
        "\n",
        " ",
        "AB12 ",
    ],
)
def test_long_runs_of_one_thing_are_read_to_their_end(piece: str) -> None:
    text = piece * (20_000 // len(piece)) + " jane@example.com"
    assert any(finding.span.of(text) == "jane@example.com" for recogniser in ALL for finding in recogniser.find(text))
