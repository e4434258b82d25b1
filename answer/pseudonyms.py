"""Pseudonyms: what stands for a value in a text that leaves, and how they are made and read.

One regular grammar, plain ASCII, which models repeat and tokenisers keep together:

    token    = "[" kind "_" identity [ "." form ] "]"        [PERSON_K7Q2MP4X.2]
    kind     = A-Z, then A-Z 0-9 _                           what the value is, so that a text stays coherent
    identity = 8 to 16 of Crockford's base 32                who or what it is: the same for the same person
    form     = 1 to 9999                                     which of its spellings stood there

The identity is cut from an HMAC under a key of the conversation, so nobody can guess one or compare two conversations.
A text from outside that reads like a token is itself taken out as a value (``LITERAL``): it comes back as it was.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.secrets import Secret
from core.text import Span

LITERAL = "LITERAL"
"""The kind of a text that only reads like a token."""
PERSON = "PERSON"
IDENTITY_CHARACTERS = 8
"""40 bits."""
LONGEST_FORM = 4

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN = re.compile(rf"\[([A-Z][A-Z0-9_]{{1,63}})_([{_ALPHABET}]{{8,16}})(?:\.([1-9][0-9]{{0,{LONGEST_FORM - 1}}}))?\]")
LONGEST = 1 + 64 + 1 + 16 + 1 + LONGEST_FORM + 1
"""Characters of the longest token."""
# Wider than the grammar: a model that tidies up blanks must not make a token out of a text.
_LOOK_ALIKE = re.compile(
    rf"\[\s{{0,8}}[A-Z][A-Z0-9_]{{1,63}}_[{_ALPHABET}]{{8,16}}(?:\s{{0,8}}\.\s{{0,8}}[0-9]{{1,8}})?\s{{0,8}}\]"
)
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _ALPHABET.encode())
_BLANKS = re.compile(r"\s+")
_POSSESSIVE = re.compile(r"['’]s?$")
_READABLE = {
    PERSON: "person", LITERAL: "text", "EMAIL_ADDRESS": "e-mail address", "IP_ADDRESS": "IP address",
    "IBAN_CODE": "IBAN", "US_SSN": "social security number", "URL": "web address", "DATE_TIME": "date",
    "EMPLOYEE_ID": "employee number", "CUSTOMER_ID": "customer number",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it stands in a text. Without a ``form`` it means whichever spelling fits."""

    kind: str
    identity: str
    form: int | None = None

    def __str__(self) -> str:
        return f"[{self.kind}_{self.identity}{'' if self.form is None else f'.{self.form}'}]"


def tokens(text: str) -> Iterator[tuple[Span, Token]]:
    """The tokens of a text, in order."""
    for match in TOKEN.finditer(text):
        yield Span(*match.span()), _token(match)


def replace_tokens(text: str, shown: Callable[[Token], str]) -> str:
    """``text`` with what ``shown`` says in place of every token, in one pass: what was put in is not read again."""
    return TOKEN.sub(lambda match: shown(_token(match)), text)


def look_alikes(text: str) -> list[Span]:
    return [Span(*match.span()) for match in _LOOK_ALIKE.finditer(text)]


def readable(kind: str) -> str:
    """A kind in words: ``e-mail address``."""
    return _READABLE.get(kind) or kind.replace("_", " ").lower()


def placeholder(kind: str) -> str:
    """What a reader sees of a value that they may not see: ``[person]``."""
    return f"[{readable(kind)}]"


def conversation_key(root: Secret, conversation_id: str) -> Secret:
    """The key of one conversation's pseudonyms."""
    kdf = HKDF(SHA256(), 32, salt=None, info=b"vouch pseudonyms\x00" + conversation_id.encode())
    return Secret(kdf.derive(root.raw()))


def identity(key: Secret, kind: str, canonical: str, attempt: int = 0) -> str:
    """The identity part for a value: HMAC-SHA256 of kind and canonical value, cut to 40 bits in base 32. Another
    ``attempt`` gives another one, where two values of a conversation met in the same."""
    message = "\x1f".join((kind, canonical, str(attempt))).encode("utf-8", "surrogatepass")
    digest = hmac.new(key.raw(), message, hashlib.sha256).digest()
    return base64.b32encode(digest).translate(_TO_CROCKFORD).decode()[:IDENTITY_CHARACTERS]


def canonical(kind: str, value: str) -> str:
    """What makes two spellings the same value: digits of a phone or card number, an address in lower case, a name
    without case, accents and doubled blanks."""
    folded = unicodedata.normalize("NFKC", value).strip()
    if kind == LITERAL:
        return value
    if kind in ("PHONE_NUMBER", "CREDIT_CARD", "US_SSN", "US_BANK_NUMBER", "US_ITIN", "FAX_NUMBER"):
        digits = "".join(c for c in folded if c.isdigit())
        return digits.removeprefix("00") if digits else folded.casefold()
    if kind == "IBAN_CODE":
        return "".join(c for c in folded if c.isalnum()).casefold()
    folded = _BLANKS.sub(" ", folded).casefold()
    if kind == PERSON:
        return _POSSESSIVE.sub("", unaccented(folded))
    return folded


def unaccented(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _token(match: re.Match[str]) -> Token:
    kind, found, form = match.groups()
    return Token(kind, found, int(form) if form else None)
