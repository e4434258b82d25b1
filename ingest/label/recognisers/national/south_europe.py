"""Spain, Italy and Turkey."""

from __future__ import annotations

from ingest.label.recognisers.base import CERTAIN, CLEAR, LIKELY, WEAK
from ingest.label.recognisers.checksums import LETTERS, luhn
from ingest.label.recognisers.schemes import Scheme

_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD_LETTERS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_NIF = ("dni", "nif", "documento nacional de identidad", "identificación")
_NIE = ("nie", "número de identificación de extranjero", "extranjero")
_ES_PASSPORT = ("pasaporte", "número de pasaporte", "passport", "passport number")
_IT_DOCUMENT = (
    "carta",
    "carta d'identità",
    "identità",
    "elettronica",
    "cie",
    "documento",
    "riconoscimento",
    "espatrio",
)
_IT_PASSPORT = ("passaporto", "passaporto elettronico", "viaggio", "dogana", "documento", "passport")
_TR_ID = (
    "tc kimlik",
    "kimlik no",
    "kimlik numarası",
    "türk kimlik",
    "tckn",
    "tc no",
    "nüfus cüzdanı",
    "national id",
    "turkish id",
)
_TR_PLATE = ("plaka", "plakası", "araç plakası", "plaka numarası", "taşıt", "license plate", "number plate", "plate")


def is_nif(value: str) -> bool:
    """Real Decreto 338/1990: the letter is the number modulo 23."""
    return _NIF_LETTERS[int(value[:-1]) % 23] == value[-1]


def is_nie(value: str) -> bool:
    return is_nif(str("XYZ".index(value[0])) + value[1:])


def is_fiscal_code(value: str) -> bool:
    """Decreto 23/12/1976: odd places by a table, even places by their order, modulo 26."""
    total = 0
    for at, letter in enumerate(value[:15]):
        order = int(letter) if letter.isdigit() else LETTERS.index(letter)
        total += order if at % 2 else (_ODD_DIGITS[order] if letter.isdigit() else _ODD_LETTERS[order])
    return LETTERS[total % 26] == value[15]


def is_italian_vat(value: str) -> bool:
    return luhn(value) and value != "0" * 11


def is_turkish_id(value: str) -> bool:
    """Two check digits: of the first nine, then of the first ten."""
    digits = [int(letter) for letter in value]
    tenth = (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10
    return tenth == digits[9] and sum(digits[:10]) % 10 == digits[10]


_CODE_DIGIT = "[0-9LMNP-V]"

SCHEMES = (
    Scheme("ES_NIF", r"(?<![\w-])\d{7,8}-?[A-Z](?![\w-])", LIKELY, _NIF, is_nif),
    Scheme("ES_NIE", r"(?<![\w-])[XYZ]-?\d{7}-?[A-Z](?![\w-])", CLEAR, _NIE, is_nie),
    Scheme("ES_PASSPORT", r"\b[A-Z]{3}\d{6}\b", 0.1, _ES_PASSPORT, digits=6),
    Scheme(
        "IT_FISCAL_CODE",
        rf"\b[A-Z]{{6}}{_CODE_DIGIT}{{2}}[A-EHLMPRST](?:{_CODE_DIGIT}{{2}})[A-MZ]{_CODE_DIGIT}{{3}}[A-Z]\b",
        CLEAR,
        ("codice fiscale", "cf", "c.f", "fiscal code"),
        is_fiscal_code,
        failing=WEAK,
        announced=CERTAIN,
        digits=1,
    ),
    Scheme(
        "IT_VAT_CODE",
        r"(?<![\w-])(?:\d[ _]?){10}\d(?![\w-])",
        0.2,
        ("piva", "partita iva", "p.iva", "p. iva", "vat"),
        is_italian_vat,
        announced=0.9,
        digits=11,
    ),
    Scheme(
        "IT_DRIVER_LICENSE",
        r"\b(?:[A-Z]{2}\d{7}[A-Z]|U1[B-HJ-NP-UW-Z0-9]{7}[A-Z])\b",
        0.2,
        ("patente", "patente di guida", "licenza", "guida", "license", "licence"),
        digits=2,
    ),
    Scheme(
        "IT_IDENTITY_CARD", r"\b(?:[A-Z]{2} ?\d{7}|\d{7}[A-Z]{2}|[A-Z]{2}\d{5}[A-Z]{2})\b", 0.05, _IT_DOCUMENT, digits=5
    ),
    Scheme("IT_PASSPORT", r"\b[A-Z]{2}\d{7}\b", 0.05, _IT_PASSPORT),
    Scheme("TR_NATIONAL_ID", r"(?<![\w-])[1-9]\d{10}(?![\w-])", LIKELY, _TR_ID, is_turkish_id, digits=11),
    Scheme(
        "TR_LICENSE_PLATE",
        r"(?<![\w-])(?:0[1-9]|[1-7]\d|8[01])([ -]?)(?:[A-PR-VYZ]\1\d{2,5}|[A-PR-VYZ]{2,3}\1\d{2,4})(?![\w-])",
        0.2,
        _TR_PLATE,
        digits=4,
    ),
)
