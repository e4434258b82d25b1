"""Payment cards."""

from __future__ import annotations

from ingest.label.recognisers.base import CERTAIN, LIKELY
from ingest.label.recognisers.checksums import luhn
from ingest.label.recognisers.schemes import Scheme

_WORDS = (
    "card",
    "credit",
    "credit card",
    "debit",
    "cc",
    "visa",
    "mastercard",
    "amex",
    "american express",
    "discover",
    "jcb",
    "diners",
    "maestro",
    "kreditkarte",
    "carte",
    "tarjeta",
)
_LENGTHS = {"4": (13, 16, 19), "34": (15,), "37": (15,), "35": (16, 17, 18, 19), "1": (15,), "2": (15, 16)}


def is_card(value: str) -> bool:
    """ISO/IEC 7812: a length that the issuer gives out, then Luhn."""
    lengths = _LENGTHS.get(value[:2]) or _LENGTHS.get(value[0]) or range(12, 20)
    return len(value) in lengths and len(set(value)) > 1 and luhn(value)


# A name of a file or of a field may touch it: ``card_4111111111111111``.
_BEFORE = r"(?<![^\W_])(?<!\d[.-])"
_BEHIND = r"(?![^\W_])(?!-\d)"
_ISSUER = r"(?:4\d|5[0-8]|6\d|3[04-9]|2[1-7]|9792|1[0-5])"

SCHEMES = (
    Scheme(
        "CREDIT_CARD",
        rf"{_BEFORE}{_ISSUER}(?:\d{{2}}([ -])\d{{4}}\1\d{{4}}\1\d{{1,7}}|\d{{2}}([ -])\d{{6}}\2\d{{4,5}}){_BEHIND}",
        CERTAIN,
        _WORDS,
        is_card,
        digits=13,
    ),
    Scheme("CREDIT_CARD", rf"{_BEFORE}{_ISSUER}\d{{12,17}}{_BEHIND}", CERTAIN, _WORDS, is_card, digits=14),
    Scheme("CREDIT_CARD", rf"{_BEFORE}(?:4|5[018]|6)\d{{11,12}}{_BEHIND}", LIKELY, _WORDS, is_card, digits=12),
)
