"""United Kingdom: national insurance, health, passports, driving licences, postcodes, number plates."""

from __future__ import annotations

from ingest.label.recognisers.base import CERTAIN, CLEAR, LIKELY, WEAK
from ingest.label.recognisers.checksums import weighted
from ingest.label.recognisers.schemes import Scheme

_PLATE = (
    "vehicle",
    "registration",
    "number plate",
    "licence plate",
    "license plate",
    "plate",
    "reg",
    "vrn",
    "dvla",
    "v5c",
    "logbook",
    "mot",
    "car",
    "van",
    "lorry",
)
_ADDRESS = ("postcode", "post code", "postal code", "zip", "address", "delivery", "mailing", "shipping")
_NHS = ("nhs", "national health service", "health authority", "patient")


def is_nhs_number(value: str) -> bool:
    """NHS data dictionary: weights 10 to 2 modulo 11; a check digit of ten is not given out."""
    return (11 - weighted(value, range(10, 1, -1)) % 11) % 11 == int(value[9]) and len(set(value)) > 1


SCHEMES = (
    Scheme(
        "UK_NINO",
        r"\b(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
        CLEAR,
        ("national insurance", "ni number", "nino", "ni no"),
        digits=6,
    ),
    Scheme("UK_NHS", r"(?<![\w-])\d{3}([ -])\d{3}\1\d{4}(?![\w-])", LIKELY, _NHS, is_nhs_number, digits=10),
    Scheme("UK_NHS", r"(?<![\w-])\d{10}(?![\w-])", WEAK, _NHS, is_nhs_number, announced=CERTAIN, digits=10),
    Scheme(
        "UK_PASSPORT",
        r"\b[A-Z]{2}\d{7}\b",
        0.1,
        ("passport", "passport number", "travel document", "his majesty", "her majesty", "hmpo"),
    ),
    Scheme(
        "UK_DRIVING_LICENCE",
        r"\b(?=[A-Z])[A-Z9]{5}\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}[A-Z0-9][A-Z]{2}\b",
        CLEAR,
        ("driving licence", "driver's licence", "driving license", "dvla", "dl number", "licence number", "licence"),
        digits=6,
    ),
    Scheme(
        "UK_POSTCODE",
        r"\b(?:GIR ?0AA"
        r"|(?:[A-PR-UWYZ]\d[A-HJKPSTUW\d]?|[A-PR-UWYZ][A-HK-Y]\d[ABEHMNPRVWXY\d]?) ?\d[ABD-HJLNP-UW-Z]{2})\b",
        0.2,
        _ADDRESS,
        announced=0.6,
        digits=1,
    ),
    Scheme(
        "UK_VEHICLE_REGISTRATION",
        r"\b[A-HJ-PR-Y]{2}(?:0[2-9]|[12]\d|5[1-9]|[67]\d)[ -]?[A-HJ-PR-Z]{3}\b",
        WEAK,
        _PLATE,
        digits=2,
    ),
    Scheme(
        "UK_VEHICLE_REGISTRATION",
        r"\b[A-HJ-NPR-TV-Y]\d{1,3}[ -]?[A-HJ-PR-Y][A-HJ-PR-Z]{2}\b",
        0.15,
        _PLATE,
        announced=0.55,
        digits=1,
    ),
    Scheme(
        "UK_VEHICLE_REGISTRATION",
        r"\b[A-HJ-PR-Z]{3}[ -]?\d{1,3}[ -]?[A-HJ-NPR-TV-Y]\b",
        0.1,
        _PLATE,
        announced=0.45,
        digits=1,
    ),
)
