"""Finland, Sweden and Poland."""

from __future__ import annotations

from ingest.label.recognisers.base import CERTAIN, CLEAR, LIKELY, WEAK
from ingest.label.recognisers.checksums import is_date, is_short_date, luhn, weighted
from ingest.label.recognisers.schemes import Scheme

_FI_LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_FI_CENTURIES = {"+": 1800, "-": 1900} | dict.fromkeys("YXWVU", 1900) | dict.fromkeys("ABCDEF", 2000)
_PL_CENTURIES = (1900, 2000, 2100, 2200, 1800)
_SE_PERSON = (
    "personnummer",
    "personnr",
    "pnr",
    "samordningsnummer",
    "svensk id",
    "swedish id",
    "personal identity",
    "ssn",
)
_SE_COMPANY = ("organisationsnummer", "orgnummer", "orgnr", "org nr", "org.nr", "företagsnummer", "företag")
_FI = ("hetu", "henkilötunnus", "henkilötunnukseni", "personbeteckning", "personal identity code", "finnish id")


def is_finnish_code(value: str) -> bool:
    """Väestörekisterikeskus: day and century, then the ten digits modulo 31. The sign may be lost with separators."""
    digits, letter = "".join(filter(str.isdigit, value[:-1])), value[-1]
    signs = value[6] if len(value) == 11 else "-+"
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    real = any(is_date(_FI_CENTURIES[sign] + year, month, day) for sign in signs)
    return real and _FI_LETTERS[int(digits[:9]) % 31] == letter


def is_personnummer(value: str) -> bool:
    """Skatteverket: a day, or one sixty later for a coordination number; Luhn over the last ten."""
    short = value[-10:]
    day = int(short[4:6])
    day -= 60 if day > 60 else 0
    if len(value) == 12:
        real = 1800 <= int(value[:4]) < 2100 and is_date(int(value[:4]), int(value[4:6]), day)
    else:
        real = is_short_date(f"{short[:4]}{day:02}")
    return real and luhn(short)


def is_organisationsnummer(value: str) -> bool:
    """Bolagsverket: Luhn; the third digit at least two, which no month of a person's number has."""
    return int(value[2]) >= 2 and luhn(value)


def is_pesel(value: str) -> bool:
    """The century stands in the month; weights 1, 3, 7, 9."""
    century, month = divmod(int(value[2:4]), 20)
    real = is_date(_PL_CENTURIES[century] + int(value[:2]), month, int(value[4:6]))
    return real and (10 - weighted(value[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 == int(value[10])


SCHEMES = (
    Scheme(
        "FI_PERSONAL_IDENTITY_CODE",
        r"(?<!\d)\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?!\w)",
        CERTAIN,
        _FI,
        is_finnish_code,
        digits=9,
    ),
    Scheme("SE_PERSONNUMMER", r"(?<!\d)\d{8}[-+]?\d{4}(?![\w-])", CLEAR, _SE_PERSON, is_personnummer, digits=12),
    Scheme("SE_PERSONNUMMER", r"(?<![\w-])\d{6}[-+]\d{4}(?![\w-])", CLEAR, _SE_PERSON, is_personnummer, digits=10),
    Scheme(
        "SE_PERSONNUMMER",
        r"(?<![\w-])\d{10}(?![\w-])",
        WEAK,
        _SE_PERSON,
        is_personnummer,
        announced=CERTAIN,
        digits=10,
    ),
    Scheme(
        "SE_ORGANISATIONSNUMMER",
        r"(?<![\w-])\d{6}-\d{4}(?![\w-])",
        LIKELY,
        _SE_COMPANY,
        is_organisationsnummer,
        digits=10,
    ),
    Scheme(
        "SE_ORGANISATIONSNUMMER",
        r"(?<![\w-])\d{10}(?![\w-])",
        0.15,
        _SE_COMPANY,
        is_organisationsnummer,
        announced=0.9,
        digits=10,
    ),
    Scheme("PL_PESEL", r"(?<![\w-])\d{11}(?![\w-])", LIKELY, ("pesel",), is_pesel, digits=11),
)
