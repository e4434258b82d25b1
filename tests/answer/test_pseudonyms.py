from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer import minting
from answer.minting import Mint, mention
from answer.pseudonyms import (
    LONGEST,
    TOKEN,
    Token,
    canonical,
    conversation_key,
    identity,
    look_alikes,
    placeholder,
    replace_tokens,
    tokens,
)
from answer.settle import settle
from core.errors import Refused
from core.secrets import Secret
from core.text import Span
from ingest.label.findings import Finding
from tests.answer.redacting import Company

ROOT = Secret(bytes(range(32)))
KEY = conversation_key(ROOT, "talk")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
IDENTITIES = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=8, max_size=16)
KINDS = st.from_regex(r"[A-Z][A-Z0-9_]{1,63}", fullmatch=True)


@given(KINDS, IDENTITIES, st.none() | st.integers(1, 9999), st.text(max_size=5), st.text(max_size=5))
def test_every_token_is_read_back_wherever_it_stands(
    kind: str, who: str, form: int | None, before: str, after: str
) -> None:
    token = Token(kind, who, form)
    assert len(str(token)) <= LONGEST
    assert Token(kind, who, form) in [found for _, found in tokens(f"{before}{token}{after}")]
    assert look_alikes(str(token)) == [Span(0, len(str(token)))]


def test_a_token_shows_at_least_forty_bits_and_its_kind() -> None:
    made = mention("US_SSN", "078-05-1120", ())
    token = Mint(KEY, (), {}, [made], (), NOW).token(made)
    assert str(token).startswith("[US_SSN_")
    assert len(token.identity) * 5 >= 40


def test_tokens_depend_on_conversation_and_kind() -> None:
    other = conversation_key(ROOT, "another talk")
    named = {identity(KEY, "PERSON", "x"), identity(other, "PERSON", "x"), identity(KEY, "LOCATION", "x")}
    assert len(named) == 3
    assert identity(KEY, "PERSON", "x") == identity(conversation_key(ROOT, "talk"), "PERSON", "x")


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("PHONE_NUMBER", "+49 (30) 5550-123", "0049305550123"),
        ("CREDIT_CARD", "4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("EMAIL_ADDRESS", "Anna@X.example", "anna@x.example"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("PERSON", "ZOË  Martín", "zoe\nmartin"),
        ("PERSON", "Anna Meyer's", "Anna Meyer"),
    ],
)
def test_spellings_of_one_value_share_their_identity(company: Company, kind: str, one: str, other: str) -> None:
    mentions = [mention(kind, one, ()), mention(kind, other, ())]
    mint = Mint(KEY, (), {}, mentions, (), NOW)
    first, second = (mint.token(each) for each in mentions)
    assert first.identity == second.identity
    assert first.form != second.form
    assert canonical(kind, one) == canonical(kind, other)


def test_two_values_never_share_a_token_even_where_their_names_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    real = minting.identity

    def colliding(key: Secret, kind: str, value: str, attempt: int = 0) -> str:
        return real(key, kind, "same" if attempt == 0 else value, attempt)

    monkeypatch.setattr(minting, "identity", colliding)
    mentions = [mention("LOCATION", place, ()) for place in ("Rome", "Oslo", "Bern")]
    mint = Mint(KEY, (), {}, mentions, (), NOW)
    assert len({mint.token(each).identity for each in mentions}) == 3


def test_a_value_for_which_no_name_is_left_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minting, "identity", lambda *args: "AAAAAAAA")
    mentions = [mention("LOCATION", place, ()) for place in ("Rome", "Oslo")]
    mint = Mint(KEY, (), {}, mentions, (), NOW)
    mint.token(mentions[0])
    with pytest.raises(Refused):
        mint.token(mentions[1])


def test_what_is_put_in_is_not_read_again() -> None:
    inner = Token("PERSON", "AAAAAAAA", 1)
    text = f"{inner} and {Token('PERSON', 'BBBBBBBB', 1)}"
    shown = {"AAAAAAAA": str(Token("PERSON", "BBBBBBBB", 1)), "BBBBBBBB": "Ben"}
    assert replace_tokens(text, lambda token: shown[token.identity]) == "[PERSON_BBBBBBBB.1] and Ben"


@pytest.mark.parametrize(
    "text",
    ["[PERSON_1]", "[PERSON_K7Q2MP4X", "PERSON_K7Q2MP4X.1", "[person_K7Q2MP4X]", "[PERSON_K7Q2MP4X.0]",
     "[PERSON_K7Q2MP4I]", "[_K7Q2MP4X]", "[[]]"],
)  # fmt: skip
def test_anything_else_is_no_token(text: str) -> None:
    assert TOKEN.search(text) is None


def test_a_look_alike_with_blanks_is_one_as_well() -> None:
    assert look_alikes("x [ PERSON_K7Q2MP4X . 2 ] y") == [Span(2, 25)]


def test_placeholders_read_as_words() -> None:
    assert [placeholder(kind) for kind in ("PERSON", "EMAIL_ADDRESS", "UK_NHS")] == [
        "[person]", "[e-mail address]", "[uk nhs]",
    ]  # fmt: skip


SPANS = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(SPANS, max_size=6), st.text("ab 1.,[]_", min_size=0, max_size=40))
def test_settled_values_do_not_overlap_and_cover_all_that_was_found(ranges: list[tuple[int, int]], filler: str) -> None:
    text = f"{filler}[PERSON_K7Q2MP4X.1]{filler}"
    spans = [Span(start, min(end, len(text))) for start, end in ranges if start < len(text)]
    found = [Finding(f"KIND_{number}", span, 0.5, "rule") for number, span in enumerate(spans)]
    settled = settle(text, found, look_alikes(text), ())
    for one, following in itertools.pairwise(settled):
        assert one.span.end <= following.span.start
    covered = {at for each in settled for at in range(each.span.start, each.span.end)}
    for span in [*spans, *look_alikes(text)]:
        missed = [at for at in range(span.start, span.end) if at not in covered]
        assert not any(text[at].isalnum() for at in missed)


def test_a_value_of_marks_is_kept_where_a_rule_found_it() -> None:
    text = "It is !@#$%^& or ******** ."
    spans = [Span(6, 13), Span(17, 25)]

    def settled(rule: str) -> list[Span]:
        return [each.span for each in settle(text, [Finding("PASSWORD", span, 0.9, rule) for span in spans], (), ())]

    assert settled("announced") == spans[:1]
    assert settled("model:tokens") == []
