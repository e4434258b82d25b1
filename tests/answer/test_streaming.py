from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from answer.pseudonyms import LONGEST, TOKEN, Token, placeholder, replace_tokens
from answer.streaming import TokenStream

SHOWN = {
    "[PERSON_K7Q2MP4X.1]": "Zoë Müller",
    "[PERSON_K7Q2MP4X.2]": "Dr. Müller",
    "[PERSON_K7Q2MP4X]": "Dr. Zoë Müller",
    "[EMAIL_ADDRESS_AAAAAAAA.1]": "[PERSON_K7Q2MP4X.1]",
}
PIECES = st.sampled_from(
    [*SHOWN, "[PERSON_ZZZZZZZZ.9]", "[", "]", "[[", "[PERSON_", "[PERSON_K7Q2MP4X", "[PERSON_K7Q2MP4X.", "[A", "é",
     "😀", "see [1] and [Note]", " ", "K7Q2MP4X]", "[x", ".1]", "[" + "A" * 90]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def show(token: Token) -> str:
    return SHOWN.get(str(token), placeholder(token.kind))


def test_every_split_of_a_stream_gives_the_restoration_of_the_whole() -> None:
    text = "Ask [PERSON_K7Q2MP4X.1] (or [PERSON_K7Q2MP4X], é) via [EMAIL_ADDRESS_AAAAAAAA.1]; not [1] [PERSON_K7 ["
    whole = replace_tokens(text, show)
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            stream = TokenStream(show)
            pieces = [stream.feed(text[:first]), stream.feed(text[first:second]), stream.feed(text[second:])]
            assert "".join((*pieces, stream.close())) == whole


def test_every_split_of_its_bytes_as_well() -> None:
    raw = "Zoë 😀 [PERSON_K7Q2MP4X.2]é[PERSON_K7Q2MP4X]".encode()
    whole = replace_tokens(raw.decode(), show)
    for first in range(len(raw) + 1):
        for second in range(first, len(raw) + 1):
            stream = TokenStream(show)
            parts = (raw[:first], raw[first:second], raw[second:])
            assert "".join((*(stream.feed_bytes(part) for part in parts), stream.close())) == whole


@settings(deadline=None)
@given(TEXTS, st.data())
def test_any_text_in_any_pieces(text: str, data: st.DataObject) -> None:
    whole = replace_tokens(text, show)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    stream = TokenStream(show)
    out = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        out += stream.feed(text[start:end])
        assert whole.startswith(out)
    assert out + stream.close() == whole


@settings(deadline=None)
@given(TEXTS)
def test_one_byte_at_a_time_nothing_broken_or_wrong_is_ever_shown(text: str) -> None:
    whole = replace_tokens(text, show)
    stream, out = TokenStream(show), ""
    for byte in text.encode():
        out += stream.feed_bytes(bytes([byte]))
        assert whole.startswith(out)
    assert out + stream.close() == whole


@given(st.binary(max_size=40), st.integers(0, 40))
def test_bytes_that_are_no_text_do_not_stop_it(raw: bytes, cut: int) -> None:
    stream = TokenStream(show)
    out = stream.feed_bytes(raw[:cut]) + stream.feed_bytes(raw[cut:]) + stream.close()
    assert out == replace_tokens(raw.decode("utf-8", "replace"), show)


def test_no_more_is_held_back_than_a_token_can_be_long() -> None:
    stream = TokenStream(show)
    shown = stream.feed("[" + "A" * 500)
    assert len(shown) == 501
    assert not stream.close()
    assert LONGEST < 100


def test_a_value_that_reads_like_a_token_is_shown_as_it_is() -> None:
    stream = TokenStream(show)
    out = stream.feed("[EMAIL_ADDRESS_AAAAAAAA.1]") + stream.close()
    assert out == "[PERSON_K7Q2MP4X.1]"
    assert TOKEN.fullmatch(out)
